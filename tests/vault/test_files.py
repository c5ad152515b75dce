"""Files: sealed as they come, bound by their manifest, opened one by one."""

import asyncio
import hashlib
import io
import json
from collections.abc import AsyncIterator

import pytest

from core.errors import GoneError, NotAllowedError
from core.identifiers import CaseId, RecordId
from tests.vault.desk import NOW, Desk, Professional, files
from vault import repository
from vault.age import Identity, Recipient
from vault.drafts import keep_draft, open_draft
from vault.entries import Action
from vault.errors import StoreError
from vault.files import open_file
from vault.intake import BODY, RefusedError, SealedFile, seal_file
from vault.preserve import MANIFEST, Kept, preserve_file, refuse_file
from vault.sniff import HEAD
from vault.store import DirectoryStore

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256)) * 999
LARGEST = 1 << 24


async def stream(data: bytes, *, chunk: int = 50_000) -> AsyncIterator[bytes]:
    for begin in range(0, len(data), chunk):
        yield data[begin : begin + chunk]


async def sealed(
    store: DirectoryStore, recipient: Recipient, data: bytes, **limits: int
) -> SealedFile:
    return await seal_file(store, recipient, stream(data), **{"largest": LARGEST, **limits})


async def kept(desk: Desk, case: CaseId, data: bytes) -> Kept:
    async with desk.sessions() as session:
        recipient = await repository.recipient_of(session, case)
    file = await sealed(desk.store, recipient, data)
    async with desk.sessions.begin() as session:
        return await preserve_file(session, case, file, facts={"name": "a.jpg"}, now=NOW)


async def opened(
    desk: Desk, case: CaseId, record: RecordId, who: Professional, action: Action = Action.VIEW
) -> bytes:
    async with desk.sessions.begin() as session:
        file = await open_file(
            session, desk.store, case, record, reader=who.id, identity=who.identity, action=action
        )
    sink = io.BytesIO()
    await asyncio.to_thread(file.write_to, sink)
    return sink.getvalue()


async def test_a_file_comes_back_as_it_was_delivered_and_its_manifest_says_what_it_is(
    desk: Desk, doctor: Professional
) -> None:
    case = await desk.opened_for(doctor)
    file = await kept(desk, case, JPEG)
    assert await opened(desk, case, file.record, doctor) == JPEG
    manifest = json.loads((await desk.read(case, doctor, kinds={MANIFEST}))[0].content)
    assert manifest == {
        "name": "a.jpg",
        "version": 1,
        "file": file.record,
        "size": len(JPEG),
        "sha256": hashlib.sha256(JPEG).hexdigest(),
        "sha512": hashlib.sha512(JPEG).hexdigest(),
        "ciphertext_sha256": files(desk.store._objects)[0].name,
        "type": "image/jpeg",
        "family": "image",
    }


async def test_every_look_and_every_copy_is_written_down_and_signed_by_who_looked(
    desk: Desk, doctor: Professional
) -> None:
    case = await desk.opened_for(doctor)
    file = await kept(desk, case, JPEG)
    await opened(desk, case, file.record, doctor)
    await opened(desk, case, file.record, doctor, Action.EXPORT)
    entries = await desk.entries()
    said = next(one for one in entries if one.record_id == file.record)
    looks = entries[-2:]
    assert [one.action for one in looks] == ["view", "export"]
    for look in looks:
        assert (look.record_id, look.sha256, look.size) == (file.record, said.sha256, said.size)
        assert look.signature is not None


async def test_a_file_is_opened_by_nobody_else_and_never_with_the_other_records(
    desk: Desk, doctor: Professional, lawyer: Professional
) -> None:
    case = await desk.opened_for(doctor)
    file = await kept(desk, case, JPEG)
    with pytest.raises(NotAllowedError):
        await opened(desk, case, file.record, lawyer)
    with pytest.raises(GoneError):
        await opened(desk, case, file.manifest, doctor)
    assert [record.kind for record in await desk.read(case, doctor)] == [MANIFEST]


@pytest.mark.parametrize(
    ("content", "limits", "reason"),
    [
        (b"", {}, "empty"),
        (JPEG, {"largest": len(JPEG) - 1}, "large"),
        (JPEG, {"promised": len(JPEG) + 1}, "half"),
        (JPEG[:-1], {"promised": len(JPEG)}, "half"),
        (b"MZ" + bytes(100_000), {}, "kind"),
        (b"\x7fELF" + bytes(10), {}, "kind"),
        (b"#!/bin/sh\n", {}, "kind"),
    ],
    ids=["empty", "large", "promised more", "cut", "Windows", "Linux", "script"],
)
async def test_what_is_not_taken_leaves_nothing_behind(
    desk: Desk, content: bytes, limits: dict[str, int], reason: str
) -> None:
    before = files(desk.store._objects)
    with pytest.raises(RefusedError) as refused:
        await sealed(desk.store, Identity.generate().recipient, content, **limits)
    assert refused.value.reason == reason
    assert files(desk.store._objects) == before
    assert not files(desk.store._drafts)


async def test_a_stream_that_breaks_leaves_nothing_behind(desk: Desk) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield JPEG
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await seal_file(desk.store, Identity.generate().recipient, breaking(), largest=LARGEST)
    assert not files(desk.store._objects)
    assert not files(desk.store._drafts)


class FullStore(DirectoryStore):
    """A disk that is full after the first block."""

    def put(self, stream: io.BufferedIOBase) -> object:  # type: ignore[override]
        stream.read(1 << 20)
        raise StoreError("full")


async def test_a_full_disk_stops_the_stream_and_is_told(desk: Desk) -> None:
    full = FullStore(desk.store._objects.parent)
    with pytest.raises(StoreError, match="full"):
        await sealed(full, Identity.generate().recipient, bytes(8 << 20))


@pytest.mark.parametrize("size", [1, HEAD - 1, HEAD, HEAD + 1, 3 * HEAD + 7])
async def test_of_an_image_all_is_held_for_reading_and_of_others_the_beginning(
    desk: Desk, size: int
) -> None:
    image = (JPEG * 2)[:size] if size > 3 else JPEG[:size]
    other = bytes(size)
    recipient = Identity.generate().recipient
    held = (await sealed(desk.store, recipient, image)).body
    assert held == (image if size >= HEAD else image[:size])
    assert len((await sealed(desk.store, recipient, other)).body) == min(size, HEAD)
    assert size < BODY


async def test_a_refused_file_leaves_an_entry_and_a_sealed_reason(
    desk: Desk, doctor: Professional
) -> None:
    case = await desk.opened_for(doctor)
    async with desk.sessions.begin() as session:
        record = await refuse_file(session, case, facts={"reason": "large"}, now=NOW)
    assert [record.content for record in await desk.read(case, doctor)] == [b'{"reason": "large"}']
    assert ("refuse", record) in [(one.action, one.record_id) for one in await desk.entries()]


async def test_a_draft_becomes_the_case_without_sealing_anything_anew(
    desk: Desk, doctor: Professional
) -> None:
    async with desk.sessions.begin() as session:
        case = await open_draft(session, keys=desk.keys, now=NOW)
    file = await kept(desk, case, JPEG)
    async with desk.sessions.begin() as session:
        assert not await repository.wraps_of(session, case, "escrow")
        await keep_draft(session, case, keys=desk.keys, escrow=desk.escrow.recipient, now=NOW)
        assert await repository.wraps_of(session, case, "escrow")
    await desk.admit(case, doctor)
    assert await opened(desk, case, file.record, doctor) == JPEG


async def test_a_file_for_a_case_that_is_gone_is_not_kept(desk: Desk) -> None:
    async with desk.sessions.begin() as session:
        case = await open_draft(session, keys=desk.keys, now=NOW)
        recipient = await repository.recipient_of(session, case)
    file = await sealed(desk.store, recipient, JPEG)
    await desk.shred(case)
    async with desk.sessions.begin() as session:
        with pytest.raises(GoneError):
            await preserve_file(session, case, file, facts={}, now=NOW)
