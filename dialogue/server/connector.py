"""The connector: `POST /turn` and `GET /health` as a Rasa input channel.

Invariant: user text reaches Rasa normalised, so without the slash by which a text could claim to be
an intent. What the person wrote travels beside it, in the message's metadata.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as as_json

from dialogue import slots
from dialogue.nlu.normalise import normalise
from dialogue.questionnaire import Questionnaire
from dialogue.server.snapshot import snapshot
from dialogue.server.wire import BadRequestError, TurnRequest, parse_turn

Handle = Callable[[UserMessage], Awaitable[Any]]


class TurnError(Exception):
    """Rasa swallowed an error of the turn; nothing came out that could be committed."""


class TurnInput(InputChannel):
    """Takes a turn for each request; keeps nothing."""

    def __init__(
        self, questionnaire: Questionnaire, model: str, detect: Callable[[str], str]
    ) -> None:
        """Serve a questionnaire; `detect` names the language of some words, or gives ""."""
        self._questions = questionnaire.questions
        self._model = model
        self._detect = detect

    @classmethod
    def name(cls) -> str:
        """The channel's name in Rasa."""
        return "backup"

    def blueprint(self, on_new_message: Handle) -> Blueprint:
        """The two routes."""
        routes = Blueprint("backup", url_prefix="/")

        @routes.get("/health")
        async def health(_: Request) -> HTTPResponse:
            return as_json({"ready": True, "model": self._model})

        @routes.post("/turn")
        async def turn(request: Request) -> HTTPResponse:
            try:
                asked = parse_turn(json.loads(request.body))
            except ValueError:
                return as_json({"error": "the body must be JSON"}, status=400)
            except BadRequestError as error:
                return as_json({"error": str(error)}, status=400)
            return as_json(await self._turn(asked, on_new_message))

        return routes

    async def _turn(self, asked: TurnRequest, on_new_message: Handle) -> dict[str, Any]:
        snapshot.set(asked.state)
        message = self._message(asked)
        await on_new_message(message)
        outcomes = [said["custom"] for said in message.output_channel.messages if "custom" in said]
        if len(outcomes) != 1:
            raise TurnError
        return {"state": snapshot.get(), **outcomes[0]}

    def _message(self, asked: TurnRequest) -> UserMessage:
        words = normalise(asked.message.get("text", ""))
        worded = bool(words) and not words.replace(" ", "").isdigit()
        return UserMessage(
            text=words,
            output_channel=CollectingOutputChannel(),
            sender_id="",
            message_id="",
            input_channel=self.name(),
            parse_data=None if worded else _unread(),
            metadata={
                "heard": asked.message,
                "channel": asked.channel,
                "owner": asked.owner,
                "now": asked.now,
                "language": self._detect(words) if worded else "",
                "choices": self._choices(asked.state),
            },
        )

    def _choices(self, state: dict[str, Any] | None) -> list[str]:
        """What can be chosen now; nothing while no question is open."""
        question = self._questions.get((state or {"slots": {}})["slots"].get(slots.REQUESTED))
        return [option.ref for option in question.options] if question else []


def _unread() -> dict[str, Any]:
    """What the classifier would make of a tap, a file, an event or a number: nothing."""
    intent = {"name": slots.INTENT, "confidence": 1.0}
    return {"intent": intent, "entities": [], "intent_ranking": [], "exact": []}
