"""What translators get, and what bringing a catalog up to date leaves alone."""

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from locales.template import template, update

ENGLISH = """# English
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"X-Review-Status: unreviewed\\n"

# --- Questions
#. Asked first.
msgid "ask.when"
msgstr "How long ago?"

msgid "ask.when.sms"
msgstr "When?"

msgid "desk.by.sms"
msgstr "by SMS"

msgid "say.new"
msgstr "New words"
"""
HAUSA = """# Hausa
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"X-Review-Status: reviewed\\n"
"X-Reviewed-By: A sample\\n"
"X-Reviewed-On: 2026-01-31\\n"

# --- Tambayoyi
#. Asked first.
msgid "ask.when"
msgstr "Yaushe?"

#. Kept short.
msgid "ask.when.sms"
msgstr "Yaushe"

msgid "desk.by.sms"
msgstr "ta SMS"

msgid "say.old"
msgstr "Tsoho"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for language, text in (("en", ENGLISH), ("ha", HAUSA)):
        (tmp_path / language / "LC_MESSAGES").mkdir(parents=True)
        (tmp_path / language / "LC_MESSAGES" / "chat.po").write_text(text, "utf-8")
    return tmp_path


def test_a_template_shows_translators_the_english_words(folder: Path) -> None:
    made = read_po(template(folder, "chat").splitlines(keepends=True))
    assert made["ask.when"].string == ""
    assert made["ask.when"].auto_comments == ["Asked first.", "English: How long ago?"]
    assert "say.new" in made


def test_bringing_up_to_date_adds_drops_and_keeps(folder: Path) -> None:
    assert update(folder, "ha", "chat") == (1, 1)
    text = (folder / "ha" / "LC_MESSAGES" / "chat.po").read_text("utf-8")
    made = read_po(text.encode().splitlines(keepends=True))
    assert text.startswith(HAUSA.split("\n\n", 1)[0])  # the review is not lost
    assert [m.id for m in made if m.id] == ["ask.when", "ask.when.sms", "desk.by.sms", "say.new"]
    assert made["ask.when"].string == "Yaushe?"
    assert made["ask.when"].user_comments == ["--- Tambayoyi"]
    assert made["ask.when.sms"].auto_comments == ["Kept short."]
    assert made["say.new"].string == ""
    assert made["say.new"].auto_comments == ["English: New words"]


def test_doing_it_again_changes_nothing(folder: Path) -> None:
    update(folder, "ha", "chat")
    once = (folder / "ha" / "LC_MESSAGES" / "chat.po").read_text("utf-8")
    assert update(folder, "ha", "chat") == (0, 0)
    assert (folder / "ha" / "LC_MESSAGES" / "chat.po").read_text("utf-8") == once
