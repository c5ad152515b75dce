"""Which question comes next, for given answers: the file's order, its conditions, its repeats."""

from collections.abc import Iterator, Mapping

from dialogue.flow.channel import Channel
from dialogue.flow.state import Answers
from dialogue.questionnaire.conditions import Codes
from dialogue.questionnaire.model import Block, Question, Questionnaire, key_of, split_key


def codes_in(questionnaire: Questionnaire, answers: Answers, time: int) -> Codes:
    """The answers as conditions see them, in the `time`-th telling of what is told repeatedly.

    Outside of a repeated block use 0: then all tellings count.
    """
    questions = questionnaire.questions

    def codes(question: str) -> tuple[str, ...]:
        if time == 1 or not questions[question].repeats:
            return answers.get(question, ())
        if time:
            return answers.get(key_of(question, time), ())
        return tuple(
            code
            for key, given in answers.items()
            if split_key(key)[0] == question
            for code in given
        )

    return codes


def tellings(questionnaire: Questionnaire, answers: Answers) -> int:
    """How many times something was told; at least once, even if nothing was asked."""
    questions = questionnaire.questions
    times = (split_key(key) for key in answers)
    return max((time for question, time in times if questions[question].repeats), default=1)


def next_key(questionnaire: Questionnaire, answers: Answers, *, channel: Channel) -> str | None:
    """The key of the first question that applies and has no answer yet."""
    for block in questionnaire.order:
        for time in _times(block, answers):
            key = next_in(questionnaire, block, answers, time=time, channel=channel)
            if key is not None:
                return key
    return None


def next_in(
    questionnaire: Questionnaire, block: Block, answers: Answers, *, time: int, channel: Channel
) -> str | None:
    """The same in one telling of one block."""
    codes = codes_in(questionnaire, answers, time if block.repeat > 1 else 0)
    for question in block.questions:
        key = key_of(question.id, time)
        if key in answers or not channel.takes(question):
            continue
        if question.id == block.again and time == block.repeat:
            continue
        if question.when.holds(codes):
            return key
    return None


def _times(block: Block, answers: Answers) -> Iterator[int]:
    """The tellings of a block that are wanted: the first, and one more after each "yes"."""
    for time in range(1, block.repeat + 1):
        yield time
        if block.again is None or answers.get(key_of(block.again, time)) != ("yes",):
            return


def reachable(questionnaire: Questionnaire, answers: Answers) -> dict[str, tuple[str, ...]]:
    """The answers that still belong here: known codes of questions that still apply."""
    kept: dict[str, tuple[str, ...]] = {}
    known = {key: codes for key, codes in answers.items() if _known(questionnaire.questions, key)}
    for key, codes in known.items():
        name, time = split_key(key)
        question = questionnaire.questions[name]
        if question.when.holds(codes_in(questionnaire, known, time if question.repeats else 0)):
            kept[key] = codes
    return kept


def _known(questions: Mapping[str, Question], key: str) -> bool:
    return split_key(key)[0] in questions
