"""The last step: how likely each label that can be meant is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.utils.tensorflow.constants import RANKING_LENGTH

from dialogue.slots import INTENT as MESSAGE

Choices = tuple[str, ...] | None
"""Labels of the options that can be chosen; None if that is not known."""

NOTHING = -3.0
"""The score of "none of these", with which the labels compete. Higher: fewer wrong answers, more
questions asked again. Chosen on phrases that were held out, for the flow's floors."""

STRENGTH = 3.0
"""How freely the weights follow the phrases (C of the logistic regression); chosen likewise."""

_FILE = "labels.npz"


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER,
    is_trainable=True,
)
class LabelClassifier(LogisticRegressionClassifier):
    """Rasa's logistic regression, asked only for the labels that can be meant.

    The labels of other questions say nothing about an answer to this one ("other" belongs to eight
    questions), so the metadata of a message may name its `choices`; then those, and the labels
    that belong to no question (commands, yes, danger, ...), are ranked, and share the confidence
    with "none of these". Where choices are not told, the best of all labels are given.

    Differences from Rasa's class. Each label is learnt against the rest: the same ranking as with
    all at once, in a tenth of the time. The policies see one intent for everything, since labels
    are the flow's affair. Rasa's `process` multiplies with the transposed, and therefore copied,
    matrix of all weights: 10 ms for each message, where all of understanding takes 1 ms. Rasa's
    `persist` uses a library whose import takes half of a server's start; plain arrays need none.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Rasa's defaults, with the solver that learns each label by itself."""
        defaults = LogisticRegressionClassifier.get_default_config()
        return {**defaults, "solver": "liblinear", "tol": 0.01}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clf.set_params(C=STRENGTH)

    def persist(self) -> None:
        """Write what was learnt, in single precision: half the size, the same ranking."""
        with self._model_storage.write_to(self._resource) as folder:
            np.savez(
                folder / _FILE,
                labels=self.clf.classes_.astype(np.str_),
                weights=self.clf.coef_.T.astype(np.float32, order="C"),
                bias=self.clf.intercept_.astype(np.float32),
            )

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> LabelClassifier:
        """Read what was learnt."""
        classifier = cls(config, execution_context.node_name, model_storage, resource)
        with model_storage.read_from(resource) as folder, np.load(folder / _FILE) as learnt:
            classifier.know(learnt["labels"].tolist(), learnt["weights"], learnt["bias"])
        return classifier

    def know(
        self, labels: list[str], weights: NDArray[np.float32], bias: NDArray[np.float32]
    ) -> None:
        """Take the labels, and their weights: a row for each feature, a column for each label."""
        self._labels, self._weights, self._bias = labels, weights, bias
        self._known_meant: dict[Choices, NDArray[np.int64]] = {}

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the ranking of each message."""
        for message in messages:
            choices = (message.get("metadata") or {}).get("choices")
            ranking = self._rank(message, None if choices is None else tuple(choices))
            best = ranking[0]["confidence"] if ranking else 0.0
            message.set(INTENT, {"name": MESSAGE, "confidence": best}, add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages

    def _rank(self, message: Message, choices: Choices) -> list[dict[str, Any]]:
        _, features = message.get_sparse_features(TEXT)
        if features is None:
            return []
        row = features.features.tocsr()
        meant = self._meant(choices)
        scores = (row.data @ self._weights[row.indices] + self._bias)[meant]
        odds = np.exp(scores)
        confidences = odds / (odds.sum() + np.exp(NOTHING))
        order = np.argsort(-confidences, kind="stable")
        return [
            {"name": self._labels[meant[at]], "confidence": round(float(confidences[at]), 4)}
            for at in order[: self.config[RANKING_LENGTH] if choices is None else None]
        ]

    def _meant(self, choices: Choices) -> NDArray[np.int64]:
        """Places of the labels that can be meant when these can be chosen."""
        if choices not in self._known_meant:
            self._known_meant[choices] = np.array(
                [
                    at
                    for at, label in enumerate(self._labels)
                    if choices is None or "." not in label or label in choices
                ]
            )
        return self._known_meant[choices]
