"""Which reasons to be quick hold: what is unknown, skipped or not asked counts as open.

Time is counted from the latest plausible moment: an answer tells how many hours had passed at the
least when it was given, and what has passed since is added.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from dialogue.flow.order import codes_in, tellings
from dialogue.flow.state import Answers
from dialogue.questionnaire.conditions import Codes
from dialogue.questionnaire.model import Questionnaire, Rule, key_of

NOW = 0
LAST = 3
HOUR = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The present and when each answer of time was given, in seconds since 1970.

    Without a present (`now` is None) no time passes between an answer and the report.
    """

    now: int | None = None
    told: Mapping[str, int] = field(default_factory=dict)

    def since(self, key: str) -> float:
        """Hours since an answer was given."""
        if self.now is None:
            return 0.0
        return max(0, self.now - self.told.get(key, self.now)) / HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A span in which something can still be done, as a clock for those who help."""

    name: str
    closes_at: int
    """Seconds since 1970."""
    known: bool
    """Whether a time was told; if not, it counts as just now."""


def holding(questionnaire: Questionnaire, answers: Answers, times: Times) -> tuple[Rule, ...]:
    """The rules that hold at the end, in the order of the file; an unasked time is an open one."""
    views = _views(questionnaire, answers, times)
    return tuple(_true(questionnaire.rules, views, unasked=True))


def arisen(
    questionnaire: Questionnaire, answers: Answers, times: Times, question: str
) -> tuple[Rule, ...]:
    """The rules that the answer to this question bears on, if they hold.

    Before the end a window counts only once its time was asked, or everybody would be urgent from
    the first word on.
    """
    bearing = questionnaire.bearing.get(question, ())
    return tuple(_true(bearing, _views(questionnaire, answers, times), unasked=False))


def open_windows(
    questionnaire: Questionnaire, answers: Answers, times: Times
) -> tuple[Window, ...]:
    """The windows that are open now, each by the telling for which it closes last."""
    if times.now is None:
        return ()
    views = _views(questionnaire, answers, times)
    return tuple(
        window
        for rule in questionnaire.rules
        for name, hours in rule.windows.items()
        for window in _latest(rule, name, hours, views, times.now)
    )


def rank_of(rules: Iterable[Rule]) -> int:
    """The rank of a report with these reasons."""
    return min((rule.rank for rule in rules), default=LAST)


@dataclass(frozen=True, slots=True)
class _View:
    """One telling of what happened, as the rules see it."""

    codes: Codes
    passed: float | None
    """Hours since the latest plausible moment at the least; None if it was not asked."""
    known: bool


def _views(questionnaire: Questionnaire, answers: Answers, times: Times) -> tuple[_View, ...]:
    return tuple(
        _view(questionnaire, answers, times, time)
        for time in range(1, tellings(questionnaire, answers) + 1)
    )


def _view(questionnaire: Questionnaire, answers: Answers, times: Times, time: int) -> _View:
    codes = codes_in(questionnaire, answers, time)
    passed = list(_passed(questionnaire, codes, times, time))
    latest = min((hours for hours, _ in passed), default=None)
    return _View(codes, latest, known=(latest, True) in passed)


def _passed(
    questionnaire: Questionnaire, codes: Codes, times: Times, time: int
) -> Iterator[tuple[float, bool]]:
    """Hours passed by each answer of time, and whether it told any: 0 if it did not."""
    for clock in questionnaire.clocks:
        since = times.since(key_of(clock.id, time if clock.repeats else 1))
        for code in codes(clock.id):
            option = clock.option(code)
            if option is None or option.hours is None:
                yield 0.0, False
            else:
                yield option.hours + since, True


def _true(rules: Iterable[Rule], views: Iterable[_View], *, unasked: bool) -> Iterator[Rule]:
    """The rules that hold for what was told at least once."""
    for rule in rules:
        if any(rule.when.holds(v.codes) and _within(rule, v, unasked=unasked) for v in views):
            yield rule


def _within(rule: Rule, view: _View, *, unasked: bool) -> bool:
    if rule.hours is None:
        return True
    return unasked if view.passed is None else view.passed < rule.hours


def _latest(
    rule: Rule, name: str, hours: int, views: Iterable[_View], now: int
) -> Iterator[Window]:
    left = [
        (hours - (view.passed or 0.0), view.known) for view in views if rule.when.holds(view.codes)
    ]
    remaining, known = max(left, default=(0.0, False))
    if remaining > 0:
        yield Window(name=name, closes_at=now + int(remaining * HOUR), known=known)
