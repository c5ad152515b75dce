"""Who may read what: hiding, pauses, safe words, and writing first without a word of it."""

import pytest

from dialogue.flow.urgency import HOUR
from tests.dialogue.talk import Talk

OWN = {"device": "device.own", "c7": "yes", "contact_when": "contact_when.evening"}
BEGAN = 1_800_000_000


def reachable(**answers: str) -> Talk:
    """Somebody who agreed to be written to, with a safe word, and sent a report."""
    talk = Talk().goes_to("safe_word", **{**OWN, **answers}).types("mango tree")
    return talk.goes_to("send", c2="c2.health", **answers).chooses("yes")


# -- may they be written to?


def test_who_agrees_on_their_own_phone_at_a_time_can_be_written_to() -> None:
    talk = Talk().goes_to("contact_when", **OWN).chooses("contact_when.evening")
    assert talk.effect("contact") == {"do": "contact", "when": ["evening"]}


@pytest.mark.parametrize(
    "answers",
    [
        {"c7": "no"},
        {"contact_when": "dk"},
        {"contact_when": "pns"},
        {"contact_how": "contact_how.call"},
        {"device": "device.shared"},
        {"device": "pns"},
    ],
)
def test_anything_less_means_never(answers: dict[str, str]) -> None:
    talk = Talk().goes_to("send", **{**OWN, **answers})
    assert talk.state.reach == ()


def test_taking_the_consent_back_ends_it() -> None:
    talk = reachable().types("hm").chooses("after.withdraw").chooses("withdraw.c7")
    assert talk.effect("contact")["when"] == []


def test_another_phone_may_be_anybodys() -> None:
    talk = reachable().event("resumed")
    assert talk.effect("contact")["when"] == []
    assert reachable().event("unlocked").state.reach == ("evening",)


def test_who_will_not_be_written_to_is_told_to_look_again() -> None:
    assert "say.contact_waits" in Talk().goes_to("needs").says_word("person").says
    assert "say.contact_waits" not in reachable().says


# -- writing first


def test_an_unasked_message_speaks_of_the_chosen_topic_alone() -> None:
    talk = reachable(cover_topic="cover_topic.football")
    talk.owner = "human"
    talk.event("knock")
    assert talk.says == ["hide.football.1"]
    assert talk.now.hidden


@pytest.mark.parametrize("word", ["hello", "1", "help", "who is this", "return"])
def test_nothing_else_is_said_before_the_safe_word(word: str) -> None:
    talk = reachable().event("knock")
    talk.owner = "human"
    talk.says_word(word)
    assert [say for say in talk.says if not say.startswith("hide.")] == []
    assert talk.types("Mango tree").says == ["say.awake"]
    assert "unhide" in talk.verbs


def test_without_a_safe_word_the_word_of_return_opens() -> None:
    talk = Talk(sms=True).goes_to("send", c7="yes", contact_when="contact_when.any").chooses("yes")
    assert talk.event("knock").says == ["hide.weather.1"]
    assert talk.says_word("return").says[0] == "say.awake"


def test_who_did_not_agree_is_never_written_to() -> None:
    talk = Talk().goes_to("send").chooses("yes")
    assert talk.event("knock").says == []
    assert talk.event("feedback").says == []


def test_stop_in_answer_to_it_ends_it_for_good() -> None:
    talk = reachable().event("knock").types("STOP")
    assert talk.says == []
    assert talk.effect("contact")["when"] == []
    assert talk.effect("withdraw_consent")["consent"] == "c7"


# -- silence


def test_silence_ends_neutrally_with_the_number() -> None:
    talk = Talk().goes_to("when", device="device.own").event("idle")
    assert (talk.says, talk.verbs) == (["say.idle"], ["give_code", "close"])
    assert talk.types("hello").says == ["say.resume", "ask.when"]


@pytest.mark.parametrize("device", ["device.shared", "device.borrowed", "skip", "pns"])
def test_on_another_phone_silence_is_answered_by_silence(device: str) -> None:
    talk = Talk().goes_to("device")
    talk.says_word(device) if device == "skip" else talk.chooses(device)
    talk.goes_to("when").event("idle")
    assert (talk.says, talk.verbs) == ([], ["close"])


def test_after_silence_a_safe_word_is_asked_for() -> None:
    talk = Talk().goes_to("safe_word", **OWN).types("mango tree").event("idle")
    assert talk.types("hello").says == ["hide.weather.1"]
    assert talk.types("mango tree").says == ["say.awake", "ask.cover_topic"]


def test_silence_while_hidden_says_nothing() -> None:
    assert Talk().goes_to("kind").says_word("hide").event("idle").says == []


def test_the_code_opens_what_a_forgotten_safe_word_would_keep_shut() -> None:
    talk = Talk().goes_to("safe_word", **OWN).types("mango tree").says_word("hide")
    assert talk.event("unlocked").says == ["say.resume", "ask.cover_topic"]


def test_a_code_that_opens_nothing_is_told_of() -> None:
    talk = Talk().goes_to("when").types_a_dead_code()
    assert talk.says == ["say.code_unknown", "ask.when"]
    assert Talk().types_a_dead_code().says == ["say.code_unknown", "ask.language"]


def test_twelve_digits_can_be_an_answer() -> None:
    talk = Talk().goes_to("contact_detail", **OWN, contact_how="contact_how.call")
    assert talk.types_a_dead_code().effect("keep_text")["question"] == "contact_detail"


# -- hiding and clearing


@pytest.mark.parametrize("topic", ["weather", "recipes", "football"])
def test_hiding_keeps_to_the_chosen_topic(topic: str) -> None:
    talk = Talk().goes_to("send", cover_topic=f"cover_topic.{topic}").says_word("hide")
    assert talk.says == [f"hide.{topic}.1"]
    assert talk.types("hm").says == [f"hide.{topic}.2"]


def test_how_to_clear_follows_where_the_phone_is_shared() -> None:
    talk = Talk().goes_to("device").chooses("device.shared")
    assert talk.says[:2] == ["say.delete_tip", "say.clear"]


# -- danger: nobody is told unless they want it


def test_danger_offers_numbers_and_a_person() -> None:
    talk = Talk(numbers=("danger", "medical", "suicide", "all"))
    talk.goes_to("danger").chooses("danger.danger")
    assert talk.says == ["say.urgent.danger", "say.numbers", "ask.person_now"]
    assert talk.now.replies[1].args == {"numbers": "@numbers.danger"}
    assert "handoff" not in talk.verbs
    talk.chooses("yes")
    assert "danger" in talk.effect("handoff")["reasons"]


def test_help_gives_all_numbers_and_none_that_are_not_there() -> None:
    talk = Talk(numbers=("medical", "all")).goes_to("needs").says_word("help")
    assert talk.says == ["say.help", "say.numbers", "ask.needs"]
    assert Talk().goes_to("needs").says_word("help").says == ["say.help", "ask.needs"]


# -- feedback


def answered(*words: str) -> Talk:
    """What somebody answers who is asked how the help was, while a professional has the chat."""
    talk = reachable()
    talk.owner = "human"
    talk.event("feedback").types("mango tree")
    for word in words:
        talk.says_word(word)
    return talk


def test_three_questions_behind_the_safe_word() -> None:
    talk = reachable()
    talk.owner = "human"
    assert talk.event("feedback").says == ["hide.weather.1"]
    assert talk.types("mango tree").says == ["say.awake", "say.feedback", "ask.fb_reached"]
    assert talk.says_word("yes").says == ["ask.fb_respected"]
    assert talk.says_word("unsure").says == ["ask.fb_safe"]
    assert talk.now.understood


def test_the_answers_leave_and_nothing_of_them_stays() -> None:
    talk = answered("yes", "yes", "no")
    assert talk.effect("feedback") == {
        "do": "feedback", "reached": "yes", "respected": "yes", "safe": "no",
    }  # fmt: skip
    assert talk.says == ["say.feedback_unsafe", "say.feedback_thanks"]
    assert not {"fb_reached", "fb_safe"} & set(talk.state.answers)
    talk.types("hello")
    assert (talk.says, talk.now.understood) == ([], False)


def test_who_was_not_reached_is_asked_no_more() -> None:
    assert answered("no").effect("feedback") == {"do": "feedback", "reached": "no"}


def test_each_question_can_be_left_out() -> None:
    talk = answered("skip", "skip", "skip")
    assert talk.effect("feedback")["safe"] == "skip"


def test_a_report_holds_nothing_of_the_feedback() -> None:
    assert "fb_safe" not in str(answered("yes", "yes", "no").types("hm").now.to_dict()["state"])


# -- clocks


@pytest.mark.parametrize(
    ("waited", "names"),
    [
        (0, {"pep", "ec", "hepatitis_b_soon", "hepatitis_b", "forensic_oral", "forensic_skin",
             "forensic_anal", "forensic"}),
        (71, {"pep", "ec", "hepatitis_b", "forensic_anal", "forensic"}),
        (73, {"ec", "hepatitis_b", "forensic"}),
        (121, {"hepatitis_b", "forensic"}),
        (337, set()),
    ],
)  # fmt: skip
def test_time_runs_between_telling_and_sending(waited: int, names: set[str]) -> None:
    talk = Talk(clock=BEGAN).goes_to("send", when="when.lt24h")
    talk.clock = BEGAN + waited * HOUR
    windows = talk.chooses("yes").effect("submit")["windows"]
    assert {one["name"] for one in windows} == names


def test_a_window_closes_by_the_clock_and_not_by_the_report() -> None:
    talk = Talk(clock=BEGAN).goes_to("send", when="when.d1_3")
    talk.clock = BEGAN + 10 * HOUR
    (pep,) = [w for w in talk.chooses("yes").effect("submit")["windows"] if w["name"] == "pep"]
    assert pep == {"name": "pep", "closes_at": BEGAN + 48 * HOUR, "known": True}


def test_an_untold_time_counts_from_the_telling_and_is_marked() -> None:
    talk = Talk(clock=BEGAN).goes_to("send", when="dk")
    (pep,) = [w for w in talk.chooses("yes").effect("submit")["windows"] if w["name"] == "pep"]
    assert pep == {"name": "pep", "closes_at": BEGAN + 72 * HOUR, "known": False}


def test_a_window_that_passes_before_sending_is_no_reason_any_more() -> None:
    talk = Talk(clock=BEGAN).goes_to("send", when="when.d4_5")
    assert "ec" in talk.state.raised
    talk.clock = BEGAN + 60 * HOUR
    assert "ec" not in talk.chooses("yes").effect("submit")["reasons"]


# -- languages


def test_a_language_is_suggested_in_itself_from_two_words_on() -> None:
    talk = Talk().types("habari za asubuhi", language="sw")
    assert (talk.says, talk.now.language) == (["ask.language_guess"], "sw")
    talk.chooses("yes")
    assert talk.effect("set_language")["language"] == "sw"
    assert (talk.says[0], talk.asked) == ("say.opening", "safe_now")


def test_who_wants_another_gets_the_menu() -> None:
    talk = Talk().types("habari za asubuhi", language="sw").chooses("language_guess.other")
    assert talk.says == ["ask.language"]
    talk.chooses("language.fr")
    assert (talk.now.language, talk.asked) == ("fr", "safe_now")


def test_a_language_that_is_not_offered_is_not_suggested() -> None:
    assert Talk().types("доброго ранку", language="uk").says == ["ask.language"]
    assert Talk(languages=("en",)).types("bonjour à vous", language="fr").says == ["ask.language"]


def test_what_is_not_understood_in_another_language_is_asked_about_once() -> None:
    talk = Talk().goes_to("needs").types("sielewi swali hili", language="sw")
    assert (talk.says, talk.now.language) == (["ask.language_guess"], "sw")
    talk.chooses("yes")
    assert (talk.says, talk.now.language) == (["ask.needs"], "sw")
    talk = Talk().goes_to("needs").types("sielewi swali hili", language="sw")
    talk.chooses("language_guess.other").says_word("back")
    assert talk.types("sielewi swali hili", language="sw").says[0] == "say.not_understood"


def test_only_what_is_offered_is_in_the_menu() -> None:
    talk = Talk(languages=("fr", "sw")).types("hi")
    assert talk.choices == ["language.fr", "language.sw"]
    assert talk.now.language == "fr"


def test_the_open_question_comes_again_in_the_new_language() -> None:
    talk = Talk().goes_to("landmark").says_word("language").chooses("language.sw")
    assert (talk.says, talk.now.language) == (["ask.landmark"], "sw")


def test_what_cannot_wait_for_the_menu_is_answered_in_the_language_it_came_in() -> None:
    talk = Talk(confidential=False).types("nataka kuongea na mtu", exact=["person"], language="sw")
    assert talk.now.language == "sw"
    assert talk.says[:2] == ["say.opening_open_channel", "say.person"]
    talk = Talk().types("nahitaji msaada", exact=["help"], language="sw")
    assert (talk.says, talk.now.language) == (["say.help", "ask.language_guess"], "sw")
    talk.chooses("yes")
    assert (talk.now.language, talk.asked) == ("sw", "safe_now")
    talk = Talk().types("sitaki kuishi tena", exact=["suicide"], language="sw")
    assert (talk.says, talk.now.language) == (["say.urgent.suicide_ask", "ask.suicide"], "sw")
