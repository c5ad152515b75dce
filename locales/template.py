"""Catalogs as translators' tools read and write them: a template, and bringing files up to date.

The English catalog is where ids, their order and the notes for translators come from. A template
shows the English words as a note, because the msgid is an id.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from locales.languages import SOURCE
from locales.pofile import is_variant

ENGLISH = "English: "
LINE = 100


def template(folder: Path, domain: str) -> bytes:
    """An empty catalog of a domain (a `.pot` file), for a language that begins."""
    source = _source(folder, domain)
    made = Catalog(project="BackUp", header_comment=source.header_comment, fuzzy=False)
    for message in _messages(source):
        made.add(
            message.id,
            auto_comments=[*message.auto_comments, *_shown(message)],
            user_comments=message.user_comments,
        )
    return _written(made)


def update(folder: Path, language: str, domain: str) -> tuple[int, int]:
    """Give a catalog the ids that it lacks, in English order, and drop those that are gone.

    Words that are there stay as they are. Gives how many were added and dropped.
    """
    path = _path(folder, language, domain)
    source, own = _source(folder, domain), read_po(path.read_bytes().splitlines(keepends=True))
    known = {str(_key(message)): message for message in _messages(own)}
    every = {_key(message) for message in _messages(source)}
    wanted = [one for one in _messages(source) if not is_variant(_key(one), every)]
    ids = {_key(message) for message in wanted}
    made = Catalog(locale=None, header_comment=own.header_comment, fuzzy=False)
    for message in wanted:
        old = known.get(_key(message))
        done = old is not None and any(old.string or ())
        made.add(
            message.id,
            old.string if old else None,
            auto_comments=[*message.auto_comments, *(() if done else _shown(message))],
            user_comments=old.user_comments if old else (),
        )
        short = known.get(f"{_key(message)}.sms")
        if short:
            made.add(
                short.id,
                short.string,
                auto_comments=short.auto_comments,
                user_comments=short.user_comments,
            )
    kept = {key for key in known if key in ids or key.removesuffix(".sms") in ids}
    header = path.read_text("utf-8").split("\n\n", 1)[0]
    body = _written(made).decode().split("\n\n", 1)[1]
    path.write_text(f"{header}\n\n{body}", "utf-8")
    return len(ids - known.keys()), len(known.keys() - kept)


def _source(folder: Path, domain: str) -> Catalog:
    return read_po(_path(folder, SOURCE, domain).read_bytes().splitlines(keepends=True))


def _path(folder: Path, language: str, domain: str) -> Path:
    return folder / language / "LC_MESSAGES" / f"{domain}.po"


def _messages(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _shown(message: Message) -> list[str]:
    forms = [message.string] if isinstance(message.string, str) else message.string or [""]
    words = forms[-1]
    return [f"{ENGLISH}{line}" for line in words.splitlines()]


def _written(catalog: Catalog) -> bytes:
    file = BytesIO()
    write_po(file, catalog, width=LINE)
    return file.getvalue()
