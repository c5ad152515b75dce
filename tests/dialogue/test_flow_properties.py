"""Whatever comes in, the flow stays small, honest and never stuck."""

import json
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from dialogue.flow.answer import MISSES
from dialogue.questionnaire import labels
from tests.dialogue.talk import SHIPPED, Talk

LABELS = sorted(labels(SHIPPED))
ASIDE = set(SHIPPED.detour_of) | {"language"}

messages = st.one_of(
    st.integers(0, 12).map(lambda number: ("types", str(number))),
    st.sampled_from(["1", "2", "1 2", "hi", "/start", "?", "", "x" * 400]).map(
        lambda text: ("types", text)
    ),
    st.text(max_size=20).map(lambda text: ("types", text)),
    st.sampled_from(LABELS).map(lambda label: ("says_word", label)),
    st.sampled_from(LABELS).map(lambda label: ("taps", label)),
    st.sampled_from(["photo", "location"]).map(lambda media: ("sends", media)),
    st.sampled_from(
        ["returned", "resumed", "unlocked", "claimed", "idle", "knock", "feedback"]
    ).map(lambda name: ("event", name)),
)


@settings(max_examples=40, deadline=None)
@given(script=st.lists(messages, max_size=60), sms=st.booleans())
def test_anything_can_be_said(script: list[tuple[str, str]], *, sms: bool) -> None:
    talk = Talk(sms=sms)
    for act, value in script:
        getattr(talk, act)(value)
        assert len(json.dumps(talk.saved)) < 8_000
        known = set(SHIPPED.questions) | {"", None}
        assert (talk.state.asked or "").partition("#")[0] in known


@settings(max_examples=25, deadline=None)
@given(numbers=st.lists(st.integers(1, 4), min_size=90, max_size=90), sms=st.booleans())
def test_no_question_is_asked_twice_on_the_way(numbers: list[int], *, sms: bool) -> None:
    talk = Talk(sms=sms).types("hi")
    for number in numbers:
        if talk.state.ended or talk.state.closed or "handoff" in talk.verbs:
            break
        talk.types(str(min(number, len(talk.choices) or 1)))
    asked = Counter(key for key in talk.asked_keys if key not in ASIDE)
    assert not [key for key, times in asked.items() if times > 1]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 5), max_size=40), st.integers(MISSES, 6))
def test_nobody_is_stuck(numbers: list[int], misses: int) -> None:
    talk = Talk().types("hi")
    for number in numbers:
        talk.types(str(number))
    if not talk.asked:
        return
    for _ in range(misses):
        talk.taps("no such button")
    assert {"skip", "person"} & set(talk.choices)


@settings(max_examples=25, deadline=None)
@given(st.lists(messages, max_size=30))
def test_equal_input_gives_equal_output(script: list[tuple[str, str]]) -> None:
    first, second = Talk(), Talk()
    for act, value in script:
        getattr(first, act)(value)
        getattr(second, act)(value)
        assert first.now.to_json() == second.now.to_json()


@settings(max_examples=25, deadline=None)
@given(st.lists(messages, max_size=40))
def test_a_hidden_chat_shows_nothing(script: list[tuple[str, str]]) -> None:
    talk = Talk().goes_to("kind").says_word("hide")
    for act, value in script:
        getattr(talk, act)(value)
        if not talk.now.hidden:
            break
        shown = [say for say in talk.says if not say.startswith("hide.")]
        assert shown in ([], ["ask.delete_sure"])
