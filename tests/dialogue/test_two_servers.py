"""Two processes serve any conversation in any order, and one may die in the middle of it."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from bots.dialogue import HttpDialogue
from tests.support.dialogue_server import DialogueServer, serving

SMS_WAY = ["hi", "1", "1", "1", "1", "5", "1", "3", "1", "2", "1 2", "2", "1", "1", "2", "1"]


@pytest.fixture(scope="module")
def both(
    dialogue_server: DialogueServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[DialogueServer, DialogueServer]]:
    """The server of the other tests, and one that this module may kill."""
    with ExitStack() as stack:
        second = stack.enter_context(serving(tmp_path_factory.mktemp("second") / "log"))
        yield dialogue_server, second


def played(*servers: DialogueServer) -> list[dict[str, Any]]:
    """A whole conversation, a turn at each server in its turn."""
    state, turns = None, []
    for number, text in enumerate(SMS_WAY):
        server = servers[number % len(servers)]
        turn = server.turn(state, text, sms=True, languages=["en", "fr"])
        state = turn["state"]
        turns.append(turn)
    return turns


def test_turn_by_turn_they_say_what_one_alone_says(
    both: tuple[DialogueServer, DialogueServer],
) -> None:
    alone, alternating = played(both[0]), played(*both)
    assert alternating == alone
    assert alone[-1]["replies"] != alone[0]["replies"]


async def test_when_one_is_killed_the_other_goes_on_with_every_conversation(
    both: tuple[DialogueServer, DialogueServer],
) -> None:
    first, second = both
    async with httpx.AsyncClient(timeout=30) as client:
        dialogue = HttpDialogue(
            client, second.address, first.address, offer=lambda: {"languages": ["en", "fr"]}
        )

        async def say(states: list[Any], text: str) -> list[str]:
            turns = await asyncio.gather(
                *(
                    dialogue.turn(state, {"kind": "text", "text": text}, sms=True, owner="bot")
                    for state in states
                )
            )
            states[:] = [turn.state for turn in turns]
            return [turn.replies[-1].say for turn in turns]

        states: list[Any] = [None] * 4
        assert await say(states, "hi") == ["ask.language"] * 4
        assert await say(states, "1") == ["ask.safe_now"] * 4
        second.process.kill()
        second.process.wait()
        assert await say(states, "1") == ["ask.danger"] * 4
        assert await say(states, "1") == ["ask.role"] * 4
