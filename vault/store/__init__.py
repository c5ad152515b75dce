"""Write-once objects, each named by the SHA-256 of its ciphertext, in a directory or a bucket."""

from vault.store.chosen import open_store
from vault.store.directory import DirectoryStore
from vault.store.objects import Kept, ObjectRef, ObjectStore, digest_of

__all__ = ["DirectoryStore", "Kept", "ObjectRef", "ObjectStore", "digest_of", "open_store"]
