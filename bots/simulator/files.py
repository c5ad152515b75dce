"""Files that simulated phones send, as a provider keeps them: sealed, for a while, in parts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bots.adapter import Incoming, MalformedError, PermanentError
from bots.simulator.tables import SimulatedChunk, SimulatedFile
from core.database import Sessions
from vault.envelope import DataKey
from vault.keys import KeyProvider

LARGEST = 64 << 20
LIFE = timedelta(days=1)


class SimulatedFiles:
    """The provider's own store of files."""

    def __init__(self, sessions: Sessions, keys: KeyProvider) -> None:
        self._sessions = sessions
        self._keys = keys

    async def keep(self, stream: AsyncIterator[bytes]) -> UUID:
        """Take a file from a phone.

        Raises:
            MalformedError: it is larger than any phone can send.
        """
        identifier, key, size = uuid4(), DataKey.generate(), 0
        wrapped = key.wrapped(self._keys, _context(identifier))
        async with self._sessions.begin() as session:
            await _forget(session)
            await session.execute(
                insert(SimulatedFile).values(id=identifier, wrapped_key=wrapped, size=0)
            )
            number = 0
            async for chunk in stream:
                size += len(chunk)
                if size > LARGEST:
                    raise MalformedError("no phone sends such a large file")
                body = key.seal(chunk, context=_context(identifier, number))
                part = {"file_id": identifier, "number": number, "body": body}
                await session.execute(insert(SimulatedChunk).values(part))
                number += 1
            await session.execute(
                update(SimulatedFile).where(SimulatedFile.id == identifier).values(size=size)
            )
        return identifier

    @asynccontextmanager
    async def open(self, reference: str) -> AsyncIterator[Incoming]:
        """Hand a file out."""
        async with self._sessions() as session:
            row = await session.get(SimulatedFile, UUID(reference))
        if row is None:
            raise PermanentError("unreachable")
        key = DataKey.unwrapped(self._keys, row.wrapped_key, _context(row.id))
        yield Incoming(stream=self._chunks(row.id, key), size=row.size)

    async def _chunks(self, identifier: UUID, key: DataKey) -> AsyncIterator[bytes]:
        number = 0
        while True:
            query = select(SimulatedChunk.body).where(
                SimulatedChunk.file_id == identifier, SimulatedChunk.number == number
            )
            async with self._sessions() as session:
                body = await session.scalar(query)
            if body is None:
                return
            yield key.unseal(body, context=_context(identifier, number))
            number += 1

    async def erase(self, reference: str) -> None:
        """Delete a file."""
        async with self._sessions.begin() as session:
            await session.execute(delete(SimulatedFile).where(SimulatedFile.id == UUID(reference)))


def _context(identifier: UUID, number: int | None = None) -> str:
    return f"simulated-file:{identifier}" + ("" if number is None else f":{number}")


async def _forget(session: AsyncSession) -> None:
    old = func.now() - LIFE
    await session.execute(delete(SimulatedFile).where(SimulatedFile.created_at < old))
