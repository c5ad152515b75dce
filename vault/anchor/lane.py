"""Keeps every chain anchored for as long as the process lives; no chain holds up anything else."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.database import Sessions
from core.errors import BackUpError
from core.settings import Settings
from vault.anchor import repository
from vault.anchor.chains import Chain, load_chains
from vault.anchor.development import tend
from vault.anchor.node import open_node
from vault.anchor.sender import Sender
from vault.anchor.worker import Anchoring, contract_of, is_due
from vault.keys import KeyProvider

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 30.0
LOOK_EVERY_SECONDS_IN_DEVELOPMENT = 2.0
LONGEST_PAUSE = 600.0


@dataclass(slots=True, kw_only=True)
class Lane:
    """One chain and its sender; `problem` is what was last found to be wrong with it."""

    chain: Chain
    sender: Sender
    sessions: Sessions
    keys: KeyProvider
    now: Callable[[], datetime]
    problem: str | None = field(default=None, init=False)

    async def keep(self) -> None:
        """Look at the chain again and again, less often while something is wrong."""
        development = self.chain.development
        usual = LOOK_EVERY_SECONDS_IN_DEVELOPMENT if development else LOOK_EVERY_SECONDS
        pause = usual
        while True:
            pause = usual if await self.look() else min(LONGEST_PAUSE, 2 * pause)
            await asyncio.sleep(pause)

    async def look(self) -> bool:
        """Do what there is to do; False when something is wrong, which is logged once."""
        try:
            if not await self._is_idle():
                await self._work()
        except Exception:
            log.exception("anchoring on %s failed and is tried again", self.chain.name)
            return False
        return self.problem is None

    async def _is_idle(self) -> bool:
        async with self.sessions() as session:
            waiting = await repository.unfinished(session, self.chain.name)
            return not waiting and not await is_due(session, self.chain, self.now())

    async def _work(self) -> None:
        problem, balance = None, None
        try:
            async with open_node(self.chain) as node:
                if self.chain.development:
                    await tend(node, self.sender.address)
                balance = await node.balance(self.sender.address)
                await Anchoring(
                    chain=self.chain,
                    sender=self.sender,
                    node=node,
                    sessions=self.sessions,
                    keys=self.keys,
                    now=self.now,
                ).advance()
        except BackUpError as error:
            problem = str(error)
            if problem != self.problem:
                log.error("%s", problem)  # noqa: TRY400 - it was foreseen: the words say it all
        except Exception:
            problem = f"{self.chain.name}: something unforeseen happened; see the worker's log"
            log.exception("anchoring on %s failed and is tried again", self.chain.name)
        self.problem = problem
        await self._note(balance)

    async def _note(self, balance: int | None) -> None:
        """Leave word for `backup anchor status` and the administrators' page."""
        found = {
            "name": self.chain.name,
            "chain_id": self.chain.id,
            "development": self.chain.development,
            "contract": contract_of(self.chain, self.sender),
            "sender": self.sender.address,
            "balance": balance,
            "problem": self.problem,
            "looked_at": self.now(),
        }
        async with self.sessions.begin() as session:
            await repository.note_chain(session, found)


def open_lanes(
    settings: Settings, sessions: Sessions, keys: KeyProvider, now: Callable[[], datetime]
) -> Sequence[Lane]:
    """A lane for each chain of the deployment; none when it has no chains.

    Raises:
        ConfigurationError: the chains' file or a key is wrong.
    """
    return [
        Lane(
            chain=chain,
            sender=Sender.of(chain, settings),
            sessions=sessions,
            keys=keys,
            now=now,
        )
        for chain in load_chains(settings)
    ]
