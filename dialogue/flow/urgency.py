"""Which reasons to be quick hold: what is unknown, skipped or not asked counts as open."""

from collections.abc import Iterable, Iterator

from dialogue.flow.order import codes_in, tellings
from dialogue.flow.state import Answers
from dialogue.questionnaire.conditions import Codes
from dialogue.questionnaire.model import Questionnaire, Rule

NOW = 0
LAST = 3


def holding(questionnaire: Questionnaire, answers: Answers) -> tuple[Rule, ...]:
    """The rules that hold at the end, in the order of the file; an unasked time is an open one."""
    return tuple(_true(questionnaire, questionnaire.rules, answers, unasked=True))


def arisen(questionnaire: Questionnaire, answers: Answers, question: str) -> tuple[Rule, ...]:
    """The rules that the answer to this question bears on, if they hold.

    Before the end a window counts only once its time was asked, or everybody would be urgent from
    the first word on.
    """
    bearing = questionnaire.bearing.get(question, ())
    return tuple(_true(questionnaire, bearing, answers, unasked=False))


def rank_of(rules: Iterable[Rule]) -> int:
    """The rank of a report with these reasons."""
    return min((rule.rank for rule in rules), default=LAST)


def _true(
    questionnaire: Questionnaire, rules: Iterable[Rule], answers: Answers, *, unasked: bool
) -> Iterator[Rule]:
    """The rules that hold for what was told at least once."""
    times = range(1, tellings(questionnaire, answers) + 1)
    views = [codes_in(questionnaire, answers, time) for time in times]
    for rule in rules:
        if any(
            rule.when.holds(codes) and _within(questionnaire, rule, codes, unasked=unasked)
            for codes in views
        ):
            yield rule


def _within(questionnaire: Questionnaire, rule: Rule, codes: Codes, *, unasked: bool) -> bool:
    if rule.hours is None:
        return True
    passed = list(_hours_passed(questionnaire, codes))
    return min(passed) < rule.hours if passed else unasked


def _hours_passed(questionnaire: Questionnaire, codes: Codes) -> Iterator[int]:
    """Hours since the latest plausible moment, by each answer; 0 if the answer does not tell."""
    for clock in questionnaire.clocks:
        for code in codes(clock.id):
            option = clock.option(code)
            yield (option.hours or 0) if option is not None else 0
