"""One ``.po`` file, read by Babel, with the review status that Babel's reader passes over."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from gettext import c2py
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po

from core.errors import BackUpError

_HEADER = re.compile(r'^"X-(Review-Status|Reviewed-By|Reviewed-On): (.+?)\\n"$', re.MULTILINE)
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class CatalogError(BackUpError):
    """A catalog or the registry is wrong or incomplete; the message names ids and languages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Whether a practitioner approved a catalog, who and when; nobody while it is unreviewed."""

    reviewed: bool
    reviewer: str = ""
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One message: its forms (one, or one per plural) and the rule that picks among them."""

    forms: tuple[str, ...]
    plural: Callable[[int], int]

    def form(self, count: int | None) -> str:
        """Words for so many; those of a message without plurals are always the same."""
        if count is None or len(self.forms) == 1:
            return self.forms[0]
        return self.forms[self.plural(count)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """One catalog file: its messages by id, and its review."""

    messages: Mapping[str, Words]
    review: Review


def over(below: Domain, above: Domain) -> Domain:
    """Two files of one domain as one: the second's words win, and both must be reviewed."""
    review = below.review if above.review.reviewed else above.review
    return Domain(messages={**below.messages, **above.messages}, review=review)


def placeholders(text: str) -> frozenset[str]:
    """The names in braces."""
    return frozenset(_PLACEHOLDER.findall(text))


def is_variant(message_id: str, ids: Collection[str]) -> bool:
    """Whether the id is the short wording, for SMS, of another one."""
    stem = message_id.removesuffix(".sms")
    return stem != message_id and stem in ids


def read_domain(path: Path) -> Domain:
    """Read one catalog; untranslated and fuzzy messages are left to the fallback.

    Raises:
        CatalogError: the file is not a catalog, or its header has no valid review status.
    """
    source = path.read_text("utf-8")
    name = "/".join(path.parts[-3:])
    try:
        catalog = read_po(source.splitlines(keepends=True), abort_invalid=True)
        return Domain(messages=_messages(catalog), review=_review(source))
    except (PoFileError, ValueError) as error:
        raise CatalogError(f"{name}: {error}") from error


def _messages(catalog: Catalog) -> dict[str, Words]:
    plural = c2py(catalog.plural_expr)
    found: dict[str, Words] = {}
    for message in catalog:
        text = message.string or ""
        forms = (text,) if isinstance(text, str) else tuple(text)
        key = message.id if isinstance(message.id, str) else message.id[0]
        if key and all(forms) and not message.fuzzy:
            found[key] = Words(forms=forms, plural=plural)
    return found


def _review(source: str) -> Review:
    match dict(_HEADER.findall(source)):
        case {"Review-Status": "unreviewed"}:
            return Review(reviewed=False)
        case {"Review-Status": "reviewed", "Reviewed-By": reviewer, "Reviewed-On": day}:
            return Review(reviewed=True, reviewer=reviewer, on=date.fromisoformat(day))
    raise ValueError(
        "the header needs 'X-Review-Status: unreviewed', or 'reviewed' together with "
        "'X-Reviewed-By' and 'X-Reviewed-On' (a date as 2026-01-31)"
    )
