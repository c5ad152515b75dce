"""A simulated phone: it sends what is typed and shows each message once, whatever restarts.

What it sends carries an id of its own and is offered until the gateway has it; what it receives
carries a growing number, so that nothing is missed or shown twice.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from uuid import uuid4

import httpx

from bots.adapter import Choice
from bots.simulator.adapter import Delivery
from bots.simulator.routes import Received
from core.errors import BackUpError

PATIENCE = 60.0
"""Seconds in which whatever restarts should be back, and every message be answered."""
PAUSE = 0.5
WAIT = 10.0


class NoGatewayError(BackUpError):
    """Nobody to talk to; the message says what to do."""


class SilentError(BackUpError):
    """The gateway took a message and nothing came of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A line from the keyboard, and the button that its number pressed."""

    line: str
    pressed: Choice | None = None


class Phone:
    """One number on one channel, in touch with a gateway."""

    def __init__(
        self,
        client: httpx.Client,
        *,
        channel: str,
        number: str,
        notice: Callable[[str], None],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take a client of the gateway; `notice` is told when it is away and back."""
        self._client = client
        self._path = f"/simulator/{channel}/messages"
        self._number = number
        self._notice = notice
        self._pause = pause
        self._last = 0
        self._keys: Delivery | None = None

    def connect(self) -> list[Delivery]:
        """What has waited for this phone.

        Raises:
            NoGatewayError: nobody answers, or it is no gateway that simulates.
        """
        try:
            return self._receive(wait=0, until="message").messages
        except httpx.TransportError:
            address = f"{self._client.base_url.scheme}://{self._client.base_url.netloc.decode()}"
            raise NoGatewayError(f"no gateway at {address}: start it with `make run`") from None

    def send(self, line: str) -> Typed:
        """Send a line, or press the button whose number it is."""
        typed = Typed(line=line, pressed=self._button(line))
        content: dict[str, Any] = {"phone": self._number, "id": str(uuid4())}
        if typed.pressed is None or self._keys is None:
            content["text"] = line
        else:
            content |= {"choice": typed.pressed.id, "turn": self._keys.turn}
        self._insist(lambda: self._client.post(self._path, json=content))
        return typed

    def next(self) -> list[Delivery]:
        """What arrives next; empty if nothing did for a while."""
        return self._insist(lambda: self._receive(wait=WAIT, until="message")).messages

    def settle(self, show: Callable[[Delivery], None]) -> None:
        """Show what arrives until nothing else is on its way.

        Raises:
            SilentError: something stays unhandled or unsent.
        """
        end = time.monotonic() + PATIENCE
        while True:
            received = self._insist(lambda: self._receive(wait=1, until="settled"))
            for message in received.messages:
                show(message)
            if received.settled:
                return
            if time.monotonic() > end:
                raise SilentError(f"no answer within {PATIENCE:.0f} s; see the log of `make run`")

    def _receive(self, *, wait: float, until: Literal["message", "settled"]) -> Received:
        header = {"X-Phone": self._number}
        response = self._client.get(
            self._path,
            params={"after": self._last, "wait": wait, "until": until},
            headers=header,
            timeout=wait + 10,
        )
        received = Received.model_validate_json(_checked(response).content)
        if received.messages:
            self._last = received.messages[-1].id
            for message in received.messages:
                self._note_keys(message)
            self._client.post(f"{self._path}/ack", json={"upto": self._last}, headers=header)
        return received

    def _note_keys(self, message: Delivery) -> None:
        """Remember the newest buttons; a later question without any has none to press."""
        if message.choices and message.shape != "plain":
            self._keys = message
        elif self._keys and (message.turn or 0) > (self._keys.turn or 0):
            self._keys = None

    def _button(self, line: str) -> Choice | None:
        if self._keys is None or not line.strip().isdecimal():
            return None
        number = int(line)
        return self._keys.choices[number - 1] if 0 < number <= len(self._keys.choices) else None

    def _insist[Result](self, ask: Callable[[], Result]) -> Result: ...
