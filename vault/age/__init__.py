"""Sealed files in the age v1 format with hybrid post-quantum recipients (C2SP age.md).

Anyone opens them in twenty years with the public tool `age` (1.3 or newer) and the identity. age
says nothing about who sealed a file: that is the custody log's part. What opens is in
`vault.age.open`, which `vault.disclose` alone may use.
"""

from vault.age.hybrid import Identity, Recipient
from vault.age.sealing import Sealed, seal, seal_stream

__all__ = [
    "Identity",
    "Recipient",
    "Sealed",
    "seal",
    "seal_stream",
]
