"""A simulated phone: it sends what is typed and shows each message once, whatever restarts.

What it sends carries an id of its own and is offered until the gateway has it; what it receives
carries a growing number, so that nothing is missed or shown twice.
"""

import mimetypes
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import httpx

from bots.adapter import Choice
from bots.simulator.adapter import Delivery
from bots.simulator.routes import Received
from core.errors import BackUpError

PAUSE = 0.5
_FILE = re.compile(r"/(?P<kind>photo|video|audio|document) (?P<path>.+)")
WAIT = 10.0
"""Seconds that the gateway may hold a question for news."""


class NoGatewayError(BackUpError):
    """Nobody to talk to; the message says what to do."""


class RefusedError(BackUpError):
    """The gateway won't take this message."""


class SilentError(BackUpError):
    """The gateway took a message and nothing came of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A line from the keyboard, and the button that its number pressed."""

    line: str
    pressed: Choice | None = None
    file: int | None = None
    """Bytes of the file that was sent."""


class Phone:
    """One number on one channel, in touch with a gateway."""

    def __init__(
        self,
        client: httpx.Client,
        *,
        channel: str,
        number: str,
        notice: Callable[[str], None],
        patience: float,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take a client of the gateway.

        `notice` is told when the gateway is away and back; `patience` is for how many seconds it
        may be away, or leave a message unanswered.
        """
        self._client = client
        self._path = f"/simulator/{channel}/messages"
        self._number = number
        self._notice = notice
        self._patience = patience
        self._pause = pause
        self._last = 0
        self._told = 0
        self._keys: Delivery | None = None
        self._away = False

    def connect(self) -> None:
        """See whether there is a gateway.

        Raises:
            NoGatewayError: nobody answers, or it is no gateway that simulates.
            RefusedError: it takes no such number.
        """
        try:
            self._ask("GET", self._path, params={"wait": 0})
        except httpx.HTTPError:
            raise NoGatewayError(f"{self._nobody()}: start it with `make run`") from None

    def send(self, line: str) -> Typed:
        """Send a line, press the button whose number it is, or send the file that it names.

        Raises:
            RefusedError: it is too long, or there is no such file.
        """
        if (found := _FILE.fullmatch(line)) is not None:
            return self._send_file(line, found["kind"], Path(found["path"]))
        typed, keys = Typed(line=line, pressed=self._button(line)), self._keys
        content: dict[str, Any] = {"phone": self._number, "id": str(uuid4())}
        if typed.pressed is None or keys is None:
            content["text"] = line
        else:
            content |= {"choice": typed.pressed.id, "turn": keys.turn}
        self._insist("POST", self._path, json=content)
        return typed

    def _send_file(self, line: str, kind: str, path: Path) -> Typed:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise RefusedError(f"not sent: {path} can't be read") from error
        handed = self._insist("POST", f"{self._path}/files", content=content).json()
        declared = mimetypes.guess_type(path.name)[0]
        # Phones name what is sent as a document, and nothing else.
        name = path.name if kind == "document" else None
        file = {"id": handed["id"], "kind": kind, "type": declared, "name": name}
        message = {"phone": self._number, "id": str(uuid4()), "file": file}
        self._insist("POST", self._path, json=message)
        return Typed(line=line, file=len(content))

    def receive(
        self, *, until: Literal["message", "settled"] = "message", wait: float = WAIT
    ) -> Received:
        """What is new, as soon as something is; the last news count as shown from here on."""
        self.tell_shown()
        params = {"after": self._last, "wait": wait, "until": until}
        response = self._insist("GET", self._path, params=params, timeout=wait + 10)
        received = Received.model_validate_json(response.content)
        for message in received.messages:
            self._last = message.id
            self._note_keys(message)
        return received

    def settle(self, show: Callable[[Delivery], None]) -> None:
        """Show what arrives until nothing else is on its way.

        Raises:
            SilentError: something stays unhandled or unsent.
        """
        end = time.monotonic() + self._patience
        while time.monotonic() < end:
            received = self.receive(until="settled", wait=1)
            for message in received.messages:
                show(message)
            if received.settled:
                return
        raise SilentError(f"no answer for {self._patience:.0f} s; see what `make run` says")

    def tell_shown(self) -> None:
        """Let the gateway destroy what was shown."""
        if self._told < self._last:
            self._insist("POST", f"{self._path}/ack", json={"upto": self._last})
            self._told = self._last

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

    def _insist(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Ask until the gateway answers; a request may arrive twice, its ids make that harmless."""
        end = time.monotonic() + self._patience
        while True:
            try:
                response = self._ask(method, path, **request)
            except httpx.HTTPError:
                self._note_away(away=True)
                if time.monotonic() > end:
                    raise NoGatewayError(f"{self._nobody()} any more") from None
                self._pause(PAUSE)
            else:
                self._note_away(away=False)
                return response

    def _ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        response = self._client.request(method, path, headers={"X-Phone": self._number}, **request)
        match response.status_code:
            case 400:
                raise RefusedError("not sent: a message has 1 to 4096 characters")
            case 413:
                raise RefusedError("not sent: no phone sends so large a file")
            case 422:
                raise RefusedError("a phone's number looks like +999123456789")
            case 404:
                raise NoGatewayError("this gateway doesn't simulate: start it with `make run`")
            case 403:
                raise NoGatewayError("the gateway simulates for its own machine only")
        return response.raise_for_status()

    def _note_away(self, *, away: bool) -> None:
        if away != self._away:
            self._away = away
            self._notice("the gateway is away, waiting for it" if away else "the gateway is back")

    def _nobody(self) -> str:
        url = self._client.base_url
        return f"no gateway at {url.scheme}://{url.netloc.decode()}"
