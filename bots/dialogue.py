"""The dialogue, reached over HTTP: (state, message) in, (state, replies, effects) out.

It holds nothing between turns, so any of its processes may answer, and a turn may be asked twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from core.errors import BackUpError

Json = dict[str, Any]


class DialogueDownError(BackUpError):
    """The dialogue did not answer; the message waits and its turn is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Something to say, by id: `say` and `choices` name messages of the catalogs."""

    say: str
    choices: tuple[str, ...] = ()
    multi: bool = False
    args: Mapping[str, str]
    turn: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one message led to."""

    state: Json
    language: str
    kept: bool
    hidden: bool
    understood: bool
    replies: tuple[Reply, ...]
    effects: tuple[Json, ...]


class Dialogue(Protocol):
    """Whoever takes a turn: the Rasa process, or a fake that plays it in tests."""

    async def turn(self, state: Json | None, message: Json, *, sms: bool, owner: str) -> Turn:
        """Take one turn; raises `DialogueDownError`."""


class HttpDialogue:
    """The dialogue process behind `address`."""

    def __init__(self, client: httpx.AsyncClient, address: str) -> None:
        self._client = client
        self._url = address.rstrip("/") + "/turn"

    async def turn(self, state: Json | None, message: Json, *, sms: bool, owner: str) -> Turn:
        """Ask the process for one turn."""
        asked = {"state": state, "message": message, "channel": {"sms": sms}, "owner": owner}
        try:
            response = await self._client.post(self._url, json=asked)
            response.raise_for_status()
        except httpx.HTTPError as error:
            raise DialogueDownError("the dialogue does not answer") from error
        return _turn(response.json())


def _turn(answer: Json) -> Turn:
    return Turn(
        state=answer["state"],
        language=answer["language"],
        kept=answer["kept"],
        hidden=answer["hidden"],
        understood=answer["understood"],
        replies=tuple(_reply(reply) for reply in answer["replies"]),
        effects=tuple(answer["effects"]),
    )


def _reply(reply: Json) -> Reply:
    return Reply(
        say=reply["say"],
        choices=tuple(reply.get("choices", ())),
        multi=reply.get("multi", False),
        args=reply.get("args", {}),
        turn=reply.get("turn"),
    )
