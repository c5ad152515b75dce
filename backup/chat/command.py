"""The command: plays a script, or lets a person type while messages come in."""

import contextlib
import secrets
import sys
import threading
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from math import inf
from pathlib import Path

import httpx

from backup.chat import screen
from backup.chat.phone import Phone, RefusedError, Typed
from bots.simulator.adapter import PROFILES, Delivery
from core.errors import BackUpError
from core.settings import Settings

PROMPT = "> "
PATIENCE = 60.0


class ScriptError(BackUpError):
    """A script can't be played; the message says why."""


class Transcript:
    """Prints what was typed and received, for a person or for a program."""

    def __init__(self, *, sms: bool, as_json: bool, typing: bool) -> None:
        """With `typing`, somebody is at the keyboard and their line must not be torn."""
        self._sms = sms
        self._json = as_json
        self._typing = typing
        self._prompting = False
        self._sent_at: float | None = None

    def ask(self) -> str:
        """The next line from the keyboard."""
        self._prompting = True
        try:
            return input(PROMPT)
        finally:
            self._prompting = False

    def typed(self, typed: Typed) -> None:
        """What the person sent; they see their own line already if they typed it here."""
        self._sent_at = time.monotonic()
        if self._json:
            self._print(screen.typed_to_json(typed, sms=self._sms))
        elif self._typing:
            if note := screen.describe_typed(typed, sms=self._sms):
                self._print(f"  {note}")
        else:
            self._print(screen.draw_typed(typed, sms=self._sms))

    def received(self, message: Delivery) -> None:
        """What the phone shows."""
        if self._json:
            self._print(screen.received_to_json(message, sms=self._sms))
            return
        delay = None if self._sent_at is None else time.monotonic() - self._sent_at
        self._print(screen.draw_received(message, sms=self._sms, delay=delay))

    def notice(self, words: str) -> None:
        """A word of the terminal itself, kept out of what a program reads."""
        if self._typing:
            self._print(f"· {words}")
        else:
            print(f"backup: {words}", file=sys.stderr)

    def _print(self, text: str) -> None:
        if not self._prompting:
            print(text, flush=True)
            return
        # Imported here, since it writes to the terminal when it is, even if that is a pipe.
        import readline  # noqa: PLC0415

        # Put the half-typed line below what arrives.
        print(f"\r\x1b[K{text}\n{PROMPT}{readline.get_line_buffer()}", end="", flush=True)


def add_arguments(parser: ArgumentParser) -> None:
    """What may stand after `backup chat`."""
    parser.add_argument("--channel", choices=sorted(PROFILES), required=True)
    parser.add_argument(
        "--phone", metavar="NUMBER", help="like +999123456789; made up if not given"
    )
    parser.add_argument("--script", metavar="FILE", type=Path, help="send these lines, then exit")
    parser.add_argument("--json", action="store_true", help="print one object a line")
    parser.add_argument("--gateway", metavar="URL", help="where it runs, if not in the usual place")


def run(args: Namespace, settings: Settings) -> int:
    """Hold one conversation.

    Raises:
        BackUpError: no gateway, no answer, or a script that can't be played.
    """
    lines = _read(args.script) if args.script else None
    typing = lines is None and not args.json and sys.stdin.isatty()
    number = args.phone or f"+999{secrets.randbelow(10**9):09d}"
    transcript = Transcript(sms=args.channel == "sms", as_json=args.json, typing=typing)
    with httpx.Client(base_url=args.gateway or settings.simulator_socket, timeout=10) as client:
        phone = Phone(
            client,
            channel=args.channel,
            number=number,
            notice=transcript.notice,
            patience=inf if typing else PATIENCE,
        )
        phone.connect()
        transcript.notice(f"you are {number}; come back as the same person with --phone {number}")
        transcript.notice("a file goes out by /photo, /video, /audio or /document and its path")
        if typing:
            _converse(phone, transcript)
        else:
            _play(phone, transcript, sys.stdin if lines is None else lines)
    return 0


def _read(script: Path) -> list[str]:
    try:
        return script.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ScriptError(f"{script} can't be read as a text file") from error


def _play(phone: Phone, transcript: Transcript, lines: Iterable[str]) -> None:
    """Send each line once everything before it is answered."""
    phone.settle(transcript.received)
    for line in (line.rstrip("\n") for line in lines):
        if line.strip() and not line.startswith("# "):
            transcript.typed(phone.send(line))
            phone.settle(transcript.received)
    phone.tell_shown()


def _converse(phone: Phone, transcript: Transcript) -> None:
    """Let a person type, and show what arrives meanwhile, until they hang up."""
    threading.Thread(target=_listen, args=(phone, transcript), daemon=True).start()
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        while True:
            if (line := transcript.ask()).strip():
                try:
                    transcript.typed(phone.send(line))
                except RefusedError as error:
                    transcript.notice(str(error))
    print()


def _listen(phone: Phone, transcript: Transcript) -> None:
    try:
        while True:
            for message in phone.receive().messages:
                transcript.received(message)
    except BackUpError as error:
        transcript.notice(str(error))
