"""Making a bundle: what the person agreed to, opened, listed, signed for, proven, sealed.

The export's custody entry, signed by who exports, carries the SHA-256 of the bundle's inventory;
the inventory names every original, consent, entry and withheld record. So whoever takes something
out afterwards, or puts something in, needs that person's key and a new log. Nothing is handed out
before that entry is committed.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Self

from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Sessions
from core.identifiers import CaseId, ProfessionalId, RecordId
from core.settings import Settings
from locales import Catalogs
from vault import custody, proofs
from vault.age import Identity, Recipient
from vault.age.classic import ClassicRecipient
from vault.bundle.agreed import FILES, consents, require_agreed, standing
from vault.bundle.bag import Item, bagged, held
from vault.bundle.evidence import (
    PRESERVED,
    Vouched,
    entries_of,
    erased,
    records_of,
    vouched,
)
from vault.bundle.index import Event, index
from vault.bundle.linked import linked
from vault.bundle.material import (
    CONSENT,
    KEPT_BY_CONSENT,
    REPORT,
    WITHOUT_CONSENT,
    Held,
    Json,
    Material,
)
from vault.bundle.originals import Source, opened, read
from vault.bundle.stream import Parcel
from vault.cases import holder_of
from vault.checkpoint import log_signer, sign_checkpoint
from vault.disclose import case_identities
from vault.entries import Act, Action, Entry
from vault.keys import KeyProvider
from vault.signing import ActorKey
from vault.store import ObjectStore
from vault.tables import SealedRecord
from vault.vouchers import read_witnesses

VERIFIER = Path(__file__).parent / "verify.py"
Chronicle = Callable[[Material, Sequence[Entry]], Sequence[Event]]
"""Makes the events of the index, in the reader's language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be handed over, to whom, and by whom."""

    case_id: CaseId
    reference: str
    recipient: Recipient | ClassicRecipient
    language: str
    version: str
    reader: ProfessionalId
    identity: Identity = field(repr=False)
    withheld: Mapping[RecordId, str] = field(default_factory=dict)
    """Reasons (see `REASONS`) by record."""
    asked_first: bool = False
    """The professional says that the person was asked for this handover and agreed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Public keys that go with the bundle; only a comparison with published ones gives them weight.

    Keys are written `name+hash+key`; `authorities` are certificates in PEM.
    """

    witnesses: Sequence[str] = ()
    authorities: str = ""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Those of the witnesses and time authorities that a deployment uses."""
        witnesses = [str(one) for one in read_witnesses(settings.witness_keys)]
        file = settings.timestamp_ca
        return cls(witnesses=witnesses, authorities="" if file is None else file.read_text())


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """What bundles are made with."""

    sessions: Sessions
    keys: KeyProvider
    store: ObjectStore
    catalogs: Catalogs
    chronicle: Chronicle
    known: Known = field(default_factory=Known)

    async def make(self, order: Order, *, now: datetime) -> Parcel:
        """Write the export down, and give the sealed bundle, ready to be sent.

        Raises:
            NotAllowedError: the reader is not on the case.
            NotAgreedError: the person did not agree.
            SealError, TamperedError, GoneError: a record is not as it was kept.
            ConfigurationError: the machine lacks what the PDF is made with.
        """
        async with self.sessions.begin() as session:
            signer = await log_signer(session, self.keys)
        async with self.sessions.begin() as session:
            entries = await entries_of(session, order.case_id)
            said = await vouched(session, [entry.sequence for entry in entries])
            material = await self._material(session, order, entries, now)
            payload = await asyncio.to_thread(
                self._payload, material, entries, said, str(signer.verifier)
            )
            inventory = held("data/inventory.json", _inventory(material, order, entries, payload))
            custody.log(session, _export(order, inventory), ActorKey.of(order.identity))
        async with self.sessions.begin() as session:
            checkpoint = await sign_checkpoint(session, self.keys)
        async with self.sessions.begin() as session:
            entries = [
                *entries,
                *(one for one in await entries_of(session, order.case_id) if _is(one, inventory)),
            ]
            proven = await _proven(session, entries, said, size=_size(checkpoint))
        keys = {"log": str(signer.verifier), "witnesses": list(self.known.witnesses)}
        files = [
            *payload,
            inventory,
            *proven,
            held("data/custody/keys.json", _json(keys)),
            *_said(said),
        ]
        if self.known.authorities:
            files.append(held("data/timestamps/authorities.pem", self.known.authorities.encode()))
        return Parcel(
            items=bagged(files, _info(material), [held("verify.py", VERIFIER.read_bytes())]),
            root=f"bundle-{order.reference}-{now:%Y%m%dT%H%M%SZ}",
            at=now,
            recipient=order.recipient,
        )

    async def _material(
        self, session: AsyncSession, order: Order, entries: Sequence[Entry], now: datetime
    ) -> Material:
        source = Source(
            store=self.store,
            identities=await case_identities(
                session, order.case_id, reader=order.reader, identity=order.identity
            ),
            preserved={
                entry.record_id: entry
                for entry in entries
                if entry.action in PRESERVED and entry.record_id is not None
            },
        )
        rows = await records_of(session, order.case_id)
        given = await asyncio.to_thread(self._consents, rows, source)
        holding = standing(given)
        require_agreed(holding, asked_first=order.asked_first)
        withheld = {**_without_consent(rows, holding), **order.withheld}
        for row in rows:
            if row.kind == CONSENT:  # what was agreed to is never held back
                withheld.pop(RecordId(row.id), None)
        return Material(
            case_id=order.case_id,
            reference=order.reference,
            records=await asyncio.to_thread(opened, rows, source, withheld),
            erased=erased(entries, {row.id for row in rows}),
            consents=given,
            made_at=now,
            language=order.language,
            version=order.version,
            asked_first=order.asked_first,
        )

    def _consents(self, rows: Sequence[SealedRecord], source: Source) -> list[Json]:
        told = (row for row in rows if row.kind in {REPORT, CONSENT})
        return consents(((row.id, row.kind, read(row, source)) for row in told), self.catalogs)

    def _payload(
        self, material: Material, entries: Sequence[Entry], said: Sequence[Vouched], log: str
    ) -> list[Item]:
        """The files that the inventory lists by their hashes."""
        document = index(
            material,
            self.chronicle(material, entries),
            [word.confirmation for word in said],
            log=log,
            catalogs=self.catalogs,
        )
        made = [
            held("data/index.pdf", document),
            held("data/case.jsonld", linked(material)),
            held("data/consents.json", _json(list(material.consents))),
            held("data/withheld.json", _json([_redacted(one) for one in material.withheld])),
        ]
        kept = (
            item
            for record in material.given
            for item in (record.original, record.sealed)
            if item is not None
        )
        return [*made, *kept]


def _without_consent(rows: Sequence[SealedRecord], holding: frozenset[str]) -> dict[RecordId, str]:
    """Files go only where the person agrees that they are kept."""
    if FILES in holding:
        return {}
    return {RecordId(row.id): WITHOUT_CONSENT for row in rows if row.kind in KEPT_BY_CONSENT}


def _redacted(record: Held) -> Json:
    return {**record.to_json(), "remains": "the sealed original stays where it is kept"}


def _inventory(
    material: Material, order: Order, entries: Sequence[Entry], payload: Sequence[Item]
) -> bytes:
    return _json(
        {
            "version": 1,
            "case": str(material.case_id),
            "reference": material.reference,
            "made_at": material.made_at.isoformat(),
            "by": holder_of(order.reader),
            "software": f"BackUp {material.version}",
            "language": material.language,
            "asked_first": material.asked_first,
            "records": [record.to_json() for record in material.records],
            "erased": list(material.erased),
            "entries": [
                {"sequence": entry.sequence, "leaf": entry.leaf.hex()} for entry in entries
            ],
            "files": {item.path: {"size": item.size, "sha512": item.sha512} for item in payload},
        }
    )


def _export(order: Order, inventory: Item) -> Act:
    return Act(
        actor=holder_of(order.reader),
        action=Action.EXPORT,
        case_id=order.case_id,
        sha256=bytes.fromhex(inventory.sha256),
        size=inventory.size,
    )


def _is(entry: Entry, inventory: Item) -> bool:
    return entry.action == Action.EXPORT and entry.sha256 == bytes.fromhex(inventory.sha256)


async def _proven(
    session: AsyncSession, entries: Sequence[Entry], said: Sequence[Vouched], *, size: int
) -> list[Item]:
    """The entries, a proof for each, and that the log only grew since others vouched for it."""
    shown = [await proofs.prove(session, entry.sequence, size) for entry in entries]
    grown = {
        old: proofs.encoded(await proofs.consistency(session, old, size)).split()
        for old in sorted({word.size for word in said})
    }
    lines = "".join(
        json.dumps(
            {"sequence": one.sequence, "salt": one.salt.hex(), "text": one.text.decode()},
            ensure_ascii=False,
        )
        + "\n"
        for one in entries
    )
    return [
        held("data/custody/entries.jsonl", lines.encode()),
        *(
            held(f"data/custody/proofs/{entry.sequence:08}.tlog-proof", str(proof).encode())
            for entry, proof in zip(entries, shown, strict=True)
        ),
        held("data/custody/checkpoint.txt", shown[-1].checkpoint.encode()),
        held("data/custody/consistency.json", _json(grown)),
    ]


def _said(said: Sequence[Vouched]) -> list[Item]:
    """Checkpoints as others vouched for them, and their words."""
    notes = {word.size: word.note for word in said}
    items = [held(f"data/checkpoints/{size:08}.txt", notes[size].encode()) for size in notes]
    for number, word in enumerate(said):
        stem = f"{word.size:08}-{number:04}"
        match word.proof:
            case str():
                items.append(held(f"data/cosignatures/{stem}.txt", f"{word.proof}\n".encode()))
            case bytes():
                items.append(held(f"data/timestamps/{stem}.tst", word.proof))
            case _:
                items.append(held(f"data/anchors/{stem}.json", _json(word.proof)))
    return items


def _size(checkpoint: str) -> int:
    """The entries that a checkpoint covers."""
    return int(checkpoint.split("\n")[1])


def _info(material: Material) -> list[tuple[str, str]]:
    return [
        ("Bagging-Date", f"{material.made_at:%Y-%m-%d}"),
        ("Bag-Software-Agent", f"BackUp {material.version}"),
        ("External-Identifier", f"urn:uuid:{material.case_id}"),
        ("Internal-Sender-Identifier", material.reference),
    ]


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"
