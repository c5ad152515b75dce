"""Files as a professional meets them: what their sealed manifests say. Pure.

What a file says of itself is shown as its own word: "declares", never "was taken".
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.identifiers import RecordId
from vault.derivatives.make import Copy, copies
from vault.disclose import Record
from vault.preserve import MANIFEST, REFUSAL

FILE_KINDS = (MANIFEST, REFUSAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file."""

    id: RecordId
    kind: str
    """`photo`, `video`, `audio` or `document`, as it was sent."""
    mime: str
    family: str
    size: int
    name: str | None = field(repr=False)
    caption: str | None = field(repr=False)
    received_at: datetime
    recompressed: bool
    question: str | None
    """Of an answer by voice: what was asked."""
    sha256: str
    disguised: bool
    """Whether its bytes are of another kind than was declared."""
    copies: tuple[Copy, ...]
    declared: Mapping[str, str] = field(repr=False)
    """What an image says of itself, by the name of its words."""
    provenance: Mapping[str, Any] | None = field(repr=False)
    unread: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A file that was sent and not taken."""

    reason: str
    at: datetime


def read_file(record: Record) -> File:
    """A file, out of its manifest."""
    said: dict[str, Any] = json.loads(record.content)
    metadata = said.get("metadata") or {}
    declared_type = said.get("declared_type") or ""
    return File(
        id=RecordId(said["file"]),
        kind=said["kind"],
        mime=said["type"],
        family=said["family"],
        size=said["size"],
        name=said.get("name"),
        caption=said.get("caption"),
        received_at=datetime.fromisoformat(said["received_at"]),
        recompressed=bool(said.get("recompressed")),
        question=said.get("question"),
        sha256=said["sha256"],
        disguised=_disguised(declared_type, said["family"]),
        copies=copies(said["type"], said["size"]),
        declared=_declared(metadata.get("exif") or {}),
        provenance=metadata.get("c2pa"),
        unread="unread" in metadata,
    )


def files(records: Iterable[Record]) -> list[File]:
    """The files among a case's records, in the order in which they were stored."""
    return [read_file(record) for record in records if record.kind == MANIFEST]


def refusals(records: Iterable[Record]) -> list[Refused]:
    """Files that did not arrive."""
    return [
        Refused(reason=json.loads(record.content)["reason"], at=record.created_at)
        for record in records
        if record.kind == REFUSAL
    ]


def _disguised(declared: str, family: str) -> bool:
    kind = declared.partition("/")[0]
    return kind in {"image", "video", "audio"} and family != kind and {kind, family} != _SOUND


_SOUND = {"audio", "video"}
"""One container holds both, and phones name it as they like."""


def _declared(exif: Mapping[str, str]) -> dict[str, str]:
    device = " ".join(exif[name] for name in ("make", "model") if name in exif)
    place = ", ".join(exif[name] for name in ("latitude", "longitude") if name in exif)
    taken = " ".join(exif[name] for name in ("taken_at", "taken_offset") if name in exif)
    said = {"taken": taken, "place": place, "device": device, "software": exif.get("software", "")}
    return {name: words for name, words in said.items() if words}
