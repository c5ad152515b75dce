"""What a turn has to know of the way in which it is heard and answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dialogue.questionnaire.model import Question

BOT = "bot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One way to a person, at the moment of a turn."""

    sms: bool
    """Whether it is a phone without an app."""
    owner: str = BOT
    """Who answers: `bot`, `nobody` (a person is awaited) or `human`."""
    confidential: bool = False
    """Whether nobody between can read along; otherwise the opening says so."""
    files: bool = False
    """Whether files that are sent can be kept; otherwise nothing about them is asked."""
    languages: tuple[str, ...] = ()
    """The languages that are offered; all if none is named."""
    numbers: tuple[str, ...] = ()
    """The kinds of help for which there are numbers to call."""
    now: int | None = None
    """Seconds since 1970; None where time does not matter."""

    @classmethod
    def from_message(cls, told: Mapping[str, Any], *, owner: str, now: int | None) -> "Channel":
        """Take the `channel` of a request, as `dialogue.server.wire` has checked it."""
        lists = {name: tuple(told.get(name, ())) for name in ("languages", "numbers")}
        return cls(owner=owner, now=now, **{**told, **lists})

    @property
    def bot(self) -> bool:
        """Whether the bot has the conversation; otherwise it asks nothing."""
        return self.owner == BOT

    def takes(self, question: Question) -> bool:
        """Whether a question is asked on this way."""
        return (question.sms or not self.sms) and (self.files or not question.files)

    def offers(self, language: str) -> bool:
        """Whether a language can be chosen."""
        return not self.languages or language in self.languages
