"""A chain is looked at again and again; what is wrong is said, and heals."""

import logging
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from backup.anchor import status
from backup.chain import anvil
from core.database import Sessions, open_engine, open_sessions
from core.errors import ConfigurationError
from core.settings import Settings
from tests.peers.npm import free_port
from tests.vault.anchor.site import COIN, Site
from vault.anchor import repository
from vault.anchor.keep import keep_anchored
from vault.anchor.lane import Lane
from vault.anchor.tables import AnchorChain
from vault.checkpoint import sign_checkpoint
from vault.custody import log
from vault.entries import Act, Action


def lane(site: Site) -> Lane:
    return Lane(
        chain=site.chain,
        sender=site.sender,
        sessions=site.sessions,
        keys=site.keys,
        now=lambda: site.time,
    )


async def found(sessions: Sessions) -> AnchorChain:
    async with sessions() as session:
        (chain,) = await repository.chains(session)
    return chain


async def test_a_development_chain_is_given_coin_and_blocks(site: Site) -> None:
    site.set(development=True)
    await site.fund(0)
    for _ in range(3):
        assert await lane(site).look()

    (archive,) = await site.archives()

    assert archive["chain"]["development"]
    assert await site.states() == ["final"]


async def test_no_node_is_asked_while_there_is_nothing_to_do(site: Site) -> None:
    await site.until_final()
    site.set(rpc=("http://127.0.0.1:1",))

    assert await lane(site).look()

    async with site.sessions() as session:
        assert await repository.chains(session) == []


async def test_a_node_that_is_away_is_said_once_and_back_again(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    secret = f"http://127.0.0.1:{free_port()}/secret-token"
    site.set(rpc=(secret,))
    away = lane(site)
    with caplog.at_level(logging.ERROR):
        assert [await away.look(), await away.look()] == [False, False]
    problem = (await found(site.sessions)).problem or ""
    site.set(rpc=(secret, site.rpc))
    back = lane(site)

    assert await back.look()

    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "does not answer" in problem
    assert "secret" not in problem + caplog.text
    assert (await found(site.sessions)).problem is None
    assert await site.states() == ["sent"]


async def test_a_node_of_another_chain_is_refused(site: Site) -> None:
    site.set(id=5)
    refusing = lane(site)

    assert not await refusing.look()

    assert refusing.problem == f"a node of test is of chain {anvil.CHAIN_ID}, not 5"
    assert await site.states() == []


async def test_a_wrong_setting_stops_the_worker_with_its_name(site: Site, tmp_path: Path) -> None:
    settings = Settings(anchor_chains=tmp_path / "none.yml")

    with pytest.raises(ConfigurationError, match="ANCHOR_CHAINS"):
        await keep_anchored(settings, site.sessions, site.keys, lambda: site.time)


async def test_a_database_that_is_away_is_survived(site: Site) -> None:
    engine = open_engine(f"postgresql://127.0.0.1:{free_port()}/none")
    away = lane(site)
    away.sessions = open_sessions(engine)

    assert not await away.look()
    assert away.problem is None
    await engine.dispose()


async def test_a_log_that_was_changed_is_not_anchored(site: Site, database_url: str) -> None:
    async with site.sessions.begin() as session:
        log(session, Act(actor="intake", action=Action.OPEN, case_id=uuid4()))
    async with site.sessions.begin() as session:
        await sign_checkpoint(session, site.keys)
    with psycopg.connect(database_url) as administrator:
        administrator.execute("ALTER TABLE custody_entries DISABLE TRIGGER ALL")
        administrator.execute("UPDATE custody_entries SET leaf = node || node, node = leaf || node")
    refusing = lane(site)

    assert not await refusing.look()
    assert refusing.problem == "the log is not the one that was signed at entry 1"
    assert await site.states() == []


async def test_the_operator_sees_sender_states_and_problem(site: Site) -> None:
    site.set(development=True)
    for _ in range(3):
        await lane(site).look()
    async with site.sessions() as session:
        (chain,) = await repository.chains(session)
        tally = await repository.tally(session, "test")
        last = await repository.last_final(session, "test")
    chain.problem = "something to mend"

    said = "\n".join(status([(chain, tally, last)]))

    assert "development anchor" in said
    assert site.sender.address in said
    assert f"{COIN / 10**18:.6f}" in said
    assert "1 final" in said
    assert "PROBLEM  something to mend" in said
    assert status([]) == ["nothing has been anchored; ANCHOR_CHAINS names the chains"]
