"""A dump brings everything back, and nothing but a whole one is taken."""

import asyncio
import os
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from moto import mock_aws
from psycopg import sql
from pydantic import SecretStr

from backup import dump, restore
from backup.moment import DumpError
from core.database import Sessions, open_engine, open_sessions
from core.errors import ConfigurationError
from core.identifiers import CaseId
from core.settings import Settings
from tests.vault.desk import Desk, Professional, files
from vault.age import Identity
from vault.archive import Part, read_archive
from vault.checkpoint import log_signer, sign_checkpoint
from vault.custody import enrol
from vault.errors import SealError
from vault.keys import LocalKeyProvider
from vault.store import DirectoryStore, open_store
from vault.store.chosen import open_client
from vault.verify import verify_log

REPORT = os.urandom(300_000)


@pytest.fixture
def escrow(tmp_path: Path) -> Identity:
    identity = Identity.generate()
    (tmp_path / "escrow.key").write_text(f"# offline\n{identity.export()}\n")
    return identity


@pytest.fixture
def server(database_url: str, data: Path, escrow: Identity) -> Settings:
    """The server that is dumped."""
    return Settings(
        backup_data=data, database_url=database_url, escrow_recipient=str(escrow.recipient)
    )


@pytest.fixture
def desk(sessions: Sessions, server: Settings, escrow: Identity) -> Desk:
    return desk_of(sessions, server, escrow)


@pytest.fixture
def doctor() -> Professional:
    return Professional()


@pytest.fixture
def fresh(postgres: str, tmp_path: Path) -> Iterator[Settings]:
    """Another server: an empty database, an empty data directory."""
    name = f"t{uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        url = postgres.replace("/postgres?", f"/{name}?")
        yield Settings(backup_data=tmp_path / "fresh", database_url=url)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def desk_of(sessions: Sessions, server: Settings, escrow: Identity) -> Desk:
    return Desk(
        sessions=sessions,
        keys=LocalKeyProvider.open(server.backup_data / "keys" / "server.key"),
        store=DirectoryStore(server.backup_data / "objects"),
        escrow=escrow,
    )


async def call(command: object, settings: Settings, *words: str | Path) -> int:
    """A command as from the command line, in a thread as it has a loop of its own."""
    parser = ArgumentParser()
    command.add_arguments(parser)  # type: ignore[attr-defined]
    args = parser.parse_args([str(word) for word in words])
    code: int = await asyncio.to_thread(command.run, args, settings)  # type: ignore[attr-defined]
    return code


async def filled(desk: Desk, doctor: Professional) -> CaseId:
    async with desk.sessions.begin() as session:
        enrol(session, doctor.id, doctor.signer)
    case = await desk.opened_for(doctor)
    await desk.report(case, REPORT)
    await desk.message(case, b"I am well")
    return case


@pytest.fixture
async def dumped(desk: Desk, doctor: Professional, server: Settings, tmp_path: Path) -> CaseId:
    case = await filled(desk, doctor)
    assert await call(dump, server, tmp_path / "dump", "--with-key") == 0
    return case


async def test_a_case_opens_on_a_fresh_server(
    dumped: CaseId, doctor: Professional, fresh: Settings, escrow: Identity, tmp_path: Path
) -> None:
    code = await call(restore, fresh, tmp_path / "dump", "-i", tmp_path / "escrow.key")
    assert code == 0
    assert fresh.database_url is not None
    engine = open_engine(fresh.database_url.get_secret_value())
    restored = desk_of(open_sessions(engine), fresh, escrow)
    assert await restored.contents(dumped, doctor) == [REPORT, b"I am well"]
    await restored.message(dumped, b"life goes on")
    await engine.dispose()
    kept = fresh.backup_data / "keys" / "escrow.recipient"
    assert kept.read_text().strip() == str(escrow.recipient)
    assert (fresh.backup_data / "keys" / "server.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("dumped")
async def test_a_check_reads_it_all_and_writes_nothing(
    fresh: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = await call(restore, fresh, tmp_path / "dump", "-i", tmp_path / "escrow.key", "--check")
    assert code == 0
    assert "whole: made" in capsys.readouterr().out
    assert not fresh.backup_data.exists()


@pytest.mark.usefixtures("dumped")
@pytest.mark.parametrize("harm", ["cut", "flipped", "foreign key"])
async def test_a_dump_that_is_not_whole_is_refused_before_anything_is_written(
    fresh: Settings, tmp_path: Path, harm: str
) -> None:
    path = tmp_path / "dump"
    content = bytearray(path.read_bytes())
    if harm == "cut":
        path.write_bytes(content[:-20])
    elif harm == "flipped":
        content[len(content) // 2] ^= 4
        path.write_bytes(content)
    else:
        (tmp_path / "escrow.key").write_text(Identity.generate().export())
    with pytest.raises(SealError):
        await call(restore, fresh, path, "-i", tmp_path / "escrow.key")
    assert not fresh.backup_data.exists()
    assert tables(fresh) == 0


@pytest.mark.usefixtures("dumped")
async def test_a_database_that_is_not_empty_is_left_alone(fresh: Settings, tmp_path: Path) -> None:
    words = (tmp_path / "dump", "-i", tmp_path / "escrow.key")
    assert await call(restore, fresh, *words) == 0
    with pytest.raises(DumpError, match="not empty"):
        await call(restore, fresh, *words)


async def test_without_the_server_s_key_it_says_so_before_anything_is_written(
    desk: Desk,
    doctor: Professional,
    server: Settings,
    fresh: Settings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await filled(desk, doctor)
    await call(dump, server, tmp_path / "dump")
    words = (tmp_path / "dump", "-i", tmp_path / "escrow.key")
    with pytest.raises(ConfigurationError, match=r"server\.key.*--without-key"):
        await call(restore, fresh, *words)
    assert tables(fresh) == 0
    assert await call(restore, fresh, *words, "--without-key") == 0
    assert "enrol professionals anew" in capsys.readouterr().out
    assert not (fresh.backup_data / "keys" / "server.key").exists()


async def test_a_key_that_does_not_fit_is_told(
    desk: Desk,
    doctor: Professional,
    server: Settings,
    fresh: Settings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await filled(desk, doctor)
    async with desk.sessions.begin() as session:
        await sign_checkpoint(session, desk.keys)
    await call(dump, server, tmp_path / "dump")
    LocalKeyProvider.open(fresh.backup_data / "keys" / "server.key")
    assert await call(restore, fresh, tmp_path / "dump", "-i", tmp_path / "escrow.key") == 1
    assert "does NOT fit" in capsys.readouterr().out


async def test_an_older_dump_is_found_out_by_a_later_checkpoint(
    desk: Desk,
    dumped: CaseId,
    fresh: Settings,
    tmp_path: Path,
) -> None:
    await desk.message(dumped, b"written after the dump")
    async with desk.sessions.begin() as session:
        note = await sign_checkpoint(session, desk.keys)
        verifier = (await log_signer(session, desk.keys)).verifier
    await call(restore, fresh, tmp_path / "dump", "-i", tmp_path / "escrow.key")
    assert fresh.database_url is not None
    engine = open_engine(fresh.database_url.get_secret_value())
    async with open_sessions(engine).begin() as session:
        assert (await verify_log(session, verifier)).intact
        report = await verify_log(session, verifier, [note])
    await engine.dispose()
    assert next(str(finding) for finding in report.findings).endswith("missing")


async def test_what_is_erased_while_a_dump_is_made_stays_erased(
    desk: Desk,
    doctor: Professional,
    server: Settings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await filled(desk, doctor)
    for kept in desk.store.objects():
        desk.store.erase(kept.ref)
    assert await call(dump, server, tmp_path / "dump") == 0
    said = capsys.readouterr()
    assert "0 objects" in said.out
    assert "1 objects were erased meanwhile" in said.err


@pytest.mark.usefixtures("dumped")
async def test_an_existing_file_is_not_written_over_and_a_failure_leaves_none(
    server: Settings, tmp_path: Path
) -> None:
    before = (tmp_path / "dump").read_bytes()
    with pytest.raises(ConfigurationError, match="exists already"):
        await call(dump, server, tmp_path / "dump")
    assert (tmp_path / "dump").read_bytes() == before
    assert (tmp_path / "dump").stat().st_mode & 0o777 == 0o600
    with pytest.raises(ConfigurationError, match="can't be written"):
        await call(dump, server, tmp_path / "nowhere" / "dump")
    with pytest.raises(ConfigurationError, match="age1pq1"):
        await call(dump, server, tmp_path / "other", "--recipient", "age1classic")
    assert not [path for path in files(tmp_path) if path.name.endswith(".partial")]


@pytest.mark.usefixtures("dumped")
async def test_a_restore_that_breaks_off_leaves_an_empty_database_and_is_begun_again(
    fresh: Settings, escrow: Identity, tmp_path: Path
) -> None:
    def breaking(parts: Iterable[Part]) -> Iterator[Part]:
        for part in parts:
            yield part
            if part.name.startswith("database/"):
                raise ZeroDivisionError

    assert fresh.database_url is not None
    url, store = fresh.database_url.get_secret_value(), DirectoryStore(tmp_path / "objects")
    with (tmp_path / "dump").open("rb") as file, pytest.raises(ZeroDivisionError):
        restore._fill(breaking(read_archive(file, escrow)), store, url)
    assert tables(fresh) == 0
    assert await call(restore, fresh, tmp_path / "dump", "-i", tmp_path / "escrow.key") == 0


async def test_of_a_bucket_the_dump_lists_the_versions_and_a_restore_finds_them(
    desk: Desk,
    server: Settings,
    fresh: Settings,
    doctor: Professional,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bucket = {
        "s3_bucket": "evidence",
        "s3_region": "us-east-1",
        "s3_access_key_id": SecretStr("made"),
        "s3_secret_access_key": SecretStr("up"),
    }
    here, there = server.model_copy(update=bucket), fresh.model_copy(update=bucket)
    with mock_aws():
        open_client(here).create_bucket(Bucket="evidence", ObjectLockEnabledForBucket=True)
        store: Any = open_store(here)
        await filled(replace(desk, store=store), doctor)
        assert await call(dump, here, tmp_path / "dump", "--with-key") == 0
        assert "0 objects of 0.0 MB, 1 object versions" in capsys.readouterr().out
        assert (tmp_path / "dump").stat().st_size < len(REPORT)
        words = (tmp_path / "dump", "-i", tmp_path / "escrow.key")
        assert await call(restore, there, *words) == 0
    assert "object versions of the bucket listed" in capsys.readouterr().out


def tables(server: Settings) -> int:
    assert server.database_url is not None
    with psycopg.connect(server.database_url.get_secret_value()) as connection:
        query = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
        (count,) = connection.execute(query).fetchone() or (0,)
        return int(count)
