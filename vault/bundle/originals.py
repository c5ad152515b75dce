"""A case's records as files of a bag: each is opened, compared with the custody log, and measured.

Decrypting is for `vault.bundle.make` alone, which has the export written down before anything is
handed out.
"""

import io
import json
import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from core.identifiers import RecordId
from vault.age import Identity
from vault.age.open import unseal_stream
from vault.age.sealing import Sink
from vault.bundle.bag import Item, measured
from vault.bundle.material import FILE, MANIFEST, MESSAGE, Held
from vault.canonical import bind
from vault.entries import Entry
from vault.errors import SealError, TamperedError
from vault.preserve import place
from vault.store import ObjectRef, ObjectStore
from vault.tables import SealedRecord

BLOCK = 1 << 20
SUFFIXES = {MESSAGE: ".txt", "note": ".txt"}
"""Records are JSON unless they are told here; a file's name ends as its type does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a case's records come from, and what opens them."""

    store: ObjectStore
    identities: Mapping[int, Identity]
    """The case's own, by generation."""
    preserved: Mapping[int, Entry]
    """By record, the custody entry that was written when it was kept."""

    def sealed(self, row: SealedRecord) -> BinaryIO:
        """The ciphertext."""
        if row.sealed is not None:
            return io.BytesIO(row.sealed)
        return self.store.open(ObjectRef(row.object or ""))

    def copy(self, row: SealedRecord, sink: Sink) -> None:
        """Write the ciphertext."""
        with self.sealed(row) as file:
            while block := file.read(BLOCK):
                sink.write(block)

    def open(self, row: SealedRecord, sink: Sink) -> None:
        """Write the original: what follows the line that binds it, and all of a file."""
        identity = self.identities.get(row.generation)
        if identity is None:
            raise SealError("a record is of a generation that its reader has no key to")
        line = b"" if row.kind == FILE else bind(place(row), b"")
        unbound = _Unbound(line, sink)
        with self.sealed(row) as file:
            unseal_stream(file, unbound, identity)
        unbound.finish()


def opened(
    rows: Sequence[SealedRecord], source: Source, withheld: Mapping[RecordId, str]
) -> list[Held]:
    """Every record in order, the withheld ones without their content.

    Raises:
        SealError: a record does not open, or is not what was sealed in its place.
        TamperedError: a ciphertext is not the one in the custody log, or has no entry there.
        GoneError: a record's object is not in the store.
    """
    manifests = [
        json.loads(read(row, source)) | {"of": row.id} for row in rows if row.kind == MANIFEST
    ]
    types = {manifest["file"]: manifest["type"] for manifest in manifests}
    reasons = dict(withheld)
    for manifest in manifests:
        # A file and what was noted of it go together, or one would tell of the other.
        pair = (RecordId(manifest["file"]), RecordId(manifest["of"]))
        reason = next((reasons[number] for number in pair if number in reasons), None)
        reasons |= dict.fromkeys(pair, reason) if reason else {}
    return [_held(row, source, reasons.get(RecordId(row.id)), types) for row in rows]


def read(row: SealedRecord, source: Source) -> bytes:
    """A record's whole content; not for files."""
    sink = io.BytesIO()
    source.open(row, sink)
    return sink.getvalue()


def _held(row: SealedRecord, source: Source, reason: str | None, types: Mapping[int, str]) -> Held:
    entry = source.preserved.get(row.id)
    if entry is None or entry.sha256 is None:
        raise TamperedError(f"record {row.id} has no entry in the custody log")
    sealed = measured(f"data/sealed/{row.id:08}.age", lambda sink: source.copy(row, sink))
    if (sealed.sha256, sealed.size) != (entry.sha256.hex(), entry.size):
        raise TamperedError(f"record {row.id} is not what custody entry {entry.sequence} says")
    return Held(
        id=RecordId(row.id),
        kind=row.kind,
        author=row.author,
        at=row.created_at,
        sequence=entry.sequence,
        ciphertext_sha256=sealed.sha256,
        ciphertext_size=sealed.size,
        original=None if reason else _original(row, source, types),
        sealed=None if reason else sealed,
        withheld=reason,
        content=None if reason or row.kind == FILE else read(row, source),
    )


def _original(row: SealedRecord, source: Source, types: Mapping[int, str]) -> Item:
    suffix = SUFFIXES.get(row.kind, ".json")
    if row.kind == FILE:
        suffix = mimetypes.guess_extension(types.get(row.id, "")) or ".bin"
    path = f"data/records/{row.id:08}-{row.kind}{suffix}"
    return measured(path, lambda sink: source.open(row, sink))


class _Unbound:
    """A sink that takes away the line which says where a record belongs."""

    def __init__(self, line: bytes, sink: Sink) -> None:
        self._left, self._sink = line, sink

    def write(self, data: bytes | memoryview, /) -> None:
        """Compare the line's bytes, and hand on what follows them."""
        head = bytes(data[: len(self._left)])
        if not self._left.startswith(head):
            raise SealError("something sealed stands in another's place")
        self._left = self._left[len(head) :]
        if rest := data[len(head) :]:
            self._sink.write(rest)

    def finish(self) -> None:
        """Make sure that the whole line was there."""
        if self._left:
            raise SealError("something sealed stands in another's place")
