"""A real chain for each test that asks for one, and a server that anchors on it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from backup.chain import anvil
from core.database import Sessions
from tests.peers.npm import install
from tests.vault.anchor.site import Site
from vault.keys import LocalKeyProvider


@pytest.fixture(scope="session")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = anvil.find()
    if found is None:
        modules = install("@foundry-rs/anvil@1.7.1", tmp_path_factory.mktemp("anvil"))
        found = next(modules.glob("@foundry-rs/anvil-*/bin/anvil"), None)
    if found is None:
        pytest.skip("anvil has no program for this platform")
    return found


@pytest.fixture
def rpc(binary: Path, tmp_path: Path) -> Iterator[str]:
    with anvil.alone(binary, tmp_path / "state.json") as address:
        yield address


@pytest.fixture
async def site(rpc: str, sessions: Sessions, keys: LocalKeyProvider) -> AsyncIterator[Site]:
    async with Site(rpc=rpc, sessions=sessions, keys=keys) as site:
        await site.create()
        yield site
