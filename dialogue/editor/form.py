"""What an XLSForm made by or for us looks like: its columns and types, in both directions."""

from dialogue.questionnaire.model import COMMANDED, UNTOLD

SURVEY = ("type", "name", "label", "relevant", "required", "repeat_count")
CHOICES = ("list_name", "name", "label")
OWN = "backup_"
"""Columns with what an XLSForm can't say; other programs pass over them."""
BLOCK = "block_"
"""How the names of groups begin: in a form no group may be called like a question."""
OWN_SURVEY = ("kind", "sms", "files", "several", "says", "then", "does", "detour")
OWN_CHOICES = ("ref", "says", "then", "does", "alone", "means", "hours", "least")
ADDED = frozenset({*UNTOLD, *COMMANDED})
"""Codes that the program adds to lists by itself."""

LISTS = {"select_one": "choice", "select_multiple": "choices"}
OPEN = {
    "text": "text",
    "note": "",
    "date": "date",
    "datetime": "date",
    "time": "text",
    "integer": "text",
    "decimal": "text",
    "geopoint": "place",
    "image": "files",
    "audio": "files",
    "video": "files",
    "file": "files",
}
"""Types of questions without a list, and the kinds that they become; a note becomes a statement."""
BECOMES = {
    "datetime": "is asked as a date in the person's own words",
    "time": "is asked as a short text",
    "integer": "is asked as a short text",
    "decimal": "is asked as a short text",
    "geopoint": "is asked as a place in words: positions stay off",
}
"""What a warning says of types that become something else."""
LEFT_OUT = {
    "start": "when somebody wrote is not taken from the phone",
    "end": "when somebody wrote is not taken from the phone",
    "today": "when somebody wrote is not taken from the phone",
    "deviceid": "it tells who the person is",
    "phonenumber": "it tells who the person is",
    "username": "it tells who the person is",
    "email": "it tells who the person is",
    "subscriberid": "it tells who the person is",
    "simserial": "it tells who the person is",
    "audit": "it follows what the person does",
    "calculate": "a questionnaire doesn't calculate",
    "hidden": "a questionnaire asks nothing in secret",
}
"""Types that are passed over, and why."""


def label(language: str, name: str) -> str:
    """The head of the column with the words of a language."""
    return f"label::{name} ({language})"
