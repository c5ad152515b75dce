"""From ids to what a phone shows."""

import json
from pathlib import Path
from typing import Any

import pytest

from bots.adapter import Capabilities, Choice
from bots.capabilities import SMS, TELEGRAM, WHATSAPP
from bots.dialogue import Reply
from bots.rendering import Rendered, render, render_text, shape
from bots.segments import count
from bots.telegram.adapter import callback_data
from locales import Catalogs, Language, Review
from locales.assets import Assets
from locales.catalogs import NO_ASSETS
from locales.pofile import Domain, Words
from locales.recordings import Recordings, add, script

WORDS = {
    "say.thanks": "Thank you.",
    "say.code": "Your code is {code}. Keep it.",
    "say.long": "All these words. " * 60,
    "say.plain": "a" * 150,
    "say.odd": "ê" * 60,
    "ask.when": "When did it happen?",
    "ask.when.sms": "How long ago?",
    "ask.who": "Who?",
    "ask.language": "Language",
    "option.language.en": "English",
    "option.person": "Talk to a person",
    "option.lt24h": "Less than a day ago",
    "option.lt24h.sms": "1 day",
    "option.later": "Later",
    "option.long": "In the place where we had gone to wait for the others",
    "option.yes": "Yes",
    "option.no": "No",
    **{f"option.many{number}": f"Choice {number}" for number in range(1, 12)},
}


def worded(assets: Assets = NO_ASSETS) -> Catalogs:
    english = Language(
        code="en",
        name="English",
        script="Latn",
        direction="ltr",
        fallback=None,
        locale="en",
        audio=False,
        offered=True,
    )
    messages = {key: Words(forms=(text,), plural=lambda _: 0) for key, text in WORDS.items()}
    domain = Domain(messages=messages, review=Review(reviewed=False))
    return Catalogs({"en": english}, {"en": {"chat": domain}}, strict=True, assets=assets)


@pytest.fixture(scope="module")
def catalogs() -> Catalogs:
    return worded()


def reply(say: str, *choices: str, turn: int | None = None, **args: str) -> Reply:
    return Reply(say=say, choices=choices, args=args, turn=turn)


def shown(
    catalogs: Catalogs, can: Capabilities, *replies: Reply, **options: Any
) -> tuple[Rendered, ...]:
    return render(replies, language="en", capabilities=can, catalogs=catalogs, **options)


def test_telegram_shows_buttons_with_labels(catalogs: Catalogs) -> None:
    (message,) = shown(catalogs, TELEGRAM, reply("ask.when", "lt24h", "later", turn=3))

    assert message.text == "When did it happen?"
    assert message.choices == (
        Choice(id="lt24h", label="Less than a day ago"),
        Choice(id="later", label="Later"),
    )
    assert (message.numbered, message.turn) == (False, 3)


def test_the_menu_of_languages_marks_what_nobody_reviewed_and_can_offer_a_person(
    catalogs: Catalogs,
) -> None:
    (message,) = shown(catalogs, TELEGRAM, reply("ask.language", "language.en", "person"))

    assert [choice.label for choice in message.choices] == ["English *", "Talk to a person"]


def test_labels_too_long_for_a_button_stand_in_the_text_with_number_keys(
    catalogs: Catalogs,
) -> None:
    (message,) = shown(catalogs, TELEGRAM, reply("ask.when", "long", "later", turn=3))

    assert message.text.splitlines() == [
        "When did it happen?",
        f"1 {WORDS['option.long']}",
        "2 Later",
    ]
    assert message.numbered
    assert shape(message.choices, TELEGRAM) == "numbers"


def test_sms_lists_the_choices_by_number_in_their_order_and_short(catalogs: Catalogs) -> None:
    (message,) = shown(catalogs, SMS, reply("ask.when", "later", "lt24h", turn=3))

    assert message.text == "How long ago?\n1 Later\n2 1 day"
    assert [choice.id for choice in message.choices] == ["later", "lt24h"]
    assert shape(message.choices, SMS) == "plain"


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        (("yes", "no"), "buttons"),
        (("yes", "no", "later", "lt24h"), "list"),
        (("yes", "no", "long"), "numbers"),
        (("yes", "no", "later", "long"), "plain"),
        (tuple(f"many{number}" for number in range(1, 12)), "plain"),
        ((), "plain"),
    ],
)
def test_whatsapp_has_three_buttons_then_a_list_of_ten_then_numbers(
    catalogs: Catalogs, choices: tuple[str, ...], expected: str
) -> None:
    (message,) = shown(catalogs, WHATSAPP, reply("ask.when", *choices, turn=1))

    assert shape(message.choices, WHATSAPP) == expected
    assert message.numbered == (bool(choices) and expected in {"numbers", "plain"})


def test_replies_of_one_turn_become_one_sms_where_that_costs_no_more(catalogs: Catalogs) -> None:
    (message,) = shown(
        catalogs,
        SMS,
        reply("say.thanks"),
        reply("ask.who", "yes", "no", turn=5),
        reply("say.thanks"),
    )

    assert message.text == "Thank you.\nWho?\n1 Yes\n2 No\nThank you."
    assert message.turn == 5
    assert [choice.id for choice in message.choices] == ["yes", "no"]


def test_replies_stay_apart_where_joining_costs_more(catalogs: Catalogs) -> None:
    plain, odd = shown(catalogs, SMS, reply("say.plain"), reply("say.odd"))

    assert (plain.text, odd.text) == (WORDS["say.plain"], WORDS["say.odd"])
    assert count(f"{plain.text}\n{odd.text}").segments == 4


def test_two_numbered_questions_never_share_an_sms(catalogs: Catalogs) -> None:
    first, second = shown(
        catalogs, SMS, reply("ask.who", "yes", "no", turn=1), reply("ask.when", "yes", turn=2)
    )

    assert (first.turn, second.turn) == (1, 2)


def test_chat_apps_keep_replies_apart(catalogs: Catalogs) -> None:
    assert len(shown(catalogs, TELEGRAM, reply("say.thanks"), reply("ask.who", turn=1))) == 2


def test_a_value_that_only_the_gateway_knows_is_filled_in(catalogs: Catalogs) -> None:
    (message,) = shown(
        catalogs, SMS, reply("say.code", code="@code"), values={"@code": "K7Q4-2PXR"}
    )

    assert message.text == "Your code is K7Q4-2PXR. Keep it."


def test_a_long_reply_is_cut_and_its_choices_stand_under_the_last_part(catalogs: Catalogs) -> None:
    *first, last = shown(catalogs, SMS, reply("say.long", "yes", "no", turn=9))

    assert first
    assert all(not part.choices and part.turn is None for part in first)
    assert last.text.endswith("1 Yes\n2 No")
    assert (len(last.choices), last.turn) == (2, 9)


def test_accents_are_given_up_only_when_asked(catalogs: Catalogs) -> None:
    (kept,) = shown(catalogs, SMS, reply("say.odd"))
    (plain,) = shown(catalogs, SMS, reply("say.odd"), plain_letters=True)

    assert kept.text == "ê" * 60
    assert plain.text == "e" * 60


def test_a_professional_s_words_are_cut_but_not_changed() -> None:
    text = "I can meet you tomorrow. " * 300
    parts = render_text(text, capabilities=TELEGRAM)

    assert len(parts) == 2
    assert " ".join(part.text for part in parts) == text


def test_what_is_queued_is_plain_json(catalogs: Catalogs) -> None:
    (message,) = shown(catalogs, SMS, reply("ask.who", "yes", turn=1))

    assert json.loads(json.dumps(message.to_json())) == {
        "text": "Who?\n1 Yes",
        "choices": [{"id": "yes", "label": "Yes"}],
        "numbered": True,
        "turn": 1,
        "asset": None,
    }


def test_a_voice_and_a_picture_come_before_the_words_they_go_with(tmp_path: Path) -> None:
    (tmp_path / "voice.ogg").write_bytes(b"OggS" + bytes(24) + b"OpusHead" + bytes(64))
    add(tmp_path, "en", script("Who?", ["Yes"]), tmp_path / "voice.ogg")
    recordings = Recordings.load(tmp_path)
    words = worded(
        Assets(folders=(tmp_path,), pictures={"ask.who": "who.png"}, recordings=(recordings,))
    )

    picture, voice, text = shown(words, TELEGRAM, reply("ask.who", "yes", turn=1))
    assert picture.asset == "who.png"
    assert voice.asset == recordings.find("en", script("Who?", ["Yes"]))
    assert (text.text, text.asset) == ("Who?", None)

    (by_sms,) = shown(words, SMS, reply("ask.who", "yes", turn=1))
    assert by_sms.asset is None
    no_voice_for_other_choices = shown(words, TELEGRAM, reply("ask.who", "no", turn=1))
    assert [one.asset for one in no_voice_for_other_choices] == ["who.png", None]


def test_no_word_shows_in_a_repr(catalogs: Catalogs) -> None:
    (message,) = shown(catalogs, TELEGRAM, reply("ask.who", "yes", turn=1))

    assert "Who" not in repr(message)
    assert "Yes" not in repr(message)


def test_every_choice_there_is_fits_into_a_telegram_button() -> None:
    ids = (
        key.removeprefix("option.")
        for key in Catalogs.load().ids("en")
        if key.startswith("option.") and not key.endswith(".sms")
    )
    data = [callback_data(9_999, Choice(id=one, label="")) for one in ids]

    assert len(data) > 100
    assert max(len(one.encode()) for one in data) <= 64
