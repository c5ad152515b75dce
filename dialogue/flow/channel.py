"""What a turn has to know of the way in which it is heard and answered."""

from dataclasses import dataclass

from dialogue.questionnaire.model import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One way to a person, at the moment of a turn."""

    sms: bool
    confidential: bool
    files: bool
    """Whether files that are sent can be kept."""
    bot: bool
    """Whether the bot owns the conversation; otherwise it asks nothing."""

    def takes(self, question: Question) -> bool:
        """Whether a question is asked on this way."""
        return (question.sms or not self.sms) and (self.files or not question.files)
