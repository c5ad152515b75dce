"""Files from a message to the vault: fetched with consent, once, told of once, gone on DELETE."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from bots.adapter import Attached, Message, PermanentError, RetryableError
from bots.dialogue import TOLD, Reply
from bots.inbox import ingest
from bots.media.intake import MOST_ATTEMPTS, fetch_file
from bots.media.tables import FileRow
from bots.parts import now
from bots.sweep import sweep
from referrals.tables import ConversationRow, DraftRow
from tests.fakes.dialogue import turn
from tests.fakes.gateway import PHONE, Gateway
from vault.age import Identity
from vault.age.open import unseal
from vault.canonical import unbind
from vault.cases import DISPATCH
from vault.preserve import place
from vault.tables import CustodyEntry, SealedCase, SealedRecord, Wrap

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256)) * 400
KEEP = {"do": "keep_file", "answering": True}
REPORT: dict[str, Any] = {
    "do": "submit",
    "answers": {},
    "consents": ["c1", "c6"],
    "urgency": 2,
    "reasons": [],
    "services": ["health"],
    "minor": False,
    "role": "survivor",
    "language": "en",
    "sms": True,
}


def wanted(*says: str, **changes: Any) -> Any:
    return turn(*(says or ("say.media_received",)), kept=True, effects=({**KEEP, **changes},))


async def send(
    gateway: Gateway, ref: str = "f1", *, content: bytes = JPEG, album: str | None = None
) -> None:
    """A photo arrives, and is stored."""
    gateway.channel.files[ref] = content
    attached = Attached(kind="photo", ref=ref, type="image/jpeg", recompressed=True)
    message = Message(
        external_id=f"m-{ref}",
        contact=PHONE,
        kind="media",
        media="photo",
        files=(attached,),
        album=album,
    )
    await ingest(gateway.parts, gateway.channel, [message])


async def fetch(gateway: Gateway) -> None:
    """Run the jobs of all files, and then the lanes."""
    async with gateway.parts.sessions() as session:
        waiting = (await session.scalars(select(FileRow.id))).all()
    for file_id in waiting:
        await fetch_file(gateway.parts, file_id)
    await gateway.run()


async def count(gateway: Gateway, table: Any) -> int:
    async with gateway.parts.sessions() as session:
        return int(await session.scalar(select(func.count()).select_from(table)) or 0)


async def records(gateway: Gateway) -> list[SealedRecord]:
    async with gateway.parts.sessions() as session:
        return list(await session.scalars(select(SealedRecord).order_by(SealedRecord.id)))


async def identity(gateway: Gateway) -> Identity:
    """The case's, by the server's dispatch wrap."""
    async with gateway.parts.sessions() as session:
        wrap = (await session.scalars(select(Wrap).where(Wrap.holder == DISPATCH))).one()
    seed = gateway.parts.sealing.keys.unwrap(wrap.sealed, context=f"dispatch:{wrap.case_id}")
    return Identity(seed)


async def manifest(gateway: Gateway) -> dict[str, Any]:
    record = next(one for one in await records(gateway) if one.kind == "manifest")
    assert record.sealed is not None
    key = await identity(gateway)
    said: dict[str, Any] = json.loads(unbind(place(record), unseal(record.sealed, key)))
    return said


def objects(gateway: Gateway) -> list[Any]:
    return list(gateway.parts.sealing.store.objects())


async def test_a_wanted_file_is_sealed_with_its_manifest_and_receipted(gateway: Gateway) -> None:
    told = Reply(say="say.media_stored", args={"receipts": "@receipts"})
    gateway.dialogue.turns += [wanted(), turn(replies=(told,))]
    await send(gateway)
    await gateway.run()
    assert gateway.channel.opened == []
    await fetch(gateway)
    file, said = (await records(gateway))[0], await manifest(gateway)
    assert file.kind == "file"
    with gateway.parts.sealing.store.open(objects(gateway)[0].ref) as sealed:
        assert unseal(sealed.read(), await identity(gateway)) == JPEG
    assert (said["kind"], said["recompressed"], said["provider_id"]) == ("photo", True, "f1")
    assert said["channel"] == "fake"
    stored = gateway.dialogue.asked[-1]["message"]
    assert stored["event"] == "file_stored"
    assert stored["codes"][0] in gateway.channel.texts[-1]
    assert gateway.channel.released == ["f1"]


async def test_what_the_dialogue_does_not_want_is_not_even_fetched(gateway: Gateway) -> None:
    gateway.dialogue.turns.append(turn("say.media_not_kept"))
    await send(gateway)
    await fetch(gateway)
    assert gateway.channel.opened == []
    assert await count(gateway, SealedCase) == 0


def test_the_dialogue_never_learns_where_a_file_lies() -> None:
    assert not {"files", "album", "codes"} & set(TOLD)


async def test_a_file_that_is_fetched_twice_is_kept_once(gateway: Gateway) -> None:
    gateway.dialogue.turns.append(wanted())
    await send(gateway)
    await gateway.run()
    async with gateway.parts.sessions() as session:
        file_id = (await session.scalars(select(FileRow.id))).one()
    await asyncio.gather(*(fetch_file(gateway.parts, file_id) for _ in range(3)))
    await fetch(gateway)
    assert [record.kind for record in await records(gateway)] == ["file", "manifest"]
    assert len(objects(gateway)) == 1


async def test_a_report_that_is_sent_makes_the_draft_a_case(gateway: Gateway) -> None:
    gateway.dialogue.turns += [wanted(), turn(), turn(kept=True, effects=(REPORT,))]
    await send(gateway)
    await gateway.run()
    await fetch(gateway)
    assert await count(gateway, DraftRow) == 1
    await gateway.hear("send", external_id="m-2")
    row = await gateway.row()
    kept = await records(gateway)
    assert {one.case_id for one in kept} == {row.case_id}
    assert [one.kind for one in kept] == ["file", "manifest", "report"]
    assert await count(gateway, DraftRow) == 0
    async with gateway.parts.sessions() as session:
        holders = set(await session.scalars(select(Wrap.holder)))
    assert holders == {"dispatch", "escrow"}


async def test_a_file_under_way_when_the_report_is_sent_arrives_in_its_case(
    gateway: Gateway,
) -> None:
    gateway.dialogue.turns += [wanted(), turn(kept=True, effects=(REPORT,))]
    await send(gateway)
    await gateway.run()
    await gateway.hear("send", external_id="m-2")
    await fetch(gateway)
    row = await gateway.row()
    assert {one.case_id for one in await records(gateway)} == {row.case_id}


async def test_erasing_leaves_no_file(gateway: Gateway) -> None:
    gateway.dialogue.turns += [wanted(), turn(), turn(effects=({"do": "erase"},))]
    await send(gateway)
    await gateway.run()
    await fetch(gateway)
    assert objects(gateway)
    await gateway.hear("delete", external_id="m-2")
    assert not objects(gateway)
    for table in (SealedCase, SealedRecord, Wrap, FileRow, DraftRow):
        assert await count(gateway, table) == 0


async def test_erasing_while_a_file_is_under_way_leaves_nothing_either(gateway: Gateway) -> None:
    gateway.dialogue.turns += [wanted(), turn(effects=({"do": "erase"},))]
    await send(gateway)
    await gateway.run()
    async with gateway.parts.sessions() as session:
        file_id = (await session.scalars(select(FileRow.id))).one()
    gateway.channel.meanwhile = lambda: gateway.hear("delete", external_id="m-2")
    await fetch_file(gateway.parts, file_id)
    assert not objects(gateway)
    assert await count(gateway, SealedRecord) == 0


async def test_a_draft_that_lapses_takes_its_files_along(gateway: Gateway) -> None:
    gateway.dialogue.turns.append(wanted())
    await send(gateway)
    await gateway.run()
    await fetch(gateway)
    async with gateway.parts.sessions.begin() as session:
        await session.execute(update(ConversationRow).values(lapses_at=now() - timedelta(days=1)))
    await sweep(gateway.parts)
    assert not objects(gateway)
    assert await count(gateway, SealedCase) == 0
    async with gateway.parts.sessions() as session:
        actions = list(await session.scalars(select(CustodyEntry.action)))
    assert actions[-1] == "shred"


async def test_consent_that_is_taken_back_destroys_the_files(gateway: Gateway) -> None:
    back = {"do": "withdraw_consent", "consent": "c6", "say": "ask.c6"}
    gateway.dialogue.turns += [wanted(), turn(), turn(kept=True, effects=(back,))]
    await send(gateway)
    await gateway.run()
    await fetch(gateway)
    await gateway.hear("back", external_id="m-2")
    assert not objects(gateway)
    assert await records(gateway) == []


async def test_an_answer_by_voice_is_marked_and_goes_with_its_question(gateway: Gateway) -> None:
    drop = {"do": "drop_file", "question": "landmark"}
    gateway.dialogue.turns += [
        wanted("ask.kind", question="landmark"),
        turn(),
        turn(kept=True, effects=(drop,)),
    ]
    await send(gateway)
    await gateway.run()
    await fetch(gateway)
    assert (await manifest(gateway))["question"] == "landmark"
    await gateway.hear("back", external_id="m-2")
    assert not objects(gateway)


@pytest.mark.parametrize(
    ("content", "promised", "event"),
    [
        (b"", 0, "file_empty"),
        (b"MZ" + bytes(2000), 2002, "file_kind"),
        (JPEG, len(JPEG) + 5, "file_half"),
        (JPEG * 10, len(JPEG) * 10, "file_large"),
        (JPEG * 10, 10, "file_large"),
    ],
    ids=["empty", "program", "half", "large", "large in spite of its promise"],
)
async def test_what_is_not_taken_is_told_kindly_and_written_down(
    gateway: Gateway, content: bytes, promised: int, event: str
) -> None:
    gateway.dialogue.turns.append(wanted())
    await send(gateway, content=content)
    gateway.channel.promises["f1"] = promised
    await gateway.run()
    await fetch(gateway)
    assert gateway.dialogue.asked[-1]["message"]["event"] == event
    assert [record.kind for record in await records(gateway)] == ["refusal"]
    assert not objects(gateway)
    async with gateway.parts.sessions() as session:
        actions = list(await session.scalars(select(CustodyEntry.action)))
    assert actions == ["open", "refuse"]


async def test_a_provider_that_is_away_is_asked_again_and_then_told_of(gateway: Gateway) -> None:
    gateway.dialogue.turns.append(wanted())
    await send(gateway)
    await gateway.run()
    gateway.channel.failures.append(RetryableError(3))
    await fetch(gateway)
    assert len(gateway.dialogue.asked) == 1
    await fetch(gateway)
    assert gateway.dialogue.asked[-1]["message"]["event"] == "file_stored"


@pytest.mark.parametrize("failure", [RetryableError(), PermanentError("unreachable")])
async def test_a_file_that_never_comes_is_told_of(gateway: Gateway, failure: Exception) -> None:
    gateway.dialogue.turns.append(wanted())
    await send(gateway)
    await gateway.run()
    async with gateway.parts.sessions.begin() as session:
        await session.execute(update(FileRow).values(attempts=MOST_ATTEMPTS - 1))
    gateway.channel.failures.append(failure)
    await fetch(gateway)
    assert gateway.dialogue.asked[-1]["message"]["event"] == "file_lost"


async def test_a_file_that_kills_whoever_fetches_it_is_given_up(gateway: Gateway) -> None:
    gateway.dialogue.turns.append(wanted())
    await send(gateway)
    await gateway.run()
    async with gateway.parts.sessions.begin() as session:
        await session.execute(update(FileRow).values(attempts=MOST_ATTEMPTS))
    await fetch(gateway)
    assert gateway.channel.opened == []
    assert gateway.dialogue.asked[-1]["message"]["event"] == "file_lost"


async def test_files_that_come_together_are_answered_once_and_receipted_once(
    gateway: Gateway,
) -> None:
    gateway.dialogue.turns += [wanted() for _ in range(5)]
    for number in range(5):
        await send(gateway, f"f{number}", content=JPEG + bytes([number]))
    await gateway.run()
    assert len(gateway.channel.texts) == 1
    gateway.dialogue.turns.append(turn("say.media_stored"))
    await fetch(gateway)
    assert len(gateway.channel.texts) == 2
    assert len(gateway.dialogue.asked[-1]["message"]["codes"]) == 5


async def test_an_album_that_comes_one_by_one_is_answered_once(gateway: Gateway) -> None:
    gateway.dialogue.turns += [turn("say.media_not_kept") for _ in range(4)]
    for number in range(3):
        await send(gateway, f"f{number}", album="one")
        await gateway.run()
    assert len(gateway.channel.texts) == 1
    await send(gateway, "f9", album="two")
    await gateway.run()
    assert len(gateway.channel.texts) == 2


async def test_a_file_for_a_professional_goes_to_the_case_at_once(gateway: Gateway) -> None:
    gateway.dialogue.turns += [
        turn(kept=True, effects=(REPORT,)),
        turn(understood=False, effects=({"do": "keep_file", "answering": False},)),
    ]
    await gateway.hear("send", external_id="m-1")
    await send(gateway)
    await gateway.run()
    await fetch(gateway)
    row = await gateway.row()
    assert [(one.kind, one.case_id) for one in (await records(gateway))[1:]] == [
        ("file", row.case_id),
        ("manifest", row.case_id),
    ]


async def test_nothing_of_a_file_stands_in_the_database_in_clear(gateway: Gateway) -> None:
    gateway.dialogue.turns.append(wanted())
    await send(gateway, "MARKER-where-it-lies")
    await gateway.run()
    async with gateway.parts.sessions() as session:
        row = (await session.scalars(select(FileRow))).one()
    assert row.sealed is not None
    assert b"MARKER" not in row.sealed
    assert "MARKER" not in repr(Attached(kind="photo", ref="MARKER", name="MARKER"))
