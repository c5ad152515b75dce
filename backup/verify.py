"""Check the custody log: against itself, its signed checkpoints, and those kept elsewhere."""

import asyncio
from argparse import ArgumentParser, Namespace
from pathlib import Path

from backup.database import open_database
from core.database import open_engine, open_sessions
from core.settings import Settings
from vault.checkpoint import log_signer, sign_checkpoint
from vault.keys import open_keys
from vault.verify import LogReport, verify_log

FOUND_EXIT = 1


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `backup verify`."""
    parser.add_argument(
        "notes", nargs="*", type=Path, help="checkpoints that were kept elsewhere (files)"
    )
    parser.add_argument(
        "--sign", type=Path, metavar="FILE", help="write a checkpoint of the log to keep elsewhere"
    )


def run(args: Namespace, settings: Settings) -> int:
    """Say what is intact, or what was changed and where; 1 if anything was found."""
    notes = [path.read_text() for path in args.notes]
    report, checkpoint = asyncio.run(_verify(settings, notes))
    for finding in report.findings:
        print(finding)
    if report.intact:
        print(f"intact: {report.head.size} entries, {len(notes)} checkpoints from elsewhere")
        if args.sign:
            args.sign.write_text(checkpoint)
    return 0 if report.intact else FOUND_EXIT


async def _verify(settings: Settings, notes: list[str]) -> tuple[LogReport, str]:
    keys = open_keys(settings)
    async with open_database(settings) as database:
        engine = open_engine(database.url)
        async with open_sessions(engine).begin() as session:
            signer = await log_signer(session, keys)
            report = await verify_log(session, signer.verifier, notes)
        checkpoint = ""
        if report.intact:
            async with open_sessions(engine).begin() as session:
                checkpoint = await sign_checkpoint(session, keys)
        await engine.dispose()
    return report, checkpoint
