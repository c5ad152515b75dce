"""`python -m dialogue.measure FILE.tsv …`: how well people are understood, on lines held out.

For whoever adds a language: a line is `language, question, text, label`, with tabs between. The
question is `-` for what can be said at any time, the label `-` for what means none of the options.
None of the lines may be among the phrases that were taught, or memory is measured. Prints JSON, and
with `--show` each line that was not understood as meant.

A line is `right`; or `again`: the question is asked once more; or `partly`: one option too many; or
`wrong`. For a line that means nothing, asking again is right.
"""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dialogue import quiet, without_tensorflow  # noqa: F401  before Rasa

quiet.silence()

from rasa.core.channels.channel import UserMessage  # noqa: E402

from dialogue.fingerprint import fingerprint  # noqa: E402
from dialogue.flow import Heard, State  # noqa: E402
from dialogue.flow.understand import Meaning, understand  # noqa: E402
from dialogue.nlu.normalise import normalise  # noqa: E402
from dialogue.questionnaire import Question, Questionnaire, load  # noqa: E402
from dialogue.server.agent import TurnAgent  # noqa: E402
from dialogue.train import model_path  # noqa: E402

NONE = "-"
ANYTIME = frozenset({"yes", "no", "unsure", "dk", "pns"})
"""What a question must offer, so that anything can be said to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something said, and what it means."""

    language: str
    question: Question
    text: str
    label: str


async def measure(agent: TurnAgent, questionnaire: Questionnaire, line: Line) -> str:
    """Understand one line as a turn would, and judge it."""
    refs = tuple(option.ref for option in line.question.options)
    message = UserMessage(normalise(line.text), metadata={"choices": refs})
    parsed = await agent.processor.parse_message(message)
    ranking = [(one["name"], one["confidence"]) for one in parsed["intent_ranking"]]
    said = {"kind": "text", "text": line.text}
    meaning = understand(
        questionnaire,
        State(asked=line.question.id, shown=refs, opened=True),
        Heard.from_message(said, ranking=ranking, exact=parsed["exact"]),
    )
    return _judge(line, meaning)


def _judge(line: Line, meaning: Meaning) -> str:
    if meaning.kind == "unclear":
        return "right" if line.label == NONE else "again"
    if meaning.kind != "answer":
        return "right" if line.label in (meaning.name, meaning.kind) else "wrong"
    meant = {
        option.code
        for option in line.question.options
        if line.label == option.ref or line.label in option.means
    }
    if meant == set(meaning.codes):
        return "right"
    return "partly" if meant.intersection(meaning.codes) else "wrong"


def _lines(file: Path, questionnaire: Questionnaire) -> Iterator[Line]:
    anytime = next(
        question
        for question in questionnaire.questions.values()
        if {option.ref for option in question.options} >= ANYTIME
    )
    for row in file.read_text("utf-8").splitlines():
        language, name, text, label = row.split("\t")
        question = anytime if name == NONE else questionnaire.questions[name]
        yield Line(language=language, question=question, text=text, label=label)


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
    counts: dict[str, Counter[str]] = {}
    for line in (line for file in args.files for line in _lines(file, questionnaire)):
        verdict = asyncio.run(measure(agent, questionnaire, line))
        counts.setdefault(line.language, Counter())[verdict] += 1
        if args.show and verdict != "right":
            print(verdict, line.question.id, line.label, line.text, sep="\t", file=sys.stderr)
    print(json.dumps(counts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
