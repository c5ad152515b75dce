"""Which message ids need words: for people in the chat, and for staff."""

import re
from dataclasses import dataclass

from dialogue.questionnaire.model import SHARED, Question, Questionnaire

COMMANDS = (
    "stop",
    "skip",
    "back",
    "help",
    "hide",
    "delete",
    "language",
    "person",
    "info",
    "return",
)
"""What can be typed at any time; `return` comes back from hiding before a safe word is set."""

SAID = (
    "code_unknown",
    "idle",
    "numbers",
    "clear",
    "contact_waits",
    "feedback_thanks",
    "opening",
    "opening_open_channel",
    "resume",
    "returned",
    "greeting",
    "thanks",
    "about",
    "not_understood",
    "by_number",
    "stale",
    "needed",
    "no_back",
    "more",
    "alone",
    "text_long",
    "word_bad",
    "help",
    "stopped",
    "person",
    "person_not_kept",
    "erased",
    "awake",
    "submitted",
    "submitted_alone",
    "submitted_p0",
    "after_sent",
    "after_information",
    "withdrawn",
    "media_received",
    "media_not_kept",
    "media_stored",
    "media_large",
    "media_empty",
    "media_half",
    "media_kind",
    "media_lost",
    "media_never",
    "location_off",
    "urgent.danger",
    "urgent.medical",
    "urgent.suicide",
    "urgent.suicide_ask",
)
"""Statements that the program makes by itself, beside those that the file causes."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, kw_only=True)
class MessageIds:
    """The ids of a questionnaire: `chat` for survivors, `staff` for the dashboard."""

    chat: frozenset[str]
    chat_sms: frozenset[str]
    """The SMS wordings that must exist; those of options and statements are optional."""
    staff: frozenset[str]


def message_ids(questionnaire: Questionnaire) -> MessageIds:
    """All ids that need words."""
    questions = questionnaire.questions.values()
    asked = {f"ask.{question.id}" for question in questions}
    options = {f"option.{option.ref}" for question in questions for option in question.options}
    says = {f"say.{say}" for say in questionnaire.says}
    hides = {
        f"hide.{topic}.{number + 1}"
        for topic in questionnaire.topics
        for number in range(questionnaire.hide_texts)
    }
    retired = questionnaire.retired
    staff = {f"name.{question.id}" for question in questions if question.kept}
    staff |= {"block.retired", *(f"name.{question}" for question in retired)}
    options |= {f"option.{question}.{code}" for question in retired for code in retired[question]}
    return MessageIds(
        chat=frozenset(
            asked
            | options
            | {f"option.{shared}" for shared in SHARED}
            | says
            | hides
            | {f"command.{command}" for command in COMMANDS}
        ),
        chat_sms=frozenset(f"ask.{question.id}.sms" for question in questions if question.sms),
        staff=frozenset(
            staff
            | {f"block.{block.id}" for block in questionnaire.blocks if _reported(block.questions)}
            | {f"reason.{rule.id}" for rule in questionnaire.rules}
            | {f"window.{name}" for rule in questionnaire.rules for name in rule.windows}
        ),
    )


def placeholders(questionnaire: Questionnaire, say: str) -> frozenset[str]:
    """The placeholders that the words of a statement may use."""
    return frozenset(_PLACEHOLDER.findall(questionnaire.says[say]))


def reason_told(tell: str) -> str:
    """The statement that tells what helps."""
    return f"urgent.{tell}"


def labels(questionnaire: Questionnaire) -> frozenset[str]:
    """Every label that a classifier of free words should know: intents and options."""
    options = {o.ref for question in questionnaire.questions.values() for o in question.options}
    return frozenset({*options, *COMMANDS, *INTENTS, *SAFETY})


INTENTS = ("yes", "no", "unsure", "dk", "pns", "done", "greet", "thanks")
SAFETY = ("suicide", "danger", "hurt")


def _reported(questions: tuple[Question, ...]) -> bool:
    return any(question.kept for question in questions)
