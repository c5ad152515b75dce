"""SHA-256 of plaintext and ciphertext at once, by two threads beside the one that seals."""

import hashlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

IN_FLIGHT = 3
"""Batches that the hashing may lag behind; their buffers must not change meanwhile."""


class TwinHash:
    """Both hashes and sizes of a sealed stream; complete when its `with` block has ended."""

    def __init__(self, intro: bytes) -> None:
        """Begin with the header, which is ciphertext only."""
        self._plaintext, self._ciphertext = hashlib.sha256(), hashlib.sha256(intro)
        self.plaintext_size, self.ciphertext_size = 0, len(intro)
        self._threads = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
        self._pending: deque[tuple[Future[None], Future[None]]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.shutdown()

    def update(self, plain: memoryview, sealed: memoryview, *, alone: bool) -> None:
        """Hash one batch, beside the caller unless it is `alone`: too little to share."""
        self.plaintext_size += len(plain)
        self.ciphertext_size += len(sealed)
        if alone:
            self._plaintext.update(plain)
            self._ciphertext.update(sealed)
            return
        first, second = self._threads
        self._pending.append(
            (
                first.submit(self._plaintext.update, plain),
                second.submit(self._ciphertext.update, sealed),
            )
        )
        if len(self._pending) > IN_FLIGHT:
            for hashed in self._pending.popleft():
                hashed.result()

    @property
    def plaintext_sha256(self) -> bytes:
        """32 bytes."""
        return self._plaintext.digest()

    @property
    def ciphertext_sha256(self) -> bytes:
        """32 bytes."""
        return self._ciphertext.digest()
