"""Conversations written like plays, performed on simulated phones against a running program.

A file of `tests/journeys/conversations` holds the plays of one language. `== sms · …` begins one:
the phone that it is played on, and who writes. A line after `> ` is typed. Below it
stand the ids of what the phone shows next, in order; `(fr)` after an id: in that language instead
of the file's.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from backup.chat.phone import Phone, Typed
from bots.rendering import ANY_CHANNEL, ANY_CLEARING, MENU, UNREVIEWED
from bots.segments import PLAIN
from bots.simulator.adapter import PROFILES, Delivery
from locales import Catalogs

FOLDER = Path(__file__).parent.parent / "journeys" / "conversations"
PATIENCE = 60
_TITLE = re.compile(r"== (?P<channel>\w+) · (?P<who>.+)")
_SAID = re.compile(r"([\w.]+)(?: \((\w+)\))?")
_ASSET = re.compile(r"\[\S+\]")
_GAP = "\N{NULL}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message of the program."""

    id: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a person types, and what the program then says."""

    typed: str
    said: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """One conversation."""

    language: str
    channel: str
    who: str
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A line as it went: what was typed, which button that pressed, what the phone then showed."""

    line: Line
    typed: Typed
    shown: tuple[Delivery, ...]


def read_plays(path: Path) -> tuple[Play, ...]:
    """The plays of a file named after its language."""
    plays: list[Play] = []
    for number, text in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not text.strip() or text.startswith("#"):
            continue
        if (title := _TITLE.fullmatch(text)) is not None:
            plays.append(Play(language=path.stem, channel=title["channel"], who=title["who"]))
        elif text.startswith("> "):
            line = Line(typed=text.removeprefix("> "))
            plays[-1] = replace(plays[-1], lines=(*plays[-1].lines, line))
        elif re.fullmatch(rf"\s+({_SAID.pattern}\s*)+", text):
            said = (Said(id=i, language=one or path.stem) for i, one in _SAID.findall(text))
            *before, last = plays[-1].lines
            plays[-1] = replace(plays[-1], lines=(*before, replace(last, said=tuple(said))))
        else:
            raise ValueError(f"{path.name}, line {number}: neither typed nor said: {text}")
    return tuple(plays)


def all_plays() -> tuple[Play, ...]:
    """The plays of all languages."""
    return tuple(play for path in sorted(FOLDER.glob("*.txt")) for play in read_plays(path))


def perform(play: Play, *, gateway: str, number: str) -> Iterator[Scene]:
    """Type each line once everything before it is answered."""
    with httpx.Client(base_url=gateway, timeout=10) as client:
        phone = Phone(
            client,
            channel=play.channel,
            number=number,
            notice=lambda _: None,
            patience=PATIENCE,
        )
        for line in play.lines:
            typed = phone.send(line.typed)
            shown: list[Delivery] = []
            phone.settle(shown.append)
            yield Scene(line=line, typed=typed, shown=tuple(shown))
        phone.tell_shown()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What the catalogs have a phone show for an id."""

    catalogs: Catalogs
    channel: str

    def agrees(self, shown: Sequence[Delivery], said: Sequence[Said]) -> bool:
        """Whether a phone shows the words of these ids, in order, and nothing else."""
        words = r"\s".join(self._pattern(one) for one in said)
        return re.fullmatch(words, self._without_lists(shown), re.DOTALL) is not None

    def labels_agree(self, shown: Sequence[Delivery], said: Sequence[Said]) -> bool:
        """Whether every button and line of a list has the words of its option."""
        languages = {one.language for one in said}
        menu = any(one.id == MENU for one in said)
        return all(
            any(self._is_label(choice.label, choice.id, one, menu=menu) for one in languages)
            for delivery in shown
            for choice in delivery.choices
        )

    def _is_label(self, label: str, option: str, language: str, *, menu: bool) -> bool:
        words = self._tidy(self.catalogs.text(language, f"option.{option}", sms=self._sms))
        return self._tidy(label) in {words, f"{words} {UNREVIEWED}" if menu else words}

    def _without_lists(self, shown: Sequence[Delivery]) -> str:
        """All that is shown but pictures, and lists that the words repeat by number."""
        whole = " ".join(self._tidy(one.text) for one in shown if not _ASSET.fullmatch(one.text))
        for one in shown:
            lines = (f"{number} {choice.label}" for number, choice in enumerate(one.choices, 1))
            if one.choices:
                whole = whole.replace(f" {self._tidy(' '.join(lines))}", "", 1)
        return whole

    def _pattern(self, said: Said) -> str:
        """Its words, with a gap for each value."""
        can = PROFILES[self.channel]
        name = {ANY_CHANNEL: can.confidentiality, ANY_CLEARING: can.clearing}.get(said.id, said.id)
        own = [one for one in (name, f"{name}.sms") if self.catalogs.has(said.language, one)]
        values = {value for one in own for value in self.catalogs.filled(said.language, one)}
        gaps: dict[str, Any] = {value: _GAP for value in values if not value.isupper()}
        words = self.catalogs.text(said.language, name, sms=self._sms, **gaps)
        return re.escape(self._tidy(words)).replace(re.escape(_GAP), ".+?")

    def _tidy(self, text: str) -> str:
        """Without what a cut in two parts, or an SMS in plain letters, changes."""
        return " ".join((text.translate(PLAIN) if self._sms else text).split())

    @property
    def _sms(self) -> bool:
        return PROFILES[self.channel].sms
