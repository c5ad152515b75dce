"""Making a bundle: what the person agreed to, opened, listed, signed for, proven, sealed.

The export's custody entry, signed by who exports, carries the SHA-256 of the bundle's inventory;
the inventory names every original, consent, entry and withheld record. So whoever takes something
out afterwards, or puts something in, needs that person's key and a new log. Nothing is handed out
before that entry is committed.
"""

import asyncio
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
from vault import custody
from vault.age import Identity, Recipient
from vault.age.classic import ClassicRecipient
from vault.bundle import papers
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
            listed = papers.inventory(material, holder_of(order.reader), entries, payload)
            custody.log(session, _export(order, listed), ActorKey.of(order.identity))
        async with self.sessions.begin() as session:
            checkpoint = await sign_checkpoint(session, self.keys)
        async with self.sessions.begin() as session:
            entries = [
                *entries,
                *(one for one in await entries_of(session, order.case_id) if _is(one, listed)),
            ]
            proven = await papers.proven(session, entries, said, size=papers.size_of(checkpoint))
        keys = {"log": str(signer.verifier), "witnesses": list(self.known.witnesses)}
        files = [
            *payload,
            listed,
            *proven,
            held("data/custody/keys.json", papers.as_json(keys)),
            *papers.others_words(said),
        ]
        if self.known.authorities:
            files.append(held("data/timestamps/authorities.pem", self.known.authorities.encode()))
        return Parcel(
            items=bagged(files, papers.info(material), [held("verify.py", VERIFIER.read_bytes())]),
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
            held("data/consents.json", papers.as_json(list(material.consents))),
            held(
                "data/withheld.json",
                papers.as_json([papers.redacted(one) for one in material.withheld]),
            ),
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
