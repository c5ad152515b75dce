"""What can be typed at any moment: STOP SKIP BACK HELP HIDE DELETE LANGUAGE PERSON."""

import pytest

from tests.dialogue.talk import Talk

EVERYWHERE = ["language", "safe_now", "c1", "when", "landmark", "kind", "pause", "c2", "send"]


@pytest.mark.parametrize("question", EVERYWHERE)
def test_stop_ends_kindly_and_the_next_message_goes_on(question: str) -> None:
    talk = Talk().goes_to(question).says_word("stop")
    assert (talk.says, talk.verbs) == (["say.stopped"], ["close"])
    talk.types("hello")
    assert talk.says[0] == "say.resume"
    assert talk.asked == question


@pytest.mark.parametrize("word", ["STOP", "stopall", "Unsubscribe", "CANCEL", "end", " quit. "])
def test_a_carriers_words_stop_in_every_language(word: str) -> None:
    assert Talk(sms=True).goes_to("needs").types(word).verbs == ["close"]


@pytest.mark.parametrize("question", EVERYWHERE)
def test_help_comes_before_the_same_question(question: str) -> None:
    talk = Talk().goes_to(question)
    turn = talk.state.turn
    talk.says_word("help")
    assert talk.says[0] == "say.help"
    assert (talk.asked, talk.state.turn) == (question, turn)


@pytest.mark.parametrize("question", EVERYWHERE)
def test_person_calls_a_person(question: str) -> None:
    talk = Talk().goes_to(question).says_word("person")
    assert talk.says[0] == "say.person"
    assert talk.effect("handoff")["reason"] == "person"
    assert not talk.asked


def test_before_consent_a_person_is_called_with_nothing_kept() -> None:
    talk = Talk().goes_to("c1").says_word("person")
    assert talk.says == ["say.person", "say.person_not_kept", "say.contact_waits"]
    assert talk.effect("handoff")["answers"] == {}


def test_after_consent_a_person_gets_what_was_told() -> None:
    talk = Talk().goes_to("time_of_day", when="when.gt1y").says_word("person")
    assert talk.says == ["say.person", "say.contact_waits"]
    assert talk.effect("handoff")["answers"]["when"] == ["when.gt1y"]


def test_when_the_professional_gives_back_the_chat_it_goes_on() -> None:
    talk = Talk().goes_to("needs").says_word("person").event("claimed")
    assert talk.says == []
    assert talk.event("returned").says == ["say.returned", "ask.needs"]


@pytest.mark.parametrize("question", ["when", "landmark", "kind", "pause", "another", "c2", "c6"])
def test_skip_leaves_a_question_out(question: str) -> None:
    talk = Talk().goes_to(question, evidence_have="evidence_have.photo").says_word("skip")
    assert talk.state.answers[question] == ("skip",)
    assert talk.asked != question


def test_a_skipped_consent_is_none() -> None:
    talk = Talk().goes_to("send", c5="yes")
    assert talk.state.consents == ("c1", "c5")


@pytest.mark.parametrize("question", ["language", "safe_now", "age", "c1", "send"])
def test_what_must_be_answered_says_so(question: str) -> None:
    talk = Talk().goes_to(question).says_word("skip")
    assert talk.says[0] == "say.needed"
    assert talk.asked == question


def test_back_opens_the_last_answer_again() -> None:
    talk = Talk().goes_to("admin1", when="when.gt1y").says_word("back")
    assert talk.asked == "displacement_stage"
    assert "displacement_stage" not in talk.state.answers


def test_back_goes_all_the_way_to_the_beginning() -> None:
    talk = Talk().goes_to("pressure")
    for _ in range(60):
        if talk.says_word("back").says[0] == "say.no_back":
            break
    assert (talk.asked, talk.state.answers) == ("language", {})


def test_back_over_a_branch_drops_what_belonged_to_it() -> None:
    talk = Talk().goes_to("person_age", role="role.professional")
    talk.says_word("back").says_word("back")
    assert talk.asked == "role"
    talk.chooses("role.survivor")
    assert talk.asked == "age"
    assert "client_agrees" not in talk.state.answers


def test_back_takes_a_consent_back() -> None:
    talk = Talk().goes_to("already_told").says_word("back")
    assert talk.asked == "c1"
    assert talk.effect("withdraw_consent") == {
        "do": "withdraw_consent", "consent": "c1", "say": "ask.c1",
    }  # fmt: skip
    assert not talk.now.kept


def test_back_takes_a_sealed_text_back() -> None:
    talk = Talk().goes_to("landmark").types("by the mill").says_word("back")
    assert talk.asked == "landmark"
    assert talk.effect("drop_text")["question"] == "landmark"


def test_back_from_a_pause_goes_to_the_question_before_it() -> None:
    assert Talk().goes_to("pause").says_word("back").asked == "abduction"


def test_back_over_a_pause_offers_it_again() -> None:
    talk = Talk().goes_to("perp_n").says_word("back")
    assert talk.asked == "abduction"
    assert talk.says_word("skip").asked == "pause"


def test_back_in_a_second_incident_leads_to_the_first() -> None:
    talk = Talk().goes_to("another").chooses("yes").says_word("back")
    assert talk.asked == "another"
    assert talk.chooses("no").asked == "urgent"


def test_language_can_be_changed_at_any_time() -> None:
    talk = Talk().goes_to("needs").says_word("language")
    assert (talk.asked, talk.choices) == ("language", ["language.en", "language.fr", "language.sw"])
    talk.chooses("language.fr")
    assert talk.effect("set_language")["language"] == "fr"
    assert (talk.now.language, talk.says) == ("fr", ["ask.needs"])


def test_who_does_not_change_the_language_goes_on() -> None:
    talk = Talk().goes_to("needs").says_word("language").says_word("back")
    assert talk.asked == "needs"
    assert talk.state.language == "en"


# -- HIDE


@pytest.mark.parametrize("word", ["0", "\u0660", "\u06f0", " 0. "])
def test_the_digit_zero_hides_in_every_script(word: str) -> None:
    talk = Talk(sms=True).goes_to("when").types(word)
    assert (talk.says, talk.verbs) == (["hide.weather.1"], ["hide"])
    assert talk.now.hidden


@pytest.mark.parametrize("question", EVERYWHERE)
def test_hiding_never_asks(question: str) -> None:
    talk = Talk().goes_to(question).says_word("hide")
    assert talk.says == ["hide.weather.1"]
    assert not talk.choices


def test_whatever_is_said_to_the_hidden_bot_gets_something_harmless() -> None:
    talk = Talk().goes_to("kind").says_word("hide")
    seen = []
    for word in ("who is this?", "1", "help", "person", "skip", "language", "yes", "no", "back"):
        talk.says_word(word)
        assert talk.now.understood
        seen += talk.says
    assert seen == [f"hide.weather.{number}" for number in (2, 3, 4, 5, 6, 1, 2, 3, 4)]
    assert talk.sends("photo").taps("kind.rape").says == ["hide.weather.6"]


def test_before_a_safe_word_is_set_the_return_word_wakes() -> None:
    talk = Talk().goes_to("kind").says_word("hide").types("umbrella", exact=["return"])
    assert talk.verbs == ["unhide"]
    assert talk.says == ["say.awake", "ask.kind"]


def test_a_safe_word_alone_wakes_who_set_one() -> None:
    talk = Talk().goes_to("safe_word", device="device.own", c7="yes").types("Mango  Tree!")
    assert talk.effect("keep_text")["question"] == "safe_word"
    talk.says_word("hide")
    assert talk.says_word("return").now.hidden
    assert not talk.types("mango tree").now.hidden


@pytest.mark.parametrize("word", ["12345", "ab", "x" * 31])
def test_a_safe_word_must_be_usable(word: str) -> None:
    talk = Talk().goes_to("safe_word", device="device.own", c7="yes").types(word)
    assert talk.says == ["say.word_bad", "ask.safe_word"]
    assert talk.state.safe_word is None


def test_the_return_word_means_nothing_while_nobody_hides() -> None:
    assert Talk().goes_to("landmark").says_word("return").verbs == ["keep_text"]


def test_a_return_code_from_another_phone_wakes() -> None:
    talk = Talk().goes_to("kind").says_word("hide").event("resumed")
    assert (talk.verbs, talk.says) == (["unhide"], ["say.resume", "ask.kind"])


def test_a_hidden_chat_stays_silent_when_it_is_given_back() -> None:
    assert Talk().goes_to("kind").says_word("hide").event("returned").says == []


def test_stop_while_hidden_is_silent() -> None:
    talk = Talk().goes_to("kind").says_word("hide").types("STOP")
    assert (talk.says, talk.verbs) == ([], ["close"])


def test_danger_is_heard_while_hidden_and_nothing_shows_it() -> None:
    talk = Talk().goes_to("kind").says_word("hide").says_word("danger")
    assert talk.effect("urgent")["reasons"] == ["danger"]
    assert talk.says == ["hide.weather.2"]


# -- DELETE


@pytest.mark.parametrize("question", EVERYWHERE)
def test_delete_asks_once_and_erases(question: str) -> None:
    talk = Talk().goes_to(question).says_word("delete")
    assert talk.asked == "delete_sure"
    talk.chooses("yes")
    assert (talk.says, talk.verbs) == (["say.erased", "say.clear"], ["erase"])
    assert talk.state.answers == {}
    assert talk.types("hi").says == ["ask.language"]


def test_an_old_button_agrees_to_nothing_after_delete() -> None:
    talk = Talk().goes_to("c1")
    old = talk.state.turn
    talk.says_word("delete").chooses("yes").goes_to("c1")
    assert talk.taps("yes", turn=old).says[0] == "say.stale"


def test_the_last_words_after_delete_are_in_the_persons_language() -> None:
    talk = Talk().goes_to("needs", language="language.fr").says_word("delete").chooses("yes")
    assert (talk.now.language, talk.state.language) == ("fr", None)


def test_who_does_not_want_to_delete_goes_on() -> None:
    talk = Talk().goes_to("kind").says_word("delete").chooses("no")
    assert talk.says == ["say.not_erased", "ask.kind"]


def test_delete_while_hidden_stays_hidden() -> None:
    talk = Talk().goes_to("kind").says_word("hide").says_word("delete")
    assert talk.says == ["ask.delete_sure"]
    talk.chooses("yes")
    assert (talk.says, talk.verbs) == (["hide.weather.2"], ["erase"])
    assert talk.now.hidden
    assert talk.state.answers == {}


def test_a_stranger_who_does_not_answer_deletes_nothing() -> None:
    talk = Talk().goes_to("kind").says_word("hide").says_word("delete").types("what?")
    assert talk.says == ["hide.weather.2"]
    assert talk.types("1").says == ["hide.weather.3"]


# -- over a professional


@pytest.mark.parametrize(
    ("owner", "files", "media"),
    [("nobody", True, "photo"), ("human", False, "photo"), ("human", True, "other")],
)
def test_whoever_answers_a_file_that_is_not_taken_is_told_of(
    owner: str,
    files: bool,  # noqa: FBT001
    media: str,
) -> None:
    talk = Talk(owner=owner, files=files).sends(media)
    assert (talk.says, talk.verbs) == (["say.media_never"], [])
    assert not talk.now.understood


def test_a_file_for_the_person_who_answers_goes_to_them_without_a_word_of_the_bot() -> None:
    talk = Talk(owner="human").sends("photo")
    assert (talk.says, talk.now.effects) == ([], ({"do": "keep_file", "answering": False},))


def test_while_a_person_is_awaited_a_file_takes_the_consent_that_was_given() -> None:
    talk = Talk().goes_to("needs", evidence_have="evidence_have.photo", c6="yes")
    talk.owner = "nobody"
    assert talk.sends("photo").verbs == ["keep_file"]


@pytest.mark.parametrize("end", ["stored", "large", "empty", "half", "kind", "lost"])
def test_what_became_of_a_file_is_told_unless_somebody_hides(end: str) -> None:
    talk = Talk().goes_to("needs")
    assert talk.event(f"file_{end}").says == [f"say.media_{end}"]
    assert talk.says_word("hide").event(f"file_{end}").says == []


def test_the_bot_is_silent_while_somebody_else_answers() -> None:
    talk = Talk().goes_to("needs").says_word("person")
    for talk.owner in ("nobody", "human"):
        for word in ("help", "skip", "person", "language", "yes", "needs.legal"):
            talk.says_word(word)
            assert (talk.says, talk.verbs, talk.now.understood) == ([], [], False)


def test_stop_hide_and_delete_work_over_a_professional() -> None:
    talk = Talk().goes_to("needs").says_word("person")
    talk.owner = "human"
    assert talk.says_word("stop").verbs == ["close"]
    assert talk.says_word("hide").verbs == ["hide"]
    talk.says_word("return")
    assert (talk.says, talk.verbs) == (["say.awake"], ["unhide"])
    assert talk.says_word("delete").asked == "delete_sure"
    assert talk.says_word("no").says == ["say.not_erased"]
    assert talk.says_word("delete").chooses("yes").verbs == ["erase"]


def test_words_of_danger_alarm_and_still_reach_the_professional() -> None:
    talk = Talk().goes_to("needs").says_word("person")
    talk.owner = "human"
    talk.says_word("suicide")
    assert talk.effect("urgent")["reasons"] == ["suicide"]
    assert talk.says == ["say.urgent.suicide"]
    assert not talk.now.understood


def test_over_a_professional_the_bot_asks_nothing() -> None:
    talk = Talk().goes_to("send").chooses("yes")
    talk.owner = "human"
    talk.says_word("delete").types("sorry, wrong word")
    assert (talk.says, talk.now.understood) == ([], False)
    talk.owner = "bot"
    assert talk.event("returned").says == ["say.returned", "say.after_sent", "ask.after"]


# -- taking consent back


def test_a_consent_can_be_taken_back_after_sending() -> None:
    talk = Talk().goes_to("send", c2="c2.health c2.legal", c5="yes").chooses("yes").types("hm")
    talk.chooses("after.withdraw")
    assert (talk.asked, talk.choices) == (
        "withdraw", ["withdraw.c2", "withdraw.c5", "withdraw.nothing"],
    )  # fmt: skip
    talk.chooses("withdraw.c2")
    gone = [e["consent"] for e in talk.now.effects if e["do"] == "withdraw_consent"]
    assert gone == ["c2.health", "c2.legal"]
    assert talk.says[0] == "say.withdrawn"
    assert talk.state.consents == ("c1", "c5")


def test_a_consent_that_was_not_given_cannot_be_taken_back() -> None:
    talk = Talk().goes_to("send", c5="yes").chooses("yes").types("hm").chooses("after.withdraw")
    assert talk.taps("withdraw.c7").says[0] == "say.stale"


@pytest.mark.parametrize("question", EVERYWHERE)
def test_info_is_read_without_giving_anything_and_leads_back(question: str) -> None:
    talk = Talk().goes_to(question)
    answers = talk.state.answers
    talk.says_word("info")
    assert (talk.says, talk.asked) == (["say.about", "ask.info"], "info")
    for topic in ("first_hours", "rights", "first_hours"):
        talk.chooses(f"info.{topic}")
        assert (talk.says, talk.verbs) == ([f"say.info.{topic}", "ask.info"], [])
    talk.chooses("pause.go_on")
    assert talk.asked == question
    assert {k: v for k, v in talk.state.answers.items() if k != "info"} == answers


def test_who_stops_while_reading_goes_on_there() -> None:
    talk = Talk().goes_to("c1").says_word("info").chooses("info.what").says_word("stop")
    talk.types("hello")
    assert talk.asked == "info"
    talk.says_word("back")
    assert talk.asked == "c1"
