"""What every catalog must keep to, whatever its language: ids, placeholders, plurals, SMS budgets.

English is the catalog that says which ids there are; the questionnaire says which it needs. Tests
and `backup locales check` ask here, so that translators and developers hear the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import smsutil

from locales.catalogs import Catalogs
from locales.languages import SOURCE
from locales.pofile import is_variant, placeholders

SEGMENTS = 3
"""What a question by SMS may take together with its options; most take one or two."""
CATALOGS = ("chat", "dashboard")
DOMAINS = (*CATALOGS, "info")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What the questionnaire needs: message ids, and the options of each of its questions.

    `sms` are the questions of the SMS path; `filled` names, by message id, the placeholders that
    the program fills.
    """

    ids: frozenset[str]
    questions: Mapping[str, tuple[str, ...]]
    sms: tuple[str, ...]
    filled: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """Something that a translator must mend."""

    language: str
    message_id: str
    what: str

    def __str__(self) -> str:
        return f"{self.language}  {self.message_id}: {self.what}"


def mistakes(catalogs: Catalogs, outline: Outline) -> Iterator[Mistake]:
    """All mistakes of all languages, in the order of the registry."""
    for language in catalogs.registered():
        for domain in DOMAINS:
            yield from _ids(catalogs, outline, language, domain)
        for message_id in sorted(catalogs.ids(SOURCE) & catalogs.ids(language)):
            yield from _filled(catalogs, outline, language, message_id)
        for question in outline.sms if outline.ids <= _written(catalogs) else ():
            yield from _budget(catalogs, outline, language, question)


def segments(catalogs: Catalogs, outline: Outline, language: str) -> dict[str, int]:
    """For each question of the SMS path how many segments it takes with its options."""
    return {
        question: len(smsutil.split(shown_by_sms(catalogs, outline, language, question)).parts)
        for question in outline.sms
    }


def shown_by_sms(catalogs: Catalogs, outline: Outline, language: str, question: str) -> str:
    """A question and its options as an SMS has them."""
    lines = [catalogs.text(language, f"ask.{question}", sms=True)]
    for number, ref in enumerate(outline.questions[question], 1):
        lines.append(f"{number} {catalogs.text(language, f'option.{ref}', sms=True)}")
    return "\n".join(lines)


def share(catalogs: Catalogs, language: str, domain: str) -> tuple[int, int]:
    """How many of the words that there are in English this language has, and how many there are."""
    wanted = _common(catalogs, SOURCE, domain)
    return len(wanted & catalogs.ids(language, domain)), len(wanted)


def _written(catalogs: Catalogs) -> frozenset[str]:
    return frozenset().union(*(catalogs.ids(SOURCE, domain) for domain in DOMAINS))


def _common(catalogs: Catalogs, language: str, domain: str) -> frozenset[str]:
    """Ids that every language has; a short wording for SMS is each language's own matter."""
    ids = catalogs.ids(language, domain)
    return frozenset(one for one in ids if not is_variant(one, ids))


def _ids(catalogs: Catalogs, outline: Outline, language: str, domain: str) -> Iterator[Mistake]:
    here, known = catalogs.ids(language, domain), catalogs.ids(SOURCE, domain)
    needed = _common(catalogs, SOURCE, domain)
    if domain == "chat":
        needed |= {one for one in outline.ids if not _elsewhere(one)}
    for missing in sorted(needed - here):
        yield Mistake(language=language, message_id=missing, what="has no words")
    for one in sorted(here - known):
        if not is_variant(one, known):
            yield Mistake(language=language, message_id=one, what="nothing asks for these words")


def _elsewhere(message_id: str) -> bool:
    """Whether the words are for staff, or an article's."""
    staff, article = ("name.", "block.", "reason.", "window."), ("say.info.", "option.info.")
    return message_id.startswith(staff + article)


def _filled(
    catalogs: Catalogs, outline: Outline, language: str, message_id: str
) -> Iterator[Mistake]:
    """The same values in every language; commands may be named or not."""
    source = {name for form in catalogs.forms(SOURCE, message_id) for name in placeholders(form)}
    wanted = outline.filled.get(message_id, frozenset(n for n in source if not n.isupper()))
    for form in catalogs.forms(language, message_id):
        used = frozenset(name for name in placeholders(form) if not name.isupper())
        for name in sorted(used ^ wanted):
            what = f"{{{name}}} is missing" if name in wanted else f"{{{name}}} is never filled"
            yield Mistake(language=language, message_id=message_id, what=what)
        for name in sorted(n for n in placeholders(form) if n.isupper()):
            if not catalogs.has(SOURCE, f"command.{name.lower()}"):
                yield Mistake(
                    language=language, message_id=message_id, what=f"there is no command {{{name}}}"
                )


def _budget(
    catalogs: Catalogs, outline: Outline, language: str, question: str
) -> Iterator[Mistake]:
    taken = len(smsutil.split(shown_by_sms(catalogs, outline, language, question)).parts)
    if taken > SEGMENTS:
        what = f"takes {taken} segments by SMS with its options; {SEGMENTS} at most"
        yield Mistake(language=language, message_id=f"ask.{question}.sms", what=what)
