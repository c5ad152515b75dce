"""The second step: character n-grams of the whole message."""

from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.featurizers.sparse_featurizer.count_vectors_featurizer import (
    CountVectorsFeaturizer,
)
from rasa.shared.nlu.constants import TEXT
from scipy.sparse import spmatrix


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER,
    is_trainable=True,
)
class SentenceFeaturizer(CountVectorsFeaturizer):
    """Rasa's count vectors, for sentences only, with digits kept.

    Rasa replaces each number by one token, but here numbers tell options apart ("18 to 25",
    "26 to 40"). It also counts the n-grams of each word on its own, for entity extractors that this
    pipeline does not have: understanding a message would cost 1.3 times as much.
    """

    def _process_tokens(self, tokens: list[str], attribute: str = TEXT) -> list[str]:  # noqa: ARG002
        return tokens

    def _create_features(
        self,
        attribute: str,
        all_tokens: list[list[str]],
    ) -> tuple[list[Any], list[spmatrix | None]]:
        vectorizer = self.vectorizers.get(attribute)
        sentences = [
            vectorizer.transform([" ".join(tokens)]).tocoo() if vectorizer and tokens else None
            for tokens in all_tokens
        ]
        return [None] * len(all_tokens), sentences
