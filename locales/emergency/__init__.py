"""Numbers to call, by country: data with the day on which each was verified; old ones are hidden.

Pure but for reading the file. Invariant: no number is shown that nobody verified lately, and one
that is made up only where it is asked for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from locales.languages import SOURCE
from locales.pofile import CatalogError

HERE = Path(__file__).parent
HELPS = ("danger", "medical", "suicide")
ALL = "all"
_FIELDS = {"helps", "number", "name", "verified", "source", "sample"}
_NUMBER = re.compile(r"\+?[0-9][0-9 ]{1,18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One number that helps."""

    helps: tuple[str, ...]
    number: str
    name: Mapping[str, str]
    verified: date
    source: str
    sample: bool

    def line(self, language: str) -> str:
        """As a person reads it."""
        return f"{self.name.get(language, self.name[SOURCE])}: {self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """A country's numbers; none if the deployment names no country."""

    entries: tuple[Number, ...] = ()
    good_for: timedelta = timedelta(days=180)
    samples: bool = False
    """Whether made-up ones are shown."""

    @classmethod
    def load(
        cls, country: str | None, *, good_for: timedelta, samples: bool, folder: Path = HERE
    ) -> "Numbers":
        """Read a country's file.

        Raises:
            CatalogError: there is none, or an entry is wrong.
        """
        if country is None:
            return cls()
        path = folder / f"{country.lower()}.yml"
        try:
            entries = yaml.safe_load(path.read_text("utf-8"))
        except (OSError, yaml.YAMLError) as error:
            raise CatalogError(f"{path.name} is not there or is not YAML") from error
        if not isinstance(entries, list):
            raise CatalogError(f"{path.name} must be a list")
        numbers = tuple(_number(one, f"{path.name}, entry {n}") for n, one in enumerate(entries, 1))
        return cls(entries=numbers, good_for=good_for, samples=samples)

    def kinds(self, today: date) -> tuple[str, ...]:
        """The kinds of help for which there is a number today, and `all` if there is any."""
        found = tuple(kind for kind in HELPS if self._for(kind, today))
        return (*found, ALL) if found else ()

    def lines(self, kind: str, language: str, today: date) -> str:
        """The numbers for a kind of help, a line each."""
        return "\n".join(number.line(language) for number in self._for(kind, today))

    def _for(self, kind: str, today: date) -> tuple[Number, ...]:
        return tuple(
            one
            for one in self.entries
            if (kind == ALL or kind in one.helps) and self._shown(one, today)
        )

    def _shown(self, one: Number, today: date) -> bool:
        if one.sample:
            return self.samples
        return today - self.good_for <= one.verified <= today


def _number(entry: Any, where: str) -> Number:
    if not isinstance(entry, dict) or not entry.keys() <= _FIELDS:
        raise CatalogError(f"{where}: its fields are {', '.join(sorted(_FIELDS))}")
    number = Number(
        helps=tuple(entry.get("helps", ())),
        number=str(entry.get("number", "")),
        name=entry.get("name") or {},
        verified=entry.get("verified", ""),
        source=str(entry.get("source", "")),
        sample=entry.get("sample", False),
    )
    for wrong, reason in (
        (not number.helps or not set(number.helps) <= set(HELPS), f"helps: {', '.join(HELPS)}"),
        (not _NUMBER.fullmatch(number.number), "number: digits in quotation marks"),
        (SOURCE not in number.name, f"name: at least `{SOURCE}`"),
        (not isinstance(number.verified, date), "verified: a day like 2026-03-14"),
        (not number.source, "source: who verified it"),
    ):
        if wrong:
            raise CatalogError(f"{where}: {reason}")
    return number
