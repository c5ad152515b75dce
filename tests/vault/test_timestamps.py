"""Timestamps by a real authority (`openssl ts`), checked by us and by openssl."""

import asyncio
import shutil
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography.x509 import Certificate
from sqlalchemy import select

from backup.authority import NAME, Authority, certificate, prepare
from core.errors import ConfigurationError
from tests.vault.desk import Desk
from vault import ledger, timestamps, vouchers
from vault.errors import TamperedError
from vault.findings import Finding, Problem
from vault.keeping import Custody, checkpoint, stamp
from vault.tables import CustodyTimestamp
from vault.timestamps import AuthorityError, read_authorities, read_roots

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    server = Authority(tmp_path_factory.mktemp("authority"))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def roots(running: Authority) -> list[Certificate]:
    return read_roots(certificate(running.directory))


@pytest.fixture
def authority(running: Authority) -> timestamps.Authority:
    return timestamps.Authority(name=NAME, url=running.url)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=20) as client:
        yield client


@pytest.fixture
def custody(desk: Desk, roots: list[Certificate], data: Path) -> Custody:
    return Custody(sessions=desk.sessions, keys=desk.keys, memory=data / "checkpoint", roots=roots)


async def found(desk: Desk, roots: list[Certificate]) -> tuple[Finding, ...]:
    async with desk.sessions() as session:
        return (await vouchers.check_vouchers(session, [], roots)).findings


def by_openssl(folder: Path, root: Path) -> None:
    """Raises unless openssl, too, believes the token of the message in the folder."""
    command = ("openssl", "ts", "-verify", "-token_in", "-in", folder / "token")
    files = ("-data", folder / "message", "-CAfile", root)
    subprocess.run((*command, *files), check=True, capture_output=True)  # noqa: S603


class TestAToken:
    async def test_says_since_when_and_openssl_agrees(
        self,
        client: httpx.AsyncClient,
        authority: timestamps.Authority,
        roots: list[Certificate],
        running: Authority,
        tmp_path: Path,
    ) -> None:
        at, token = await timestamps.request(client, authority, b"checkpoint", roots)
        assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)
        assert timestamps.verify(token, b"checkpoint", roots) == at
        (tmp_path / "token").write_bytes(token)
        (tmp_path / "message").write_bytes(b"checkpoint")
        await asyncio.to_thread(by_openssl, tmp_path, certificate(running.directory))

    async def test_of_something_else_changed_or_of_a_stranger_is_refused(
        self,
        client: httpx.AsyncClient,
        authority: timestamps.Authority,
        roots: list[Certificate],
        tmp_path: Path,
    ) -> None:
        _, token = await timestamps.request(client, authority, b"checkpoint", roots)
        prepare(tmp_path)
        for wrong, message, trusted in (
            (token, b"another checkpoint", roots),
            (token, b"checkpoint", read_roots(certificate(tmp_path))),
            (token[:-1] + bytes([token[-1] ^ 1]), b"checkpoint", roots),
            (token[:-1], b"checkpoint", roots),
            (b"", b"checkpoint", roots),
        ):
            with pytest.raises(TamperedError):
                timestamps.verify(wrong, message, trusted)

    async def test_a_stranger_or_nobody_at_the_address_is_an_authority_error(
        self,
        client: httpx.AsyncClient,
        authority: timestamps.Authority,
        roots: list[Certificate],
        tmp_path: Path,
    ) -> None:
        prepare(tmp_path)
        strangers = read_roots(certificate(tmp_path))
        with pytest.raises(AuthorityError, match="no timestamp of this"):
            await timestamps.request(client, authority, b"x", strangers)
        away = timestamps.Authority(name="away", url="http://127.0.0.1:9/")
        with pytest.raises(AuthorityError, match="away gave no answer"):
            await timestamps.request(client, away, b"x", roots)


class TestOfCheckpoints:
    async def test_each_is_stamped_once_a_day_and_only_if_there_is_a_new_one(
        self,
        desk: Desk,
        custody: Custody,
        client: httpx.AsyncClient,
        authority: timestamps.Authority,
        roots: list[Certificate],
    ) -> None:
        assert not await stamp(custody, client, authority)  # there is no checkpoint yet
        await desk.open()
        await checkpoint(custody)
        assert await stamp(custody, client, authority)
        assert not await stamp(custody, client, authority)
        await desk.open()
        await checkpoint(custody)
        yesterday = datetime.now(UTC) - timedelta(days=1)
        assert not await stamp(custody, client, authority, due_before=yesterday)
        assert await stamp(custody, client, authority)
        async with desk.sessions() as session:
            report = await vouchers.check_vouchers(session, [], roots)
            (kept,) = await vouchers.latest_timestamps(session)
        assert report.findings == ()
        assert [(one.name, one.size) for one in report.stamped] == [(NAME, 2)]
        assert kept == report.stamped[0]

    async def test_a_token_that_was_changed_or_moved_is_found_and_where(
        self,
        desk: Desk,
        custody: Custody,
        client: httpx.AsyncClient,
        authority: timestamps.Authority,
        roots: list[Certificate],
    ) -> None:
        for _ in range(2):
            await desk.open()
            await checkpoint(custody)
            assert await stamp(custody, client, authority)
        assert await found(desk, roots) == ()
        await desk.tamper(
            "UPDATE custody_timestamps AS b SET token = a.token FROM custody_timestamps AS a"
            " WHERE (a.size, b.size) = (1, 2)"
        )
        assert await found(desk, roots) == (Finding.at(Problem.UNTIMED, 2),)

    async def test_without_certificates_nothing_is_claimed(
        self,
        desk: Desk,
        custody: Custody,
        client: httpx.AsyncClient,
        authority: timestamps.Authority,
    ) -> None:
        await desk.open()
        await checkpoint(custody)
        await stamp(custody, client, authority)
        async with desk.sessions() as session:
            report = await vouchers.check_vouchers(session, [], [])
        assert (report.stamped, report.unchecked) == ((), 1)

    async def test_the_token_covers_the_note_as_it_is_stored(
        self,
        desk: Desk,
        custody: Custody,
        client: httpx.AsyncClient,
        authority: timestamps.Authority,
        roots: list[Certificate],
    ) -> None:
        await desk.open()
        await checkpoint(custody)
        await stamp(custody, client, authority)
        async with desk.sessions() as session:
            token = await session.scalar(select(CustodyTimestamp.token))
            newest = await ledger.newest_note(session)
        assert token is not None
        assert newest is not None
        timestamps.verify(token, newest[1].encode(), roots)


class TestSettings:
    def test_an_authority_has_a_name_or_its_hosts(self) -> None:
        one, two = read_authorities("https://tsa.example/tsr, a name=http://127.0.0.1:8/x?a=b")
        assert (one.name, one.url) == ("tsa.example", "https://tsa.example/tsr")
        assert (two.name, two.url) == ("a name", "http://127.0.0.1:8/x?a=b")
        assert read_authorities(None) == []

    @pytest.mark.parametrize("wrong", ["tsa.example", "=https://tsa.example", "name=ftp://x"])
    def test_what_is_no_address_is_refused(self, wrong: str) -> None:
        with pytest.raises(ConfigurationError, match="TIMESTAMP_URLS"):
            read_authorities(wrong)

    def test_a_file_without_certificates_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "empty.pem").write_text("nothing")
        for path in (tmp_path / "empty.pem", tmp_path / "none.pem"):
            with pytest.raises(ConfigurationError, match="TIMESTAMP_CA"):
                read_roots(path)
