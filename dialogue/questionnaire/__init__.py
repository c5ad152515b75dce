"""What is asked, of whom, in which order: the file `crsv.yml`, read strictly into values."""

from dialogue.questionnaire.load import SHIPPED, load, parse
from dialogue.questionnaire.messages import MessageIds, labels, message_ids, placeholders
from dialogue.questionnaire.model import Block, Option, Question, Questionnaire, Rule
from dialogue.questionnaire.reader import QuestionnaireError

__all__ = [
    "SHIPPED",
    "Block",
    "MessageIds",
    "Option",
    "Question",
    "Questionnaire",
    "QuestionnaireError",
    "Rule",
    "labels",
    "load",
    "message_ids",
    "parse",
    "placeholders",
]
