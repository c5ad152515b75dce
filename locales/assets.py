"""Pictures and recorded voices that go with the words of the chat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from locales.articles import read_articles
from locales.languages import SOURCE
from locales.pofile import CatalogError
from locales.recordings import Recordings

PICTURES = Path("info") / "pictures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assets:
    """Files by the words that they go with; names are paths below one of the folders.

    A name stays good when the program moves; `path` finds the file when it is to be sent.
    """

    folders: tuple[Path, ...] = ()
    pictures: Mapping[str, str] = field(default_factory=dict)
    recordings: tuple[Recordings, ...] = ()

    @classmethod
    def load(cls, folders: Sequence[Path], country: str | None) -> Self:
        """Read what the folders have, the first before the later ones.

        Raises:
            CatalogError: a picture or recording that is named is not there.
        """
        pictures: dict[str, str] = {}
        for folder in reversed(folders):
            for article in read_articles(folder / "info" / SOURCE, country).values():
                if article.picture is not None:
                    pictures[f"say.info.{article.topic}"] = str(PICTURES / article.picture)
        made = cls(
            folders=tuple(folders),
            pictures=pictures,
            recordings=tuple(Recordings.load(folder) for folder in folders),
        )
        for name in pictures.values():
            if made.path(name) is None:
                raise CatalogError(f"{name} is not there")
        return made

    def picture(self, message_id: str) -> str | None:
        """The name of the picture that goes with a message, the same in all languages."""
        return self.pictures.get(message_id)

    def voice(self, language: str, words: str) -> str | None:
        """The name of a recording in which somebody speaks exactly these words."""
        found = (recordings.find(language, words) for recordings in self.recordings)
        return next((name for name in found if name is not None), None)

    def path(self, name: str) -> Path | None:
        """Where a file lies now; None if it is gone."""
        places = (folder / name for folder in self.folders)
        return next((place for place in places if place.is_file()), None)
