"""Opening a file of a case: every look and every copy is an entry that the reader signs.

The entry is written when the caller's transaction commits: hand nothing out before that.
"""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import GoneError
from core.identifiers import CaseId, ProfessionalId, RecordId
from vault import custody, repository
from vault.age import Identity
from vault.age.open import unseal_stream
from vault.age.sealing import Sink
from vault.cases import holder_of
from vault.disclose import case_identities
from vault.entries import Act, Action
from vault.errors import StoreError
from vault.intake import Pipe
from vault.preserve import FILE
from vault.signing import ActorKey
from vault.store import ObjectRef, ObjectStore, digest_of

CHUNK = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFile:
    """A file that may be read; `write_to` blocks, so it belongs into a thread."""

    write_to: Callable[[Sink], None] = field(repr=False)
    """Writes the plaintext; after a SealError, what was written is worth nothing."""

    async def chunks(self) -> AsyncIterator[bytes]:
        """The plaintext as it is opened; SealError before the end if it is not what was sealed."""
        pipe = Pipe()
        writing = asyncio.create_task(asyncio.to_thread(self._write, pipe))
        try:
            with io.BufferedReader(pipe, CHUNK) as reader:
                while chunk := await asyncio.to_thread(reader.read, CHUNK):
                    yield chunk
        except StoreError:
            pass  # the writer's own error says more
        finally:
            await asyncio.wait([writing])
        writing.result()

    def _write(self, pipe: Pipe) -> None:
        try:
            self.write_to(pipe)
            pipe.finish()
        except BrokenPipeError:
            return  # nobody wants the rest
        finally:
            pipe.hang_up()


async def open_file(
    session: AsyncSession,
    store: ObjectStore,
    case_id: CaseId,
    record_id: RecordId,
    *,
    reader: ProfessionalId,
    identity: Identity,
    action: Action,
) -> OpenFile:
    """Open one file of a case, to look at a copy (`VIEW`) or to hand out the original (`EXPORT`).

    Raises:
        NotAllowedError: when the reader is not on the case.
        GoneError: when the case has no such file.
    """
    identities = await case_identities(session, case_id, reader=reader, identity=identity)
    row = await repository.record(session, case_id, record_id)
    key = None if row is None else identities.get(row.generation)
    if row is None or row.kind != FILE or row.object is None or key is None:
        raise GoneError("there is no such file")
    reference = ObjectRef(row.object)
    act = Act(
        actor=holder_of(reader),
        action=action,
        case_id=case_id,
        record_id=record_id,
        sha256=bytes.fromhex(digest_of(reference)),
        size=await asyncio.to_thread(_size, store, reference),
    )
    custody.log(session, act, ActorKey.of(identity))

    def write_to(sink: Sink) -> None:
        with store.open(reference) as file:
            unseal_stream(file, sink, key)

    return OpenFile(write_to=write_to)


def _size(store: ObjectStore, reference: ObjectRef) -> int:
    with store.open(reference) as file:
        return file.seek(0, io.SEEK_END)
