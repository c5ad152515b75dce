"""Check a receipt: when something was received, that it is unchanged, and who vouches for it.

Says nothing else to anybody. Without a code it is asked for, so that it stands in no history.
"""

import asyncio
import hashlib
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path

from backup.database import open_database
from core.database import open_engine, open_sessions
from core.settings import Settings
from vault.keys import open_keys
from vault.receipt_check import Answer, State, check
from vault.receipts import read_code
from vault.store import open_store

FOUND_EXIT = 1
USAGE_EXIT = 2

STATES = {
    State.KEPT: "unchanged since",
    State.ERASED: "deleted since at its sender's wish",
    State.EXPIRED: "no longer kept",
    State.CHANGED: "NOT as it was received",
}
SINCE = {
    "checkpoint": "in the signed log",
    "witness": "confirmed by an independent witness",
    "timestamp": "confirmed by a time authority",
    "anchor": "anchored in a public blockchain",
    "development": "development anchor, which proves nothing to anybody else",
}


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `backup receipt`."""
    parser.add_argument("code", nargs="?", help="the receipt, such as 7K3M-9QXF-…")
    parser.add_argument("--file", type=Path, help="a file to compare with its receipt")


def run(args: Namespace, settings: Settings) -> int:
    """Say what is known; 1 if it was changed or is another file, 2 if there is no such receipt."""
    code = read_code(args.code or input("receipt: "))
    if code is None:
        print("this is no receipt: a letter or digit is wrong or missing")
        return USAGE_EXIT
    answer = asyncio.run(_check(settings, code, None if args.file is None else _digest(args.file)))
    if answer is None:
        print("this receipt is not known here")
        return USAGE_EXIT
    for line in lines(answer):
        print(line)
    return FOUND_EXIT if answer.state == State.CHANGED or answer.same is False else 0


def lines(answer: Answer) -> Iterator[str]:
    """What is told."""
    yield f"received {answer.received_at:%Y-%m-%d %H}:00 UTC: {STATES[answer.state]}"
    for one in answer.since:
        when = "" if one.at is None else f" since {one.at:%Y-%m-%d %H}:00 UTC"
        yield f"{SINCE[one.kind]}{when}"
    if answer.same is not None:
        yield "the file is the one that was received" if answer.same else "another file"


async def _check(settings: Settings, code: str, sha256: str | None) -> Answer | None:
    keys, store = open_keys(settings), open_store(settings)
    async with open_database(settings) as database:
        engine = open_engine(database.url)
        try:
            async with open_sessions(engine).begin() as session:
                return await check(session, code, keys=keys, store=store, sha256=sha256)
        finally:
            await engine.dispose()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
