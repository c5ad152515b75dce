"""The SQL of anchors; nothing here commits."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from vault.anchor.tables import AnchorChain, AnchorRow, AnchorTransaction

PENDING, SENT, MINED, FINAL = "pending", "sent", "mined", "final"
"""An anchor's states: made; handed to a node; in a block; in a block that stays, and archived."""


async def is_sole_writer(session: AsyncSession, chain_id: int, sender: str) -> bool:
    """Whether this transaction now holds the one right to send with that key on that chain."""
    name = hashlib.sha256(f"anchor {chain_id} {sender}".encode()).digest()
    lock = int.from_bytes(name[:8], "big", signed=True)
    return bool(await session.scalar(select(func.pg_try_advisory_xact_lock(lock))))


async def add(session: AsyncSession, anchor: Mapping[str, Any]) -> None:
    """Keep a new anchor."""
    await session.execute(insert(AnchorRow).values(state=PENDING, **anchor))


async def add_transaction(session: AsyncSession, transaction: Mapping[str, Any]) -> None:
    """Keep a signed transaction; it may be kept already."""
    await session.execute(upsert(AnchorTransaction).values(transaction).on_conflict_do_nothing())


async def change(session: AsyncSession, commitment: bytes, at: datetime, **changes: Any) -> None:
    """Move an anchor on."""
    one = update(AnchorRow).where(AnchorRow.commitment == commitment)
    await session.execute(one.values(changed_at=at, **changes))


async def unfinished(session: AsyncSession, chain: str) -> Sequence[AnchorRow]:
    """The anchors of a chain that are not final, the oldest first, with their transactions."""
    query = select(AnchorRow).where(AnchorRow.chain == chain, AnchorRow.state != FINAL)
    return (await session.scalars(query.order_by(AnchorRow.created_at))).all()


async def is_under_way(session: AsyncSession, chain: str) -> bool:
    """Whether an anchor of a chain is not in a block yet."""
    query = select(AnchorRow.commitment).where(
        AnchorRow.chain == chain, AnchorRow.state.in_((PENDING, SENT))
    )
    return bool(await session.scalar(select(query.exists())))


async def last_made(session: AsyncSession, chain: str) -> datetime | None:
    """When the newest anchor of a chain was made."""
    query = select(func.max(AnchorRow.created_at)).where(AnchorRow.chain == chain)
    return await session.scalar(query)


async def archives(session: AsyncSession, *, covering: int) -> Sequence[dict[str, Any]]:
    """The archives of checkpoints of at least so many entries, the earliest first."""
    query = select(AnchorRow.archive).where(
        AnchorRow.state == FINAL, AnchorRow.size >= covering, AnchorRow.archive.is_not(None)
    )
    return (await session.scalars(query.order_by(AnchorRow.created_at))).all()


async def note_chain(session: AsyncSession, chain: Mapping[str, Any]) -> None:
    """Keep how a chain was found."""
    found = upsert(AnchorChain).values(chain)
    await session.execute(found.on_conflict_do_update(index_elements=["name"], set_=chain))


async def chains(session: AsyncSession) -> Sequence[AnchorChain]:
    """How every chain was found, by name."""
    return (await session.scalars(select(AnchorChain).order_by(AnchorChain.name))).all()


async def tally(session: AsyncSession, chain: str) -> dict[str, int]:
    """How many anchors of a chain are in which state."""
    query = select(AnchorRow.state, func.count()).where(AnchorRow.chain == chain)
    rows = await session.execute(query.group_by(AnchorRow.state))
    return {row[0]: row[1] for row in rows}


async def last_final(session: AsyncSession, chain: str) -> AnchorRow | None:
    """The newest archived anchor of a chain."""
    query = select(AnchorRow).where(AnchorRow.chain == chain, AnchorRow.state == FINAL)
    return await session.scalar(query.order_by(AnchorRow.created_at.desc()).limit(1))
