"""What can go wrong with an anchor; no message holds a key or an address with a token in it."""

from core.errors import BackUpError


class AnchorError(BackUpError):
    """An archived anchor does not prove what it says; the message names the first thing wrong."""


class ChainError(BackUpError):
    """A chain can't be used as it is now; the message tells the operator what to do."""


class NodeError(ChainError):
    """A chain's node does not answer, or not as it should; it is asked again later."""


class RefusedError(NodeError):
    """The node did not take a transaction, perhaps since it has it already."""
