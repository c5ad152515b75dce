"""What a phone's screen would show of a message, drawn with characters. Pure.

This is the terminal's own chrome, for people who try BackUp out; every word inside a bubble came
from the gateway.
"""

import json
import textwrap
from collections.abc import Sequence

from backup.chat.phone import Typed
from bots.adapter import Choice
from bots.rendering import Shape
from bots.segments import count
from bots.simulator.adapter import Delivery

WIDTH = 64
KEYS_A_ROW = 8


def draw_received(message: Delivery, *, sms: bool, delay: float | None) -> str:
    """A bubble with its buttons or list, and below it what an SMS of it takes.

    `delay` is the time in seconds since the person's last message.
    """
    lines = [
        line for text in message.text.split("\n") for line in textwrap.wrap(text, WIDTH) or [""]
    ]
    lines += _draw_choices(message.choices, message.shape)
    notes = [] if delay is None else [f"{delay:.1f} s"]
    if sms:
        notes.append(describe_segments(message.text))
    foot = [f"  {' · '.join(notes)}"] if notes else []
    return "\n".join([*(f"│ {line}".rstrip() for line in lines), *foot])


def draw_typed(typed: Typed, *, sms: bool) -> str:
    """What the person sent, on the other side."""
    return f"> {typed.line}   {describe_typed(typed, sms=sms)}".rstrip()


def describe_typed(typed: Typed, *, sms: bool) -> str:
    """The button that was pressed, the file that went out, or what the SMS takes."""
    if typed.file is not None:
        return f"[ {typed.file} bytes ]"
    if typed.pressed is not None:
        return f"[ {typed.pressed.label} ]"
    return describe_segments(typed.line) if sms else ""


def describe_segments(text: str) -> str:
    """What an SMS takes, as the provider bills it."""
    found = count(text)
    unit = "septet" if found.encoding == "GSM-7" else "unit"
    return " · ".join(
        (_plural(found.segments, "segment"), found.encoding, _plural(found.units, unit))
    )


def received_to_json(message: Delivery, *, sms: bool) -> str:
    """One line for programs."""
    return _to_json("backup", message.text, message.choices, sms=sms)


def typed_to_json(typed: Typed, *, sms: bool) -> str:
    """One line for programs."""
    return _to_json("survivor", typed.line, (), sms=sms)


def _to_json(sender: str, text: str, choices: Sequence[Choice], *, sms: bool) -> str:
    found = count(text) if sms else None
    return json.dumps(
        {
            "from": sender,
            "text": text,
            "choices": [
                {"number": number, "label": choice.label}
                for number, choice in enumerate(choices, 1)
            ],
            "segments": found and found.segments,
            "encoding": found and found.encoding,
        },
        ensure_ascii=False,
    )


def _draw_choices(choices: Sequence[Choice], shape: Shape) -> list[str]:
    numbered = list(enumerate(choices, 1))
    match shape:
        case "buttons":
            return [f"[ {number} · {choice.label} ]" for number, choice in numbered]
        case "list":
            return [f"≡ {number} · {choice.label}" for number, choice in numbered]
        case "numbers":
            keys = [f"[ {number} ]" for number, _ in numbered]
            rows = range(0, len(keys), KEYS_A_ROW)
            return [" ".join(keys[row : row + KEYS_A_ROW]) for row in rows]
        case "plain":
            return []


def _plural(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
