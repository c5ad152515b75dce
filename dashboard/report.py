"""A report as a professional reads it: pure functions from its JSON to panels of ids and words.

What is said about help and about the person stands apart from what was reported to have happened.
An answer is an id with words in the reader's language; free text stays as it was written.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dashboard.questionnaire import Question, Questionnaire
from referrals.triage import Window, read_windows

FREE_TEXT, VOICE = "@text", "@voice"
# Who helps reads first what is needed now, and opens the account of what happened when ready.
FIRST = ("suicide", "help")
GUARDED = ("incident",)
# No answers: they steer, are told as consents, or stand among the files.
UNSEEN = ("menu", "consent", "files")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One question's answer: labels of the chosen options, or the person's own words."""

    question: str
    labels: tuple[str, ...] = ()
    words: str | None = field(default=None, repr=False)
    spoken: bool = False
    """By voice: the recording stands among the files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The answers of one block; `number` tells a second or third account of it."""

    block: str
    number: int
    guarded: bool
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What a person agreed to, did not agree to, or took back."""

    question: str
    state: str
    """`given`, `withdrawn` or `refused`."""
    labels: tuple[str, ...]
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole report, in the order of reading."""

    panels: tuple[Panel, ...]
    consents: tuple[Consent, ...]
    urgency: int | None
    reasons: tuple[str, ...]
    windows: tuple[Window, ...]
    language: str
    sms: bool
    role: str | None
    minor: bool


def read_report(
    content: bytes, questionnaire: Questionnaire, *, later: Iterable[bytes] = ()
) -> Report:
    """Arrange a report's JSON; `later` are consents that were given or taken back since."""
    data: dict[str, Any] = json.loads(content)
    version = data.get("version", 1)
    answers = questionnaire.renew(version, data.get("answers", {}))
    records = [*data.get("consents", ()), *(json.loads(one) for one in later)]
    return Report(
        panels=tuple(
            _panels(answers, questionnaire.renew(version, data.get("texts", {})), questionnaire)
        ),
        consents=tuple(_consents(answers, records, questionnaire)),
        urgency=data.get("urgency"),
        reasons=tuple(data.get("reasons", ())),
        windows=read_windows(data.get("windows", ())),
        language=data.get("language", ""),
        sms=bool(data.get("sms")),
        role=data.get("role"),
        minor=bool(data.get("minor")),
    )


def _panels(
    answers: Mapping[str, Any], texts: Mapping[str, str], questionnaire: Questionnaire
) -> Iterable[Panel]:
    numbers = sorted({_number(key) for key in answers} | {1})
    blocks = sorted(questionnaire.blocks, key=lambda block: _place(block.id))
    for block in blocks:
        for number in numbers:
            shown = tuple(
                _answer(question, key, answers[key], texts)
                for question in block.questions
                if question.kind not in UNSEEN and (key := _key(question.id, number)) in answers
            )
            if shown:
                yield Panel(
                    block=block.id, number=number, guarded=block.id in GUARDED, answers=shown
                )


def _answer(question: Question, key: str, value: Any, texts: Mapping[str, str]) -> Answer:
    given = [value] if isinstance(value, str) else value
    if VOICE in given:
        return Answer(question=question.id, spoken=True)
    if FREE_TEXT in given:
        return Answer(question=question.id, words=texts.get(key, ""))
    return Answer(question=question.id, labels=_labels(question, value))


def _consents(
    answers: Mapping[str, Any], records: Iterable[Mapping[str, Any]], questionnaire: Questionnaire
) -> Iterable[Consent]:
    """Each consent is recorded by itself (`c1`, `c2.health`), the latest word about it counts."""
    latest = {record["consent"]: record for record in records}
    for question in (q for block in questionnaire.blocks for q in block.questions):
        if question.kind != "consent":
            continue
        about = [one for name, one in latest.items() if name.partition(".")[0] == question.id]
        for given in (True, False):
            found = [one for one in about if one["given"] is given]
            if found:
                yield _consent(question, found, "given" if given else "withdrawn")
        if not about and question.id in answers:
            yield Consent(question=question.id, state="refused", labels=(), at=None)


def _consent(question: Question, records: list[Mapping[str, Any]], state: str) -> Consent:
    options = (record["consent"].partition(".")[2] for record in records)
    return Consent(
        question=question.id,
        state=state,
        labels=tuple(question.label(option) for option in options if option),
        at=max(datetime.fromisoformat(record["at"]) for record in records),
    )


def _labels(question: Question, value: Any) -> tuple[str, ...]:
    options = [value] if isinstance(value, str) else value
    return tuple(question.label(option) for option in options)


def _place(block: str) -> int:
    return FIRST.index(block) if block in FIRST else len(FIRST)


def _key(question: str, number: int) -> str:
    return question if number == 1 else f"{question}#{number}"


def _number(key: str) -> int:
    _, _, number = key.partition("#")
    return int(number) if number else 1
