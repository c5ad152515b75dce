"""The server: the wire protocol, what it refuses, and that it keeps and tells nothing."""

import json
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from dialogue.fingerprint import fingerprint
from tests.support.dialogue_server import DialogueServer, Json, run_dialogue, serving

MARKER = "zebrawort"

SURVIVOR = ("hello", "1", "yes", "no", "1", "myself", "26 to 40", "1", "2", "1", "1", "1", "1")
WITNESS = ("bonjour", "2", "oui", "non", "1", "2", "oui", "5", "1", "2", "1", "2", "passer")


def converse(server: DialogueServer, texts: Sequence[str], *, sms: bool = False) -> list[Json]:
    """The outcome of each turn of one conversation."""
    turns: list[Json] = []
    for text in texts:
        turns.append(server.turn(turns[-1]["state"] if turns else None, text, sms=sms))
    return turns


def asked(turn: Json) -> str:
    """What the turn asked last."""
    say: str = turn["replies"][-1]["say"]
    return say


def state_after(server: DialogueServer, *texts: str) -> Json:
    state: Json = converse(server, texts)[-1]["state"]
    return state


def test_health_names_the_model_of_what_is_on_the_disk(dialogue_server: DialogueServer) -> None:
    answer = dialogue_server.get("/health")

    assert answer.status_code == httpx.codes.OK
    assert answer.json() == {"ready": True, "model": fingerprint()}


def test_the_first_word_is_answered_with_the_choice_of_a_language(
    dialogue_server: DialogueServer,
) -> None:
    turn = dialogue_server.turn(None, "hi", languages=["en", "fr"])

    assert turn["replies"] == [
        {
            "say": "ask.language",
            "choices": ["language.en", "language.fr"],
            "multi": False,
            "args": {},
            "turn": 1,
        }
    ]
    assert turn["effects"] == []
    assert (turn["kept"], turn["hidden"]) == (False, False)


def test_numbers_labels_and_free_words_answer_questions(dialogue_server: DialogueServer) -> None:
    turns = converse(dialogue_server, SURVIVOR)

    assert [asked(turn) for turn in turns[:8]] == [
        "ask.language",
        "ask.safe_now",
        "ask.danger",
        "ask.device",
        "ask.role",
        "ask.age",
        "ask.c1",
        "ask.already_told",
    ]
    assert [turn["kept"] for turn in turns[6:8]] == [False, True]
    assert turns[7]["effects"] == [
        {"do": "give_consent", "consent": "c1", "say": "ask.c1"},
        {"do": "give_code"},
    ]


def test_a_tap_is_a_choice_of_its_turn(dialogue_server: DialogueServer) -> None:
    before = dialogue_server.turn(None, "hello")

    tapped = dialogue_server.turn(
        before["state"], {"kind": "choice", "choice": "language.fr", "turn": 1}
    )
    stale = dialogue_server.turn(
        tapped["state"], {"kind": "choice", "choice": "language.en", "turn": 1}
    )

    assert tapped["language"] == "fr"
    assert stale["replies"][0]["say"] == "say.stale"
    assert stale["language"] == "fr"


@pytest.mark.parametrize(
    "message", [{"kind": "media", "media": "audio"}, {"kind": "event", "event": "returned"}]
)
def test_what_is_no_text_is_answered_too(
    dialogue_server: DialogueServer, message: dict[str, str]
) -> None:
    state = state_after(dialogue_server, *SURVIVOR[:4])

    turn = dialogue_server.turn(state, message)

    assert asked(turn) == "ask.device"


def test_a_phone_without_an_app_is_asked_less(dialogue_server: DialogueServer) -> None:
    turns = converse(dialogue_server, SURVIVOR[:4], sms=True)

    assert asked(turns[-1]) == "ask.role"


def test_over_a_professional_only_commands_are_understood(dialogue_server: DialogueServer) -> None:
    state = state_after(dialogue_server, *SURVIVOR[:5])

    chat = dialogue_server.turn(state, "I will come at four", owner="human")
    command = dialogue_server.turn(state, "stop", owner="human")

    assert (chat["understood"], chat["replies"], chat["effects"]) == (False, [], [])
    assert command["understood"]
    assert {"do": "close"} in command["effects"]


@pytest.mark.parametrize(
    "text",
    ["/restart", "/session_start", '/message{"sms": true}', "／restart", " /back /restart"],  # noqa: RUF001
)
def test_a_slash_makes_no_intent(dialogue_server: DialogueServer, text: str) -> None:
    state = state_after(dialogue_server, *SURVIVOR[:3])

    slashed = dialogue_server.turn(state, text)
    plain = dialogue_server.turn(state, text.replace("/", "").replace("／", ""))  # noqa: RUF001

    asked = slashed["state"]["slots"]["flow_state"]["asked"]
    assert asked in {"danger", "safe_now", "language_guess"}
    assert slashed == plain


def test_equal_input_gives_equal_output(dialogue_server: DialogueServer) -> None:
    state = state_after(dialogue_server, *SURVIVOR)

    first, second = (dialogue_server.turn(state, "near the river") for _ in range(2))

    assert first == second


def test_a_state_that_was_stored_and_read_is_the_same_state(
    dialogue_server: DialogueServer,
) -> None:
    state = state_after(dialogue_server, *SURVIVOR)
    stored = json.loads(json.dumps(state, sort_keys=True))

    assert dialogue_server.turn(stored, "1") == dialogue_server.turn(state, "1")


def test_the_state_has_nothing_of_what_was_written(dialogue_server: DialogueServer) -> None:
    state: Json | None = None
    for text in (f"hello {MARKER}", *SURVIVOR[1:8], f"{MARKER} told me", f"/{MARKER}"):
        turn = dialogue_server.turn(state, text)
        state = turn["state"]
        assert MARKER not in json.dumps(turn)


def test_conversations_at_the_same_time_do_not_touch_each_other(
    dialogue_server: DialogueServer,
) -> None:
    scripts = [SURVIVOR, WITNESS] * 4
    alone = {texts: converse(dialogue_server, texts) for texts in (SURVIVOR, WITNESS)}

    with ThreadPoolExecutor(len(scripts)) as people:
        together = list(people.map(lambda texts: converse(dialogue_server, texts), scripts))

    assert together == [alone[texts] for texts in scripts]


def test_two_processes_serve_one_conversation_in_turns(
    dialogue_server: DialogueServer, tmp_path: Path
) -> None:
    alone = converse(dialogue_server, SURVIVOR)

    with serving(tmp_path / "log") as second:
        state: Json | None = None
        for number, text in enumerate(SURVIVOR):
            server = (dialogue_server, second)[number % 2]
            turn = server.turn(state, text)
            assert turn == alone[number]
            state = turn["state"]


TEXT = {"kind": "text", "text": MARKER}

BAD = {
    "no JSON": b'{"message": zebrawort',
    "not UTF-8": b"\xff\xfe",
    "a list": [TEXT],
    "no message": {"state": None},
    "no kind": {"message": {"text": MARKER}},
    "an unknown kind": {"message": {"kind": MARKER, "text": "x"}},
    "a text of another kind": {"message": {"kind": "text", "text": [MARKER]}},
    "a choice without its id": {"message": {"kind": "choice", "text": MARKER}},
    "a turn that is no number": {"message": {"kind": "choice", "choice": "yes", "turn": MARKER}},
    "a state that is no object": {"message": TEXT, "state": MARKER},
    "a state of another make": {"message": TEXT, "state": {MARKER: 1}},
    "a channel that is no object": {"message": TEXT, "channel": MARKER},
    "a channel's flag that is no flag": {"message": TEXT, "channel": {"sms": MARKER}},
    "an unknown owner": {"message": TEXT, "owner": MARKER},
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_a_bad_request_is_told_what_is_wrong_and_not_what_it_said(
    dialogue_server: DialogueServer, body: Any
) -> None:
    answer = dialogue_server.post(body)

    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert list(answer.json()) == ["error"]
    assert MARKER not in answer.text


def test_a_body_that_is_too_large_is_refused(dialogue_server: DialogueServer) -> None:
    answer = dialogue_server.post({"message": {"kind": "text", "text": "x" * 300_000}})

    assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
    assert dialogue_server.turn(None, "hello")["replies"]


def broken(state: Json) -> Json:
    """A state that passes for one until it is used."""
    rest = {**state["slots"]["flow_state"], "asked": [MARKER]}
    return {**state, "slots": {**state["slots"], "flow_state": rest}}


def test_a_turn_that_fails_gives_an_error_and_no_state(dialogue_server: DialogueServer) -> None:
    state = state_after(dialogue_server, *SURVIVOR)

    answer = dialogue_server.post({"state": broken(state), "message": TEXT})

    assert answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR
    assert answer.json() == {"error": "the turn failed"}


def test_a_question_that_is_no_longer_asked_stops_nobody(dialogue_server: DialogueServer) -> None:
    state = state_after(dialogue_server, *SURVIVOR)
    older = json.loads(json.dumps(state))
    older["slots"]["flow_state"]["order"].insert(3, "removed")
    older["slots"]["removed"] = {"removed": ["yes"]}

    assert dialogue_server.turn(older, "1") == dialogue_server.turn(state, "1")


def test_nothing_that_was_written_is_ever_printed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with serving(log) as server:
        state = state_after(server, *SURVIVOR)
        server.post({"state": broken(state), "message": TEXT})
        for body in BAD.values():
            server.post(body)
        for message in (
            f"{MARKER} near the river",
            f"/{MARKER}",
            {"kind": "choice", "choice": MARKER, "turn": 1},
            {"kind": "media", "media": MARKER},
            {"kind": "event", "event": MARKER},
        ):
            server.turn(state, message)
        server.get(f"/{MARKER}")

    assert log.read_bytes() == b""


def test_it_ends_when_it_is_told_to(tmp_path: Path) -> None:
    with serving(tmp_path / "log") as server:
        server.turn(None, "hello")

        assert server.stop() == 0


def test_a_port_in_use_is_one_line_and_an_exit_code(dialogue_server: DialogueServer) -> None:
    done: subprocess.CompletedProcess[str] = run_dialogue(
        "dialogue", "serve", "--port", str(dialogue_server.port)
    )

    assert done.returncode == 2
    assert done.stderr == f"dialogue: port {dialogue_server.port} is in use\n"
