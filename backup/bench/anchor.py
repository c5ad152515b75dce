"""What one anchor costs, and how long it takes to check one without a network.

Everything is real: a custody log in PostgreSQL, the worker's own steps, and anvil as the chain.
One anchor covers every entry of the log, so its price does not grow with them.
"""

import asyncio
import json
import os
import statistics
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import SecretStr

from backup.chain import anvil
from backup.migrate import migrate
from backup.postgres import Embedded
from core.database import Sessions, open_engine, open_sessions
from core.errors import BackUpError, ConfigurationError
from core.settings import Settings
from vault.anchor import offline, rlp
from vault.anchor.archive import archived
from vault.anchor.chains import Chain
from vault.anchor.lane import Lane
from vault.anchor.sender import Sender
from vault.custody import log
from vault.entries import Act, Action
from vault.keys import open_keys

ROUNDS = 25
LOOKS = 10
"""An anchor is final after three looks: sent, in a block, in a block that stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Entries that one anchor covers, the gas of its transaction, and the median of checking."""

    items: int
    gas_per_anchor: int
    verify_ms: float


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `backup bench anchor`."""
    parser.add_argument("--items", type=int, default=1000, help="entries of the custody log")
    parser.add_argument("--json", action="store_true", help="print JSON, the only form there is")


def run(args: Namespace, _settings: Settings) -> int:
    """Print the figures as JSON."""
    binary = anvil.find()
    if binary is None:
        raise ConfigurationError("the development chain is not installed; run `make install`")
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory)
        with anvil.alone(binary, data / "state.json") as rpc:
            anchor = asyncio.run(_anchored(data, rpc, args.items))
    print(json.dumps(asdict(_figures(anchor, args.items))))
    return 0


async def _anchored(data: Path, rpc: str, items: int) -> Mapping[str, Any]:
    """Make a log of so many entries and anchor it until that is final."""
    server = await asyncio.to_thread(Embedded, data / "postgres")
    try:
        await migrate(server.url)
        engine = open_engine(server.url)
        sessions = open_sessions(engine)
        async with sessions.begin() as session:
            for _ in range(items):
                log(session, Act(actor="intake", action=Action.OPEN, case_id=uuid4()))
        lane = Lane(
            chain=Chain(name="bench", id=anvil.CHAIN_ID, rpc=(SecretStr(rpc),), development=True),
            sender=Sender(os.urandom(32)),
            sessions=sessions,
            keys=open_keys(Settings(backup_data=data / "data")),
            now=lambda: datetime.now(UTC),
        )
        found = await _until_final(lane, sessions, items)
        await engine.dispose()
    finally:
        await asyncio.to_thread(server.stop)
    return found


async def _until_final(lane: Lane, sessions: Sessions, items: int) -> Mapping[str, Any]:
    for _ in range(LOOKS):
        await lane.look()
        async with sessions() as session:
            if anchors := await archived(session, items):
                return anchors[0]
    raise BackUpError(lane.problem or "the anchor did not become final")


def _figures(anchor: Mapping[str, Any], items: int) -> Figures:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        offline.check(anchor)
        times.append(time.perf_counter() - began)
    # Nothing else is in the block, so what the block used up to here is what the anchor used.
    receipt: Any = rlp.decode(bytes.fromhex(anchor["receipt"]["rlp"][2:])[1:])
    return Figures(
        items=items,
        gas_per_anchor=int.from_bytes(receipt[1], "big"),
        verify_ms=round(statistics.median(times) * 1000, 2),
    )
