"""A witness as a process of its own against a real server: it signs growth, and refuses forks."""

import asyncio
import hashlib
import os
import sys
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import FastAPI

from bots.witness import witness_routes
from core.errors import ConfigurationError
from tests.fakes.loopback import serve
from tests.vault.desk import Desk
from vault import ledger, vouchers
from vault.checkpoint import log_signer, read, sign_checkpoint, written
from vault.errors import TamperedError
from vault.findings import Finding, Problem
from vault.note import Signer, Verifier, lines_of, opened
from vault.proofs import Proof, prove
from vault.tlog import EMPTY, TreeHead
from vault.vouchers import read_witnesses
from vault.witness import ForkError, Offer, ask, offer

NGO = Signer("ngo.example", bytes(range(32)))
NOW = 1_800_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    code: int
    said: str
    complained: str


async def witness(url: str, log: Verifier, key: Path, *more: str) -> Outcome:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "backup", "witness", url, "--log", str(log)),
        *("--key", str(key), *more),
        env={"PATH": os.environ["PATH"]},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        said, complained = await process.communicate()
    return Outcome(code=process.returncode or 0, said=said.decode(), complained=complained.decode())


def evidence(folder: Path) -> tuple[str, str]:
    """Both notes of the latest fork that a witness found."""
    latest = max(folder.glob("fork-*"))
    return (latest / "seen.note").read_text(), (latest / "offered.note").read_text()


async def grown(desk: Desk, count: int) -> str:
    for _ in range(count):
        await desk.open()
    async with desk.sessions.begin() as session:
        return await sign_checkpoint(session, desk.keys)


@pytest.fixture
async def log(desk: Desk) -> Verifier:
    async with desk.sessions.begin() as session:
        return (await log_signer(session, desk.keys)).verifier


async def vouched(desk: Desk, *witnesses: Verifier) -> vouchers.Vouchers:
    async with desk.sessions() as session:
        return await vouchers.check_vouchers(session, witnesses, [])


async def test_growth_is_signed_and_a_fork_is_refused_with_evidence(
    desk: Desk, log: Verifier, tmp_path: Path
) -> None:
    key = tmp_path / "witness.key"
    first = await grown(desk, 5)
    app = FastAPI()
    async with serve(app) as url:
        refused = await witness(url, log, key, "--name", "ngo.example")
        assert (refused.code, refused.complained.count("404")) == (2, 1)
        known = Verifier.parse(refused.said.split()[-1])
        assert known.name == "ngo.example"
        assert key.stat().st_mode & 0o777 == 0o600
        app.include_router(witness_routes(desk.sessions, [known]))

        assert (await witness(url, log, key)).said.endswith("5 entries, 5 of them new\n")
        await grown(desk, 3)
        assert (await witness(url, log, key)).said.endswith("8 entries, 3 of them new\n")
        assert (await witness(url, log, key)).said.endswith("8 entries, 0 of them new\n")
        report = await vouched(desk, known)
        assert report.findings == ()
        assert [(one.name, one.size) for one in report.witnessed] == [("ngo.example", 8)]
        async with desk.sessions() as session:
            newest = await ledger.checkpoint_of(session)
            proof = await prove(session, 3)
        assert newest is not None
        assert opened(newest[1], [log, known]) == opened(newest[1], [log])
        assert list(lines_of(newest[1])) == [log.name, "ngo.example"]
        assert proof.checkpoint == newest[1]
        assert Proof.parse(str(proof)) == proof

        # Put back to what it was, together with its checkpoints; then it goes on otherwise.
        await desk.tamper(
            "DELETE FROM custody_cosignatures",
            "DELETE FROM custody_checkpoints WHERE size = 8",
            "DELETE FROM custody_entries WHERE sequence > 5",
        )
        shrunk = await witness(url, log, key)
        assert (shrunk.code, "8 entries, and now has 5" in shrunk.complained) == (3, True)
        await grown(desk, 6)
        forked = await witness(url, log, key)
        assert (forked.code, "LOG WAS REWRITTEN" in forked.complained) == (3, True)
        seen, offered = evidence(tmp_path)
        assert (read(seen, log).size, read(offered, log).size) == (8, 11)
        assert (await vouched(desk, known)).witnessed == ()
    assert read(first, log).size == 5


async def test_only_a_known_witness_is_answered_and_only_now(desk: Desk, log: Verifier) -> None:
    await grown(desk, 3)
    stranger = Signer("ngo.example", bytes(32))
    async with desk.sessions() as session:
        answer = await offer(session, ask(NGO, seen=0, at=NOW), witnesses=KNOWN, at=NOW + 9)
        assert Offer.parse(answer).follows(None, log).size == 3
        for asked, at in (
            (ask(stranger, seen=0, at=NOW), NOW),
            (ask(NGO, seen=0, at=NOW), NOW + 301),
            (NGO.sign("backup-witness/v2\n1800000000\n0\n"), NOW),
            (NGO.sign("backup-witness/v1\n1800000000\n-1\n"), NOW),
            (NGO.sign("backup-witness/v1\n1800000000\n"), NOW),
            ("", NOW),
        ):
            with pytest.raises(TamperedError):
                await offer(session, asked, witnesses=KNOWN, at=at)


async def test_a_cosignature_is_kept_only_under_the_checkpoint_that_it_signs(
    desk: Desk, log: Verifier
) -> None:
    one, two = await grown(desk, 2), await grown(desk, 2)
    line = NGO.cosign(opened(one, [log]), NOW)
    async with desk.sessions.begin() as session:
        for size in (4, 3):
            with pytest.raises(TamperedError):
                await vouchers.add_cosignature(session, size, NGO.cosigner, line)
        for _ in range(2):
            await vouchers.add_cosignature(session, 2, NGO.cosigner, line)
    assert [one.size for one in (await vouched(desk, NGO.cosigner)).witnessed] == [2]
    assert (await vouched(desk)).unchecked == 1
    forged = NGO.cosign(opened(two, [log]), NOW)
    await desk.tamper(f"UPDATE custody_cosignatures SET line = '{forged}'")  # noqa: S608
    assert (await vouched(desk, NGO.cosigner)).findings == (Finding.at(Problem.UNWITNESSED, 2),)


async def test_a_proof_that_does_not_fit_is_a_fork(desk: Desk, log: Verifier) -> None:
    seen, _ = await grown(desk, 3), await grown(desk, 4)
    async with desk.sessions() as session:
        text = await offer(session, ask(NGO, seen=3, at=NOW), witnesses=KNOWN, at=NOW)
    good = Offer.parse(text)
    assert good.follows(seen, log).size == 7
    for hashes in (good.hashes[1:], good.hashes[::-1], ()):
        with pytest.raises(ForkError, match="does not begin with the 3"):
            Offer(old=3, hashes=hashes, checkpoint=good.checkpoint).follows(seen, log)
    strange = Signer(log.name, bytes(32)).sign(written(log.name, TreeHead(size=0, root=EMPTY)))
    with pytest.raises(TamperedError, match="not signed"):
        Offer(old=3, hashes=(), checkpoint=strange).follows(seen, log)


@pytest.mark.parametrize("text", ["", "old 3", "old x\n\nnote", "new 3\n\nnote", "old 3\nAA\n\nn"])
def test_what_is_no_offer_is_malformed(text: str) -> None:
    with pytest.raises(TamperedError, match="malformed"):
        Offer.parse(text)


def test_the_line_is_as_the_specification_has_it() -> None:
    text = "log.example\n1\nAAAA\n"
    dash, name, material = NGO.cosign(text, 1679315147).split(" ")
    key_id, time, signature = (b64decode(material)[i:j] for i, j in ((0, 4), (4, 12), (12, 76)))
    public = NGO.cosigner.public
    assert (dash, name) == ("\N{EM DASH}", "ngo.example")
    assert key_id == hashlib.sha256(b"ngo.example\n\x04" + public).digest()[:4]
    assert int.from_bytes(time, "big") == 1679315147
    message = f"cosignature/v1\ntime 1679315147\n{text}".encode()
    Ed25519PublicKey.from_public_bytes(public).verify(signature, message)


def test_keys_of_witnesses_are_read_from_the_setting() -> None:
    other = Signer("other.example", bytes(32)).cosigner
    assert read_witnesses(f"{NGO.cosigner}, {other}") == [NGO.cosigner, other]
    assert read_witnesses(None) == []
    for wrong in ("nobody", str(NGO.verifier), f"{NGO.cosigner};{other}"):
        with pytest.raises(ConfigurationError, match="WITNESS_KEYS"):
            read_witnesses(wrong)


KNOWN = [NGO.cosigner]
