"""The one step of Rasa's pipeline: what a message can mean where it is said."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, load_npz, save_npz

from dialogue.nlu.lexicon import Lexicon
from dialogue.nlu.normalise import normalise
from dialogue.nlu.phrases import IN
from dialogue.nlu.reader import Reader, Setting
from dialogue.nlu.school import teach
from dialogue.slots import INTENT as MESSAGE

EXACT = "exact"
"""The property of a message that holds the labels which are certain."""

_PHRASES, _WEIGHTS = "phrases.json", "weights.npz"


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER,
    is_trainable=True,
)
class Understander(GraphComponent):
    """Ranks the labels that can be meant.

    The metadata of a message may name its `choices`; then those, and the labels that belong to no
    question (commands, yes, danger, ...), compete with "none of these". Where choices are not told,
    all labels do. The policies see one intent for everything, since labels are the flow's
    affair. Instead of Rasa's tokenizer, featurizer and classifier: they know no context, and take
    ten times as long.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """What the project says of the questions and the words."""
        return {"setting": {}, "lexicon": {}, "frames": {}}

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._setting = Setting(**config["setting"])
        self._lexicon = Lexicon(**config["lexicon"])
        self._frames = config["frames"]
        self._storage = storage
        self._resource = resource
        self._reader: Reader | None = None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003
    ) -> Understander:
        """Begin untaught."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> Understander:
        """Read what was learnt."""
        one = cls.create(config, model_storage, resource, execution_context)
        with model_storage.read_from(resource) as folder:
            known = json.loads((folder / _PHRASES).read_text("utf-8"))
            weights = load_npz(folder / _WEIGHTS)
        one.know(weights, known)
        return one

    def know(self, weights: csr_matrix, known: dict[str, Any]) -> None:
        """Take what was learnt."""
        self._reader = Reader(
            setting=self._setting, lexicon=self._lexicon, weights=weights, **known
        )

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the phrases, and write what was learnt to the model."""
        phrases: dict[str, dict[str, str]] = defaultdict(dict)
        for one in training_data.intent_examples:
            label, _, language = one.get(INTENT).rpartition(IN)
            phrases[label][normalise(one.get(TEXT))] = language
        taught = teach(phrases, self._setting, self._lexicon, self._frames)
        with self._storage.write_to(self._resource) as folder:
            (folder / _PHRASES).write_text(json.dumps(taught.known, ensure_ascii=False), "utf-8")
            save_npz(folder / _WEIGHTS, taught.weights)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the ranking of each message, and the labels that are certain."""
        for message in messages:
            choices = (message.get("metadata") or {}).get("choices")
            read = self._read(message.get(TEXT), None if choices is None else tuple(choices))
            best = read.ranking[0][1] if read.ranking else 0.0
            ranking = [{"name": name, "confidence": likely} for name, likely in read.ranking]
            message.set(INTENT, {"name": MESSAGE, "confidence": best}, add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
            message.set(EXACT, list(read.exact), add_to_output=True)
        return messages

    def _read(self, text: str, choices: tuple[str, ...] | None) -> Any:
        if self._reader is None:
            raise RuntimeError("asked before it was taught")
        return self._reader.read(normalise(text), choices)
