"""How a message is understood, or not: numbers, taps, words of the catalogs, free words."""

import pytest

from dialogue.flow import normal
from tests.dialogue.talk import Talk


@pytest.mark.parametrize("text", ["3", "٣", "۳", "\uff13", " 3. ", "3)", "\u200e3"])
def test_a_number_answers_in_any_script(text: str) -> None:
    assert Talk(sms=True).goes_to("when").types(text).state.answers["when"] == ("d4_5",)


@pytest.mark.parametrize("text", ["1,3", "1 3", "3 1 3", "1، 3", "1+3", "\u0661 \u0663", "1;3."])
def test_several_numbers_answer_a_list_of_several(text: str) -> None:
    needs = Talk(sms=True).goes_to("needs").types(text).state.answers["needs"]
    assert set(needs) == {"medical", "protection"}


@pytest.mark.parametrize("text", ["11", "99", "1 99", "13", "-1", "1.5.2024", "0 1"])
def test_a_number_that_is_no_choice_is_not_an_answer(text: str) -> None:
    talk = Talk(sms=True).goes_to("needs").types(text)
    assert talk.says == ["say.not_understood", "ask.needs"]
    assert not talk.now.understood


def test_two_numbers_do_not_answer_a_question_of_one() -> None:
    assert Talk(sms=True).goes_to("when").types("1 2").says[0] == "say.not_understood"


def test_none_and_something_contradict_each_other() -> None:
    talk = Talk(sms=True).goes_to("urgent").types("1 2")
    assert talk.says == ["say.alone", "ask.urgent"]


def test_the_label_of_an_option_answers() -> None:
    talk = Talk().goes_to("when").says_word("when.m1_12")
    assert talk.state.answers["when"] == ("m1_12",)


def test_no_to_a_list_means_none_of_it() -> None:
    assert Talk(sms=True).goes_to("urgent").says_word("no").state.answers["urgent"] == ("none",)


# -- buttons


def test_a_tap_answers() -> None:
    assert Talk().goes_to("when").taps("when.lt24h").state.answers["when"] == ("lt24h",)


def test_a_button_of_an_earlier_question_changes_nothing() -> None:
    talk = Talk().goes_to("when")
    turn = talk.state.turn
    talk.says_word("skip").taps("when.lt24h", turn=turn)
    assert talk.says == ["say.stale", "ask.when_date"]
    assert talk.state.answers["when"] == ("skip",)


def test_a_button_stays_good_while_its_question_is_repeated() -> None:
    talk = Talk().goes_to("when")
    turn = talk.state.turn
    talk.types("?").taps("when.lt24h", turn=turn)
    assert talk.state.answers["when"] == ("lt24h",)


@pytest.mark.parametrize("choice", ["needs.legal", "yes", "", "when.", "person", "submit"])
def test_a_forged_button_changes_nothing(choice: str) -> None:
    assert Talk().goes_to("when").taps(choice).says == ["say.stale", "ask.when"]


def test_taps_gather_until_done() -> None:
    talk = Talk().goes_to("needs").taps("needs.legal")
    assert talk.says == ["say.more"]
    assert "needs.legal" not in talk.choices
    assert talk.choices[-1] == "done"
    talk.taps("needs.medical").taps("done")
    assert set(talk.state.answers["needs"]) == {"legal", "medical"}


@pytest.mark.parametrize(("question", "first"), [("needs", "legal"), ("c2", "health")])
def test_who_skips_the_rest_keeps_what_was_tapped(question: str, first: str) -> None:
    talk = Talk().goes_to(question).taps(f"{question}.{first}").says_word("skip")
    assert talk.state.answers[question] == (first,)
    assert talk.asked != question


def test_taps_may_be_followed_by_words_and_numbers() -> None:
    talk = Talk().goes_to("needs").taps("needs.legal").chooses("needs.medical")
    assert set(talk.state.answers["needs"]) == {"legal", "medical"}
    talk = Talk().goes_to("needs").taps("needs.legal").says_word("done")
    assert talk.state.answers["needs"] == ("legal",)


def test_what_stands_alone_closes_the_list() -> None:
    talk = Talk().goes_to("urgent").taps("urgent.pain").taps("urgent.none")
    assert talk.state.answers["urgent"] == ("none",)


def test_done_with_nothing_chosen_is_no_answer() -> None:
    assert Talk().goes_to("needs").says_word("done").says[0] == "say.not_understood"


# -- free words


def ranked(*ranking: tuple[str, float], question: str = "when") -> Talk:
    return Talk().goes_to(question).types("some words", ranking=ranking)


def test_free_words_answer_when_one_option_is_likely() -> None:
    assert ranked(("when.lt24h", 0.4), ("when.d1_3", 0.1)).state.answers["when"] == ("lt24h",)


@pytest.mark.parametrize(
    "ranking",
    [
        [("when.lt24h", 0.3), ("when.d1_3", 0.25)],
        [("when.lt24h", 0.1)],
        [("needs.legal", 0.8), ("when.lt24h", 0.2)],
        [],
    ],
    ids=["two are likely", "none is likely", "something else is meant", "unknown words"],
)
def test_an_answer_is_never_invented(ranking: list[tuple[str, float]]) -> None:
    talk = ranked(*ranking)
    assert talk.says[0] == "say.not_understood"
    assert "when" not in talk.state.answers


def test_several_can_be_said_at_once() -> None:
    talk = ranked(("urgent.pain", 0.4), ("urgent.bleeding", 0.35), question="urgent")
    assert set(talk.state.answers["urgent"]) == {"pain", "bleeding"}


def test_agreeing_must_be_clear() -> None:
    assert ranked(("yes", 0.5), ("no", 0.1), question="c5").says[0] == "say.not_understood"
    assert ranked(("yes", 0.9), ("no", 0.01), question="c5").consents == ["c5"]


def test_a_command_in_free_words_must_outdo_the_options() -> None:
    assert ranked(("person", 0.9), ("when.lt24h", 0.02)).verbs == ["handoff"]
    assert ranked(("person", 0.4), ("when.lt24h", 0.02)).says[0] == "say.not_understood"
    assert ranked(("person", 0.5), ("when.lt24h", 0.4)).says[0] == "say.not_understood"


def test_open_answers_are_sealed_and_not_read() -> None:
    talk = Talk().goes_to("landmark").types("by the old church", ranking=[("stop", 0.8)])
    assert talk.effect("keep_text") == {"do": "keep_text", "question": "landmark"}
    assert talk.state.answers["landmark"] == ("@text",)
    assert "church" not in talk.now.to_json()


def test_a_short_command_in_free_words_is_obeyed_where_any_words_are_an_answer() -> None:
    talk = Talk().goes_to("landmark")
    assert talk.types("pls hide ths now", ranking=[("hide", 0.95)]).verbs == ["hide"]
    long = "he told me that I should hide in there"
    assert Talk().goes_to("landmark").types(long, ranking=[("hide", 0.95)]).verbs == ["keep_text"]


def test_words_of_danger_count_together_and_more_where_any_words_are_an_answer() -> None:
    alarm = [("danger", 0.3), ("hurt", 0.2)]
    assert ranked(*alarm).now.understood
    assert ranked(*alarm).says[0] == "say.urgent.danger"
    assert ranked(*alarm, question="landmark").verbs == ["keep_text"]


def test_a_number_in_words_is_a_number() -> None:
    talk = Talk().goes_to("time_of_day").types("two", exact=["#2"])
    assert talk.state.answers["time_of_day"] == ("afternoon",)


def test_an_open_answer_has_a_limit() -> None:
    talk = Talk().goes_to("landmark").types("x" * 301)
    assert (talk.says, talk.verbs) == (["say.text_long", "ask.landmark"], [])
    assert talk.now.replies[0].args == {"limit": "300"}
    assert talk.types("x" * 300).verbs == ["keep_text"]


def test_an_open_question_can_be_left_out_by_its_button_or_its_number() -> None:
    assert Talk().goes_to("landmark").types("1").state.answers["landmark"] == ("skip",)
    assert Talk().goes_to("landmark").taps("skip").state.answers["landmark"] == ("skip",)
    assert Talk().goes_to("landmark").types("7").state.answers["landmark"] == ("@text",)


def test_not_knowing_is_an_answer_to_an_open_question() -> None:
    assert Talk().goes_to("when_date").says_word("dk").state.answers["when_date"] == ("dk",)


@pytest.mark.parametrize("text", ["/start", "/restart", "/session_start{}", "\x00\x1b[2J", "   "])
def test_slashes_and_control_characters_are_only_text(text: str) -> None:
    talk = Talk().types(text)
    assert talk.says == ["ask.language"]
    assert Talk().goes_to("when").types(text).asked == "when"


def test_start_greets() -> None:
    assert Talk().goes_to("when").types("/start").says == ["say.greeting", "ask.when"]


@pytest.mark.parametrize("intent", ["greet", "thanks"])
def test_small_talk_gets_a_word_and_the_question(intent: str) -> None:
    talk = Talk().goes_to("landmark").says_word(intent)
    assert talk.says == ["say.greeting" if intent == "greet" else "say.thanks", "ask.landmark"]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("  /STOP! ", "stop"),
        ("Éteindre…", "éteindre"),
        ("a\u200bb", "ab"),
        ("\uff28\uff45\uff4c\uff50", "help"),
    ],
)
def test_words_have_one_spelling(text: str, same: str) -> None:
    assert normal(text) == same


# -- not understood


def test_first_the_question_again_then_a_way_around_it() -> None:
    talk = Talk(sms=True).goes_to("needs").types("?!")
    assert talk.says == ["say.not_understood", "ask.needs"]
    for _ in range(3):
        talk.types("?!")
        assert talk.says == ["say.by_number", "ask.needs"]
        assert talk.choices[-2:] == ["skip", "person"]
    talk.types(str(len(talk.choices)))
    assert talk.verbs == ["handoff"]


def test_the_offered_skip_skips() -> None:
    talk = Talk(sms=True).goes_to("needs").types("?!").types("?!").chooses("skip")
    assert talk.state.answers["needs"] == ("skip",)


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("34", "a26_40"),
        ("26-40", "a26_40"),
        ("9", "a0_11"),
        ("14 ans", "a12_14"),
        ("70", "a61_plus"),
    ],
)
def test_a_figure_that_no_line_has_is_taken_as_the_age_itself(text: str, age: str) -> None:
    talk = Talk(sms=True).goes_to("age").types(text)
    assert talk.state.answers["age"] == (age,)


def test_a_figure_that_a_line_has_is_that_line() -> None:
    assert Talk(sms=True).goes_to("age").types("5").state.answers["age"] == ("a26_40",)


@pytest.mark.parametrize("text", ["2 3", "2,3", "2 and 3", "2 et 3", "2 و 3", "2.3"])
def test_several_numbers_may_stand_beside_each_other(text: str) -> None:
    talk = Talk(sms=True).goes_to("urgent").types(text)
    assert talk.state.answers["urgent"] == ("bleeding", "pain")


def test_a_person_is_the_way_around_what_must_be_answered() -> None:
    talk = Talk(sms=True).goes_to("age").types("?!").types("?!")
    assert talk.choices[-1] == "person"
    assert "skip" not in talk.choices


def test_a_new_question_begins_with_patience() -> None:
    talk = Talk(sms=True).goes_to("urgent").types("?!").types("?!").chooses("urgent.none")
    assert talk.types("?!").says[0] == "say.not_understood"


# -- media


@pytest.mark.parametrize("media", ["photo", "video", "audio", "document"])
def test_without_consent_no_file_is_kept(media: str) -> None:
    assert Talk().goes_to("kind").sends(media).says == ["say.media_not_kept", "ask.kind"]


def test_with_consent_files_are_taken_until_done() -> None:
    talk = Talk().goes_to("files", evidence_have="evidence_have.photo", c6="yes")
    assert talk.sends("photo").says == ["say.media_received"]
    assert talk.now.effects == ({"do": "keep_file", "answering": True},)
    assert talk.sends("photo").choices == ["done"]
    assert talk.types("1").asked == "needs"
    assert talk.sends("document").says == ["say.media_received", "ask.needs"]


def test_a_recording_answers_an_open_question_and_going_back_takes_it_away() -> None:
    talk = Talk().goes_to("when_date").sends("audio")
    kept = {"do": "keep_file", "answering": True, "question": "when_date"}
    assert talk.now.effects == (kept,)
    assert talk.state.answers["when_date"] == ("@voice",)
    talk.says_word("back")
    assert talk.now.effects == ({"do": "drop_file", "question": "when_date"},)
    assert talk.asked == "when_date"


def test_a_safe_word_must_be_typed() -> None:
    talk = Talk().goes_to("safe_word", device="device.own", c7="yes")
    assert "keep_file" not in talk.sends("audio").verbs


def test_a_recording_is_no_answer_to_a_list() -> None:
    talk = Talk().goes_to("kind")
    assert (talk.sends("audio").verbs, talk.asked) == ([], "kind")


def test_where_files_cannot_be_taken_nothing_is_asked_about_them() -> None:
    talk = Talk(files=False).goes_to("evidence_have").taps("evidence_have.photo", turn=None)
    assert talk.types("done", exact=["done"]).asked == "needs"
    assert talk.sends("photo").says == ["say.media_never", "ask.needs"]


def test_a_position_is_never_kept() -> None:
    assert Talk().goes_to("admin1").sends("location").says == ["say.location_off", "ask.admin1"]


def test_the_opening_is_told_once_and_says_what_the_channel_is() -> None:
    talk = Talk().goes_to("language").chooses("language.fr")
    assert talk.says == ["say.opening", "ask.safe_now"]
    assert talk.says_word("back").chooses("language.en").says == ["ask.safe_now"]
    talk = Talk(confidential=False).goes_to("language").chooses("language.fr")
    assert talk.says == ["say.opening", "say.opening_open_channel", "ask.safe_now"]
