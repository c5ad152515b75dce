"""What a request must look like; everything else is refused before it reaches Rasa.

Invariant: an error names the field and what it should be, never what was in it.
"""

from dataclasses import dataclass, field
from typing import Any

LARGEST_BODY = 256 * 1024
"""Bytes: the state is a few kB, the longest message of any channel 4096 characters."""

_FIELDS = {"text": "text", "choice": "choice", "media": "media", "event": "event"}
_CHANNEL = ("sms", "confidential", "files")
_OFFERS = ("languages", "numbers")
_OWNERS = ("bot", "nobody", "human")


class BadRequestError(Exception):
    """A request that this server does not understand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRequest:
    """One message, the state that it meets, and how it came."""

    state: dict[str, Any] | None = field(repr=False)
    message: dict[str, Any] = field(repr=False)
    channel: dict[str, Any]
    """`sms`, `confidential`, `files`, `languages` and `numbers`, as `Channel` has them."""
    owner: str
    now: int | None = None
    """Seconds since 1970; None if the caller has no clock."""


def parse_turn(body: Any) -> TurnRequest:
    """Check the decoded body of `POST /turn`.

    Raises:
        BadRequestError: a field is missing or of the wrong kind.
    """
    if not isinstance(body, dict):
        raise BadRequestError("the body must be a JSON object")
    owner = body.get("owner", "bot")
    if owner not in _OWNERS:
        raise BadRequestError(f"owner must be one of {', '.join(_OWNERS)}")
    return TurnRequest(
        state=_state(body.get("state")),
        message=_message(_object(body.get("message"), "message")),
        channel=_channel(_object(body.get("channel", {}), "channel")),
        owner=owner,
        now=_whole(body.get("now"), "now"),
    )


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadRequestError(f"{name} must be an object")
    return value


def _state(value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    state = _object(value, "state")
    form = state.get("form")
    if not isinstance(state.get("slots"), dict) or not (form is None or isinstance(form, str)):
        raise BadRequestError("state must be null or what the last turn gave")
    return state


def _channel(channel: dict[str, Any]) -> dict[str, Any]:
    told = {name: channel.get(name, False) for name in _CHANNEL}
    for name, value in told.items():
        if not isinstance(value, bool):
            raise BadRequestError(f"channel.{name} must be true or false")
    offers = {name: channel.get(name, []) for name in _OFFERS}
    for name, value in offers.items():
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise BadRequestError(f"channel.{name} must be a list of words")
    return {**told, **offers}


def _message(message: dict[str, Any]) -> dict[str, Any]:
    kind = message.get("kind")
    if kind not in _FIELDS:
        raise BadRequestError(f"message.kind must be one of {', '.join(_FIELDS)}")
    name = _FIELDS[kind]
    content = message.get(name)
    if not isinstance(content, str):
        raise BadRequestError(f"message.{name} must be a string")
    turn = _whole(message.get("turn"), "message.turn")
    return {"kind": kind, name: content, "turn": turn, "code": message.get("code") is True}


def _whole(value: Any, name: str) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise BadRequestError(f"{name} must be a whole number or null")
    return value
