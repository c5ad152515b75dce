"""Peers: servers that nobody of this project wrote."""

from functools import cache

import pytest

from tests.peers.npm import Install, install


@pytest.fixture(scope="session")
def npm(tmp_path_factory: pytest.TempPathFactory) -> Install:
    """Installs a package once a run."""
    return cache(lambda package: install(package, tmp_path_factory.mktemp("npm")))
