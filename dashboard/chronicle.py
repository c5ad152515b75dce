"""A case as a court's reader follows it: every entry of the custody log in order, with its record.

What was written stays as it was; answers are given in the reader's language.
"""

import json
from collections.abc import Iterator, Sequence

from dashboard.questionnaire import Questionnaire
from dashboard.report import read_report
from locales import Catalogs
from vault.bundle.index import Event, Row, kind_id
from vault.bundle.material import CONSENT, MANIFEST, MESSAGE, REPORT, Held, Material
from vault.entries import Action, Entry

TOLD = frozenset(
    (
        "open",
        "admit",
        "view",
        "export",
        "add",
        "remove",
        "leave",
        "rekey",
        "recover",
        "hold",
        "release",
    )
)
"""Acts that have words of their own."""
NOTE = "note"
FACTS = {"name": "bundle.fact.name", "type": "bundle.fact.type", "sha256": "bundle.fact.sha256"}


class Chronicler:
    """Turns entries and records into events; one that makes bundles holds it."""

    def __init__(self, catalogs: Catalogs, questionnaire: Questionnaire) -> None:
        """Take the words and the questionnaire."""
        self._catalogs = catalogs
        self._questionnaire = questionnaire

    def __call__(self, material: Material, entries: Sequence[Entry]) -> list[Event]:
        """The events of a case, in the order of the log."""
        reader = _Reader(self._catalogs, self._questionnaire, material.language)
        records = {record.sequence: record for record in material.records}
        return [
            reader.event(entry, records.get(entry.sequence))
            for entry in entries
            if entry.action != Action.ENROL
        ]


class _Reader:
    """One language."""

    def __init__(self, catalogs: Catalogs, questionnaire: Questionnaire, language: str) -> None:
        self._catalogs, self._questionnaire, self._language = catalogs, questionnaire, language

    def event(self, entry: Entry, record: Held | None) -> Event:
        return Event(
            at=entry.at,
            sequence=entry.sequence,
            what=self._act(entry.action) if record is None else self._kind(record),
            who=self._who(entry.actor),
            record=record,
            rows=() if record is None or record.content is None else tuple(self._rows(record)),
        )

    def _text(self, message_id: str, **args: str) -> str:
        return self._catalogs.text(self._language, message_id, sms=False, count=None, **args)

    def _act(self, action: str) -> str:
        if action in TOLD:
            return self._text(f"bundle.act.{action}")
        return self._text("bundle.act.other", action=action)

    def _kind(self, record: Held) -> str:
        kind = self._text(kind_id(record.kind))
        return kind if record.withheld is None else f"{kind} ({self._text('bundle.withheld')})"

    def _who(self, actor: str) -> str:
        name, _, number = actor.partition(":")
        if number:
            return self._text("bundle.who.professional", id=number[:8])
        return self._text("bundle.who.person" if name == "survivor" else "bundle.who.program")

    def _rows(self, record: Held) -> Iterator[Row]:
        content = record.content or b""
        if record.kind in {MESSAGE, NOTE}:
            yield Row(label="", values=(content.decode(errors="replace"),), own_words=True)
        elif record.kind == REPORT:
            yield from self._report(content)
        elif record.kind == CONSENT:
            yield self._consent(json.loads(content))
        elif record.kind == MANIFEST:
            facts = json.loads(content)
            yield from (
                Row(label=self._text(words), values=(str(facts[name]),))
                for name, words in FACTS.items()
                if facts.get(name)
            )

    def _report(self, content: bytes) -> Iterator[Row]:
        for panel in read_report(content, self._questionnaire).panels:
            for answer in panel.answers:
                label = self._text(f"name.{answer.question}")
                if answer.words is not None:
                    yield Row(label=label, values=(answer.words,), own_words=True)
                else:
                    values = tuple(self._text(one) for one in answer.labels)
                    yield Row(label=label, values=values)

    def _consent(self, consent: dict[str, object]) -> Row:
        asked = str(consent["consent"]).partition(".")[0]
        state = "given" if consent["given"] else "withdrawn"
        return Row(
            label=self._text(f"name.{asked}"),
            values=(f"{consent['consent']}: {self._text(f'bundle.consent.{state}')}",),
        )
