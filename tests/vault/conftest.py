"""A server's vault, a doctor and a lawyer."""

from pathlib import Path

import pytest

from core.database import Sessions
from tests.vault.desk import Desk, Professional
from vault.keys import LocalKeyProvider
from vault.store import DirectoryStore


@pytest.fixture
def keys(data: Path) -> LocalKeyProvider:
    return LocalKeyProvider.open(data / "server.key")


@pytest.fixture
def store(data: Path) -> DirectoryStore:
    return DirectoryStore(data / "store")


@pytest.fixture
def desk(sessions: Sessions, keys: LocalKeyProvider, store: DirectoryStore) -> Desk:
    return Desk(sessions=sessions, keys=keys, store=store)


@pytest.fixture
def doctor() -> Professional:
    return Professional()


@pytest.fixture
def lawyer() -> Professional:
    return Professional()
