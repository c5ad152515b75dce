"""Checkpoints: what the log has signed it can't take back, not even with its database."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.vault.desk import Desk
from vault import ledger, note
from vault.checkpoint import log_signer, read, sign_checkpoint, written
from vault.errors import SealError, TamperedError
from vault.keys import LocalKeyProvider
from vault.note import Signer, Verifier
from vault.tlog import (
    TreeHead,
    consistency_spans,
    inclusion_spans,
    verify_consistency,
    verify_inclusion,
)
from vault.verify import verify_log

HEAD = TreeHead(size=20852163, root=bytes(range(32)))
SIGNER = Signer("log.example", bytes(32))


async def signed(desk: Desk) -> str:
    async with desk.sessions.begin() as session:
        return await sign_checkpoint(session, desk.keys)


async def verifier_of(desk: Desk) -> Verifier:
    async with desk.sessions.begin() as session:
        return (await log_signer(session, desk.keys)).verifier


async def found(desk: Desk, *notes: str) -> list[str]:
    verifier = await verifier_of(desk)
    async with desk.sessions() as session:
        return [str(finding) for finding in (await verify_log(session, verifier, notes)).findings]


async def attack(desk: Desk, *statements: str) -> None:
    """Do what the database can't refuse to its owner."""
    tables = ("custody_entries", "custody_checkpoints")
    off, on = ([f"ALTER TABLE {t} {verb} TRIGGER USER" for t in tables] for verb in SWITCH)
    async with desk.sessions.begin() as session:
        for statement in ("SET LOCAL ROLE NONE", *off, *statements, *on):
            await session.execute(text(statement))


SWITCH = ("DISABLE", "ENABLE")


async def grown(desk: Desk, count: int) -> str:
    """A checkpoint after `count` more entries."""
    for _ in range(count):
        await desk.open()
    return await signed(desk)


class TestTheText:
    def test_it_is_as_the_specification_has_it(self) -> None:
        text = written("log.example", HEAD)
        assert text == "log.example\n20852163\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
        assert read(SIGNER.sign(text), SIGNER.verifier) == HEAD

    @pytest.mark.parametrize(
        "text",
        [
            written("other.example", HEAD),
            written("log.example", HEAD).replace("\n2", "\n02"),
            written("log.example", HEAD).replace("\n2", "\n+2"),
            written("log.example", HEAD).replace("208", "2_08"),
            written("log.example", HEAD).replace("8=\n", "9=\n"),
            written("log.example", HEAD) + "extension\n",
            "log.example\n1\n",
            "log.example\nmany\nAAAA\n",
        ],
    )
    def test_any_other_form_is_refused_even_signed(self, text: str) -> None:
        with pytest.raises(TamperedError):
            read(SIGNER.sign(text), SIGNER.verifier)


class TestSigning:
    async def test_a_checkpoint_is_of_the_log_as_it_is(self, desk: Desk) -> None:
        checkpoint = await grown(desk, 3)
        async with desk.sessions() as session:
            head = await ledger.head(session)
        assert read(checkpoint, await verifier_of(desk)) == head
        assert head.size == 3

    async def test_without_new_entries_it_is_the_same_again(self, desk: Desk) -> None:
        checkpoint = await grown(desk, 1)
        assert await signed(desk) == checkpoint

    async def test_signers_at_once_agree_on_key_and_checkpoint(self, desk: Desk) -> None:
        await desk.open()
        assert len(set(await asyncio.gather(*(signed(desk) for _ in range(5))))) == 1

    async def test_the_key_is_sealed_by_this_server(self, desk: Desk, tmp_path: Path) -> None:
        await grown(desk, 1)
        stranger = LocalKeyProvider.open(tmp_path / "other.key")
        with pytest.raises(SealError):
            await signed(Desk(sessions=desk.sessions, keys=stranger, store=desk.store))

    async def test_checkpoints_can_only_be_added(self, desk: Desk) -> None:
        await grown(desk, 1)
        async with desk.sessions() as session:
            await session.execute(text("SET LOCAL ROLE NONE"))
            with pytest.raises(DBAPIError, match="only grows"):
                await session.execute(text("DELETE FROM custody_checkpoints"))

    @pytest.mark.parametrize(
        "statement",
        [
            "DELETE FROM custody_entries WHERE sequence > 3",
            "UPDATE custody_entries SET node = sha256('x') WHERE sequence = 4",
        ],
    )
    async def test_a_log_that_was_rewritten_is_not_signed(self, desk: Desk, statement: str) -> None:
        await grown(desk, 4)
        await attack(desk, statement)
        with pytest.raises(TamperedError, match="signed at entry 4"):
            await grown(desk, 0)


class TestProofs:
    async def test_the_rows_prove_every_entry_and_every_older_log(self, desk: Desk) -> None:
        verifier = await verifier_of(desk)
        older, newer = read(await grown(desk, 5), verifier), read(await grown(desk, 6), verifier)
        entries = await desk.entries()
        async with desk.sessions() as session:
            for index, entry in enumerate(entries):
                proof = await ledger.subtrees(session, inclusion_spans(index, newer.size))
                assert verify_inclusion(entry.leaf, index, newer.size, proof, newer.root)
            proof = await ledger.subtrees(session, consistency_spans(older.size, newer.size))
        assert verify_consistency(older.size, newer.size, older.root, newer.root, proof)

    async def test_a_hole_proves_nothing(self, desk: Desk) -> None:
        await grown(desk, 4)
        await attack(desk, "DELETE FROM custody_entries WHERE sequence = 2")
        async with desk.sessions() as session:
            with pytest.raises(TamperedError, match="missing"):
                await ledger.subtrees(session, inclusion_spans(2, 4))


class TestAttacks:
    async def test_an_honest_log_passes(self, desk: Desk) -> None:
        kept = [await grown(desk, count) for count in (0, 3, 4)]
        await desk.open()
        assert await found(desk, *kept) == []

    @pytest.mark.parametrize(
        ("statement", "finding"),
        [
            (
                "UPDATE custody_entries SET actor = 'nobody' WHERE sequence = 4",
                "custody entry 4: it does not say what was written",
            ),
            (
                "UPDATE custody_entries SET at = at - interval '1 day' WHERE sequence = 6",
                "custody entry 6: it does not say what was written",
            ),
            ("DELETE FROM custody_entries WHERE sequence = 5", "custody entries 5: missing"),
            ("DELETE FROM custody_entries WHERE sequence > 5", "custody entries 6 to 7: missing"),
            (
                "UPDATE custody_checkpoints SET note = replace(note, E'\\n7\\n', E'\\n6\\n')",
                "checkpoint of 7 entries: not signed by this log's key, or of another size",
            ),
            (
                "UPDATE custody_checkpoints SET size = 2 WHERE size = 3",
                "checkpoint of 2 entries: not signed by this log's key, or of another size",
            ),
        ],
    )
    async def test_the_database_owners_change_is_named(
        self, desk: Desk, statement: str, finding: str
    ) -> None:
        await grown(desk, 3)
        await grown(desk, 4)
        await attack(desk, statement)
        assert await found(desk) == [finding]

    async def test_an_older_database_put_back_is_known_by_a_checkpoint_kept_elsewhere(
        self, desk: Desk
    ) -> None:
        await grown(desk, 3)
        kept = await grown(desk, 2)
        await attack(
            desk,
            "DELETE FROM custody_entries WHERE sequence > 3",
            "DELETE FROM custody_checkpoints WHERE size > 3",
        )
        assert await found(desk) == []
        assert await found(desk, kept) == ["custody entries 4 to 5: missing"]

    async def test_a_log_begun_anew_is_known_by_a_checkpoint_kept_elsewhere(
        self, desk: Desk
    ) -> None:
        """Even by one who can sign: the server itself."""
        kept = await grown(desk, 3)
        await attack(desk, "DELETE FROM custody_entries", "DELETE FROM custody_checkpoints")
        await grown(desk, 3)
        assert await found(desk) == []
        assert await found(desk, kept) == [
            "custody entries 1 to 3: not those that were signed for; the log was rewritten"
        ]

    async def test_a_checkpoint_of_another_log_is_refused(self, desk: Desk) -> None:
        await grown(desk, 1)
        foreign = note_of(SIGNER)
        with pytest.raises(TamperedError, match="not signed by the key"):
            await found(desk, foreign)


def note_of(signer: Signer) -> str:
    made = signer.sign(written(signer.name, HEAD))
    assert note.opened(made, [signer.verifier])
    return made
