"""The server's own keys: what it can wrap and unwrap, and keyed fingerprints for look-ups."""

from vault.keys.chosen import LocalKeyProvider, open_keys
from vault.keys.provider import KeyProvider

__all__ = ["KeyProvider", "LocalKeyProvider", "open_keys"]
