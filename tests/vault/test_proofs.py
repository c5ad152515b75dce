"""Proofs for others: that an entry is in the log, in the text that the specification has."""

from dataclasses import replace

import pytest

from tests.vault.desk import Desk
from vault import ledger, tlog
from vault.checkpoint import log_signer, sign_checkpoint
from vault.errors import TamperedError
from vault.note import Verifier
from vault.proofs import Proof, consistency, decoded, encoded, inclusion, prove

SIZE = 13


@pytest.fixture
async def log(desk: Desk) -> Verifier:
    for _ in range(SIZE):
        await desk.open()
    async with desk.sessions.begin() as session:
        await sign_checkpoint(session, desk.keys)
    async with desk.sessions.begin() as session:
        return (await log_signer(session, desk.keys)).verifier


async def test_every_entry_is_proven_under_the_newest_checkpoint(desk: Desk, log: Verifier) -> None:
    await desk.open()  # not signed for yet
    async with desk.sessions() as session:
        entries = [entry async for entry in ledger.entries(session)]
        for entry in entries[:-1]:
            proof = Proof.parse(str(await prove(session, entry.sequence)))
            assert proof.verify(entry.leaf, log).size == SIZE
        with pytest.raises(TamperedError, match="covers entry 14"):
            await prove(session, SIZE + 1)
        with pytest.raises(TamperedError, match="covers entry 1 yet"):
            await prove(session, 1, size=5)


async def test_the_text_is_as_the_specification_has_it(desk: Desk, log: Verifier) -> None:
    async with desk.sessions() as session:
        proof = await prove(session, 3)
        checkpoint = await ledger.last_checkpoint(session)
        hashes = await inclusion(session, 3, SIZE)
    header, index, *lines = str(proof).split("\n\n")[0].split("\n")
    assert (header, index) == ("c2sp.org/tlog-proof@v1", "index 2")
    assert decoded(lines) == tuple(hashes)
    assert str(proof).endswith(f"\n\n{checkpoint}")
    extra = str(proof).replace("\nindex", "\nextra AAAA\nindex")
    assert Proof.parse(extra) == proof
    assert log.name in str(proof)


async def test_a_proof_of_anything_else_is_refused(desk: Desk, log: Verifier) -> None:
    async with desk.sessions() as session:
        proof = await prove(session, 3)
        leaf = [entry.leaf async for entry in ledger.entries(session)][2]
    stranger = replace(log, public=bytes([0x58, *[0x66] * 31]))
    for wrong, key in (
        (replace(proof, index=3), log),
        (replace(proof, hashes=proof.hashes[::-1]), log),
        (replace(proof, hashes=proof.hashes[1:]), log),
        (replace(proof, checkpoint=proof.checkpoint.replace("\n13\n", "\n14\n")), log),
        (proof, stranger),
    ):
        with pytest.raises(TamperedError):
            wrong.verify(leaf, key)
    with pytest.raises(TamperedError, match="does not lead"):
        proof.verify(bytes(32), log)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1",
        "c2sp.org/tlog-proof@v2\nindex 0\n\nx\n1\nAA==\n",
        "c2sp.org/tlog-proof@v1\nindex 00\n\nnote",
        "c2sp.org/tlog-proof@v1\nindex -1\n\nnote",
        "c2sp.org/tlog-proof@v1\nindex \N{ARABIC-INDIC DIGIT ONE}\n\nnote",
        "c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\nnote",
        "c2sp.org/tlog-proof@v1\nindex 1\n*\n\nnote",
        "c2sp.org/tlog-proof@v1\nindex 1\n",
    ],
)
def test_what_is_no_proof_is_malformed(text: str) -> None:
    with pytest.raises(TamperedError, match="malformed"):
        Proof.parse(text)


@pytest.mark.parametrize("old", range(SIZE + 1))
async def test_every_older_log_is_proven_to_be_the_beginning(
    desk: Desk, log: Verifier, old: int
) -> None:
    assert log.name
    async with desk.sessions() as session:
        hashes = await consistency(session, old, SIZE)
        before, now = await ledger.root_at(session, old), await ledger.root_at(session, SIZE)
    assert decoded(encoded(hashes).splitlines()) == tuple(hashes)
    assert tlog.verify_consistency(old, SIZE, before, now, hashes)
