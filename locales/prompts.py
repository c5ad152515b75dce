"""What can be recorded for those who do not read: each prompt as it would be read aloud."""

from locales.catalogs import INFO, Catalogs
from locales.checks import Outline
from locales.languages import SOURCE
from locales.recordings import script


def prompts(catalogs: Catalogs, outline: Outline, language: str) -> dict[str, str]:
    """What can be recorded of a language, by message id: all that is said with the same words."""
    asked = {
        f"ask.{question}": script(
            catalogs.text(language, f"ask.{question}"),
            [catalogs.text(language, f"option.{ref}") for ref in refs],
        )
        for question, refs in outline.questions.items()
    }
    said = {
        message_id: catalogs.text(language, message_id)
        for message_id in sorted(catalogs.ids(SOURCE) | catalogs.ids(SOURCE, INFO))
        if message_id.startswith("say.") and not message_id.endswith(".sms")
        if all(name.isupper() for name in catalogs.filled(SOURCE, message_id))
    }
    return asked | said
