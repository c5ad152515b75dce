"""A court's view of a desk, and one bag that all attacks begin with."""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from core.database import open_engine, open_sessions
from tests.vault.bundle.court import WITNESS, Authority, Court, unpacked
from tests.vault.desk import Desk, Professional
from vault.age import Identity
from vault.bundle.make import Known
from vault.keys import LocalKeyProvider
from vault.store import DirectoryStore


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    return Authority.make(tmp_path_factory.mktemp("tsa"))


@pytest.fixture
async def court(desk: Desk, doctor: Professional, authority: Authority) -> Court:
    return await _court(desk, doctor, authority)


@pytest.fixture
def bags(tmp_path: Path) -> Path:
    directory = tmp_path / "bags"
    directory.mkdir()
    return directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Pristine:
    """A whole bundle, that of another case in the same log, and the keys to check them by."""

    bag: Path
    other: Path
    log_key: str
    authorities: Path
    identity: Path

    def copy(self, directory: Path) -> Path:
        """A bag to tamper with."""
        return Path(shutil.copytree(self.bag, directory / "bag"))

    @property
    def options(self) -> tuple[str, ...]:
        """What an expert gives who has the published keys."""
        witness = str(WITNESS.cosigner)
        keys = ("--log-key", self.log_key, "--witness", witness)
        return (*keys, "--tsa-ca", str(self.authorities))


@pytest.fixture(scope="session")
def pristine(
    postgres: str, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Pristine:
    directory = tmp_path_factory.mktemp("pristine")
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE DATABASE pristine TEMPLATE shape")
    url = postgres.replace("/postgres?", "/pristine?")
    return asyncio.run(_pristine(url, authority, directory))


async def _pristine(url: str, authority: Authority, directory: Path) -> Pristine:
    engine = open_engine(url)
    desk = Desk(
        sessions=open_sessions(engine),
        keys=LocalKeyProvider.open(directory / "server.key"),
        store=DirectoryStore(directory / "store"),
    )
    court = await _court(desk, Professional(), authority)
    case, other = await court.case(), await court.case()
    await court.picture(case)
    await court.vouched(authority)
    await desk.message(other, b"a later one")
    bag = unpacked(await court.parcel(case), court.expert, directory / "bag")
    rest = unpacked(await court.parcel(other), court.expert, directory / "other")
    identity, authorities = directory / "case.key", directory / "ca.pem"
    identity.write_text(
        "".join(f"{key.export()}\n" for key in await desk.export(case, court.doctor))
    )
    authorities.write_text(authority.certificates)
    log_key = await court.log_key()
    await engine.dispose()
    return Pristine(
        bag=bag, other=rest, log_key=log_key, authorities=authorities, identity=identity
    )


async def _court(desk: Desk, doctor: Professional, authority: Authority) -> Court:
    known = Known(witnesses=(str(WITNESS.cosigner),), authorities=authority.certificates)
    court = Court(desk=desk, doctor=doctor, expert=Identity.generate(), known=known)
    await court.enrolled()
    return court
