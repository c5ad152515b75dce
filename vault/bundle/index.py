"""The bundle's index as PDF/A-3: contents, chronology, consents, proofs and their limits.

In the reader's language and direction of writing; what people wrote stays in theirs.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_datetime
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from locales import Catalogs
from vault.bundle.material import Held, Material
from vault.bundle.printed import printed

KINDS = frozenset(("report", "message", "consent", "file", "manifest", "refusal", "note"))
RTL = frozenset(("R", "AL"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a record as it is read: what it is about, and what was said."""

    label: str
    values: Sequence[str] = field(repr=False)
    own_words: bool = False
    """Whether the values are a person's own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to the case: a record was added, or somebody did something."""

    at: datetime
    sequence: int
    what: str
    who: str
    record: Held | None = None
    rows: Sequence[Row] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """Somebody outside vouches that the log's first `size` entries were there at `at`."""

    kind: str
    """`witness`, `timestamp`, `anchor` or `development`."""
    who: str
    at: datetime
    size: int


def index(
    material: Material,
    events: Sequence[Event],
    confirmations: Sequence[Confirmation],
    *,
    log: str,
    catalogs: Catalogs,
) -> bytes:
    """The PDF.

    Raises:
        ConfigurationError: the machine lacks what the PDF is made with.
    """
    language = catalogs.language(material.language)
    html = _template().render(
        t=lambda name, **args: catalogs.text(material.language, name, **args),
        language=language,
        material=material,
        events=events,
        confirmations=confirmations,
        log=log,
        kind=lambda record: catalogs.text(material.language, kind_id(record.kind)),
        plain=_isolated if language.direction == "rtl" else str,
        moment=datetime.fromisoformat,
        side=_side,
        time=lambda at: format_datetime(at, "d MMM y, HH:mm:ss", tzinfo=UTC, locale=language.cldr),
        number=lambda value: format_decimal(value, locale=language.cldr),
    )
    return printed(html)


def kind_id(kind: str) -> str:
    """The id of the words for a kind of record."""
    return f"bundle.kind.{kind if kind in KINDS else 'other'}"


@cache
def _template() -> Any:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("index.html")


def _isolated(value: object) -> str:
    """A name or number that is read from left to right whatever stands around it."""
    return f"\N{LEFT-TO-RIGHT ISOLATE}{value}\N{POP DIRECTIONAL ISOLATE}"


def _side(text: str) -> str:
    """The direction of a text, by its first letter that has one."""
    kinds = (unicodedata.bidirectional(letter) for letter in text)
    strong = next((kind for kind in kinds if kind in RTL or kind == "L"), "L")
    return "rtl" if strong in RTL else "ltr"
