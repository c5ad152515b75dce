"""What a questionnaire must fulfil as a whole, after each of its lines was read."""

from collections.abc import Iterator, Mapping

from dialogue.questionnaire.conditions import satisfiable
from dialogue.questionnaire.messages import SAID, reason_told
from dialogue.questionnaire.model import Questionnaire
from dialogue.questionnaire.reader import Mistakes, QuestionnaireError

Problem = tuple[str, str]
"""Where (a key of the remembered lines) and what."""

NEEDED_QUESTIONS = (
    *("language", "language_guess", "device", "c1", "c2", "c7", "role", "safe_word"),
    *("contact_when", "cover_topic", "fb_reached", "fb_respected", "fb_safe"),
    *("person_now", "delete_sure", "withdraw"),
)
NEEDED_CONDITIONS = ("kept", "minor")
NEEDED_DETOURS = (
    *("suicide", "delete", "after", "withdraw", "info", "language_guess", "person_now", "feedback"),
)


def check(questionnaire: Questionnaire, lines: Mapping[str, int], *, rules: str) -> None:
    """Refuse a questionnaire that could not be carried through; `rules` names their file.

    Raises:
        QuestionnaireError: for the first problem, with the others beside it.
    """
    mistakes = Mistakes()
    for look in (_parts, _detours, _repeats, _ways, _past, _rules, _says):
        for where, what in look(questionnaire):
            file = rules if where.startswith("rule ") else None
            mistakes.take(QuestionnaireError(lines.get(where, 1), what, file))
    mistakes.tell()


def _parts(made: Questionnaire) -> Iterator[Problem]:
    for needed, there, what in (
        (NEEDED_QUESTIONS, made.questions, "question"),
        (NEEDED_CONDITIONS, made.conditions, "condition"),
        (NEEDED_DETOURS, made.detours, "detour block"),
    ):
        for name in needed:
            if name not in there:
                yield "", f"the program needs a {what} `{name}`"
    offered = tuple(option.code for option in made.questions["language"].options)
    if offered != made.languages:
        yield "question language", "its options must be `[languages]`"
    if not any(o.does == "submit" for o in made.order[-1].questions[-1].options):
        yield f"block {made.order[-1].id}", "the last question must have an option that submits"


def _detours(made: Questionnaire) -> Iterator[Problem]:
    for question in made.questions.values():
        targets = [question.then, *(option.then for option in question.options)]
        for target in targets:
            if target is not None and target not in made.detours:
                yield f"question {question.id}", f"`then: {target}` is no detour block"


def _repeats(made: Questionnaire) -> Iterator[Problem]:
    for block in made.blocks:
        if block.again is None:
            continue
        last = block.questions[-1]
        if last.kind != "menu" or last.option("yes") is None:
            yield f"block {block.id}", "a block that repeats must end with a menu that has `yes`"


def _past(made: Questionnaire) -> Iterator[Problem]:
    """History leads to what there is, and speaks of nothing that is asked still."""
    refs = {option.ref for question in made.questions.values() for option in question.options}
    for change in made.history:
        if change.version > made.version:
            yield "", f"`history` knows version {change.version}, but this is {made.version}"
        for old, new in change.renamed.items():
            if old in made.questions or old in refs:
                yield "", f"`history` renames `{old}`, which is asked still"
            later = {name for one in made.history for name in (*one.renamed, *one.retired)}
            if new not in made.questions and new not in refs and new not in later:
                yield "", f"`history` renames `{old}` to `{new}`, which is not there"
        for old in change.retired:
            if old in made.questions:
                yield "", f"`history` retires `{old}`, which is asked still"


def _ways(made: Questionnaire) -> Iterator[Problem]:
    for question in made.questions.values():
        if not satisfiable(question.when):
            yield f"question {question.id}", f"`{question.id}` can never be asked"


def _rules(made: Questionnaire) -> Iterator[Problem]:
    seen: set[str] = set()
    for rule in made.rules:
        if not seen.isdisjoint(rule.windows):
            yield f"rule {rule.id}", f"rule `{rule.id}` has a window of another rule's name"
        seen.update(rule.windows)
        if not satisfiable(rule.when):
            yield f"rule {rule.id}", f"rule `{rule.id}` can never hold"
        if rule.hours is not None and not made.clocks:
            yield f"rule {rule.id}", "no question has options with `hours`"


def _says(made: Questionnaire) -> Iterator[Problem]:
    used = set(SAID)
    for where, say in _used_says(made):
        used.add(say)
        if say not in made.says:
            yield where, f"`{say}` is not listed under `says:`"
    for say in SAID:
        if say not in made.says:
            yield "", f"the program says `{say}`, but it is not listed under `says:`"
    for say in made.says:
        if say not in used:
            yield "", f"`says:` lists `{say}`, but nothing says it"


def _used_says(made: Questionnaire) -> Iterator[Problem]:
    for question in made.questions.values():
        for say in (question.says, *(option.says for option in question.options)):
            if say is not None:
                yield f"question {question.id}", say
    for rule in made.rules:
        if rule.tell is not None:
            yield f"rule {rule.id}", reason_told(rule.tell)
