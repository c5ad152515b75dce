"""One byte string for one value: the part of RFC 8785 (JSON canonicalisation) that we need.

Flat objects with ASCII names, whose values are strings, integers or null. Floats are refused:
nobody agrees on their digits.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from vault.errors import SealError

EXACT = 2**53 - 1
"""Above this, JSON readers disagree about an integer."""

Value = str | int | None

_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def canonical(fields: Mapping[str, Value]) -> bytes:
    """The RFC 8785 form of a flat object.

    Raises:
        SealError: for a value that this form can't carry exactly.
    """
    for name, value in fields.items():
        if not name.isascii() or not _exact(value):
            raise SealError(f"the field {name!r} has no canonical form")
    try:
        return _encoder.encode(fields).encode()
    except UnicodeEncodeError as error:
        raise SealError("a field holds half a character") from error


def _exact(value: object) -> bool:
    if value is None or isinstance(value, str):
        return True
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= EXACT


def stamp(at: datetime) -> str:
    """A moment in UTC to the microsecond, always in the same 27 characters."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def bind(fields: Mapping[str, Value], content: bytes) -> bytes:
    """Put one line before the content that says where it belongs."""
    return canonical(fields) + b"\n" + content


def unbind(fields: Mapping[str, Value], bound: bytes) -> bytes:
    """The content; raises SealError when it was bound to another place."""
    line = canonical(fields) + b"\n"
    if not bound.startswith(line):
        raise SealError("something sealed stands in another's place")
    return bound[len(line) :]
