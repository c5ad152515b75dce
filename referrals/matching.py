"""Who may be shown a waiting case: hard filters only, each with its reason."""

from collections.abc import Collection

from referrals.card import Card

FIRST_HELP = ("health", "psychosocial", "protection")
"""Who may answer somebody that asked for a person before agreeing to any service."""


def may_take(card: Card, *, services: Collection[str], child_trained: bool) -> bool:
    """Whether a professional with these services may be shown the case.

    The person consented per service, so a service that was not named is not told; a report about
    someone under 18 goes to people trained for children alone (domain rules on minors).
    """
    if card.minor and not child_trained:
        return False
    agreed = card.services or (FIRST_HELP if card.asked else ())
    return any(service in agreed for service in services)
