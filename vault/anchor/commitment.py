"""What is published: a salted hash that tells nothing without the salt, and everything with it."""

import hashlib

DOMAIN = b"backup anchor v1\n"
SALT = 32
"""Bytes of a salt; each anchor has its own, so that no two of one checkpoint look alike."""


def commitment(salt: bytes, checkpoint: str) -> bytes:
    """The 32 bytes that stand for a checkpoint note (text, UTF-8) under a 32-byte salt."""
    return hashlib.sha256(DOMAIN + salt + checkpoint.encode()).digest()
