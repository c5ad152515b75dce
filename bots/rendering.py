"""From message ids to what a phone shows: words in the person's language, buttons, list or numbers.

Pure. Choices are numbered 1…n in their order on every channel, so that a typed number means the
same as the button at that place.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

from bots.adapter import Capabilities, Choice
from bots.dialogue import Reply
from bots.segments import LONG_SEGMENT, count, split, transliterate
from locales import Catalogs
from locales.recordings import script

Shape = Literal["buttons", "list", "numbers", "plain"]
"""Labelled buttons, a list that opens, buttons with numbers only, or nothing to press."""

ANY_CHANNEL, ANY_CLEARING = "say.opening_open_channel", "say.clear"
"""What the dialogue says of any channel: who can read it, and how to clear the chat from the phone;
each channel has truer words."""
MENU, LANGUAGE, UNREVIEWED = "ask.language", "language.", "*"
"""Where languages are chosen, those whose words nobody has approved are marked."""
NO_VALUES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """One part as it will be shown, not yet addressed to anybody."""

    text: str = field(repr=False)
    choices: tuple[Choice, ...] = field(default=(), repr=False)
    numbered: bool = False
    turn: int | None = None
    asset: str | None = None
    """The name of a picture or voice note, in place of words."""

    def to_json(self) -> dict[str, Any]:
        """As it is queued: the fields of an `Outbound` but for part and address."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Whom words are rendered for: their language, and what their phone can show."""

    language: str
    capabilities: Capabilities
    catalogs: Catalogs
    values: Mapping[str, str]

    def words(self, message_id: str, args: Mapping[str, str] = NO_VALUES) -> str:
        """The words of an id, with `@…` arguments replaced by their values."""
        filled = {name: self.values.get(value, value) for name, value in args.items()}
        return self.catalogs.text(
            self.language, message_id, sms=self.capabilities.sms, count=None, **filled
        )


def render(
    replies: Sequence[Reply],
    *,
    language: str,
    capabilities: Capabilities,
    catalogs: Catalogs,
    values: Mapping[str, str] = NO_VALUES,
    plain_letters: bool = False,
) -> tuple[Rendered, ...]:
    """Render a turn's replies in order.

    `values` fill arguments like `@code`. With `plain_letters` an SMS is written without accents
    where that makes it shorter.
    """
    reader = Reader(language=language, capabilities=capabilities, catalogs=catalogs, values=values)
    whole = [part for reply in replies for part in _with_assets(reply, reader)]
    if capabilities.unit == "septets":
        if plain_letters:
            whole = [replace(one, text=transliterate(one.text)) for one in whole]
        whole = _joined(whole, capabilities)
    return tuple(part for one in whole for part in _parts(one, capabilities))


def render_text(text: str, *, capabilities: Capabilities) -> tuple[Rendered, ...]:
    """Words that a professional wrote, cut into parts if they are long."""
    return tuple(_parts(Rendered(text=text), capabilities))


def shape(choices: Sequence[Choice], can: Capabilities) -> Shape:
    """How a channel shows choices; with `numbers` and `plain` the text must list them."""
    if not choices:
        return "plain"
    longest = max(len(choice.label) for choice in choices)
    if len(choices) <= can.buttons and longest <= can.button_label:
        return "buttons"
    if len(choices) <= can.list_items and longest <= can.list_label:
        return "list"
    return "numbers" if len(choices) <= can.buttons else "plain"


def _with_assets(reply: Reply, reader: Reader) -> Iterator[Rendered]:
    """The words, after the picture that goes with them and the voice that speaks them."""
    choices = tuple(Choice(id=one, label=_label(one, reply, reader)) for one in reply.choices)
    text = _text(reply, reader)
    can, assets = reader.capabilities, reader.catalogs.assets
    picture = assets.picture(reply.say) if can.pictures else None
    spoken = script(text, [choice.label for choice in choices])
    voice = assets.voice(reader.language, spoken) if can.voices else None
    yield from (Rendered(text="", asset=name) for name in (picture, voice) if name)
    yield _worded(text, choices, reply, can)


def _text(reply: Reply, reader: Reader) -> str:
    can = reader.capabilities
    truer = {ANY_CHANNEL: can.confidentiality, ANY_CLEARING: can.clearing}
    return reader.words(truer.get(reply.say, reply.say), reply.args)


def _worded(text: str, choices: tuple[Choice, ...], reply: Reply, can: Capabilities) -> Rendered:
    numbered = bool(choices) and shape(choices, can) in {"numbers", "plain"}
    if numbered:
        lines = (f"{number} {choice.label}" for number, choice in enumerate(choices, 1))
        text = "\n".join((text, *lines))
    return Rendered(text=text, choices=choices, numbered=numbered, turn=reply.turn)


def _label(choice: str, reply: Reply, reader: Reader) -> str:
    label = reader.words(f"option.{choice}")
    if reply.say != MENU or not choice.startswith(LANGUAGE):
        return label
    review = reader.catalogs.review(choice.removeprefix(LANGUAGE))
    return label if review.reviewed else f"{label} {UNREVIEWED}"


def _joined(whole: Iterable[Rendered], can: Capabilities) -> list[Rendered]:
    """Put neighbours into one SMS where that takes no more segments: one beep, and in order."""
    joined: list[Rendered] = []
    for one in whole:
        both = _join(joined[-1], one) if joined else None
        if both is None or not _worth_it(joined[-1], one, both, can):
            joined.append(one)
        else:
            joined[-1] = both
    return joined


def _join(first: Rendered, second: Rendered) -> Rendered | None:
    """Both in one, unless the numbers of two lists would be confused."""
    if first.choices and second.choices:
        return None
    asking = first if first.choices else second
    turns = [one.turn for one in (asking, first, second) if one.turn is not None]
    return replace(asking, text=f"{first.text}\n{second.text}", turn=turns[0] if turns else None)


def _worth_it(first: Rendered, second: Rendered, both: Rendered, can: Capabilities) -> bool:
    apart = count(first.text).segments + count(second.text).segments
    return count(both.text).segments <= apart and _fits(can)(both.text)


def _parts(one: Rendered, can: Capabilities) -> list[Rendered]:
    """Cut what is too long; the choices stand under the last part."""
    if one.asset is not None:
        return [one]
    *texts, last = split(one.text, _fits(can))
    return [*(Rendered(text=text) for text in texts), replace(one, text=last)]


def _fits(can: Capabilities) -> Callable[[str], bool]:
    if can.unit == "septets":
        return lambda text: count(text).segments <= max(1, can.max_text // LONG_SEGMENT)
    return lambda text: len(text.encode("utf-16-le")) // 2 <= can.max_text
