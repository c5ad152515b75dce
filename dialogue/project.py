"""The Rasa project, generated: domain, form, rules and phrases of a questionnaire.

Nothing of it is written by hand, so a changed questionnaire or catalog needs no knowledge of Rasa.
"""

from pathlib import Path
from typing import Any

import yaml

from dialogue import slots
from dialogue.nlu.phrases import Phrases
from dialogue.questionnaire import Questionnaire

PIPELINE = (
    {"name": "dialogue.nlu.tokenizer.NormalisingTokenizer"},
    {
        "name": "dialogue.nlu.featurizer.SentenceFeaturizer",
        "analyzer": "char_wb",
        "min_ngram": 2,
        "max_ngram": 4,
    },
    {"name": "dialogue.nlu.matcher.PhraseMatcher"},
    {"name": "dialogue.nlu.classifier.LabelClassifier"},
)

CONFIG = {
    "version": "3.1",
    "recipe": "default.v1",
    "assistant_id": "backup",
    "language": "en",  # the pipeline has nothing that depends on a language
    "pipeline": list(PIPELINE),
    "policies": [{"name": "RulePolicy"}],
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
    """The training examples of each label."""
    return {
        "version": "3.1",
        "nlu": [
            {"intent": label, "examples": "".join(f"- {phrase}\n" for phrase in listed)}
            for label, listed in sorted(phrases.items())
        ],
    }


def write_project(folder: Path, questionnaire: Questionnaire, phrases: Phrases) -> None:
    """Write the project's four files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "domain": domain(questionnaire),
        "config": CONFIG,
        "rules": RULES,
        "nlu": nlu(phrases),
    }
    for name, content in files.items():
        text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
        (folder / f"{name}.yml").write_text(text, "utf-8")
