"""Whether each entry of a person is signed by the key that the log itself names as theirs."""

from dataclasses import dataclass, field

from vault.entries import SIGNED, Action, Row, entry_text
from vault.signing import is_signed_by, must_sign


@dataclass(slots=True, kw_only=True)
class Signers:
    """Who has which key, as the entries up to here say.

    Entries from before the log's first `enrol` may be unsigned. Without `exact` the signatures
    themselves are not computed, which is most of the work: only whose they claim to be.
    """

    exact: bool
    keys: dict[str, bytes] = field(default_factory=dict)
    replaced: list[tuple[int, str]] = field(default_factory=list)
    """Entries by which an actor got another key, as after a lost password."""

    def accept(self, row: Row) -> bool:
        """Whether the next entry is signed as it must be."""
        actor, action, signer = row[2], row[3], row[8]
        if action == Action.ENROL:
            return self._enrol(row[0], actor, signer, row)
        if signer is None:
            return not (self.keys and must_sign(actor))
        return self.keys.get(actor) == signer and self._confirms(row)

    def _enrol(self, number: int, actor: str, signer: bytes | None, row: Row) -> bool:
        if signer is None or not self._confirms(row):
            return False
        if self.keys.setdefault(actor, signer) != signer:
            self.replaced.append((number, actor))
            self.keys[actor] = signer
        return True

    def _confirms(self, row: Row) -> bool:
        signer, signature, salt = row[8], row[9], row[10]
        if signer is None or signature is None:
            return False
        return not self.exact or is_signed_by(signer, SIGNED + salt + _unsigned(row), signature)


def _unsigned(row: Row) -> bytes:
    return entry_text((*row[:9], None))
