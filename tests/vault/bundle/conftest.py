"""A court's view of a desk."""

from pathlib import Path

import pytest

from tests.vault.bundle.court import WITNESS, Authority, Court
from tests.vault.desk import Desk, Professional
from vault.age import Identity
from vault.bundle.make import Known


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("tsa"))


@pytest.fixture
def court(desk: Desk, doctor: Professional, authority: Authority) -> Court:
    known = Known(witnesses=(str(WITNESS.cosigner),), authorities=authority.certificates)
    return Court(desk=desk, doctor=doctor, expert=Identity.generate(), known=known)


@pytest.fixture
def bags(tmp_path: Path) -> Path:
    directory = tmp_path / "bags"
    directory.mkdir()
    return directory
