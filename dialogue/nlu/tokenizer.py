"""The first step of the pipeline: a message becomes normalised words."""

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.nlu.tokenizers.whitespace_tokenizer import WhitespaceTokenizer
from rasa.shared.nlu.training_data.message import Message

from dialogue.nlu.normalise import normalise


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER,
    is_trainable=False,
)
class NormalisingTokenizer(WhitespaceTokenizer):
    """Rasa's whitespace tokenizer over the normalised text; positions refer to that text."""

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Split the attribute's normalised text into words."""
        text = normalise(message.get(attribute))
        return self._convert_words_to_tokens(text.split(), text)
