"""A dialogue that plays what a test tells it to, and remembers what it was asked."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from bots.dialogue import DialogueDownError, Json, Reply, Turn

NOTHING: Json = {}


def turn(*says: str, **changes: Any) -> Turn:
    """A turn that says these things; anything else can be changed."""
    plain: dict[str, Any] = {
        "state": {"turn": 1},
        "language": "en",
        "kept": False,
        "hidden": False,
        "understood": True,
        "replies": tuple(Reply(say=say, args={}) for say in says),
        "effects": (),
    }
    return Turn(**{**plain, **changes})


@dataclass
class FakeDialogue:
    """Gives the queued turns in order, and then echoes."""

    turns: deque[Turn] = field(default_factory=deque)
    asked: list[dict[str, Any]] = field(default_factory=list)
    down: bool = False
    broken: bool = False

    async def turn(
        self, state: Json | None, message: Json, *, sms: bool, owner: str, files: bool = False
    ) -> Turn:
        """Take one turn."""
        if self.down:
            raise DialogueDownError("down")
        if self.broken:
            raise ZeroDivisionError
        self.asked.append(
            {"state": state, "message": message, "sms": sms, "owner": owner, "files": files}
        )
        return self.turns.popleft() if self.turns else turn("say.greeting")

    @property
    def heard(self) -> list[str | None]:
        """The texts of the messages, in order."""
        return [one["message"].get("text") for one in self.asked]
