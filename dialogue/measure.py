"""`python -m dialogue.measure FILE.tsv …`: how well people are understood, on lines held out.

A line is `language, question, text, expected`, with tabs between. The question is `-` for what is
said at any time: then it is read as an answer to an ordinary question. Expected is an option
(`when.lt24h`, or `lt24h`), a shared answer (`yes`, `dk`), a command (`stop`), a word of danger
(`danger`), `text` where any words are an answer, or `-` or `none` for what means nothing there.
None of the lines may be among the phrases that were taught, or memory is measured.

A line is `right`; `again`: the question is asked once more; `partly`: one option too many or too
few; or `wrong`. For a line that means nothing, asking again is right. All lines count. Lines that
name no question or nothing that can be expected are listed as `unknown`, and left out. Prints JSON,
and with `--show` each line that was not understood as meant.
"""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import ArgumentParser
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dialogue import quiet, without_tensorflow  # noqa: F401  before Rasa

quiet.silence()

from rasa.core.channels.channel import UserMessage  # noqa: E402

from dialogue.expected import Line, UnknownLineError, heard_as, read_line  # noqa: E402
from dialogue.fingerprint import fingerprint  # noqa: E402
from dialogue.flow import Heard, State  # noqa: E402
from dialogue.flow.understand import Meaning, understand  # noqa: E402
from dialogue.nlu.normalise import normalise  # noqa: E402
from dialogue.questionnaire import Questionnaire, load  # noqa: E402
from dialogue.server.agent import TurnAgent  # noqa: E402
from dialogue.train import model_path  # noqa: E402

LOUD = frozenset({"stop", "hide", "delete", "help", "person", "danger", "hurt", "suicide"})
"""What must never be missed, and never be heard where it was not said."""


@dataclass(frozen=True)
class Verdict:
    """How a line was understood."""

    line: Line
    judged: str
    heard: str

    @property
    def alarm(self) -> bool:
        """Whether one of what must not be missed was said."""
        return self.line.label in LOUD

    @property
    def false_alarm(self) -> bool:
        """Whether such was heard, and not said."""
        return not self.alarm and self.heard in LOUD and self.judged == "wrong"


async def measure(agent: TurnAgent, questionnaire: Questionnaire, line: Line) -> Verdict:
    """Understand one line as a turn would, and judge it."""
    refs = tuple(option.ref for option in line.question.options)
    state = State(asked=line.question.id, shown=refs, opened=True)
    said = {"kind": "text", "text": line.text}
    words = normalise(line.text)
    ranking: list[tuple[str, float]] = []
    exact: list[str] = []
    if words and not words.replace(" ", "").isdigit():
        message = UserMessage(words, metadata={"choices": refs})
        parsed = await agent.processor.parse_message(message)
        ranking = [(one["name"], one["confidence"]) for one in parsed["intent_ranking"]]
        exact = parsed["exact"]
    heard = Heard.from_message(said, ranking=ranking, exact=exact)
    meaning = understand(questionnaire, state, heard)
    return Verdict(line, _judge(line, meaning), meaning.name or heard_as(line.question, meaning))


def _judge(line: Line, meaning: Meaning) -> str:
    if meaning.kind == "unclear":
        return "right" if line.nothing else "again"
    if meaning.kind != "answer":
        return "right" if line.means(meaning.name or meaning.kind) else "wrong"
    meant = {option.code for option in line.question.options if line.chooses(option)}
    if meant and (meant == set(meaning.codes) or (len(meant) > 1 and meant >= set(meaning.codes))):
        return "right"
    return "partly" if meant.intersection(meaning.codes) else "wrong"


def report(verdicts: list[Verdict], unknown: list[str]) -> dict[str, Any]:
    """The figures: over all, and by language and by what was expected."""
    languages: dict[str, Any] = {}
    for language in sorted({one.line.language for one in verdicts}):
        own = [one for one in verdicts if one.line.language == language]
        expected = sorted({one.line.label for one in own})
        languages[language] = {
            **_figures(own),
            "by_expected": {
                label: dict(Counter(one.judged for one in own if one.line.label == label))
                for label in expected
            },
        }
    accuracy = [figures["accuracy"] for figures in languages.values()]
    overall = _figures(verdicts)
    return {
        "worst_language_accuracy": min(accuracy, default=0.0),
        "safety_recall": overall["safety_recall"],
        "safety_false_alarm": overall["safety_false_alarm"],
        **overall,
        "languages": languages,
        "unknown": unknown,
    }


def _figures(verdicts: list[Verdict]) -> dict[str, Any]:
    judged = Counter(one.judged for one in verdicts)
    alarms = [one.judged == "right" for one in verdicts if one.alarm]
    ordinary = [one.false_alarm for one in verdicts if not one.alarm]
    return {
        "lines": len(verdicts),
        "accuracy": _share(judged["right"], len(verdicts)),
        "wrong": _share(judged["wrong"] + judged["partly"], len(verdicts)),
        "again": _share(judged["again"], len(verdicts)),
        "safety_lines": len(alarms),
        "safety_recall": _share(sum(alarms), len(alarms)),
        "ordinary_lines": len(ordinary),
        "safety_false_alarm": _share(sum(ordinary), len(ordinary)),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def main() -> int:
    """Measure the files; returns the exit code."""
    parser = ArgumentParser(prog="python -m dialogue.measure", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()
    model = model_path(fingerprint())
    if not model.exists():
        print("dialogue: run `python -m dialogue.train` first", file=sys.stderr)
        return 2
    agent, questionnaire = TurnAgent(model), load()
    verdicts: list[Verdict] = []
    unknown: list[str] = []
    for file in args.files:
        for number, row in enumerate(file.read_text("utf-8-sig").splitlines(), start=1):
            try:
                line = read_line(row, questionnaire)
            except UnknownLineError as error:
                unknown.append(f"{file.name}:{number}: {error}")
                continue
            if line is not None:
                verdicts.append(asyncio.run(measure(agent, questionnaire, line)))
    for one in verdicts if args.show else ():
        if one.judged != "right":
            row = (one.judged, one.line.language, one.line.question.id, one.line.label)
            print(*row, one.line.text, one.heard, sep="\t", file=sys.stderr)
    print(json.dumps(report(verdicts, unknown), ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
