"""The dialogue, reached over HTTP: (state, message) in, (state, replies, effects) out.

It holds nothing between turns, so any of its processes may answer, and a turn may be asked twice.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from core.errors import BackUpError

Json = dict[str, Any]

TOLD = ("kind", "text", "choice", "turn", "media", "event", "code")
"""What the dialogue hears of a message; where its files lie is none of its business."""

log = logging.getLogger(__name__)


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

    async def turn(
        self, state: Json | None, message: Json, *, sms: bool, owner: str, files: bool = False
    ) -> Turn:
        """Take one turn; raises `DialogueDownError`."""


def nothing() -> Json:
    """What a deployment offers that has no say in it."""
    return {}


class HttpDialogue:
    """The dialogue processes behind one or more addresses: any of them can take any turn."""

    def __init__(
        self, client: httpx.AsyncClient, *addresses: str, offer: Callable[[], Json] = nothing
    ) -> None:
        """Take the addresses, and what goes with every turn: languages, numbers to call."""
        self._client = client
        self._urls = deque(address.rstrip("/") + "/turn" for address in addresses)
        self._offer = offer

    async def turn(
        self, state: Json | None, message: Json, *, sms: bool, owner: str, files: bool = False
    ) -> Turn:
        """Ask the processes in turn; one that doesn't answer is passed over."""
        asked = {
            "state": state,
            "message": {name: message.get(name) for name in TOLD if name in message},
            "channel": {"sms": sms, "files": files, **self._offer()},
            "owner": owner,
            "now": int(time.time()),
        }
        self._urls.rotate(-1)
        for url in tuple(self._urls):
            try:
                response = await self._client.post(url, json=asked)
                response.raise_for_status()
            except httpx.HTTPError as error:
                log.warning("a dialogue process does not answer: %s", type(error).__name__)
                continue
            return _turn(response.json())
        raise DialogueDownError("no dialogue process answers")


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
