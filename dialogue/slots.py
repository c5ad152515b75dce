"""The conversation's state as Rasa's slots: one per question with its answers, one for the rest.

Invariant: `join(split(state)) == state`. Unset slots are None, so a slot that is given None has
been cleared. The order of the answers is the way back and lives with the rest.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from dialogue.questionnaire import Questionnaire
from dialogue.questionnaire.model import split_key

FORM = "report"
ACTION = f"validate_{FORM}"
INTENT = "message"
"""The one intent that Rasa's policies see: which words were meant is the flow's affair."""

TYPE = "dialogue.answer_slot.AnswerSlot"

REST = "flow_state"
REQUESTED = "requested_slot"

Slots = dict[str, Any]


def names(questionnaire: Questionnaire) -> tuple[str, ...]:
    """The slots that the form asks for, in the order of the questionnaire."""
    return tuple(questionnaire.questions)


def split(state: Mapping[str, Any], questions: Iterable[str]) -> Slots:
    """Spread a state over a slot for each question, the rest and the requested one."""
    slots: Slots = dict.fromkeys(questions)
    rest = {key: value for key, value in state.items() if key != "answers"}
    rest["order"] = [key for key, *_ in state["answers"]]
    for key, *codes in state["answers"]:
        question, _ = split_key(key)
        slots[question] = {**(slots[question] or {}), key: codes}
    asked = state.get("asked")
    # Never none: Rasa would end the form, fall back, and take the whole turn back.
    return {**slots, REST: rest, REQUESTED: split_key(asked)[0] if asked else REST}


def join(slots: Mapping[str, Any]) -> dict[str, Any] | None:
    """The state that was spread; None if the conversation has not begun.

    Answers to questions that the questionnaire no longer has are left out.
    """
    if not slots.get(REST):
        return None
    rest = dict(slots[REST])
    given = {key: (slots.get(split_key(key)[0]) or {}).get(key) for key in rest.pop("order")}
    return {**rest, "answers": [[key, *codes] for key, codes in given.items() if codes is not None]}


def changes(before: Mapping[str, Any], after: Slots) -> Slots:
    """The slots that a turn changed, and always the rest: a form that sets no slot is rejected."""
    return {
        name: value for name, value in after.items() if name == REST or before.get(name) != value
    }
