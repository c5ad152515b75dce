"""What goes into a bundle, what does not, and what stops it."""

import asyncio
import io
import json
import re
import tarfile
import zlib
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyrage  # type: ignore[import-untyped]
import pytest

from core.errors import GoneError, NotAllowedError
from core.identifiers import CaseId, RecordId
from tests.vault.bundle.court import Authority, Court, consent, unpacked, verify
from tests.vault.desk import NOW, Desk, Professional
from vault.age.classic import parse_recipient
from vault.bundle.material import NotAgreedError
from vault.bundle.stream import BLOCK
from vault.entries import Action
from vault.errors import SealError, TamperedError
from vault.preserve import discard_file
from vault.tables import CustodyEntry


async def exports(desk: Desk) -> list[CustodyEntry]:
    return [entry for entry in await desk.entries() if entry.action == Action.EXPORT]


async def says(court: Court, case: CaseId, name: str, *, given: bool) -> None:
    content = json.dumps(consent(name, given=given)).encode()
    await court.desk.message(case, content, kind="consent")


def inventory(bag: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((bag / "data/inventory.json").read_text())
    return found


def unpressed(document: bytes) -> bytes:
    """What a PDF's streams hold."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", document, re.DOTALL)
    held = [document]
    for stream in streams:
        with suppress(zlib.error):
            held.append(zlib.decompress(stream))
    return b"\n".join(held)


@pytest.mark.parametrize(
    ("consents", "reason"),
    [
        (("c2.health",), "keep"),
        (("c1",), "share"),
        (("c1", "c6", "c2.legal"), "share"),
        (("c1", "c4.ask_first"), "ask_first"),
    ],
)
async def test_only_what_was_agreed_to_is_handed_over(
    court: Court, consents: tuple[str, ...], reason: str
) -> None:
    case = await court.case(*consents)
    with pytest.raises(NotAgreedError) as refused:
        await court.parcel(case)
    assert refused.value.reason == reason
    assert await exports(court.desk) == []


async def test_who_was_asked_first_and_agreed_is_noted(court: Court, bags: Path) -> None:
    case = await court.case("c1", "c4.ask_first")
    bag = unpacked(await court.parcel(case, asked_first=True), court.expert, bags)
    assert inventory(bag)["asked_first"] is True


async def test_a_consent_that_was_taken_back_counts(court: Court) -> None:
    case = await court.case()
    await says(court, case, "c4", given=False)
    with pytest.raises(NotAgreedError):
        await court.parcel(case)
    await says(court, case, "c4", given=True)
    assert (await court.parcel(case)).size


async def test_only_who_is_on_the_case_makes_one(court: Court, lawyer: Professional) -> None:
    case = await court.case()
    stranger = Court(desk=court.desk, doctor=lawyer, expert=court.expert, known=court.known)
    with pytest.raises(NotAllowedError):
        await stranger.parcel(case)


async def test_without_consent_to_keep_files_they_stay(court: Court, bags: Path) -> None:
    case = await court.case("c1", "c4")
    file = await court.picture(case)
    bag = unpacked(await court.parcel(case), court.expert, bags)
    held = {r["record"]: r["withheld"] for r in inventory(bag)["records"] if "withheld" in r}
    assert held == {file: "consent", file + 1: "consent"}
    assert not list(bag.rglob("*file*"))
    assert verify(bag).found == ""


async def test_a_file_and_what_was_noted_of_it_are_withheld_together(
    court: Court, bags: Path
) -> None:
    case = await court.case()
    manifest = RecordId(await court.picture(case) + 1)
    bag = unpacked(await court.parcel(case, withheld={manifest: "safety"}), court.expert, bags)
    listed = json.loads((bag / "data/withheld.json").read_text())
    assert [(one["kind"], one["withheld"]) for one in listed] == [
        ("file", "safety"),
        ("manifest", "safety"),
    ]
    verdict = verify(bag)
    assert verdict.found == ""
    assert "2 withheld" in verdict.proven


async def test_a_consent_is_never_withheld(court: Court, bags: Path) -> None:
    case = await court.case()
    await says(court, case, "c5", given=True)
    (number,) = [one.id for one in await court.desk.read(case, court.doctor, kinds=["consent"])]
    bag = unpacked(await court.parcel(case, withheld={number: "safety"}), court.expert, bags)
    assert json.loads((bag / "data/withheld.json").read_text()) == []


async def test_what_the_person_deleted_is_named_by_its_entries(court: Court, bags: Path) -> None:
    case = await court.case()
    file = await court.picture(case)
    async with court.desk.sessions.begin() as session:
        await discard_file(session, court.desk.store, case, file, manifest=RecordId(file + 1))
    bag = unpacked(await court.parcel(case), court.expert, bags)
    assert [one["record"] for one in inventory(bag)["erased"]] == [file, file + 1]
    assert verify(bag).found == ""


async def test_that_one_file_was_deleted_explains_no_other_that_is_missing(court: Court) -> None:
    case = await court.case()
    file = await court.picture(case)
    async with court.desk.sessions.begin() as session:
        await discard_file(session, court.desk.store, case, file, manifest=RecordId(file + 1))
    await court.desk.tamper("DELETE FROM records WHERE id = 2")
    with pytest.raises(TamperedError, match="missing"):
        await court.parcel(case)
    assert await exports(court.desk) == []


async def test_an_entry_of_another_record_is_no_word_for_this_one(court: Court, bags: Path) -> None:
    """Who makes a bag can't hide a record behind the deletion of another one."""
    case = await court.case()
    file = await court.picture(case)
    async with court.desk.sessions.begin() as session:
        await discard_file(session, court.desk.store, case, file, manifest=RecordId(file + 1))
    bag = unpacked(await court.parcel(case), court.expert, bags)
    path = bag / "data/inventory.json"
    path.write_text(path.read_text().replace(f'"record": {file + 1}', f'"record": {file + 7}'))
    assert f"record {file + 7}: no entry says that it was erased" in verify(bag).found


async def test_a_record_that_is_missing_stops_the_bundle(court: Court) -> None:
    case = await court.case()
    await court.desk.tamper("DELETE FROM records WHERE id = 2")
    with pytest.raises(TamperedError, match="missing"):
        await court.parcel(case)
    assert await exports(court.desk) == []


async def test_a_ciphertext_that_was_changed_stops_the_bundle(court: Court) -> None:
    case = await court.case()
    await court.desk.tamper("UPDATE records SET sealed = sealed || 'x'::bytea WHERE id = 2")
    with pytest.raises((TamperedError, SealError)):
        await court.parcel(case)
    assert await exports(court.desk) == []


async def test_the_export_is_signed_and_carries_the_inventorys_hash(
    court: Court, authority: Authority, bags: Path
) -> None:
    case = await court.case()
    await court.vouched(authority)
    await court.desk.message(case, b"after the others vouched")
    await court.vouched(authority)
    bag = unpacked(await court.parcel(case), court.expert, bags)
    (export,) = await exports(court.desk)
    assert export.signer == court.doctor.signer.public
    assert export.size == (bag / "data/inventory.json").stat().st_size
    assert len(list((bag / "data/checkpoints").iterdir())) == 2
    assert verify(bag, "--log-key", await court.log_key()).found == ""


async def test_who_has_only_a_classic_key_gets_one_too(court: Court) -> None:
    case = await court.case()
    expert = pyrage.x25519.Identity.generate()
    parcel = await court.parcel(case, recipient=parse_recipient(str(expert.to_public())))
    sink = io.BytesIO()
    parcel.send(sink)
    assert len(sink.getvalue()) == parcel.size
    tar = io.BytesIO(pyrage.decrypt(sink.getvalue(), [expert]))
    with tarfile.open(fileobj=tar) as archive:
        assert f"{parcel.root}/data/index.pdf" in archive.getnames()


async def test_what_goes_while_it_is_sent_breaks_the_bundle_off(court: Court) -> None:
    case = await court.case()
    await court.picture(case)
    parcel = await court.parcel(case)
    for kept in list(court.desk.store.objects()):
        court.desk.store.erase(kept.ref)
    with pytest.raises(GoneError):
        parcel.send(io.BytesIO())
    with pytest.raises(GoneError):
        _ = [block async for block in parcel.blocks()]


async def test_who_stops_taking_it_stops_it(court: Court) -> None:
    case = await court.case()
    await court.picture(case, b"\xff\xd8\xff" + bytes(4 * BLOCK))
    blocks = (await court.parcel(case)).blocks()
    assert isinstance(blocks, AsyncIterator)
    assert await anext(blocks)
    await asyncio.wait_for(blocks.aclose(), 20)  # type: ignore[attr-defined]


async def test_the_index_says_that_it_is_for_keeping_and_in_which_language(
    court: Court, bags: Path
) -> None:
    case = await court.case()
    bag = unpacked(await court.parcel(case, language="fr"), court.expert, bags)
    said = unpressed((bag / "data/index.pdf").read_bytes())
    assert b'pdfaid:part="3"' in said
    assert b"/Lang (fr" in said


async def test_the_consents_have_the_words_that_were_shown(court: Court, bags: Path) -> None:
    case = await court.case()
    bag = unpacked(await court.parcel(case), court.expert, bags)
    c4 = next(
        one
        for one in json.loads((bag / "data/consents.json").read_text())
        if one["consent"] == "c4"
    )
    assert "International Criminal Court" in c4["words"]
    assert (c4["language"], c4["at"]) == ("en", NOW.isoformat())
