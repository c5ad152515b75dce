"""What a check of the vault can find, in words that say what and where."""

from dataclasses import dataclass
from enum import StrEnum


class Problem(StrEnum):
    """What can be wrong, and where."""

    CHANGED = "custody entry {}: it does not say what was written"
    REWRITTEN = "custody entries {}: at least one was replaced together with its hashes"
    MISSING = "custody entries {}: missing"
    FORKED = "custody entries {}: not those that were signed for; the log was rewritten"
    BACKDATED = "custody entry {}: it claims an earlier time than the one before it"
    UNSIGNED = "custody entry {}: not signed by the one in whose name it stands"
    FORGED = "checkpoint of {} entries: not signed by this log's key, or of another size"
    UNTIMED = "timestamp of the checkpoint of {} entries: not of this checkpoint, or forged"
    UNWITNESSED = "cosignature of the checkpoint of {} entries: not by the witness that it names"
    UNKNOWN_RECORD = "record {}: no custody entry tells of it"
    MOVED_RECORD = "record {}: it is in another case than it was preserved in"
    CHANGED_RECORD = "record {}: its ciphertext is not the one that was preserved"
    LOST_RECORD = "record {}: it is gone, and its case was not destroyed by a shred"
    CHANGED_OBJECT = "record {}: its file in the store is not the one that was preserved"
    LOST_OBJECT = "record {}: its file is not in the store"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A problem with the entries, the checkpoint or the record, from `first` to `last`."""

    problem: Problem
    first: int
    last: int

    @classmethod
    def at(cls, problem: Problem, number: int) -> "Finding":
        """A problem in one place."""
        return cls(problem=problem, first=number, last=number)

    def __str__(self) -> str:
        numbers = f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"
        return self.problem.format(numbers)
