"""Plays a questionnaire in the terminal, with its own words and without a trained model.

Numbers, and the words of commands and choices as the catalogs have them, are understood; free words
are not. What a turn would cause (a consent kept, a report sent) is shown, and nothing is sent.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from dialogue.editor.words import Words
from dialogue.flow import Channel, Heard, State, Turn, take_turn
from dialogue.flow.words import normal
from dialogue.questionnaire import Questionnaire
from dialogue.questionnaire.messages import COMMANDS

CODE = "0000 0000 0000"


class _Unfilled(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


class Preview:
    """One conversation; `lines` takes what was typed and gives what is shown."""

    def __init__(self, made: Questionnaire, words: Words, *, sms: bool = False) -> None:
        self._made, self._words, self._sms = made, words, sms
        self._state: dict[str, Any] | None = None

    def lines(self, typed: str) -> Iterator[str]:
        """Take one turn."""
        state = None if self._state is None else State.from_dict(self._state)
        heard = Heard.from_message({"kind": "text", "text": typed}, exact=self._exact(typed))
        channel = Channel(sms=self._sms, files=not self._sms, languages=tuple(self._words))
        turn = take_turn(self._made, state, heard, channel)
        self._state = json.loads(turn.to_json())["state"]
        yield from self._shown(turn)

    def _exact(self, typed: str) -> list[str]:
        """The labels whose words are the whole message, in any language."""
        labels = [f"option.{o.ref}" for q in self._made.questions.values() for o in q.options]
        labels += [f"command.{command}" for command in COMMANDS]
        return [
            label.partition(".")[2]
            for own in self._words.values()
            for label in labels
            if normal(typed) in {normal(own.get(label, "")), normal(own.get(f"{label}.sms", ""))}
        ]

    def _shown(self, turn: Turn) -> Iterator[str]:
        for reply in turn.replies:
            yield self._text(turn.language, reply.say, dict(reply.args))
            for number, choice in enumerate(reply.choices, 1):
                yield f"  {number} {self._text(turn.language, f'option.{choice}', {})}"
        for effect in turn.effects:
            told = {key: value for key, value in effect.items() if key != "do"}
            yield f"  → {effect['do']} {json.dumps(told, ensure_ascii=False) if told else ''}"

    def _text(self, language: str, message_id: str, args: dict[str, str]) -> str:
        text = self._own(language, message_id)
        commands = {one.upper(): self._own(language, f"command.{one}") for one in COMMANDS}
        filled = {name: CODE if value == "@code" else value for name, value in args.items()}
        return text.format_map(_Unfilled(commands | filled))

    def _own(self, language: str, message_id: str) -> str:
        own = self._words.get(language, {})
        short = own.get(f"{message_id}.sms") if self._sms else None
        return short or own.get(message_id) or f"[{message_id}]"


def play(preview: Preview, ask: Callable[[], str], show: Callable[[str], None]) -> None:
    """Talk until the input ends."""
    typed = "hello"
    while True:
        for line in preview.lines(typed):
            show(line)
        try:
            typed = ask()
        except EOFError:
            return
