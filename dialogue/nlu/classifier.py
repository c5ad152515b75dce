"""The third step: rank the labels that fit the question that was asked."""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.utils.tensorflow.constants import RANKING_LENGTH

from dialogue.slots import INTENT as MESSAGE


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER,
    is_trainable=True,
)
class LabelClassifier(LogisticRegressionClassifier):
    """Rasa's logistic regression, asked only for the labels that can be meant.

    The labels of other questions say nothing about an answer to this one ("other" belongs to eight
    questions), so the metadata of a message may name its `choices`; then those, and the labels
    that belong to no question (commands, yes, danger, ...), are ranked. Each label has a
    probability of its own (one against the rest), so equal words in two questions do not halve
    each other. The policies see one intent for everything: labels are the flow's affair.

    Rasa's own `process` multiplies with the transposed, and therefore copied, matrix of all
    weights: milliseconds for each message.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Rasa's defaults, with the solver that learns each label by itself."""
        defaults = LogisticRegressionClassifier.get_default_config()
        return {**defaults, "solver": "liblinear"}

    def persist(self) -> None:
        """Write the learnt weights in single precision: half the size, the same ranking."""
        self.clf.coef_ = self.clf.coef_.astype(np.float32)
        self.clf.intercept_ = self.clf.intercept_.astype(np.float32)
        super().persist()

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the ranking; the best 10 when the message doesn't tell what can be chosen."""
        for message in messages:
            choices = tuple((message.get("metadata") or {}).get("choices", ()))
            ranking = self._rank(message, choices)
            best = ranking[0]["confidence"] if ranking else 0.0
            message.set(INTENT, {"name": MESSAGE, "confidence": best}, add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages

    def _rank(self, message: Message, choices: tuple[str, ...]) -> list[dict[str, Any]]:
        _, features = message.get_sparse_features(TEXT)
        if features is None:
            return []
        row = features.features.tocsr()
        scores = row.data @ self._weights[row.indices] + self.clf.intercept_
        probabilities = 1 / (1 + np.exp(-scores))
        meant = self._meant(choices)
        order = meant[np.argsort(-probabilities[meant], kind="stable")]
        if not choices:
            order = order[: self.config[RANKING_LENGTH]]
        return [
            {"name": self._labels[at], "confidence": round(float(probabilities[at]), 4)}
            for at in order
        ]

    @cached_property
    def _labels(self) -> list[str]:
        return self.clf.classes_.tolist()

    @cached_property
    def _weights(self) -> NDArray[np.float32]:
        """Weights by feature and label."""
        return np.ascontiguousarray(self.clf.coef_.T)

    def _meant(self, choices: tuple[str, ...]) -> NDArray[np.int64]:
        """Places of the labels that can be meant when these can be chosen; all if unknown."""
        if choices not in self._known_meant:
            self._known_meant[choices] = np.array(
                [
                    at
                    for at, label in enumerate(self._labels)
                    if not choices or "." not in label or label in choices
                ]
            )
        return self._known_meant[choices]

    @cached_property
    def _known_meant(self) -> dict[tuple[str, ...], NDArray[np.int64]]:
        return {}
