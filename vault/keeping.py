"""Keeping the custody log: signing it as it grows, and having that time-stamped.

An authority that is away, or a disk that is full, stops nothing else.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
from cryptography.x509 import Certificate

from core.database import Sessions
from core.settings import Settings
from vault import ledger, timestamps, vouchers
from vault.checkpoint import sign_checkpoint
from vault.errors import TamperedError
from vault.keys import KeyProvider
from vault.memory import recall, remember
from vault.timestamps import Authority, read_authorities, read_roots

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    """What the log's keeping needs."""

    sessions: Sessions
    keys: KeyProvider
    memory: Path
    """The file in which the last checkpoint is remembered outside of the database."""
    authorities: Sequence[Authority] = ()
    roots: Sequence[Certificate] = ()

    @classmethod
    def of(cls, settings: Settings, sessions: Sessions, keys: KeyProvider) -> "Custody":
        """As the settings have it.

        Raises:
            ConfigurationError: an authority or its certificates can't be read.
        """
        return cls(
            sessions=sessions,
            keys=keys,
            memory=settings.checkpoint_file,
            authorities=read_authorities(settings.timestamp_urls),
            roots=read_roots(settings.timestamp_ca),
        )


async def checkpoint(custody: Custody) -> None:
    """Sign the log as it stands, so that whoever keeps the note can tell a later change."""
    try:
        async with custody.sessions.begin() as session:
            signed = await sign_checkpoint(session, custody.keys, recall(custody.memory))
        remember(custody.memory, signed)
    # Loud, and no reason to leave the people who write unanswered.
    except TamperedError:
        log.exception("the custody log was changed; run `backup verify`")
    except OSError:
        log.exception("the last checkpoint can't be remembered in %s", custody.memory.name)


async def stamp(
    custody: Custody,
    client: httpx.AsyncClient,
    authority: Authority,
    *,
    due_before: datetime | None = None,
) -> bool:
    """Have the newest checkpoint time-stamped, unless it is, or one was after `due_before`.

    Raises:
        AuthorityError: the authority is away, or what it gives can't be believed.
    """
    async with custody.sessions() as session:
        newest = await ledger.newest_note(session)
        last = {one.name: one for one in await vouchers.latest_timestamps(session)}
    had = last.get(authority.name)
    if newest is None or (
        had is not None and (had.size == newest[0] or (due_before and had.at > due_before))
    ):
        return False
    size, note = newest
    at, token = await timestamps.request(client, authority, note.encode(), custody.roots)
    async with custody.sessions.begin() as session:
        await vouchers.add_timestamp(session, size, authority.name, at, token)
    return True
