"""One turn while it is being made: the state so far, what will be said, what will be done.

The only mutable value of the flow; it lives inside `take_turn` and nowhere else.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from dialogue.flow.channel import Channel
from dialogue.flow.order import next_in, next_key
from dialogue.flow.state import State
from dialogue.flow.urgency import Times
from dialogue.flow.values import Json, Reply, Turn
from dialogue.questionnaire.messages import placeholders
from dialogue.questionnaire.model import LANGUAGE, SKIP, Question, Questionnaire, split_key

AFTER = "after"
"""The menu that is offered once nothing is left to be asked."""
GUESS = "language_guess"


class Scene:
    """Collects what a turn says and does."""

    def __init__(self, questionnaire: Questionnaire, state: State, channel: Channel) -> None:
        self.questionnaire = questionnaire
        self.state = state
        self.channel = channel
        self.understood = True
        self.replies: list[Reply] = []
        self.effects: list[Json] = []
        self._language = state.language

    def turn(self) -> Turn:
        """The finished turn."""
        language = self.state.language or self._language or self._first_language()
        if self.state.asked == GUESS and not self.state.hidden:
            language = self.state.guesses[-1]
        return Turn(
            state=self.state,
            language=language,
            kept=self.state.kept,
            hidden=self.state.hidden,
            understood=self.understood,
            replies=tuple(self.replies),
            effects=tuple(self.effects),
        )

    def _first_language(self) -> str:
        return next(one for one in self.questionnaire.languages if self.channel.offers(one))

    @property
    def times(self) -> Times:
        """The present, and when what was told."""
        return Times(now=self.channel.now, told=self.state.told)

    def set(self, **changes: Any) -> None:
        """Change the state."""
        self.state = replace(self.state, **changes)

    def do(self, verb: str, **details: Any) -> None:
        """Want an effect."""
        self.effects.append({"do": verb, **details})

    def say(self, say: str) -> None:
        """Say a statement; a return code in it is made if there is none yet."""
        args = self._args(say)
        if "code" in args:
            self.do("give_code")
        self.replies.append(Reply(say=f"say.{say}", args=args))

    def numbers(self, kind: str) -> None:
        """Give the numbers to call for a kind of help, if there are any."""
        if kind in self.channel.numbers:
            self.replies.append(Reply(say="say.numbers", args={"numbers": f"@numbers.{kind}"}))

    def utter(self, message: str) -> None:
        """Say a message of the catalog that is neither a statement nor a question."""
        self.replies.append(Reply(say=message))

    # -- the open question

    @property
    def question(self) -> Question | None:
        """The open question."""
        asked = self.state.asked
        return None if asked is None else self.questionnaire.questions[split_key(asked)[0]]

    def ask(self, key: str, *, extras: tuple[str, ...] = ()) -> None:
        """Ask a question; asked again at once it keeps its turn, so that its buttons stay good."""
        question = self.questionnaire.questions[split_key(key)[0]]
        again = key == self.state.asked
        shown = (*self._choices(question), *extras)
        self.set(
            asked=key,
            picked=(),
            turn=self.state.turn if again else self.state.turn + 1,
            misses=self.state.misses if again else 0,
        )
        if question.says is not None:
            self.say(question.says)
        self.show(f"ask.{question.id}", shown)

    def show(self, say: str, choices: tuple[str, ...]) -> None:
        """Say something with the choices of the open question."""
        multi = self.question is not None and self.question.multi
        self.set(shown=choices)
        self.replies.append(Reply(say=say, choices=choices, multi=multi, turn=self.state.turn))

    def ask_again(self, *, extras: tuple[str, ...] = ()) -> None:
        """Repeat the open question, or find the next if none is open."""
        if self.state.asked is None or not self.channel.bot:
            self.go_on()
        else:
            self.ask(self.state.asked, extras=extras)

    def go_on(self) -> None:
        """Ask what comes next: in the innermost detour, else in the normal order."""
        if not self.channel.bot:
            self.set(asked=None, shown=(), detours=())
            return
        key = self._next()
        if key == AFTER != self.state.asked:
            self.say("after_sent" if self.state.sent else "after_information")
        if key is not None:
            self.ask(key)

    def enter(self, detour: str) -> None:
        """Go into a detour block, from its beginning."""
        inside = {question.id for question in self.questionnaire.detours[detour].questions}
        answers = {key: codes for key, codes in self.state.answers.items() if key not in inside}
        outer = tuple(name for name in self.state.detours if name != detour)
        again = {r.id for question in inside for r in self.questionnaire.bearing[question]}
        raised = tuple(reason for reason in self.state.raised if reason not in again)
        self.set(answers=answers, raised=raised, detours=(*outer, detour))

    def leave(self) -> None:
        """Leave the innermost detour."""
        self.set(detours=self.state.detours[:-1])

    def _next(self) -> str | None:
        while self.state.detours:
            block = self.questionnaire.detours[self.state.detours[-1]]
            key = next_in(
                self.questionnaire, block, self.state.answers, time=1, channel=self.channel
            )
            if key is not None:
                return key
            self.leave()
        if self.state.ended:
            return AFTER
        return next_key(self.questionnaire, self.state.answers, channel=self.channel)

    # -- what is shown

    def _choices(self, question: Question) -> tuple[str, ...]:
        if question.open:
            return () if question.required else (SKIP,)
        return tuple(self._offered(question))

    def _offered(self, question: Question) -> Iterator[str]:
        for option in question.options:
            if option.does == "withdraw" and not self.given(option.code):
                continue
            if option.then == "withdraw" and not self.withdrawable():
                continue
            if option.ref.startswith(f"{LANGUAGE}.") and not self.channel.offers(option.code):
                continue
            yield option.ref

    def given(self, consent: str) -> tuple[str, ...]:
        """The consents given under a question's name: itself, or one for each of its options."""
        return tuple(
            one for one in self.state.consents if one == consent or one.startswith(f"{consent}.")
        )

    def withdrawable(self) -> bool:
        """Whether there is any consent to take back one by one."""
        options = self.questionnaire.questions["withdraw"].options
        return any(option.does and self.given(option.code) for option in options)

    def _args(self, say: str) -> dict[str, str]:
        known = placeholders(self.questionnaire, say)
        return {name: find(self) for name, find in _VALUES.items() if name in known}


def _answered(scene: Scene) -> str:
    return str(len(list(_reported(scene))) - int(_skipped(scene)))


def _skipped(scene: Scene) -> str:
    return str(sum(codes == (SKIP,) for codes in _reported(scene)))


def _reported(scene: Scene) -> Iterator[tuple[str, ...]]:
    questions = scene.questionnaire.questions
    return (c for key, c in scene.state.answers.items() if questions[split_key(key)[0]].kept)


_VALUES: Mapping[str, Callable[[Scene], str]] = {
    "code": lambda _: "@code",
    "receipts": lambda _: "@receipts",
    "limit": lambda scene: str(scene.questionnaire.text_limit),
    "answered": _answered,
    "skipped": _skipped,
}
