"""The flow of the dialogue: `take_turn` is a pure function from a message to what it leads to."""

from dialogue.flow.channel import Channel
from dialogue.flow.state import State
from dialogue.flow.turn import take_turn
from dialogue.flow.values import Heard, Reply, Turn
from dialogue.flow.words import normal

__all__ = ["Channel", "Heard", "Reply", "State", "Turn", "normal", "take_turn"]
