"""Whole phrases that are known: certain where the classifier only weighs likelihoods."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import rasa.shared.utils.io
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from dialogue.nlu.normalise import normalise
from dialogue.questionnaire.messages import SAFETY

EXACT = "exact"
"""The property of a message that holds the labels found."""

_FILE = "phrases.json"


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER,
    is_trainable=True,
)
class PhraseMatcher(GraphComponent):
    """Finds the labels that have the whole message as a phrase.

    Words of danger are also found inside a message, if they are more than one: "they want to kill
    me" in a long text counts, the single word "danger" in it does not.
    """

    def __init__(self, storage: ModelStorage, resource: Resource) -> None:
        self._storage = storage
        self._resource = resource
        self._labels: dict[str, list[str]] = {}
        self._alarms: list[tuple[str, list[str]]] = []

    @classmethod
    def create(
        cls,
        config: dict[str, Any],  # noqa: ARG003
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003
    ) -> PhraseMatcher:
        """Begin without phrases."""
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> PhraseMatcher:
        """Read the phrases of the model."""
        matcher = cls.create(config, model_storage, resource, execution_context)
        with model_storage.read_from(resource) as folder:
            matcher.know(rasa.shared.utils.io.read_json_file(folder / _FILE))
        return matcher

    def train(self, training_data: TrainingData) -> Resource:
        """Write the phrases to the model."""
        labels: dict[str, list[str]] = defaultdict(list)
        for example in training_data.intent_examples:
            labels[normalise(example.get(TEXT))].append(example.get(INTENT))
        with self._storage.write_to(self._resource) as folder:
            rasa.shared.utils.io.dump_obj_as_json_to_file(folder / _FILE, labels)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the labels that are certain."""
        for message in messages:
            message.set(EXACT, self._exact(normalise(message.get(TEXT))), add_to_output=True)
        return messages

    def _exact(self, text: str) -> list[str]:
        padded = f" {text} "
        alarms = {label for phrase, labels in self._alarms if phrase in padded for label in labels}
        return sorted(alarms.union(self._labels.get(text, ())))

    def know(self, labels: dict[str, list[str]]) -> None:
        """Take the labels of each phrase."""
        self._labels = labels
        self._alarms = [
            (f" {phrase} ", sorted(alarms))
            for phrase, found in labels.items()
            if " " in phrase and (alarms := set(SAFETY).intersection(found))
        ]
