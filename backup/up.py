"""`backup up`: everything on one machine, on loopback, until Ctrl-C."""

import asyncio
import contextlib
import os
import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from backup.alone import alone
from backup.authority import DevelopmentAuthority, development_authority
from backup.chain import DevelopmentChain, anvil, prepare
from backup.database import Database, open_database
from backup.demo import print_sign_ins
from backup.escrow import escrow_recipient
from backup.migrate import migrate
from backup.processes import ProcessError, Program, Supervisor, require_free_port
from core.errors import ConfigurationError
from core.settings import Settings
from vault.keys import open_keys

ROOT = Path(__file__).parent.parent
DEMONSTRATION = {"SHOW_UNREVIEWED": "true", "COUNTRY": "CD"}
"""What is shown, marked, on a machine for trying things out."""
DIALOGUE_PYTHON = ROOT / "dialogue" / ".venv" / "bin" / "python"


def add_arguments(parser: ArgumentParser) -> None:
    """The options of `backup up`."""
    parser.add_argument(
        "--demo",
        action="store_true",
        help="add a sample admin and sample professionals, and let `backup chat` in",
    )


def run(args: Namespace, settings: Settings) -> int:
    """Run until stopped; 0 after Ctrl-C."""
    with alone(settings.backup_data):
        return asyncio.run(_up(settings, demo=args.demo))


async def _up(settings: Settings, *, demo: bool) -> int:
    ports = {
        "GATEWAY_PORT": settings.gateway_port,
        "DASHBOARD_PORT": settings.dashboard_port,
        "DIALOGUE_URL": settings.dialogue_url.port or 80,
    }
    chain = development_chain(settings)
    if chain:
        ports["CHAIN_PORT"] = settings.chain_port
    authority = development_authority(settings) if demo else None
    if authority:
        ports["TIMESTAMP_PORT"] = settings.timestamp_port
    for variable, port in ports.items():
        require_free_port(port, variable=variable)
    await _train(settings)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    simulator = demo or settings.simulator
    async with (
        open_database(settings) as database,
        running(
            settings, database, simulator=simulator, say=_say, chain=chain, authority=authority
        ),
    ):
        if demo:
            await print_sign_ins(settings, database.url)
        _print_addresses(settings, demo=demo)
        await stop.wait()
        _say("stopping")
    return 0


@contextlib.asynccontextmanager
async def running(
    settings: Settings,
    database: Database,
    *,
    simulator: bool,
    say: Callable[[str], None],
    chain: DevelopmentChain | None = None,
    authority: DevelopmentAuthority | None = None,
) -> AsyncIterator[Supervisor]:
    """All processes on a database, migrated and ready, until the block ends."""
    say("database: migrations")
    await migrate(database.owner_url)
    open_keys(settings)
    environment = {
        **os.environ,
        "BACKUP_DATA": str(settings.backup_data.resolve()),
        "DATABASE_URL": database.url,
        "DASHBOARD_PORT": str(settings.dashboard_port),
        "DIALOGUE_URL": str(settings.dialogue_url),
        "ESCROW_RECIPIENT": escrow_recipient(settings),
        "GATEWAY_PORT": str(settings.gateway_port),
        "SIMULATOR": str(simulator).lower(),
        **_questionnaire(settings),
        **(DEMONSTRATION if simulator else {}),
        **(authority.environment if authority else {}),
    }
    if chains := chain.chains if chain else settings.anchor_chains:
        environment["ANCHOR_CHAINS"] = str(chains.resolve())
    supervisor = Supervisor(environment, ROOT)
    try:
        own = [one.program for one in (chain, authority) if one]
        all_of = (*own, *programs(settings))
        say(f"{', '.join(program.name for program in all_of)}: starting")
        try:
            async with asyncio.TaskGroup() as group:
                for program in all_of:
                    group.create_task(supervisor.start(program, ready_within=120))
        except* ProcessError as failed:
            raise failed.exceptions[0] from None
        yield supervisor
    finally:
        await supervisor.stop()


def programs(settings: Settings) -> tuple[Program, ...]:
    """What runs, in the order in which it starts."""
    dialogue = str(settings.dialogue_url).rstrip("/")
    port = str(settings.dialogue_url.port or 80)
    python = sys.executable
    return (
        Program(
            name="dialogue",
            command=(str(DIALOGUE_PYTHON), "-m", "dialogue", "serve", "--port", port),
            health=f"{dialogue}/health",
            bare=True,
        ),
        Program(
            name="gateway",
            command=(python, "-m", "bots"),
            health=f"http://127.0.0.1:{settings.gateway_port}/health",
        ),
        Program(name="worker", command=(python, "-m", "bots.worker")),
        Program(
            name="dashboard",
            command=(python, "-m", "dashboard"),
            health=f"http://127.0.0.1:{settings.dashboard_port}/health",
        ),
    )


def development_chain(settings: Settings) -> DevelopmentChain | None:
    """A chain of our own, where the deployment names none and the database is embedded too."""
    if settings.anchor_chains is not None:
        return None
    binary = anvil.find()
    if settings.database_url is not None or binary is None:
        _say(
            "nothing is anchored: ANCHOR_CHAINS names no chains, and the development chain "
            + ("is for the embedded database" if binary else "is not installed")
        )
        return None
    return prepare(settings, binary)


async def _train(settings: Settings) -> None:
    """Train the dialogue if its words or questions changed; it prints its own progress."""
    if not DIALOGUE_PYTHON.exists():
        raise ConfigurationError("the dialogue's environment is missing; run `make install`")
    process = await asyncio.create_subprocess_exec(
        *(str(DIALOGUE_PYTHON), "-m", "dialogue.train"),
        cwd=ROOT,
        env={**os.environ, **_questionnaire(settings)},
    )
    if await process.wait() != 0:
        raise ConfigurationError("the dialogue could not be trained; see above")


def _questionnaire(settings: Settings) -> dict[str, str]:
    """An own questionnaire, named so that a process that runs elsewhere finds it."""
    own = settings.questionnaire
    return {"QUESTIONNAIRE": str(own.resolve())} if own else {}


def _print_addresses(settings: Settings, *, demo: bool) -> None:
    _say(f"dashboard  http://127.0.0.1:{settings.dashboard_port}/")
    if demo:
        _say("to chat    .venv/bin/backup chat --channel sms")
    _say("Ctrl-C stops everything")


def _say(line: str) -> None:
    print(line, flush=True)
