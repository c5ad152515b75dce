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

FREE_TEXT = "@text"
# Who helps reads first what is needed now, and opens the account of what happened when ready.
FIRST = ("suicide", "help")
GUARDED = ("incident",)
# What the dialogue keeps for itself: it steers, or is told as a consent.
UNSEEN = ("menu", "consent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One question's answer: labels of the chosen options, or the person's own words."""

    question: str
    labels: tuple[str, ...] = ()
    words: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The answers of one block; `number` tells a second or third account of it."""

    block: str
    number: int
    guarded: bool
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What a person agreed to, did not agree to, or was not asked."""

    question: str
    state: str
    """`given`, `refused` or `withdrawn`."""
    labels: tuple[str, ...]
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole report, in the order of reading."""

    panels: tuple[Panel, ...]
    consents: tuple[Consent, ...]
    urgency: int | None
    reasons: tuple[str, ...]
    language: str
    sms: bool
    role: str | None
    minor: bool


def read_report(
    content: bytes, questionnaire: Questionnaire, *, later: Iterable[bytes] = ()
) -> Report:
    """Arrange a report's JSON; `later` are consents that were given or taken back since."""
    data: dict[str, Any] = json.loads(content)
    answers: Mapping[str, Any] = data.get("answers", {})
    changes = [json.loads(one) for one in later]
    return Report(
        panels=tuple(_panels(answers, data.get("texts", {}), questionnaire)),
        consents=tuple(_consents(answers, data.get("consents", []), changes, questionnaire)),
        urgency=data.get("urgency"),
        reasons=tuple(data.get("reasons", ())),
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
    if FREE_TEXT in ([value] if isinstance(value, str) else value):
        return Answer(question=question.id, words=texts.get(key, ""))
    return Answer(question=question.id, labels=_labels(question, value))


def _consents(
    answers: Mapping[str, Any],
    given: Iterable[Mapping[str, Any]],
    changes: Iterable[Mapping[str, Any]],
    questionnaire: Questionnaire,
) -> Iterable[Consent]:
    records = {record["consent"]: record for record in given}
    changed = {record["consent"]: record for record in changes}
    for question in (q for block in questionnaire.blocks for q in block.questions):
        record = changed.get(question.id) or records.get(question.id)
        if question.kind != "consent" or (record is None and question.id not in answers):
            continue
        withdrawn = question.id in changed and not changed[question.id]["given"]
        agreed = record is not None and record["given"]
        yield Consent(
            question=question.id,
            state="withdrawn" if withdrawn else "given" if agreed else "refused",
            labels=_labels(question, answers.get(question.id, ())) if agreed else (),
            at=datetime.fromisoformat(record["at"]) if record is not None else None,
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
