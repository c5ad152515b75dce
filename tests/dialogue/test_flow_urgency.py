"""What cannot wait: reasons, ranks, what is told at once; unknown is open."""

from typing import Any

import pytest

from tests.dialogue.talk import Talk


def reasons(**answers: str) -> tuple[int, set[str]]:
    """Rank and reasons of a report with these answers, the others left out."""
    report: dict[str, Any] = Talk().goes_to("send", **answers).chooses("yes").effect("submit")
    return report["urgency"], set(report["reasons"])


@pytest.mark.parametrize(
    ("when", "open_windows"),
    [
        ("lt24h", {"pep", "ec", "forensic", "hepatitis_b"}),
        ("d1_3", {"pep", "ec", "forensic", "hepatitis_b"}),
        ("d4_5", {"ec", "forensic", "hepatitis_b"}),
        ("d6_14", {"forensic", "hepatitis_b"}),
        ("d15_30", set()),
        ("m1_12", set()),
        ("gt1y", set()),
        ("ongoing", {"pep", "ec", "forensic", "hepatitis_b"}),
    ],
)
def test_windows_close_by_the_latest_plausible_moment(when: str, open_windows: set[str]) -> None:
    rank, found = reasons(when=f"when.{when}")
    assert found == open_windows
    assert rank == (0 if "ec" in found else 1 if found else 3)


@pytest.mark.parametrize("code", ["dk", "pns", "skip"])
def test_an_unknown_time_is_open(code: str) -> None:
    talk = Talk().goes_to("when").says_word(code)
    assert talk.effect("urgent")["reasons"] == ["pep", "ec"]
    assert talk.goes_to("send").chooses("yes").effect("submit")["urgency"] == 0


def test_by_sms_nothing_is_asked_of_it_so_it_counts_as_exposed() -> None:
    talk = Talk(sms=True).goes_to("when").chooses("when.lt24h")
    assert talk.effect("urgent")["reasons"] == ["pep", "ec"]


@pytest.mark.parametrize(
    ("answers", "exposed"),
    [
        ({}, True),
        ({"kind": "pns"}, True),
        ({"kind": "kind.threat"}, False),
        ({"kind": "kind.threat kind.other"}, True),
        ({"kind": "kind.rape"}, True),
        ({"kind": "kind.rape", "body_entered": "dk"}, True),
        ({"kind": "kind.rape", "body_entered": "unsure"}, True),
        ({"kind": "kind.touching", "body_entered": "no"}, False),
    ],
)
def test_only_an_explicit_answer_rules_exposure_out(
    answers: dict[str, str], *, exposed: bool
) -> None:
    _, found = reasons(when="when.lt24h", **answers)
    assert ("pep" in found) is exposed


def test_only_a_man_cannot_become_pregnant() -> None:
    assert "ec" not in reasons(when="when.lt24h", sex="sex.man")[1]
    assert "ec" in reasons(when="when.lt24h", sex="sex.other")[1]
    assert "ec" in reasons(when="when.lt24h")[1]


def test_the_latest_of_several_incidents_counts() -> None:
    talk = Talk().goes_to("another", when="when.gt1y", kind="kind.rape").chooses("yes")
    talk.goes_to("send", when="when.gt1y").says_word("back")
    talk = Talk().goes_to("another", when="when.lt24h", kind="kind.threat").chooses("yes")
    talk.chooses("when.gt1y").goes_to("send", kind="kind.rape")
    assert talk.chooses("yes").effect("submit")["reasons"] == ["sti"]
    talk = Talk().goes_to("another", when="when.gt1y", kind="kind.rape").chooses("yes")
    talk.chooses("when.lt24h").goes_to("send", kind="kind.rape")
    assert talk.chooses("yes").effect("submit")["urgency"] == 0


@pytest.mark.parametrize("symptom", ["bleeding", "pain", "head", "pregnant"])
def test_symptoms_are_urgent_at_any_time(symptom: str) -> None:
    talk = Talk().goes_to("urgent", when="when.gt1y").chooses(f"urgent.{symptom}")
    assert talk.says[0] == "say.urgent.medical"
    assert talk.effect("urgent") == {"do": "urgent", "urgency": 0, "reasons": [symptom]}


def test_what_helps_is_told_at_once_and_once() -> None:
    talk = Talk().goes_to("when").chooses("when.lt24h")
    assert talk.says.count("say.urgent.care") == 1
    says: list[str] = []
    while talk.asked != "send":
        says += talk.says_word("skip").says
    assert "say.urgent.care" not in says


def test_wounds_call_for_tetanus_protection() -> None:
    assert "tetanus" in reasons(when="when.gt1y", kind="kind.genital_harm")[1]
    assert "tetanus" in reasons(when="when.gt1y", urgent="urgent.bleeding")[1]


@pytest.mark.parametrize("age", ["age.a0_11", "age.a15_17", "pns"])
def test_without_an_account_the_time_is_asked_for_the_sake_of_care(age: str) -> None:
    talk = Talk().goes_to("since", age=age).chooses("since.lt72h")
    assert talk.effect("urgent")["reasons"] == ["pep", "ec"]
    assert Talk().goes_to("since", age=age).chooses("since.longer").verbs == []


def test_a_bystander_brings_nobody_to_a_clinic() -> None:
    rank, found = reasons(role="role.witness", person_agrees="no", when="when.lt24h")
    assert (rank, found) == (3, set())


def test_needs_alone_are_of_the_third_rank() -> None:
    assert reasons(when="when.gt1y", needs="needs.legal") == (2, {"needs"})
    assert reasons(when="when.gt1y", needs="needs.information") == (3, set())


def test_an_alleged_aid_worker_is_pointed_out() -> None:
    assert "psea" in reasons(when="when.gt1y", perp_type="perp_type.peacekeeper")[1]


def test_a_report_that_is_shared_with_nobody_says_so_and_keeps_the_bot() -> None:
    talk = Talk(sms=True).goes_to("send", c2="c2.none").chooses("yes")
    assert talk.says == ["say.submitted_alone"]
    assert talk.turn is not None
    assert "handoff" not in [effect["do"] for effect in talk.turn.effects]


def test_urgent_reports_end_with_what_to_do() -> None:
    talk = Talk(sms=True).goes_to("send", c2="c2.health", when="when.lt24h").chooses("yes")
    assert talk.says == ["say.submitted_p0", "say.contact_waits"]
    talk = Talk(sms=True).goes_to("send", c2="c2.health", when="when.gt1y").chooses("yes")
    assert talk.says == ["say.submitted", "say.contact_waits"]


# -- words of danger


@pytest.mark.parametrize("question", ["language", "safe_now", "kind", "landmark", "c2", "send"])
def test_suicide_is_asked_about_plainly_wherever_it_is_said(question: str) -> None:
    talk = Talk().goes_to(question).says_word("suicide")
    assert talk.says == ["say.urgent.suicide_ask", "ask.suicide"]
    assert "keep_text" not in talk.verbs


def test_a_yes_is_a_matter_for_a_person_now() -> None:
    talk = Talk(sms=True).goes_to("needs").says_word("suicide").chooses("yes")
    assert talk.effect("urgent") == {"do": "urgent", "urgency": 0, "reasons": ["suicide"]}
    assert talk.says == ["say.urgent.suicide", "ask.suicide_now"]
    talk.chooses("suicide_now.not_safe")
    assert talk.effect("handoff")["reason"] == "suicide"
    assert talk.effect("handoff")["urgency"] == 0


@pytest.mark.parametrize("word", ["unsure", "dk", "pns", "skip"])
def test_anything_but_a_no_counts_as_yes(word: str) -> None:
    talk = Talk().goes_to("needs").says_word("suicide").says_word(word)
    assert talk.effect("urgent")["reasons"] == ["suicide"]


def test_a_mistake_is_put_right_by_no() -> None:
    talk = Talk().goes_to("needs").says_word("suicide").says_word("no")
    assert talk.says == ["say.suicide_no", "ask.needs"]
    assert talk.verbs == []


def test_dark_thoughts_can_be_chosen() -> None:
    talk = Talk(sms=True).goes_to("urgent").chooses("urgent.dark_thoughts")
    assert talk.asked == "suicide"
    assert talk.says_word("no").asked == "needs"


def test_who_says_it_again_is_asked_again() -> None:
    talk = Talk().goes_to("needs").says_word("suicide").says_word("no")
    talk.says_word("suicide").says_word("suicide")
    assert talk.effect("urgent")["reasons"] == ["suicide"]


@pytest.mark.parametrize(("name", "told"), [("danger", "danger"), ("hurt", "medical")])
def test_danger_in_free_words_alarms_at_once(name: str, told: str) -> None:
    talk = Talk().goes_to("kind").types("…", ranking=[(name, 0.7)])
    assert talk.effect("urgent") == {"do": "urgent", "urgency": 0, "reasons": [name]}
    assert talk.says == [f"say.urgent.{told}", "ask.person_now"]
    assert talk.chooses("no").says == ["say.person_later", "ask.kind"]
    assert name in talk.goes_to("send", c2="c2.health").chooses("yes").effect("submit")["reasons"]


@pytest.mark.parametrize(
    ("question", "ranking"),
    [
        ("pressure", [("danger", 0.6), ("pressure.weapon", 0.3)]),
        ("pressure", [("danger", 0.8), ("pressure.threat_me", 0.45)]),
        ("urgent", [("hurt", 0.7), ("urgent.pain", 0.4)]),
        ("kind", [("suicide", 0.45)]),
    ],
)
def test_an_ordinary_answer_raises_no_alarm(
    question: str, ranking: list[tuple[str, float]]
) -> None:
    talk = Talk().goes_to(question, when="when.gt1y").types("…", ranking=ranking)
    assert "ask.suicide" not in talk.says
    assert "say.urgent.danger" not in talk.says


def test_the_words_of_an_option_are_its_answer() -> None:
    talk = Talk().goes_to("pressure").types("…", exact=["pressure.threat_me", "danger"])
    assert talk.state.answers["pressure"] == ("threat_me",)


def test_danger_words_answer_the_question_of_danger() -> None:
    talk = Talk().goes_to("danger").says_word("danger")
    assert talk.state.answers["danger"] == ("danger",)
