"""The state between two turns: a small JSON value that outlives a new version of the questions."""

import json
from dataclasses import replace

from dialogue.flow import State
from dialogue.questionnaire import SHIPPED, parse
from tests.dialogue.talk import Talk

NEXT = SHIPPED.read_text("utf-8").replace("version: 1", "version: 2")


def test_the_state_survives_json_with_the_way_back() -> None:
    talk = Talk().goes_to("needs", another="yes")
    assert State.from_dict(json.loads(json.dumps(talk.state.to_dict()))) == talk.state
    assert list(State.from_dict(talk.saved).answers) == list(talk.state.answers)


def test_nothing_begins_a_conversation() -> None:
    assert State.from_dict(None) == State()


def test_what_a_later_program_adds_to_the_state_is_passed_over() -> None:
    assert State.from_dict({**State().to_dict(), "mood": "calm"}) == State()


def test_answers_and_safe_words_are_not_printed() -> None:
    state = State(answers={"age": ("a18_25",)}, safe_word="mango tree")
    assert "a18_25" not in repr(state)
    assert "mango" not in repr(state)


def test_a_question_that_a_new_version_drops_is_forgotten_and_the_rest_stays() -> None:
    talk = Talk().goes_to("admin1", time_of_day="time_of_day.night").types("?")
    talk.questionnaire = parse(NEXT.replace("- id: time_of_day", "- id: hour_of_day"))
    talk.says_word("dk")
    assert "time_of_day" not in talk.state.answers
    assert talk.state.answers["admin1"] == ("dk",)
    assert talk.asked == "hour_of_day"


def test_a_dropped_question_that_was_open_gives_way_to_the_next() -> None:
    talk = Talk().goes_to("time_of_day")
    talk.questionnaire = parse(NEXT.replace("- id: time_of_day", "- id: hour_of_day"))
    assert talk.types("1").asked == "hour_of_day"


def test_answers_whose_condition_no_longer_holds_are_dropped() -> None:
    talk = Talk().goes_to("needs", kind="kind.rape", body_entered="yes")
    changed = {**talk.state.answers, "kind": ("threat",)}
    talk.saved = replace(talk.state, answers=changed).to_dict()
    talk.questionnaire = parse(NEXT)
    assert "body_entered" not in talk.types("?").state.answers
