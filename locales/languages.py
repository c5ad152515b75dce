"""The registry of languages: data in ``languages.yml``, one frozen value per language.

Every fallback chain ends in English; a cycle or an unknown field stops the program at start.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml
from babel import Locale

from locales.pofile import CatalogError

SOURCE = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language as its readers know it; ``locale`` is CLDR's, for numbers and dates only."""

    code: str
    name: str
    script: str
    direction: Literal["ltr", "rtl"]
    fallback: str | None
    locale: str
    audio: bool
    offered: bool

    @property
    def cldr(self) -> Locale:
        """Babel's rules for numbers and dates."""
        return Locale.parse(self.locale)


def read_registry(path: Path) -> dict[str, Language]:
    """Read the registry, in the order in which the menu shows the languages.

    Raises:
        CatalogError: a field is missing or unknown, or a fallback chain does not end in English.
    """
    entries = yaml.safe_load(path.read_text("utf-8"))
    try:
        registry = {code: Language(code=code, **fields) for code, fields in entries.items()}
    except TypeError as error:
        raise CatalogError(f"{path.name}: {error}") from error
    for code in registry:
        chain(registry, code)
    return registry


def chain(registry: Mapping[str, Language], code: str) -> tuple[str, ...]:
    """Languages to look in, the nearest first, English last; an unknown one is English alone.

    Raises:
        CatalogError: the chain turns in a circle or names a language that is not registered.
    """
    steps: list[str] = []
    current: str | None = code if code in registry else SOURCE
    while current is not None:
        if current in steps or current not in registry:
            raise CatalogError(f"the fallbacks of {code!r} go wrong at {current!r}")
        steps.append(current)
        current = registry[current].fallback
    if steps[-1] != SOURCE:
        raise CatalogError(f"the fallbacks of {code!r} do not end in {SOURCE!r}")
    return tuple(steps)
