"""Conditions survive the way into a form and back: they hold for the same answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue.editor.xpath import RelevantError, read, write
from dialogue.questionnaire.conditions import ALWAYS, All, Any, Condition, Is, Not, Only

LISTED = {"when": ("now", "later", "dk", "pns"), "kind": ("a", "b", "c"), "name": ()}
ANSWERS = {
    "when": ((), ("now",), ("later",), ("dk",), ("skip",)),
    "kind": ((), ("a",), ("a", "b"), ("c",), ("skip",)),
    "name": ((), ("@text",), ("skip",)),
}

leaves = st.one_of(
    st.builds(
        lambda question, codes: Is(question, frozenset(codes)),
        st.sampled_from(["when", "kind"]),
        st.just(()),
    ).flatmap(
        lambda leaf: st.sets(st.sampled_from([*LISTED[leaf.question], "skip"]), min_size=1).map(
            lambda codes: Is(leaf.question, frozenset(codes))
        )
    ),
    st.sets(st.sampled_from(LISTED["kind"]), min_size=1).map(
        lambda codes: Only("kind", frozenset(codes))
    ),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Any(tuple(parts))),
    ),
    max_leaves=5,
)


@given(conditions, st.fixed_dictionaries({k: st.sampled_from(v) for k, v in ANSWERS.items()}))
def test_what_was_written_reads_the_same(
    condition: Condition, answers: dict[str, tuple[str, ...]]
) -> None:
    back = read(write(condition, LISTED.get), LISTED.get)
    assert back.holds(lambda q: answers[q]) == condition.holds(lambda q: answers[q])


def test_a_condition_that_always_holds_is_not_written() -> None:
    assert write(ALWAYS, LISTED.get) == ""
    assert read(" ", LISTED.get) == ALWAYS


def test_an_empty_free_text_is_one_that_was_not_told() -> None:
    assert read("${name} != ''", LISTED.get) == Not(Is("name", frozenset({"skip", "dk", "pns"})))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("${age} = 'x'", "no earlier question is called `age`"),
        ("${when} = 'soon'", "`when` has no option `soon`"),
        ("${when} > 3", "`>` can't be said; only = and !="),
        ("today() = 'x'", "`today` can't be said in a questionnaire"),
        ("selected(${kind}, 'a'", "the condition ends too early"),
        ("selected('kind', 'a')", "`selected` asks about a question like ${when}"),
        ("${when} = now", "`now` stands where an option in quotes is needed"),
        ("${when} = 'now' ${kind} = 'a'", "`${kind}` is not understood here"),
        ("not(${when} = 'now',", "a `)` is missing"),
    ],
)
def test_what_cannot_be_said_is_named(text: str, what: str) -> None:
    with pytest.raises(RelevantError) as refused:
        read(text, LISTED.get)
    assert str(refused.value) == what
