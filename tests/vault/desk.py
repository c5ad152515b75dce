"""A desk at which tests work on cases, each step in a transaction of its own."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy import select, text

from core.database import Sessions
from core.identifiers import CaseId, ProfessionalId, RecordId
from vault.age import Identity
from vault.cases import admit, open_case, shred
from vault.colleagues import let_go, let_in
from vault.disclose import BEGINNING, Record, disclose, export_identities
from vault.keys import LocalKeyProvider
from vault.preserve import preserve_record, preserve_report
from vault.signing import ActorKey
from vault.store import DirectoryStore
from vault.tables import GROWING, CustodyEntry

SWITCH = ("DISABLE", "ENABLE")
NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


def files(directory: Path) -> list[Path]:
    """Every file below a directory."""
    return [path for path in directory.rglob("*") if path.is_file()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Professional:
    """Somebody with an identity of their own."""

    id: ProfessionalId = field(default_factory=lambda: ProfessionalId(uuid4()))
    identity: Identity = field(default_factory=Identity.generate)

    @property
    def signer(self) -> ActorKey:
        return ActorKey.of(self.identity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One server: its database, key, store and escrow."""

    sessions: Sessions
    keys: LocalKeyProvider
    store: DirectoryStore
    escrow: Identity = field(default_factory=Identity.generate)

    async def open(self) -> CaseId:
        async with self.sessions.begin() as session:
            return await open_case(session, keys=self.keys, escrow=self.escrow.recipient, now=NOW)

    async def admit(self, case: CaseId, who: Professional) -> None:
        async with self.sessions.begin() as session:
            await admit(
                session,
                case,
                keys=self.keys,
                professional=who.id,
                recipient=who.identity.recipient,
                signer=who.signer,
            )

    async def opened_for(self, who: Professional) -> CaseId:
        case = await self.open()
        await self.admit(case, who)
        return case

    async def report(self, case: CaseId, content: bytes) -> RecordId:
        async with self.sessions.begin() as session:
            return await preserve_report(session, self.store, case, content=content, now=NOW)

    async def message(
        self,
        case: CaseId,
        content: bytes,
        *,
        kind: str = "message",
        author: str = "survivor",
        signer: ActorKey | None = None,
    ) -> RecordId:
        async with self.sessions.begin() as session:
            return await preserve_record(
                session, case, kind=kind, author=author, content=content, now=NOW, signer=signer
            )

    async def read(
        self,
        case: CaseId,
        who: Professional,
        *,
        after: RecordId = BEGINNING,
        kinds: Collection[str] | None = None,
    ) -> list[Record]:
        async with self.sessions.begin() as session:
            return await disclose(
                session,
                self.store,
                case,
                reader=who.id,
                identity=who.identity,
                after=after,
                kinds=kinds,
            )

    async def let_in(self, case: CaseId, colleague: Professional, *, by: Professional) -> None:
        async with self.sessions.begin() as session:
            await let_in(
                session,
                case,
                by=by.id,
                identity=by.identity,
                colleague=colleague.id,
                recipient=colleague.identity.recipient,
                now=NOW,
            )

    async def let_go(
        self,
        case: CaseId,
        colleague: Professional,
        *,
        by: Professional,
        staying: Sequence[Professional],
    ) -> None:
        async with self.sessions.begin() as session:
            await let_go(
                session,
                case,
                by=by.id,
                identity=by.identity,
                colleague=colleague.id,
                recipients={one.id: one.identity.recipient for one in staying},
                escrow=self.escrow.recipient,
                now=NOW,
            )

    async def contents(self, case: CaseId, who: Professional) -> list[bytes]:
        return [record.content for record in await self.read(case, who)]

    async def export(self, case: CaseId, who: Professional) -> list[Identity]:
        async with self.sessions.begin() as session:
            return await export_identities(session, case, reader=who.id, identity=who.identity)

    async def shred(self, case: CaseId) -> None:
        async with self.sessions.begin() as session:
            await shred(session, case, store=self.store)

    async def tamper(self, *statements: str) -> None:
        """Do what the database can't refuse to its administrator."""
        tables = [table.__tablename__ for table in GROWING]
        off, on = ([f"ALTER TABLE {t} {v} TRIGGER USER" for t in tables] for v in SWITCH)
        async with self.sessions.begin() as session:
            for statement in ("SET LOCAL ROLE NONE", *off, *statements, *on):
                await session.execute(text(statement))

    async def entries(self) -> list[CustodyEntry]:
        async with self.sessions() as session:
            query = select(CustodyEntry).order_by(CustodyEntry.sequence)
            return list(await session.scalars(query))
