"""Nothing that a person said or where they are reached stands anywhere in clear, nor in a log.

The search reads every byte of the data directory: tables, indexes, write-ahead log, objects, keys.
"""

from pathlib import Path

import psycopg
import pytest

from tests.support.running import Browser, Running

PHONE = "+999777123456"
PLACE = "Kaninchenwerder"
MORE = "Zwiebelturmuhr"
ANSWER = "Morgenstundengold"
# Telegram's questionnaire has open questions; the way to one of them, and on to the end.
WAY = (
    "hi", "1", "1", "1", "1", "1", "5", "yes",
    "nobody", "1", "1", "none",
    "1", PLACE,
)  # fmt: skip


@pytest.fixture(scope="module")
def told(running: Running) -> Running:
    """A kept draft with an open answer, and a person's words after a handover."""
    running.chat(WAY, channel="telegram", phone=PHONE)
    running.chat(["person", MORE], channel="telegram", phone=PHONE)
    return running


def test_the_data_directory_tells_nothing(told: Running, doctor: Browser) -> None:
    path = _claim(doctor)
    doctor.get(path)
    assert PLACE in doctor.page
    assert MORE in doctor.page
    doctor.post(f"{path}/reply", text=ANSWER)
    told.chat(["thanks"], channel="telegram", phone=PHONE)
    _checkpoint(told)
    assert _found(told.data, PLACE, MORE, ANSWER, PHONE.removeprefix("+")) == {}


def test_the_logs_tell_nothing(told: Running) -> None:
    said = told.said()
    assert [one for one in (PLACE, MORE, ANSWER, PHONE.removeprefix("+")) if one in said] == []


def test_the_search_would_find_what_stood_in_clear(told: Running) -> None:
    marker = "Regenbogenforelle"
    with _connect(told) as connection:
        connection.execute("CREATE TABLE control AS SELECT %s::text AS words", (marker,))
    _checkpoint(told)
    found = _found(told.data, marker)
    with _connect(told) as connection:
        connection.execute("DROP TABLE control")
    assert any("pg_wal" in path for path in found[marker])
    assert any("base" in path for path in found[marker])


def _claim(doctor: Browser) -> str:
    doctor.get("/inbox")
    path = doctor.find(r'action="(/cases/[0-9a-f-]+)/claim"')
    doctor.post(f"{path}/claim")
    return path


def _found(data: Path, *secrets: str) -> dict[str, list[str]]:
    """Where each secret stands, in the encodings in which it could."""
    found: dict[str, list[str]] = {}
    for path in sorted(one for one in data.rglob("*") if one.is_file()):
        content = path.read_bytes()
        for secret in secrets:
            if any(secret.encode(code) in content for code in ("utf-8", "utf-16-le", "utf-16-be")):
                found.setdefault(secret, []).append(str(path))
    return found


def _connect(running: Running) -> psycopg.Connection:
    return psycopg.connect(running.database_url(), autocommit=True)


def _checkpoint(running: Running) -> None:
    """Let everything that is in memory reach the disk."""
    with _connect(running) as connection:
        connection.execute("CHECKPOINT")
