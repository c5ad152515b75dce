"""The shipped questionnaire: what practitioners expect of it, and which words it needs."""

import pytest

from dialogue.questionnaire import labels, message_ids, placeholders
from dialogue.questionnaire.model import SHARED
from tests.dialogue.talk import SHIPPED

QUESTIONS = SHIPPED.questions
BY_SMS = {
    "language", "safe_now", "danger", "role", "person_agrees", "client_agrees", "age",
    "person_age", "c1", "when", "admin1", "since", "urgent", "area", "needs", "c2", "pro_gender",
    "exclude", "c7", "contact_when", "send", "suicide", "suicide_now", "delete_sure", "after",
    "withdraw", "info", "language_guess", "person_now", "fb_reached", "fb_respected", "fb_safe",
}  # fmt: skip


def test_sms_has_the_short_variant_only() -> None:
    assert {question.id for question in QUESTIONS.values() if question.sms} == BY_SMS


@pytest.mark.parametrize("consent", ["c4", "c6"])
def test_investigators_and_evidence_are_never_agreed_to_by_sms(consent: str) -> None:
    assert not QUESTIONS[consent].sms


def test_an_sms_asks_for_digits_only() -> None:
    assert not [one.id for one in QUESTIONS.values() if one.sms and one.open]


def test_what_must_be_answered_is_little() -> None:
    must = {one.id for one in QUESTIONS.values() if one.required and one.kept}
    assert must == {
        "language", "safe_now", "danger", "role", "person_agrees", "client_agrees", "age",
        "person_age", "c1",
    }  # fmt: skip


@pytest.mark.parametrize("question", ["when", "kind", "needs", "urgent", "sex", "exclude"])
def test_every_list_tells_not_knowing_from_not_wanting_to_say(question: str) -> None:
    assert [option.code for option in QUESTIONS[question].options[-2:]] == ["dk", "pns"]


def test_what_is_never_asked() -> None:
    words = " ".join(QUESTIONS)
    for never in ("ethnic", "religion", "resist", "cloth", "virgin", "history", "name"):
        assert never not in words


def test_every_rule_of_urgency_has_a_source() -> None:
    assert all(rule.source for rule in SHIPPED.rules)


def test_each_consent_is_a_question_of_its_own() -> None:
    consents = {one.id for one in QUESTIONS.values() if one.kind == "consent"}
    assert consents == {"c1", "c2", "c3", "c4", "c5", "c6", "c7"}


def test_words_are_needed_for_everything_that_is_shown() -> None:
    chat = message_ids(SHIPPED).chat
    assert {
        "ask.when", "option.when.lt24h", "option.yes", "option.person", "say.opening",
        "say.urgent.care", "hide.weather.1", "hide.football.6", "command.stop", "command.return",
    } <= chat  # fmt: skip
    assert {f"option.{shared}" for shared in SHARED} <= chat


def test_a_borrowed_option_needs_no_words_of_its_own() -> None:
    chat = message_ids(SHIPPED).chat
    assert "option.age.a0_11" in chat
    assert "option.person_age.a0_11" not in chat


def test_sms_words_are_needed_for_what_is_asked_by_sms() -> None:
    assert message_ids(SHIPPED).chat_sms == {f"ask.{question}.sms" for question in BY_SMS}


def test_staff_read_headings_of_answers_and_reasons() -> None:
    staff = message_ids(SHIPPED).staff
    assert {"name.when", "block.incident", "reason.pep", "window.forensic_oral"} <= staff
    assert not staff & {"name.pause", "name.send", "block.delete", "block.review"}


def test_notes_tell_the_placeholders() -> None:
    assert placeholders(SHIPPED, "review") == {"answered", "skipped"}
    assert placeholders(SHIPPED, "opening") == frozenset()


def test_the_classifier_knows_options_commands_intents_and_danger() -> None:
    assert {"when.lt24h", "yes", "dk", "stop", "return", "greet", "suicide"} <= labels(SHIPPED)
