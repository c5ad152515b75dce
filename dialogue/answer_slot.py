"""The type of the generated slots."""

from __future__ import annotations

from rasa.shared.core.slots import AnySlot


class AnswerSlot(AnySlot):
    """Rasa's slot for any value, copied by hand.

    Rasa copies every slot of the domain for every copy of a tracker, some 400 slots a turn, and
    `copy.copy` without `__copy__` was a third of the turn.
    """

    type_name = "dialogue.answer_slot.AnswerSlot"

    def __copy__(self) -> AnswerSlot:
        twin = AnswerSlot.__new__(AnswerSlot)
        twin.__dict__.update(self.__dict__)
        return twin
