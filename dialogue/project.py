"""The Rasa project, generated: domain, form, rules and phrases of a questionnaire.

Nothing of it is written by hand, so a changed questionnaire or catalog needs no knowledge of Rasa.
"""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from dialogue import slots
from dialogue.nlu.phrases import IN, NOTHING, Listed, Phrases, read_lexicon
from dialogue.questionnaire import Questionnaire, labels
from dialogue.questionnaire.model import SHARED


def config(questionnaire: Questionnaire, lists: Mapping[str, Listed]) -> dict[str, Any]:
    """One step that understands, with what it has to know of the questions and the words."""
    return {
        "version": "3.1",
        "recipe": "default.v1",
        "assistant_id": "backup",
        "language": "en",  # the pipeline has nothing that depends on a language
        "pipeline": [
            {
                "name": "dialogue.nlu.understander.Understander",
                "setting": setting(questionnaire),
                "lexicon": read_lexicon(lists).to_dict(),
                "frames": {language: list(listed.frames) for language, listed in lists.items()},
            }
        ],
        "policies": [{"name": "RulePolicy"}],
    }


def taught_labels(questionnaire: Questionnaire) -> frozenset[str]:
    """All that phrases may be listed for: labels, `question.yes`, and `nothing`."""
    to_one = {
        f"{question.id}.{option.ref}"
        for question in questionnaire.questions.values()
        for option in question.options
        if option.ref in SHARED
    }
    return labels(questionnaire) | to_one | {NOTHING}


def setting(questionnaire: Questionnaire) -> dict[str, Any]:
    """The options of each question, and what figures and times they stand for."""
    questions = questionnaire.questions.values()
    options = [option for question in questions for option in question.options]
    return {
        "questions": {one.id: [option.ref for option in one.options] for one in questions},
        "least": {o.ref: o.least for o in options if o.least is not None},
        # "Nothing happened" counts as long ago, but is no answer to how long.
        "hours": {o.ref: o.hours for o in options if o.hours is not None and not o.means},
    }


RULES = {
    "version": "3.1",
    "rules": [
        {
            "rule": "whatever is written goes to the form",
            "steps": [
                {"intent": slots.INTENT},
                {"action": slots.FORM},
                {"active_loop": slots.FORM},
            ],
        },
    ],
}


def domain(questionnaire: Questionnaire) -> dict[str, Any]:
    """A form with a slot for each question, filled by the form's one action: a custom mapping."""
    held = (*slots.names(questionnaire), slots.REST)
    slot = {"type": slots.TYPE, "influence_conversation": False, "mappings": [{"type": "custom"}]}
    return {
        "version": "3.1",
        "intents": [slots.INTENT],
        "slots": {name: dict(slot) for name in held},
        "forms": {slots.FORM: {"required_slots": list(slots.names(questionnaire))}},
        "actions": [slots.ACTION],
        "session_config": {
            "session_expiration_time": 0,  # never: the gateway's clock decides, not this one
            "carry_over_slots_to_new_session": True,
        },
    }


def nlu(phrases: Phrases) -> dict[str, Any]:
    """The training examples of each label, by language; as text, which Rasa reads in no time."""
    by_intent: dict[str, list[str]] = defaultdict(list)
    for label, listed in sorted(phrases.items()):
        for phrase, language in listed.items():
            by_intent[f"{label}{IN}{language}"].append(f"- {phrase}\n")
    return {
        "version": "3.1",
        "nlu": [
            {"intent": intent, "examples": "".join(lines)} for intent, lines in by_intent.items()
        ],
    }


def write_project(
    folder: Path, questionnaire: Questionnaire, phrases: Phrases, lists: Mapping[str, Listed]
) -> None:
    """Write the project's four files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "domain": domain(questionnaire),
        "config": config(questionnaire, lists),
        "rules": RULES,
        "nlu": nlu(phrases),
    }
    for name, content in files.items():
        text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
        (folder / f"{name}.yml").write_text(text, "utf-8")
