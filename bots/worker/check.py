"""The self-check of the custody log at a start, as a process beside the worker.

What it finds is kept for the admins' page and told in the log, never what an entry is about. It
keeps nobody from being helped.
"""

import logging
import os
import sys

from bots.assemble import database_url
from core.database import open_engine, open_sessions
from core.process import run_process
from core.settings import Settings
from vault import ledger
from vault.checkpoint import log_signer
from vault.errors import TamperedError
from vault.keys import open_keys
from vault.memory import recall
from vault.verify import verify_log

log = logging.getLogger(__name__)

POLITE = 10


async def check(settings: Settings) -> None:
    """Check the log against itself, its checkpoints, and the one that is remembered outside."""
    engine = open_engine(database_url(settings), size=1)
    sessions = open_sessions(engine)
    try:
        async with sessions.begin() as session:
            log_key = (await log_signer(session, open_keys(settings))).verifier
        remembered = recall(settings.checkpoint_file)
        async with sessions() as session:
            try:
                report = await verify_log(
                    session, log_key, [remembered] if remembered else [], exact=False
                )
            except TamperedError as error:
                size, found = 0, [f"{settings.checkpoint_file.name}: {error}"]
            else:
                size, found = report.head.size, [str(finding) for finding in report.findings]
        async with sessions.begin() as session:
            await ledger.add_check(session, size, found)
    finally:
        await engine.dispose()
    for finding in found[:10]:
        log.error("the custody log was changed: %s; run `backup verify`", finding)
    if not found:
        log.info("the custody log is intact: %d entries", size)


if __name__ == "__main__":
    os.nice(POLITE)
    sys.exit(run_process("check", check))
