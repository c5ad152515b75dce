"""Whole conversations: who is asked what, and what comes out at the end."""

import pytest

from tests.dialogue.talk import Talk

SMS_WAY = [
    "language", "safe_now", "danger", "role", "age", "c1", "when", "admin1", "urgent", "needs",
    "c2", "pro_gender", "exclude", "c7", "contact_when", "send",
]  # fmt: skip
ABOUT_WHAT_HAPPENED = {"when", "admin1", "kind", "body_entered", "pressure", "perp_type"}


def report_of(talk: Talk) -> dict[str, object]:
    """The report that a finished conversation sends."""
    return talk.goes_to("send").chooses("yes").effect("submit")


def test_a_survivor_reports_by_sms_with_digits_alone() -> None:
    talk = Talk(sms=True)
    for digit in ("hi", *"11115131", "2", "1,2", *"221211"):
        talk.types(digit)
    assert talk.asked_keys == SMS_WAY
    assert talk.verbs == ["submit", "handoff", "give_code"]
    assert talk.says == ["say.submitted_p0"]
    report = talk.effect("submit")
    assert report["answers"]["when"] == ["when.d4_5"]
    assert report["answers"]["needs"] == ["needs.medical", "needs.emotional"]
    assert report["consents"] == ["c1", "c2.health", "c7"]
    assert report["services"] == ["health"]
    assert (report["sms"], report["role"], report["minor"]) == (True, "survivor", False)
    assert report["language"] == "en"


def test_an_adult_is_asked_everything_in_the_app() -> None:
    talk = Talk().goes_to(
        "send",
        duration="duration.held",
        kind="kind.rape kind.threat",
        targeted="yes",
        pause="pause.go_on",
        evidence_have="evidence_have.photo evidence_have.clothing",
        c2="c2.health c2.legal",
        c6="yes",
        files="done",
        device="device.own",
        displacement="displacement.idp",
        exclude="exclude.somebody",
        c7="yes",
        contact_how="contact_how.call",
    )
    skipped_by_condition = {
        "person_agrees", "client_agrees", "person_age", "basis", "since", "date_precision",
        "suicide", "suicide_now", "delete_sure", "after", "withdraw", "info", "language_guess",
        "person_now", "fb_reached", "fb_respected", "fb_safe",
    }  # fmt: skip
    asked = set(talk.asked_keys)
    assert asked == set(talk.questionnaire.questions) - skipped_by_condition
    assert "say.review" in talk.says


def test_answers_skipped_unknown_and_unsaid_stay_apart() -> None:
    talk = Talk().goes_to("when").says_word("skip")
    talk.goes_to("time_of_day").says_word("dk")
    talk.goes_to("duration").says_word("pns")
    answers = report_of(talk)["answers"]
    assert isinstance(answers, dict)
    assert answers["when"] == ["skip"]
    assert answers["time_of_day"] == ["dk"]
    assert answers["duration"] == ["pns"]


@pytest.mark.parametrize("age", ["age.a0_11", "age.a12_14", "age.a15_17"])
@pytest.mark.parametrize("sms", [False, True])
def test_a_child_is_not_asked_what_happened(age: str, *, sms: bool) -> None:
    talk = Talk(sms=sms).goes_to("age").chooses(age)
    assert "say.urgent.minor" in talk.says
    talk.goes_to("send", since="since.longer")
    assert not ABOUT_WHAT_HAPPENED & set(talk.asked_keys)
    assert not {"c4", "c5", "c6", "evidence_have", "files"} & set(talk.asked_keys)
    report = report_of(talk)
    assert report["minor"] is True
    assert report["urgency"] == 1


def test_files_of_a_child_are_not_taken() -> None:
    talk = Talk().goes_to("needs", age="age.a15_17").sends("photo")
    assert talk.says == ["say.media_never", "ask.needs"]


def test_somebody_else_may_write_for_a_child() -> None:
    talk = Talk().goes_to("send", role="role.relative", person_age="age.a0_11")
    assert not ABOUT_WHAT_HAPPENED & set(talk.asked_keys)
    assert report_of(talk)["minor"] is True


def test_who_does_not_tell_their_age_gets_help_only() -> None:
    talk = Talk().goes_to("send", age="pns", since="since.nothing")
    assert not ABOUT_WHAT_HAPPENED & set(talk.asked_keys)
    report = report_of(talk)
    assert report["minor"] is False
    assert "age_unknown" in report["reasons"]  # type: ignore[operator]


def test_a_witness_tells_what_they_saw_and_nothing_of_who_it_was() -> None:
    talk = Talk().goes_to("send", role="role.witness", person_agrees="no")
    asked = set(talk.asked_keys)
    assert {"basis", "when", "admin1", "perp_type", "context"} <= asked
    assert not {"sex", "displacement", "disability", "landmark", "admin2", "body_entered"} & asked
    assert not {"pressure", "held", "exchange", "exclude_who", "c4", "person_age"} & asked


def test_a_witness_is_told_what_no_agreement_means() -> None:
    talk = Talk().goes_to("person_agrees", role="role.witness").chooses("unsure")
    assert talk.says[0] == "say.not_agreed"


def test_a_relative_whose_person_agrees_reports_as_they_would() -> None:
    talk = Talk().goes_to("send", role="role.relative", kind="kind.attempt")
    assert {"age", "person_age", "sex", "basis", "body_entered", "landmark"} <= set(talk.asked_keys)


@pytest.mark.parametrize("role", ["role.professional", "role.ngo"])
def test_a_professional_attests_that_the_client_agrees(role: str) -> None:
    talk = Talk().goes_to("person_age", role=role)
    assert "age" not in talk.asked_keys
    assert "client_agrees" in talk.asked_keys
    assert report_of(talk)["role"] == role.partition(".")[2]


def test_without_the_client_a_professional_gets_information_only() -> None:
    talk = Talk().goes_to("client_agrees", role="role.professional").chooses("no")
    assert talk.says == ["say.information_professional"]
    assert not talk.now.kept


def test_a_journalist_gets_information_only() -> None:
    talk = Talk().goes_to("role").chooses("role.journalist")
    assert talk.says == ["say.information_journalist"]
    assert talk.types("hm").says == ["say.after_information", "ask.after"]
    assert talk.choices == ["person", "after.again", "after.nothing"]
    assert talk.chooses("person").effect("handoff")["urgency"] == 3


def test_without_consent_nothing_is_kept() -> None:
    talk = Talk().goes_to("c1").chooses("no")
    assert talk.says == ["say.information"]
    assert not talk.now.kept
    assert talk.now.effects == ()


def test_danger_leads_straight_to_help() -> None:
    talk = Talk().goes_to("danger").chooses("danger.both")
    assert talk.says == ["say.urgent.danger", "say.urgent.medical", "ask.person_now"]
    assert talk.effect("urgent") == {
        "do": "urgent", "urgency": 0, "reasons": ["danger", "hurt"],
    }  # fmt: skip
    talk.goes_to("send")
    assert talk.asked_keys[3:7] == ["person_now", "age", "c1", "since"]
    assert not ABOUT_WHAT_HAPPENED & set(talk.asked_keys)


def test_who_told_it_formally_is_not_asked_again() -> None:
    talk = Talk().goes_to("already_told").chooses("already_told.statement")
    assert "say.statement_given" in talk.says
    talk.goes_to("send")
    assert not ABOUT_WHAT_HAPPENED & set(talk.asked_keys)


def test_who_cannot_write_privately_is_left_in_peace_with_a_way_back() -> None:
    talk = Talk(sms=True).goes_to("safe_now").chooses("no")
    assert talk.says == ["say.not_private"]
    assert talk.verbs == ["give_code", "close"]
    assert talk.now.replies[0].args == {"code": "@code"}
    assert talk.types("hello").says == ["say.resume", "ask.safe_now"]


def test_a_second_incident_is_told_beside_the_first() -> None:
    talk = Talk().goes_to("another", when="when.gt1y").chooses("yes")
    assert talk.state.asked == "when#2"
    talk.chooses("when.m1_12").goes_to("landmark").types("by the mill")
    assert talk.effect("keep_text")["question"] == "landmark#2"
    answers = report_of(talk)["answers"]
    assert isinstance(answers, dict)
    assert (answers["when"], answers["when#2"]) == (["when.gt1y"], ["when.m1_12"])
    assert (answers["landmark"], answers["landmark#2"]) == (["skip"], ["@text"])


def test_each_incident_has_its_own_branches() -> None:
    talk = Talk().goes_to("another", kind="kind.rape").chooses("yes")
    talk.goes_to("send", kind="kind.threat")
    assert "body_entered" in talk.asked_keys
    assert "body_entered#2" not in talk.asked_keys


def test_after_three_incidents_nobody_asks_for_more() -> None:
    talk = Talk().goes_to("send", another="yes")
    assert "when#3" in talk.asked_keys
    assert not {"another#3", "when#4"} & set(talk.asked_keys)


def test_after_heavy_questions_a_pause_is_offered() -> None:
    talk = Talk().goes_to("pause")
    assert talk.asked_keys[-2] == "abduction"
    talk.chooses("pause.pause")
    assert talk.verbs == ["close"]
    assert talk.types("I am here").says == ["say.resume", "ask.perp_n"]


def test_nothing_is_offered_twice_on_the_way() -> None:
    talk = Talk().goes_to("send", another="yes")
    keys = [key for key in talk.asked_keys if key != "pause"]
    assert len(keys) == len(set(keys))


def test_who_does_not_send_finds_it_again() -> None:
    talk = Talk(sms=True).goes_to("send").chooses("send.later")
    assert (talk.says, talk.verbs) == (["say.not_sent"], ["close"])
    assert talk.types("hello").says == ["say.resume", "say.review", "ask.send"]


def test_the_review_tells_numbers_and_no_content() -> None:
    talk = Talk(sms=True).goes_to("send", when="when.gt1y")
    review = talk.now.replies[-2]
    assert (review.say, dict(review.args)) == ("say.review", {"answered": "7", "skipped": "7"})


def test_after_sending_no_answer_is_left() -> None:
    talk = Talk().goes_to("safe_word", device="device.own", c7="yes").types("mango tree")
    talk.goes_to("send").chooses("yes")
    assert talk.state.answers == {}
    assert talk.state.safe_word == "mango tree"
    assert talk.now.kept


def test_after_sending_the_bot_is_honest_and_short() -> None:
    talk = Talk().goes_to("send").chooses("yes")
    assert talk.types("and now?").says == ["say.after_sent", "ask.after"]
    assert talk.chooses("after.nothing").verbs == ["close"]


def test_a_new_report_can_follow() -> None:
    talk = Talk().goes_to("send").chooses("yes").types("hm").chooses("after.again")
    assert talk.asked == "safe_now"
    assert not talk.now.kept
    assert report_of(talk)["consents"] == ["c1"]
