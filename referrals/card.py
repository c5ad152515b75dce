"""The dispatch card: what must be known to bring a waiting case to the right people, no more."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from referrals.triage import Urgency, Window, read_windows


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Sealed by the server's keys while a case waits, destroyed when it is accepted."""

    urgency: Urgency
    reasons: tuple[str, ...]
    services: tuple[str, ...]
    """The services with which the person agreed to share; nobody else is shown the case."""
    asked: bool
    """They asked for a person, whatever else they agreed to."""
    minor: bool
    language: str
    sms: bool
    windows: tuple[Window, ...] = ()
    """The spans in which something can still be done, at the time of the report."""

    def to_bytes(self) -> bytes:
        """The card as JSON."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` wrote."""
        facts = json.loads(data)
        return cls.from_mapping(facts, asked=facts["asked"])

    @classmethod
    def from_mapping(cls, facts: Mapping[str, Any], *, asked: bool) -> Self:
        """Take the card's other fields out of a report's facts."""
        return cls(
            urgency=Urgency(facts["urgency"]),
            reasons=tuple(facts["reasons"]),
            services=tuple(facts["services"]),
            asked=asked,
            minor=facts["minor"],
            language=facts["language"],
            sms=facts["sms"],
            windows=read_windows(facts.get("windows", ())),
        )
