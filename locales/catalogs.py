"""Every word that a person reads, found by language and message id.

Catalogs are read once, at start, and never change afterwards. A person is never shown an id or an
error: when words are missing at run time they get a neutral sentence, and the id is logged.
"""

import hashlib
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

from babel.numbers import format_decimal

from core.settings import Settings
from locales.articles import as_domain, read_articles
from locales.assets import Assets
from locales.languages import SOURCE, Language, chain, read_registry
from locales.pofile import (
    CatalogError,
    Domain,
    Review,
    Words,
    over,
    placeholders,
    read_domain,
)

HERE = Path(__file__).parent
NEUTRAL = "say.neutral"
INFO = "info"
"""The domain of the information module, whose words are Markdown files."""
NO_ASSETS = Assets()
NOTHING = Domain(messages={}, review=Review(reviewed=False))

log = logging.getLogger(__name__)


class Catalogs:
    """The words of all languages; lenient for people, strict for tests."""

    def __init__(
        self,
        registry: Mapping[str, Language],
        domains: Mapping[str, Mapping[str, Domain]],
        *,
        strict: bool = False,
        assets: Assets = NO_ASSETS,
    ) -> None:
        """Take the registry and, per language, its domains by name."""
        self.assets = assets
        self._registry = registry
        self._domains = domains
        self._chains = {code: chain(registry, code) for code in registry}
        self._messages = {
            code: {key: words for domain in own.values() for key, words in domain.messages.items()}
            for code, own in domains.items()
        }
        self._strict = strict

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """What a deployment says: its country's articles, and its own words before the shipped."""
        own = settings.questionnaire.parent / "locales" if settings.questionnaire else None
        country = settings.country.lower() if settings.country else None
        return cls.load(country=country, own=own)

    @classmethod
    def load(
        cls,
        folder: Path = HERE,
        *,
        strict: bool = False,
        country: str | None = None,
        own: Path | None = None,
    ) -> Self:
        """Read ``languages.yml``, each language's ``LC_MESSAGES/*.po``, articles and recordings.

        Articles about ``country`` come before those of everywhere. A deployment's ``own`` folder
        has the same shape; its words come before those of ``folder``.

        Raises:
            CatalogError: the registry is wrong, or a file is not a catalog with a review status.
        """
        registry = read_registry(folder / "languages.yml")
        domains = {code: _domains(folder, code, country) for code in registry}
        if own is not None:
            for code, shipped in domains.items():
                for name, domain in _domains(own, code, country).items():
                    shipped[name] = over(shipped[name], domain) if name in shipped else domain
        folders = (folder,) if own is None else (own, folder)
        return cls(registry, domains, strict=strict, assets=Assets.load(folders, country))

    def languages(self) -> tuple[str, ...]:
        """Codes of the languages that are offered, in the order of the menu."""
        return tuple(code for code, language in self._registry.items() if language.offered)

    def ready(self, *, unreviewed: bool) -> tuple[str, ...]:
        """Of those the ones that lack no word, and that a practitioner has approved unless told."""
        wanted = {one for one in self.ids(SOURCE, "chat") if not one.endswith(".sms")}
        return tuple(
            code
            for code in self.languages()
            if wanted <= self.ids(code, "chat")
            and (unreviewed or self.review(code, "chat").reviewed)
        )

    def registered(self) -> tuple[str, ...]:
        """Codes of all languages that have catalogs, offered or not."""
        return tuple(self._registry)

    def language(self, code: str) -> Language:
        """The registry's entry; English for a code that is not registered."""
        return self._registry.get(code, self._registry[SOURCE])

    def review(self, language: str, domain: str = "chat") -> Review:
        """Whether a practitioner has approved these words, by the header of the catalog."""
        return self._domains[language].get(domain, NOTHING).review

    def ids(self, language: str, domain: str = "chat") -> frozenset[str]:
        """The ids that this very language has words for, without its fallbacks."""
        return frozenset(self._domains[language].get(domain, NOTHING).messages)

    def forms(self, language: str, message_id: str) -> tuple[str, ...]:
        """The words as this very language's catalog has them: one, or one per plural form."""
        return self._messages[language][message_id].forms

    def filled(self, language: str, message_id: str) -> frozenset[str]:
        """The placeholders in the words that a language has for an id."""
        forms = self.forms(language, message_id)
        return frozenset().union(*map(placeholders, forms))

    def has(self, language: str, message_id: str) -> bool:
        """Whether this very language has words for the id, in any domain."""
        return message_id in self._messages.get(language, {})

    def missing(self, ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """For each registered language the ids it lacks; empty if complete. For start-up checks."""
        wanted = frozenset(ids)
        gaps = {code: tuple(sorted(wanted - own.keys())) for code, own in self._messages.items()}
        return {code: gap for code, gap in gaps.items() if gap}

    def text(
        self,
        language: str,
        message_id: str,
        /,
        *,
        sms: bool = False,
        count: int | None = None,
        **args: str,
    ) -> str:
        """Words for a person: ``args`` fill the placeholders, ``count`` picks the plural form.

        With ``sms`` the wording ``<id>.sms`` is preferred, in the person's own language first.
        ``{count}`` is written with the separators of the language that is shown;
        ``{STOP}`` and other capitals are the word that a person types for ``command.stop``.

        Raises:
            CatalogError: if strict, words or a placeholder's value are missing.
        """
        try:
            return self._filled(language, message_id, args, sms=sms, count=count)
        except CatalogError:
            if self._strict:
                raise
        log.error("words missing: %s", message_id)
        return self._filled(language, NEUTRAL, {}, sms=sms, count=None)

    def text_hash(self, language: str, message_id: str, *, sms: bool = False) -> str:
        """SHA-256, in hex, of the words as the catalog has them, placeholders not filled.

        A consent keeps it as the version of the text that was agreed to.

        Raises:
            CatalogError: there are no such words, so nobody can have agreed to them.
        """
        _, words = self._find(language, message_id, sms=sms)
        return hashlib.sha256(words.form(None).encode()).hexdigest()

    def _filled(
        self,
        language: str,
        message_id: str,
        args: Mapping[str, str],
        *,
        sms: bool,
        count: int | None,
    ) -> str:
        code, words = self._find(language, message_id, sms=sms)
        values = dict(args)
        if count is not None:
            values["count"] = format_decimal(count, locale=self._registry[code].cldr)
        text = words.form(count)
        for name in placeholders(text) - values.keys():
            if not name.isupper():
                raise CatalogError(f"{message_id}: no value for {{{name}}}")
            values[name] = self._find(code, f"command.{name.lower()}", sms=sms)[1].form(None)
        return text.format_map(values)

    def _find(self, language: str, message_id: str, *, sms: bool) -> tuple[str, Words]:
        wanted = (f"{message_id}.sms", message_id) if sms else (message_id,)
        for code in self._chains.get(language, (SOURCE,)):
            for key in wanted:
                if words := self._messages[code].get(key):
                    return code, words
        raise CatalogError(f"no language has words for {message_id!r}")


def _domains(folder: Path, language: str, country: str | None) -> dict[str, Domain]:
    """The words that a folder has for a language, by domain."""
    catalogs = sorted((folder / language / "LC_MESSAGES").glob("*.po"))
    articles = read_articles(folder / INFO / language, country)
    found = {path.stem: read_domain(path) for path in catalogs}
    return {**found, INFO: as_domain(articles)} if articles else found
