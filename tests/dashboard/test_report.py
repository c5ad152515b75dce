"""A report as its reader gets it: arranged, in ids, with the person's own words untouched."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import ConfigurationError
from dashboard.questionnaire import CRSV, Questionnaire
from dashboard.report import Answer, Report, read_report

QUESTIONNAIRE = Questionnaire.read()


def report(later: list[dict[str, Any]] | None = None, **facts: Any) -> Report:
    changes = [json.dumps(one).encode() for one in later or []]
    return read_report(json.dumps(facts).encode(), QUESTIONNAIRE, later=changes)


def test_help_stands_first_and_what_happened_stands_guarded_behind_the_person() -> None:
    shown = report(
        answers={"kind": ["pns"], "needs": ["needs.medical"], "age": ["pns"], "sex": ["sex.man"]}
    )
    assert [(panel.block, panel.guarded) for panel in shown.panels] == [
        ("help", False),
        ("entry", False),
        ("person", False),
        ("incident", True),
    ]


def test_questions_stand_in_the_order_of_the_questionnaire() -> None:
    shown = report(answers={"witnesses": ["no"], "landmark": "@text", "when": ["d1_3"]})
    assert [answer.question for answer in shown.panels[0].answers] == [
        "when",
        "landmark",
        "witnesses",
    ]


def test_a_second_account_has_a_panel_of_its_own() -> None:
    shown = report(
        answers={"when": ["d1_3"], "when#2": ["m1_12"], "landmark#2": "@text"},
        texts={"landmark#2": "là-bas"},
    )
    assert [(panel.number, len(panel.answers)) for panel in shown.panels] == [(1, 1), (2, 2)]
    assert shown.panels[1].answers[1] == Answer(question="landmark", words="là-bas")


def test_labels_are_those_of_the_chat_shared_ones_and_borrowed_ones_too() -> None:
    shown = report(
        answers={
            "when": ["when.d1_3"],
            "held": ["dk"],
            "person_age": ["age.a15_17"],
            "sex": ["skip"],
        }
    )
    labels = {a.question: a.labels for panel in shown.panels for a in panel.answers}
    assert labels == {
        "when": ("option.when.d1_3",),
        "held": ("option.dk",),
        "person_age": ("option.age.a15_17",),
        "sex": ("desk.answer.skipped",),
    }


def test_a_report_without_words_or_consents_is_shown_all_the_same() -> None:
    shown = report(answers={"landmark": ["@text"]})
    assert shown.panels[0].answers[0].words == ""
    assert shown.consents == ()
    assert shown.urgency is None


AT = "2025-03-01T09:00:00+00:00"


def given(*names: str, agreed: bool = True) -> list[dict[str, Any]]:
    return [{"consent": name, "given": agreed, "at": AT} for name in names]


def test_consents_say_what_was_agreed_refused_and_taken_back() -> None:
    shown = report(
        answers={"c1": ["yes"], "c2": ["c2.health", "c2.legal"], "c4": ["no"], "c5": ["yes"]},
        consents=given("c1", "c2.health", "c2.legal", "c5"),
        later=given("c2.legal", "c5", agreed=False),
    )
    assert [(consent.question, consent.state, consent.labels) for consent in shown.consents] == [
        ("c1", "given", ()),
        ("c2", "given", ("option.c2.health",)),
        ("c2", "withdrawn", ("option.c2.legal",)),
        ("c4", "refused", ()),
        ("c5", "withdrawn", ()),
    ]


def test_a_consent_given_again_later_counts() -> None:
    shown = report(answers={"c5": ["no"]}, later=given("c5"))
    assert [consent.state for consent in shown.consents] == ["given"]


def test_words_do_not_print() -> None:
    shown = report(answers={"landmark": "@text"}, texts={"landmark": "là-bas"})
    assert "là-bas" not in repr(shown)


def test_every_question_that_can_be_answered_has_a_place(tmp_path: Path) -> None:
    kinds = {question.kind for block in QUESTIONNAIRE.blocks for question in block.questions}
    assert {"choice", "choices", "consent", "text", "menu"} <= kinds
    broken = tmp_path / "broken.yml"
    broken.write_text(CRSV.read_text("utf-8").replace("blocks:", "boxes:"))
    with pytest.raises(ConfigurationError, match=r"broken\.yml"):
        Questionnaire.read(broken)


def test_a_report_of_an_older_questionnaire_stays_readable(tmp_path: Path) -> None:
    changed = tmp_path / "own.yml"
    history = """
history:
  - version: 3
    renamed: {perp_type.robbers: perp_type.gang}
  - version: 2
    renamed: {perp_type.bandits: perp_type.robbers, place_words: landmark}
    retired: {weather: [sun, rain], notes: []}
"""
    changed.write_text(CRSV.read_text("utf-8") + history, "utf-8")
    old = {
        "version": 1,
        "answers": {
            "perp_type#2": ["perp_type.bandits"],
            "place_words": ["@text"],
            "weather": ["weather.sun"],
            "notes": ["@text"],
        },
        "texts": {"place_words": "by the old well", "notes": "two carts"},
    }
    report = read_report(json.dumps(old).encode(), Questionnaire.read(changed))
    answers = {one.question: one for panel in report.panels for one in panel.answers}
    assert answers["perp_type"].labels == ("option.perp_type.gang",)
    assert answers["landmark"].words == "by the old well"
    assert answers["weather"].labels == ("option.weather.sun",)
    assert answers["notes"].words == "two carts"
    assert report.panels[-1].block == "retired"


def test_a_report_of_this_version_is_left_alone(tmp_path: Path) -> None:
    changed = tmp_path / "own.yml"
    history = "\nhistory:\n  - version: 2\n    renamed: {perp_type.gang: perp_type.militia}\n"
    changed.write_text(CRSV.read_text("utf-8") + history, "utf-8")
    new = {"version": 2, "answers": {"perp_type": ["perp_type.gang"]}}
    report = read_report(json.dumps(new).encode(), Questionnaire.read(changed))
    assert report.panels[0].answers[0].labels == ("option.perp_type.gang",)
