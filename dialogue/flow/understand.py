"""What a message means here: a command, an answer to the open question, danger, or nothing.

Invariant: an answer is never invented. What is not clearly one of the choices is `UNCLEAR`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from dialogue.flow.state import State
from dialogue.flow.values import Heard
from dialogue.flow.words import Words, named
from dialogue.questionnaire.messages import COMMANDS, SAFETY
from dialogue.questionnaire.model import COMMANDED, UNTOLD, Questionnaire, split_key

FLOOR, CLEAR = 0.15, 3.0
"""Likelihood that an option needs at least, beside the others, what can be said at any time, and
"none of these"; and how many times likelier than the next it must then be."""
STRICT_FLOOR = 0.6
"""The same for consents and menus: agreeing and sending must have been said clearly."""
LIKELY, MARGIN = 0.3, 1.5
"""From this likelihood on, a smaller lead is enough; by that much must a command or a word of
danger outdo every option: who answers in the words of the question has answered."""
SAFETY_FLOOR, ALARM = 0.5, 2.5
"""The same for words of danger, all of them together; and by how much they must outdo every
option. A false alarm costs a kind question; the next message can be the alarm again."""
COMMAND_FLOOR = 0.45
SMALL_TALK_FLOOR = 0.4
OPEN_FLOOR = 0.85
"""Where any words are an answer, a command or a word of danger must be this likely."""
OPEN_LONGEST = 5
"""Words of a command that is not a known phrase, where any words are an answer."""
AT_ONCE = frozenset({"stop", "hide", "delete"})
"""Commands that nothing else can be meant by."""

CARRIER_STOP = frozenset(
    {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"}
)
"""Single words with which a phone network itself ends messages, in any language."""
CARRIER_START = frozenset({"start", "unstop"})
TYPED = tuple(command for command in COMMANDS if command != "return")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What was understood; `name` of a command or safety word, `codes` of an answer."""

    kind: str
    name: str = ""
    codes: tuple[str, ...] = field(default=(), repr=False)


UNCLEAR = Meaning("unclear")
STALE = Meaning("stale")
DONE = Meaning("done")


def understand(questionnaire: Questionnaire, state: State, heard: Heard) -> Meaning:
    """What a text or a tap means while `state.asked` is open."""
    asked = None if state.asked is None else split_key(state.asked)[0]
    question = questionnaire.questions[asked] if asked is not None else None
    words = Words(heard=heard, question=question, state=state)
    if heard.kind == "choice":
        return _tapped(words)
    for read in READINGS:
        meaning = read(words)
        if meaning is not None:
            return meaning
    return UNCLEAR


def _tapped(words: Words) -> Meaning:
    heard, state, question = words.heard, words.state, words.question
    if heard.turn not in {None, state.turn} or question is None:
        return STALE
    if heard.choice in COMMANDED and heard.choice in state.shown:
        return _chosen(words, (heard.choice,))
    option = question.option(heard.choice)
    if option is None or not (heard.choice in state.shown or (question.multi and heard.turn)):
        return STALE
    return Meaning("tap" if question.multi else "answer", codes=(option.code,))


def _chosen(words: Words, refs: tuple[str, ...]) -> Meaning:
    """The meaning of choosing these of the choices that are shown."""
    if len(refs) == 1 and refs[0] in COMMANDED and not words.owns(refs[0]):
        return DONE if refs[0] == "done" else Meaning("command", name=refs[0])
    codes = tuple(option.code for ref in refs for option in words.options if option.ref == ref)
    several = words.question is not None and words.question.multi
    if len(codes) != len(refs) or (len(codes) > 1 and not several):
        return UNCLEAR
    return Meaning("answer", codes=codes)


# -- the readings of a text, in the order in which they are tried


def _command(words: Words) -> Meaning | None:
    if words.plain in CARRIER_STOP:
        return Meaning("command", name="stop")
    if words.plain in CARRIER_START:
        return Meaning("small", name="greet")
    if words.numbers == (0,):
        return Meaning("command", name="hide")
    exact = words.heard.exact
    own = {label for option in words.options for label in named(option)}
    chosen = any(ref in exact for ref in own if ref not in COMMANDED)
    for command in TYPED:
        meant_here = command in own if command in AT_ONCE else chosen
        if command in exact and not meant_here:
            return Meaning("command", name=command)
    return None


def _number(words: Words) -> Meaning | None:
    if not words.numbers or words.question is None:
        return None
    shown = words.state.shown
    if all(1 <= number <= len(shown) for number in words.numbers):
        return _chosen(words, tuple(dict.fromkeys(shown[n - 1] for n in words.numbers)))
    amounts = any(option.least is not None for option in words.options)
    return None if words.question.open or amounts else UNCLEAR


def _amount(words: Words) -> Meaning | None:
    """A figure that is no line's number, like an age: the one option that it falls into."""
    spans = sorted(
        (option.least, option.ref) for option in words.options if option.least is not None
    )
    met = {
        ref
        for figure in words.figures
        for _, ref in [span for span in spans if span[0] <= figure][-1:]
    }
    return _chosen(words, tuple(met)) if len(met) == 1 else None


def _safety(words: Words) -> Meaning | None:
    name = _alarming(words)
    if name is None:
        return None
    for option in words.options:
        if name in option.means:
            return Meaning("answer", codes=(option.code,))
    return Meaning("safety", name=name)


def _alarming(words: Words) -> str | None:
    exact = words.heard.exact
    if any(option.ref in exact for option in words.options):
        return None
    for name in SAFETY:
        if name in exact:
            return name
    alarms = {name: words.likely(name) for name in SAFETY}
    total = sum(alarms.values())
    loud = total >= (OPEN_FLOOR if words.open else SAFETY_FLOOR) and words.best * ALARM < total
    return max(alarms, key=lambda name: alarms[name]) if loud else None


def _option(words: Words) -> Meaning | None:
    question = words.question
    if question is None or question.open or not words.scores:
        return None
    floor = STRICT_FLOOR if question.kind in {"consent", "menu"} else FLOOR
    lead = MARGIN if words.best >= LIKELY else CLEAR
    if words.best < floor or words.best < words.rival * lead:
        return None
    near = [code for code, likely in words.scores if likely * MARGIN > words.best]
    if question.multi:
        return _several(words, near)
    return Meaning("answer", codes=(near[0],)) if len(near) == 1 else None


def _several(words: Words, near: list[str]) -> Meaning:
    """Several at once, unless one of them says that nothing else can be meant."""
    alone = any(option.alone for option in words.options if option.code in near)
    return Meaning("answer", codes=tuple(near[:1] if alone else near))


def _open_text(words: Words) -> Meaning | None:
    if not words.open:
        return None
    exact = words.heard.exact
    for code in UNTOLD:
        if code in exact:
            return Meaning("answer", codes=(code,))
    if "no" in exact:
        return Meaning("command", name="skip")
    if "greet" in exact or "thanks" in exact:
        return None
    name, confidence = words.top
    if name in TYPED and confidence >= OPEN_FLOOR and len(words.plain.split()) <= OPEN_LONGEST:
        return Meaning("command", name=name)
    return Meaning("text") if words.plain else UNCLEAR


def _loose(words: Words) -> Meaning | None:
    """Small talk and commands in free words, where no option was meant."""
    name, confidence = words.top
    for small in ("done", "greet", "thanks"):
        if small in words.heard.exact or (small == name and confidence >= SMALL_TALK_FLOOR):
            return DONE if small == "done" else Meaning("small", name=small)
    if name in TYPED and confidence >= COMMAND_FLOOR and words.best * MARGIN < confidence:
        return Meaning("command", name=name)
    return None


READINGS: tuple[Callable[[Words], Meaning | None], ...] = (
    _command,
    _number,
    _amount,
    _safety,
    _option,
    _open_text,
    _loose,
)
