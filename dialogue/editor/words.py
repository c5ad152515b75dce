"""The words of a questionnaire, by language, for forms and previews."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path

import yaml
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from dialogue.paths import LOCALES

Words = Mapping[str, Mapping[str, str]]
"""Words by language and message id."""


def written(
    languages: Iterable[str], folders: Sequence[Path] | None = None
) -> dict[str, dict[str, str]]:
    """The chat's words of each language that has a catalog; later folders win over earlier ones."""
    found: dict[str, dict[str, str]] = {}
    for language in languages:
        for folder in (LOCALES, *(folders or ())):
            own = {**_messages(folder, language), **_articles(folder, language)}
            if own:
                found.setdefault(language, {}).update(own)
    return found


def _messages(folder: Path, language: str) -> dict[str, str]:
    path = folder / language / "LC_MESSAGES" / "chat.po"
    if not path.exists():
        return {}
    messages = read_po(path.read_bytes().splitlines(keepends=True))
    return {str(one.id): str(one.string) for one in messages if one.id and one.string}


def _articles(folder: Path, language: str) -> dict[str, str]:
    """The information module's words, read as `locales.articles` does."""
    words = {}
    for path in sorted((folder / "info" / language).glob("*.md")):
        _, head, body = path.read_text("utf-8").split("---\n", 2)
        fields = yaml.safe_load(head)
        words[f"option.info.{path.stem}"] = fields["title"]
        words[f"say.info.{path.stem}"] = body.strip()
        words[f"say.info.{path.stem}.sms"] = fields["sms"].strip()
    return words


def catalog(language: str, words: Mapping[str, str]) -> bytes:
    """A catalog (`.po`) of these words; nobody has reviewed them yet."""
    made = Catalog(project="BackUp", header_comment=f"# {language}: words that came with a form.")
    for message_id, text in words.items():
        made.add(message_id, text)
    file = BytesIO()
    write_po(file, made, width=100)
    head, _, body = file.getvalue().partition(b"\n\n")
    return head + b'\n"X-Review-Status: unreviewed\\n"\n\n' + body
