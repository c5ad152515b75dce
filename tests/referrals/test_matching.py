"""A waiting case is shown to those whom the person agreed to, and to nobody else."""

import pytest

from referrals.card import Card
from referrals.matching import may_take
from referrals.triage import Urgency


def card(*services: str, minor: bool = False, asked: bool = False) -> Card:
    return Card(
        urgency=Urgency.NEED,
        reasons=("needs",),
        services=services,
        asked=asked,
        minor=minor,
        language="fr",
        sms=True,
    )


@pytest.mark.parametrize(
    ("waits", "services", "child_trained", "shown"),
    [
        (card("health"), ("health",), False, True),
        (card("health"), ("legal", "health"), False, True),
        (card("health"), ("legal",), False, False),
        (card("health", minor=True), ("health",), False, False),
        (card("health", minor=True), ("health",), True, True),
        (card(), ("health",), False, False),
        (card(asked=True), ("psychosocial",), False, True),
        (card(asked=True), ("security",), False, False),
        (card("legal", asked=True), ("health",), False, False),
    ],
)
def test_who_is_shown_a_case(
    waits: Card, services: tuple[str, ...], *, child_trained: bool, shown: bool
) -> None:
    assert may_take(waits, services=services, child_trained=child_trained) is shown


def test_a_card_is_read_as_it_was_written() -> None:
    waits = card("health", "legal", minor=True)
    assert Card.from_bytes(waits.to_bytes()) == waits
