"""What a turn causes: consents with the words shown, the case, the handover, and DELETE."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from bots.attempts import FREE
from bots.dialogue import Reply
from core.database import Base
from core.identifiers import CaseId, ProfessionalId
from referrals.cases import read_card
from referrals.codes import read_code
from referrals.conversation import Conversation
from referrals.tables import CaseRow, ConversationRow
from referrals.triage import Urgency
from tests.fakes.channel import CAPABILITIES
from tests.fakes.dialogue import turn
from tests.fakes.gateway import PHONE, Gateway
from vault.age import Identity
from vault.cases import admit
from vault.disclose import disclose
from vault.envelope import DataKey
from vault.errors import SealError
from vault.receipt_check import State, check
from vault.receipts import ReceiptRow
from vault.receipts import read_code as read_receipt
from vault.signing import ActorKey

MARKER = "unmistakable"
READER = ProfessionalId(uuid4())

REPORT: dict[str, Any] = {
    "answers": {"when": ["when.lt24h"], "landmark": "@text"},
    "consents": ["c1"],
    "urgency": 0,
    "reasons": ["pep"],
    "services": ["health"],
    "minor": False,
    "role": "survivor",
    "language": "en",
    "sms": True,
}


def kept(*effects: dict[str, Any], **changes: Any) -> Any:
    """A turn of somebody who agreed that answers are kept."""
    return turn("say.greeting", kept=True, effects=effects, **changes)


async def submitted(gateway: Gateway) -> CaseId:
    """A report with an open answer, handed over."""
    gateway.dialogue.turns.extend(
        (
            kept({"do": "give_consent", "consent": "c1", "say": "ask.c1"}, {"do": "give_code"}),
            kept({"do": "keep_text", "question": "landmark"}),
            kept({"do": "submit", **REPORT}, {"do": "handoff", "reason": "report", **REPORT}),
        )
    )
    for number, words in enumerate(("1", MARKER, "1")):
        await gateway.hear(words, external_id=f"s{number}")
    row = await gateway.row()
    assert row.case_id is not None
    return CaseId(row.case_id)


async def test_a_consent_is_kept_with_the_words_that_were_shown(gateway: Gateway) -> None:
    case_id = await submitted(gateway)
    report = await opened(gateway, case_id)
    (consent,) = report["consents"]
    words = gateway.parts.catalogs.text_hash("en", "ask.c1", sms=True)
    assert (consent["consent"], consent["given"], consent["words_sha256"]) == ("c1", True, words)


async def test_an_open_answer_is_in_the_report_and_nowhere_else(gateway: Gateway) -> None:
    case_id = await submitted(gateway)
    assert (await opened(gateway, case_id))["texts"] == {"landmark": MARKER}
    row = await gateway.row()
    draft = Conversation.unlock(row, gateway.parts.sealing.keys).draft()
    assert (draft["texts"], draft["consents"]) == ({}, [])


async def test_after_submission_nobody_owns_the_chat(gateway: Gateway) -> None:
    case_id = await submitted(gateway)
    row = await gateway.row()
    assert (row.owner, row.lapses_at) == ("nobody", None)
    async with gateway.parts.sessions() as session:
        case = await session.get_one(CaseRow, case_id)
    card = read_card(case, gateway.parts.sealing.keys)
    assert (card.urgency, card.services, card.asked) == (Urgency.NOW, ("health",), False)


async def test_on_their_own_phone_a_person_gets_a_receipt(gateway: Gateway) -> None:
    answers = {**REPORT["answers"], "device": ["device.own"]}
    gateway.dialogue.turns.append(kept({"do": "submit", **REPORT, "answers": answers}))
    await gateway.hear("1", external_id="r1")
    codes = [code for word in gateway.channel.texts[-1].split() if (code := read_receipt(word))]
    sealing = gateway.parts.sealing
    async with gateway.parts.sessions.begin() as session:
        (code,) = codes
        answer = await check(session, code, keys=sealing.keys, store=sealing.store)
    assert answer is not None
    assert answer.state == State.KEPT


@pytest.mark.parametrize("device", [["device.shared"], ["device.borrowed"], ["skip"], None])
async def test_on_a_phone_that_others_use_no_receipt_is_left(
    gateway: Gateway, device: list[str] | None
) -> None:
    answers = {"device": device} if device else {}
    gateway.dialogue.turns.append(kept({"do": "submit", **REPORT, "answers": answers}))
    await gateway.hear("1", external_id="r1")
    words = " ".join(gateway.channel.texts).split()
    assert not any(read_receipt(word) for word in words)
    async with gateway.parts.sessions() as session:
        assert (await session.scalars(select(ReceiptRow))).all() == []


async def test_what_is_written_while_nobody_answers_goes_to_the_case(gateway: Gateway) -> None:
    case_id = await submitted(gateway)
    gateway.dialogue.turns.append(turn(understood=False))
    await gateway.hear("one more thing", external_id="m9")
    assert gateway.dialogue.asked[-1]["owner"] == "nobody"
    messages = [one.content for one in await records(gateway, case_id) if one.kind == "message"]
    assert messages == [b"one more thing"]


async def test_whoever_asks_for_a_person_gets_a_case_that_says_so(gateway: Gateway) -> None:
    asked = {**REPORT, "services": [], "answers": {}}
    gateway.dialogue.turns.append(turn(effects=({"do": "handoff", "reason": "person", **asked},)))
    await gateway.hear("person", external_id="m1")
    async with gateway.parts.sessions() as session:
        case = (await session.scalars(select(CaseRow))).one()
    assert read_card(case, gateway.parts.sealing.keys).asked


async def test_the_return_code_opens_the_conversation_from_another_phone(gateway: Gateway) -> None:
    gateway.dialogue.turns.append(
        kept({"do": "give_code"}, state={"asked": "when"}, replies=(_code_reply(),))
    )
    await gateway.hear("1", external_id="m1")
    code = "".join(c for c in gateway.channel.texts[-1] if c.isdigit())[:12]
    await gateway.hear(f" {code} ", external_id="m2", phone="+15550002222")
    assert gateway.dialogue.asked[-1]["state"] == {"asked": "when"}
    assert gateway.dialogue.asked[-1]["message"] == {"kind": "event", "event": "resumed"}
    assert gateway.channel.sent[-1].address == "+15550002222"
    assert len(await gateway.conversations()) == 1


async def test_a_code_opens_nothing_that_has_lapsed(gateway: Gateway) -> None:
    gateway.dialogue.turns.append(kept({"do": "give_code"}, replies=(_code_reply(),)))
    await gateway.hear("1", external_id="m1")
    code = "".join(c for c in gateway.channel.texts[-1] if c.isdigit())[:12]
    async with gateway.parts.sessions.begin() as session:
        await session.execute(text("UPDATE conversations SET lapses_at = now()"))
    await gateway.hear(code, external_id="m2", phone="+15550002222")
    assert gateway.dialogue.asked[-1]["message"]["text"] == code


async def test_after_wrong_codes_the_right_one_waits_and_then_opens(gateway: Gateway) -> None:
    gateway.dialogue.turns.append(kept({"do": "give_code"}, replies=(_code_reply(),)))
    await gateway.hear("1", external_id="m1")
    right = "".join(c for c in gateway.channel.texts[-1] if c.isdigit())[:12]
    for number in range(FREE):
        await gateway.hear(
            _another_code(right, number), external_id=f"g{number}", phone="+15550003"
        )
        assert gateway.dialogue.asked[-1]["message"]["code"] is True
    await gateway.hear(right, external_id="g8", phone="+15550003")
    assert len(await gateway.conversations()) == 2
    async with gateway.parts.sessions.begin() as session:
        await session.execute(text("UPDATE code_attempts SET not_before = now()"))
    await gateway.hear(right, external_id="g9", phone="+15550003")
    assert len(await gateway.conversations()) == 1
    assert gateway.dialogue.asked[-1]["message"] == {"kind": "event", "event": "resumed"}


async def test_the_code_on_ones_own_phone_unlocks(gateway: Gateway) -> None:
    gateway.dialogue.turns.append(kept({"do": "give_code"}, replies=(_code_reply(),)))
    await gateway.hear("1", external_id="m1")
    code = "".join(c for c in gateway.channel.texts[-1] if c.isdigit())[:12]
    await gateway.hear(code, external_id="m2")
    assert gateway.dialogue.asked[-1]["message"] == {"kind": "event", "event": "unlocked"}


async def test_words_of_danger_make_a_waiting_case_most_urgent(gateway: Gateway) -> None:
    gateway.dialogue.turns.append(kept({"do": "submit", **REPORT, "urgency": 2, "reasons": []}))
    await gateway.hear("1", external_id="m1")
    urgent = {"do": "urgent", "urgency": 0, "reasons": ["suicide"]}
    gateway.dialogue.turns.append(kept(urgent))
    await gateway.hear("I can't go on", external_id="m2")
    async with gateway.parts.sessions() as session:
        case = (await session.scalars(select(CaseRow))).one()
    card = read_card(case, gateway.parts.sealing.keys)
    assert (card.urgency, card.reasons) == (Urgency.NOW, ("suicide",))
    assert case.answer_by - case.opened_at < timedelta(hours=2)


async def test_the_card_carries_the_clocks(gateway: Gateway) -> None:
    pep = {"name": "pep", "closes_at": 1_800_000_000, "known": True}
    gateway.dialogue.turns.append(kept({"do": "submit", **REPORT, "windows": [pep]}))
    await gateway.hear("1", external_id="m1")
    async with gateway.parts.sessions() as session:
        case = (await session.scalars(select(CaseRow))).one()
    (window,) = read_card(case, gateway.parts.sealing.keys).windows
    assert (window.name, window.closes.isoformat()) == ("pep", "2027-01-15T08:00:00+00:00")


async def test_delete_takes_out_of_the_chat_what_can_be(gateway: Gateway) -> None:
    gateway.channel.capabilities = replace(CAPABILITIES, delete_window=timedelta(hours=48))
    await gateway.hear("1", external_id="m1")
    (sent,) = gateway.channel.sent
    gateway.dialogue.turns.append(turn("say.erased", state={}, effects=({"do": "erase"},)))
    await gateway.hear("1", external_id="m2")
    assert gateway.channel.wiped == [(PHONE, [f"ext-{sent.part}"])]


async def test_before_delete_the_search_below_finds_everything(gateway: Gateway) -> None:
    case_id = await submitted(gateway)
    gateway.dialogue.turns.append(turn(understood=False))
    await gateway.hear(f"{MARKER} message", external_id="m8")
    found = await readable(gateway, case_id)
    assert MARKER in found
    assert f"{MARKER} message" in found
    assert PHONE in found


async def test_after_delete_no_key_that_is_left_opens_anything_of_it(gateway: Gateway) -> None:
    case_id = await submitted(gateway)
    gateway.dialogue.turns.append(turn(understood=False))
    await gateway.hear(f"{MARKER} message", external_id="m8")
    gateway.dialogue.turns.append(turn("say.erased", state={}, effects=({"do": "erase"},)))
    await gateway.hear("1", external_id="m9")
    assert MARKER not in await readable(gateway, case_id)
    async with gateway.parts.sessions() as session:
        assert (await session.scalars(select(CaseRow))).all() == []


async def test_delete_also_reaches_an_earlier_case_that_somebody_took(gateway: Gateway) -> None:
    first = await submitted(gateway)
    async with gateway.parts.sessions.begin() as session:
        taken = await session.get_one(CaseRow, first)
        taken.status, taken.card = "accepted", None
    gateway.dialogue.turns.append(kept({"do": "submit", **REPORT}))
    await gateway.hear("1", external_id="m7")
    second = (await gateway.row()).case_id
    assert second not in {None, first}
    gateway.dialogue.turns.append(turn("say.erased", state={}, effects=({"do": "erase"},)))
    await gateway.hear("1", external_id="m9")
    async with gateway.parts.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM wraps")) == 0
        assert await session.scalar(text("SELECT count(*) FROM records")) == 0


async def test_the_last_words_of_delete_are_sent_and_then_lapse(gateway: Gateway) -> None:
    await submitted(gateway)
    gateway.dialogue.turns.append(turn("say.erased", state={}, effects=({"do": "erase"},)))
    await gateway.hear("1", external_id="m9")
    assert gateway.channel.texts[-1].startswith("Cleared")
    row = await gateway.row()
    assert gateway.channel.forgotten == [PHONE]
    assert (row.case_id, row.owner, row.draft, row.code) == (None, "bot", None, None)
    assert row.lapses_at is not None


def _code_reply() -> Reply:
    return Reply(say="say.code", args={"code": "@code"})


def _another_code(right: str, number: int) -> str:
    """A well-formed code that is not the right one."""
    return next(
        code
        for code in (f"{(int(right) + 1 + number * 100 + i) % 10**12:012}" for i in range(100))
        if read_code(code)
    )


async def opened(gateway: Gateway, case_id: CaseId) -> dict[str, Any]:
    """The report, as a professional reads it."""
    (report,) = [one for one in await records(gateway, case_id) if one.kind == "report"]
    content: dict[str, Any] = json.loads(report.content)
    return content


async def records(gateway: Gateway, case_id: CaseId) -> Any:
    """Everything in a case, disclosed to a professional who is admitted for it."""
    identity, sealing = Identity.generate(), gateway.parts.sealing
    async with gateway.parts.sessions.begin() as session:
        await admit(
            session,
            case_id,
            keys=sealing.keys,
            professional=READER,
            recipient=identity.recipient,
            signer=ActorKey.of(identity),
        )
    async with gateway.parts.sessions.begin() as session:
        return await disclose(session, sealing.store, case_id, reader=READER, identity=identity)


async def readable(gateway: Gateway, case_id: CaseId) -> str:
    """Everything that the server's keys and a case's own records open, in one string."""
    keys, plain = gateway.parts.sealing.keys, []
    async with gateway.parts.sessions() as session:
        tables = [
            dict(row)
            for table in Base.metadata.sorted_tables
            for row in (await session.execute(select(table))).mappings()
        ]
        left = await session.scalar(text("SELECT count(*) FROM wraps"))
        conversations = list(await session.scalars(select(ConversationRow)))
    sealed = [value for row in tables for value in row.values() if isinstance(value, bytes)]
    data_keys = [
        DataKey.unwrapped(keys, row.wrapped_key, f"conversation:{row.id}") for row in conversations
    ]
    contexts = {"address", "state", "draft"} | {
        f"{kind}:{row[name]}"
        for row in tables
        for kind, name in (("outgoing", "part"), ("incoming", "external_id"))
        if name in row
    }
    for key in data_keys:
        plain += [_attempt(key, one, context) for one in sealed for context in contexts]
    if left:
        plain += [one.content for one in await records(gateway, case_id)]
    return b" ".join(plain).decode()


def _attempt(key: DataKey, sealed: bytes, context: str) -> bytes:
    try:
        return key.unseal(sealed, context=context)
    except SealError:
        return b""
