"""What goes into a bundle, as values: records with their hashes, what is withheld, and consents."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.errors import BackUpError
from core.identifiers import CaseId, RecordId
from vault.bundle.bag import Item

Json = dict[str, Any]

REPORT, MESSAGE, CONSENT, FILE, MANIFEST = "report", "message", "consent", "file", "manifest"
KEPT_BY_CONSENT = frozenset((FILE, MANIFEST, "refusal"))
"""Kinds that are handed over only while the person agrees that files are kept (c6)."""
WITHOUT_CONSENT = "consent"
REASONS = (WITHOUT_CONSENT, "safety", "third_party", "privilege")
"""Why a record may be withheld; the first is the program's own."""


class NotAgreedError(BackUpError):
    """The person has not agreed to this; `reason` is the id of the words that say so."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"refused: {EXPLAINED[reason]}")
        self.reason = reason


EXPLAINED = {
    "keep": "the person did not agree, or no longer agrees, that anything is kept (consent c1)",
    "share": "the person did not agree that investigators receive the report (consent c4)",
    "ask_first": "the person wants to be asked first (consent c4): ask, and say that you did",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One record of the case: who added what and when, and where it stands in the bag."""

    id: RecordId
    kind: str
    author: str
    at: datetime
    sequence: int
    """The number of the custody entry that was written when it was preserved."""
    ciphertext_sha256: str
    ciphertext_size: int
    original: Item | None
    """None when it is withheld."""
    sealed: Item | None
    withheld: str | None = None
    content: bytes | None = field(default=None, repr=False)
    """The original, where it is small enough to be read: everything but files."""

    def to_json(self) -> Json:
        """As the inventory lists it; times in UTC, hashes in hexadecimal."""
        fields: Json = {
            "record": self.id,
            "kind": self.kind,
            "author": self.author,
            "at": self.at.isoformat(),
            "custody": self.sequence,
            "ciphertext": {"sha256": self.ciphertext_sha256, "size": self.ciphertext_size},
        }
        if self.original is None or self.sealed is None:
            return {**fields, "withheld": self.withheld}
        original = self.original
        return {
            **fields,
            "original": {
                "path": original.path,
                "size": original.size,
                "sha256": original.sha256,
                "sha512": original.sha512,
            },
            "sealed": {"path": self.sealed.path},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A case as it is handed over."""

    case_id: CaseId
    reference: str
    records: Sequence[Held]
    erased: Sequence[Json]
    """Records that are gone by the person's wish: their entries' numbers, and those of the acts."""
    consents: Sequence[Json]
    made_at: datetime
    language: str
    version: str
    asked_first: bool

    @property
    def given(self) -> list[Held]:
        """The records that are in the bag."""
        return [record for record in self.records if record.original is not None]

    @property
    def withheld(self) -> list[Held]:
        """The records that are not."""
        return [record for record in self.records if record.original is None]
