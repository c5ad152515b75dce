"""What can go wrong in the vault; no message holds content, a key or a ciphertext."""

from core.errors import BackUpError


class SealError(BackUpError):
    """Something sealed did not open: another key, another place, damaged or forged."""


class StoreError(BackUpError):
    """The object store could not keep or give back an object; what was kept stays kept."""


class UnsignedError(BackUpError):
    """Somebody acts whose own signature is not at hand: nothing is done."""


class TamperedError(BackUpError):
    """The custody log is not as it was written; the message says what and where."""
