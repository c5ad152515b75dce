"""A case with everything that a bundle can hold, and the bag that an expert has before them."""

import hashlib
import io
import json
import subprocess
import sys
import tarfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from core.identifiers import CaseId, RecordId
from dashboard.chronicle import Chronicler
from dashboard.questionnaire import Questionnaire
from locales import Catalogs
from tests.vault.desk import NOW, Desk, Professional
from vault import custody
from vault.age import Identity, Recipient
from vault.age.classic import ClassicRecipient
from vault.age.open import unseal
from vault.anchor import rlp, trie
from vault.anchor.commitment import commitment
from vault.anchor.keccak import keccak256
from vault.anchor.offline import EVENT
from vault.anchor.tables import AnchorRow
from vault.bundle.make import Known, Maker, Order
from vault.bundle.stream import Parcel
from vault.checkpoint import log_signer, sign_checkpoint
from vault.entries import Act, Action
from vault.intake import seal_file
from vault.note import Signer
from vault.preserve import preserve_file
from vault.repository import recipient_of
from vault.signing import actor_of
from vault.tables import CustodyCosignature, CustodyTimestamp

VERIFIER = Path(__file__).parents[3] / "vault" / "bundle" / "verify.py"
CATALOGS = Catalogs.load(strict=True)
SECONDS = 1_772_400_000
ASKED = {"c1": "ask.c1", "c4": "ask.c4", "c6": "ask.c6"}
WITNESS = Signer("witness.example", bytes(range(32)))
PICTURE = b"\xff\xd8\xff\xe0 a picture as it was delivered " * 4000


def consent(name: str, *, given: bool = True) -> dict[str, Any]:
    """A consent as the program records it."""
    asked = f"ask.{name.partition('.')[0]}"
    return {
        "consent": name,
        "given": given,
        "language": "en",
        "words_sha256": CATALOGS.text_hash("en", asked),
        "at": NOW.isoformat(),
    }


def report(*consents: str) -> bytes:
    """A report in which these were agreed to."""
    facts = {
        "language": "en",
        "answers": {"when": ["when.d1_3"], "landmark": ["@text"]},
        "texts": {"landmark": "قرب السوق القديم"},
        "consents": [consent(name) for name in consents],
    }
    return json.dumps(facts).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Court:
    """A desk, a doctor on a case, and who receives the bundle."""

    desk: Desk
    doctor: Professional
    expert: Identity
    known: Known

    async def enrolled(self) -> None:
        """The log knows the doctor's key."""
        async with self.desk.sessions.begin() as session:
            act = Act(actor=actor_of(self.doctor.id), action=Action.ENROL)
            custody.log(session, act, self.doctor.signer)

    async def case(self, *consents: str) -> CaseId:
        """A case with a report and two messages."""
        case = await self.desk.opened_for(self.doctor)
        await self.desk.report(case, report(*(consents or ("c1", "c4", "c6"))))
        await self.desk.message(case, "Добрий день. مرحبا".encode())
        await self.desk.message(case, b"the second message")
        return case

    async def picture(self, case: CaseId, content: bytes = PICTURE) -> RecordId:
        """A file as it comes over a channel."""

        async def stream() -> AsyncIterator[bytes]:
            yield content

        async with self.desk.sessions.begin() as session:
            recipient = await recipient_of(session, case)
        file = await seal_file(self.desk.store, recipient, stream(), largest=1 << 30)
        async with self.desk.sessions.begin() as session:
            kept = await preserve_file(
                session, case, file, facts={"name": "holiday.jpg", "channel": "telegram"}, now=NOW
            )
        return kept.record

    async def vouched(self, tsa: "Authority") -> None:
        """A witness, a time authority and a development chain vouch for the log as it is now."""
        async with self.desk.sessions.begin() as session:
            note = await sign_checkpoint(session, self.desk.keys)
        size = int(note.split("\n")[1])
        archive = anchored(note)
        async with self.desk.sessions.begin() as session:
            line = WITNESS.cosign(note.rpartition("\n\n")[0] + "\n", SECONDS)
            await session.execute(
                insert(CustodyCosignature).values(
                    size=size, witness=WITNESS.name, at=NOW, line=line
                )
            )
            await session.execute(
                insert(CustodyTimestamp).values(
                    size=size, authority="tsa.example", at=NOW, token=tsa.token(note.encode())
                )
            )
            await session.execute(
                insert(AnchorRow).values(
                    commitment=bytes.fromhex(archive["commitment"]),
                    chain=archive["chain"]["name"],
                    salt=bytes.fromhex(archive["salt"]),
                    checkpoint=note,
                    size=size,
                    state="final",
                    block=1,
                    archive=archive,
                    created_at=NOW,
                    changed_at=NOW,
                )
            )

    async def parcel(
        self,
        case: CaseId,
        *,
        recipient: Recipient | ClassicRecipient | None = None,
        withheld: Mapping[RecordId, str] | None = None,
        asked_first: bool = False,
        language: str = "en",
        catalogs: Catalogs = CATALOGS,
    ) -> Parcel:
        """The bundle, ready to be sent."""
        maker = Maker(
            sessions=self.desk.sessions,
            keys=self.desk.keys,
            store=self.desk.store,
            catalogs=catalogs,
            chronicle=Chronicler(catalogs, Questionnaire.read()),
            known=self.known,
        )
        order = Order(
            case_id=case,
            reference="ABCD-2346",
            recipient=recipient or self.expert.recipient,
            language=language,
            version="0.1.0",
            reader=self.doctor.id,
            identity=self.doctor.identity,
            withheld=withheld or {},
            asked_first=asked_first,
        )
        return await maker.make(order, now=NOW)

    async def log_key(self) -> str:
        """The log's public key, as the organisation publishes it."""
        async with self.desk.sessions.begin() as session:
            return str((await log_signer(session, self.desk.keys)).verifier)


def unpacked(parcel: Parcel, expert: Identity, directory: Path) -> Path:
    """The bag, as the receiver has it after `age -d` and `tar -x`."""
    sink = io.BytesIO()
    parcel.send(sink)
    assert len(sink.getvalue()) == parcel.size
    with tarfile.open(fileobj=io.BytesIO(unseal(sink.getvalue(), expert))) as archive:
        archive.extractall(directory, filter="data")
    return directory / parcel.root


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What verify.py said, and how it ended."""

    code: int
    report: Mapping[str, Any]
    errors: str

    @property
    def found(self) -> str:
        """Everything that is wrong, in one string."""
        return "\n".join(self.report["wrong"])

    @property
    def proven(self) -> str:
        return "\n".join(self.report["proven"])

    @property
    def open(self) -> str:
        return "\n".join(self.report["not_proven"])


def verify(bag: Path, *options: str) -> Verdict:
    """Run verify.py as an expert does, isolated from this program."""
    done = subprocess.run(  # noqa: S603 - our own file
        [sys.executable, "-I", str(VERIFIER), str(bag), "--json", *options],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    report = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    return Verdict(code=done.returncode, report=report, errors=done.stderr)


def rebagged(bag: Path) -> None:
    """What a forger does who knows BagIt: make all manifests anew."""
    payload = sorted(p for p in (bag / "data").rglob("*") if p.is_file())
    octets = sum(p.stat().st_size for p in payload)
    info = (bag / "bag-info.txt").read_text().splitlines()
    info = [line for line in info if not line.startswith("Payload-Oxum")]
    info.append(f"Payload-Oxum: {octets}.{len(payload)}")
    (bag / "bag-info.txt").write_text("\n".join(info) + "\n")
    _manifest(bag, "manifest-sha512.txt", payload)
    tags = [p for p in bag.iterdir() if p.is_file() and p.name != "tagmanifest-sha512.txt"]
    _manifest(bag, "tagmanifest-sha512.txt", tags)


def _manifest(bag: Path, name: str, files: Sequence[Path]) -> None:
    lines = (f"{hashlib.sha512(p.read_bytes()).hexdigest()}  {p.relative_to(bag)}\n" for p in files)
    (bag / name).write_text("".join(lines))


def edited(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change a file; fails if nothing changed."""
    before = path.read_bytes()
    after = change(before)
    assert after != before
    path.write_bytes(after)


def flipped(content: bytes) -> bytes:
    """One bit is another, in the middle."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A local RFC 3161 authority made with openssl."""

    directory: Path

    @classmethod
    def make(cls, directory: Path) -> "Authority":
        (directory / "ts.cnf").write_text(_CONFIGURATION.format(directory=directory))
        (directory / "serial").write_text("01\n")
        _openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "365", "-subj", "/O=Sample/CN=Sample time authority",
            "-config", str(directory / "ts.cnf"), "-extensions", "certificate",
            "-keyout", str(directory / "key.pem"), "-out", str(directory / "ca.pem"),
        )  # fmt: skip
        return cls(directory=directory)

    @property
    def certificates(self) -> str:
        return (self.directory / "ca.pem").read_text()

    def token(self, data: bytes) -> bytes:
        """The DER of a token over the data's SHA-256."""
        (self.directory / "data").write_bytes(data)
        query, token = str(self.directory / "query"), str(self.directory / "token")
        _openssl("ts", "-query", "-data", str(self.directory / "data"), "-sha256", "-cert",
                 "-out", query)  # fmt: skip
        _openssl("ts", "-reply", "-config", str(self.directory / "ts.cnf"), "-queryfile", query,
                 "-token_out", "-out", token)  # fmt: skip
        return Path(token).read_bytes()


_CONFIGURATION = """
[req]
distinguished_name = name
[name]
[certificate]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = sample
[sample]
serial = {directory}/serial
signer_cert = {directory}/ca.pem
signer_key = {directory}/key.pem
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
"""


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=30)  # noqa: S603, S607


def anchored(note: str) -> dict[str, Any]:
    """An archived anchor in a block that was made here, beside another transaction."""
    salt, sender, contract = b"\x07" * 32, b"\xaa" * 20, b"\xbb" * 20
    committed = commitment(salt, note)
    log: list[rlp.Item] = [contract, [EVENT, committed, sender.rjust(32, b"\0")], b""]
    receipts = [
        rlp.encode([b"\x01", rlp.number(21000), bytes(256), []]),
        b"\x02" + rlp.encode([b"\x01", rlp.number(44800), bytes(256), [log]]),
    ]
    proof = trie.prove(receipts, 1)
    fields = [bytes(32)] * 15
    fields[5], fields[8], fields[11] = keccak256(proof[0]), rlp.number(1), rlp.number(SECONDS)
    header = rlp.encode(fields)
    raw = b"\x02\xc0"
    return {
        "version": 1,
        "chain": {"id": 31337, "name": "development", "development": True},
        "contract": f"0x{contract.hex()}",
        "sender": f"0x{sender.hex()}",
        "checkpoint": note,
        "salt": salt.hex(),
        "commitment": committed.hex(),
        "transaction": {"hash": f"0x{keccak256(raw).hex()}", "raw": f"0x{raw.hex()}", "index": 1},
        "block": {
            "number": 1,
            "hash": f"0x{keccak256(header).hex()}",
            "timestamp": SECONDS,
            "header": f"0x{header.hex()}",
        },
        "receipt": {
            "rlp": f"0x{receipts[1].hex()}",
            "log_index": 0,
            "proof": [f"0x{node.hex()}" for node in proof],
        },
    }
