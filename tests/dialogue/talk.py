"""A conversation with the pure flow, without a classifier: a phone, the words typed into it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from dialogue.flow import Channel, Heard, State, Turn, take_turn
from dialogue.questionnaire import Questionnaire, load

SHIPPED = load()

USUAL = {
    "language": "language.en",
    "safe_now": "yes",
    "danger": "no",
    "role": "role.survivor",
    "age": "age.a26_40",
    "person_age": "age.a26_40",
    "person_agrees": "yes",
    "client_agrees": "yes",
    "c1": "yes",
    "person_now": "no",
}
"""How the questions that must be answered are answered, unless a test says otherwise."""


@dataclass
class Talk:
    """Drives `take_turn` as the gateway does: the state goes through JSON after each turn."""

    sms: bool = False
    owner: str = "bot"
    confidential: bool = True
    files: bool = True
    languages: tuple[str, ...] = ("en", "fr", "sw")
    numbers: tuple[str, ...] = ()
    clock: int | None = None
    questionnaire: Questionnaire = field(default_factory=lambda: SHIPPED)
    saved: dict[str, Any] | None = None
    turn: Turn | None = None
    asked_keys: list[str] = field(default_factory=list)

    # -- what the person does

    def types(
        self,
        text: str,
        *,
        exact: Iterable[str] = (),
        ranking: Iterable[tuple[str, float]] = (),
        language: str = "",
    ) -> "Talk":
        message = {"kind": "text", "text": text}
        return self._hear(message, exact=exact, ranking=ranking, language=language)

    def types_a_dead_code(self) -> "Talk":
        """Type what looks like a return code and opens nothing."""
        return self._hear({"kind": "text", "text": "1234 5678 9012", "code": True})

    def says_word(self, label: str) -> "Talk":
        """Type the word of a command, an option or an intent."""
        return self.types(f"<{label}>", exact=[label])

    def taps(self, choice: str, *, turn: int | None = None) -> "Talk":
        turn = turn if turn is not None or self.turn is None else self.state.turn
        return self._hear({"kind": "choice", "choice": choice, "turn": turn})

    def chooses(self, *choices: str) -> "Talk":
        """Type the numbers of these choices."""
        return self.types(" ".join(str(self.choices.index(choice) + 1) for choice in choices))

    def sends(self, media: str) -> "Talk":
        return self._hear({"kind": "media", "media": media})

    def event(self, name: str) -> "Talk":
        return self._hear({"kind": "event", "event": name})

    def goes_to(self, question: str, **answers: str) -> "Talk":
        """Answer as usual or as told, leave out the rest, until a question is asked."""
        if self.turn is None:
            self.types("hi", exact=["greet"])
        for _ in range(150):
            if self.asked == question:
                return self
            choice = answers.get(self.asked, USUAL.get(self.asked))
            if choice is None:
                self.says_word("skip")
            else:
                self.chooses(*choice.split())
        raise AssertionError(f"{question} was never asked; the last was {self.asked}")

    def _hear(
        self,
        message: dict[str, Any],
        *,
        exact: Iterable[str] = (),
        ranking: Iterable[tuple[str, float]] = (),
        language: str = "",
    ) -> "Talk":
        self.turn = take_turn(
            self.questionnaire,
            None if self.saved is None else State.from_dict(self.saved),
            Heard.from_message(message, ranking=ranking, exact=exact, language=language),
            Channel(
                sms=self.sms,
                owner=self.owner,
                confidential=self.confidential,
                files=self.files,
                languages=self.languages,
                numbers=self.numbers,
                now=self.clock,
            ),
        )
        self.saved = json.loads(self.turn.to_json())["state"]
        if self.saved is not None and any(say.startswith("ask.") for say in self.says):
            self.asked_keys.append(self.saved["asked"])
        return self

    # -- what the person sees, and what it causes

    @property
    def now(self) -> Turn:
        assert self.turn is not None
        return self.turn

    @property
    def state(self) -> State:
        return self.now.state

    @property
    def says(self) -> list[str]:
        return [reply.say for reply in self.now.replies]

    @property
    def asked(self) -> str:
        """The question that stands at the end of the turn; "" if there is none."""
        last = self.says[-1] if self.says else ""
        return last.removeprefix("ask.") if last.startswith("ask.") else ""

    @property
    def choices(self) -> list[str]:
        return list(self.now.replies[-1].choices) if self.now.replies else []

    @property
    def verbs(self) -> list[str]:
        return [effect["do"] for effect in self.now.effects]

    def effect(self, verb: str) -> dict[str, Any]:
        """The one effect of this verb."""
        (found,) = (effect for effect in self.now.effects if effect["do"] == verb)
        return found

    @property
    def consents(self) -> list[str]:
        """What was agreed to in this turn."""
        return [e["consent"] for e in self.now.effects if e["do"] == "give_consent"]
