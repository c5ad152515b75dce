"""What a dead worker leaves behind is taken up by the living, whatever else has arrived since."""

import asyncio

from procrastinate import App
from sqlalchemy import text

from bots.worker import open_app, watch
from tests.fakes.gateway import Gateway


async def test_a_job_of_a_dead_worker_is_replaced(gateway: Gateway, database_url: str) -> None:
    await gateway.arrive("hi", external_id="m1")
    async with open_app(gateway.parts, database_url).open_async() as app:
        await _die_at_work(gateway)
        await watch(app, gateway.parts)
        await _work(app)
    assert gateway.dialogue.heard == ["hi"]


async def test_even_if_a_newer_job_waits_for_the_same_lane(
    gateway: Gateway, database_url: str
) -> None:
    await gateway.arrive("one", external_id="m1")
    async with open_app(gateway.parts, database_url).open_async() as app:
        await _die_at_work(gateway)
        await gateway.arrive("two", external_id="m2")
        await watch(app, gateway.parts)
        await _work(app)
    assert gateway.dialogue.heard == ["one", "two"]
    assert await _jobs(gateway) == 0


async def test_a_lane_that_fails_is_tried_again_and_holds_up_no_newer_message(
    gateway: Gateway, database_url: str
) -> None:
    await gateway.arrive("one", external_id="m1")
    gateway.dialogue.broken = True
    async with open_app(gateway.parts, database_url).open_async() as app:
        await _work(app)
        assert await _jobs(gateway) == 1
        gateway.dialogue.broken = False
        await gateway.arrive("two", external_id="m2")
        await _work(app)
    assert gateway.dialogue.heard == ["one", "two"]


async def _die_at_work(gateway: Gateway) -> None:
    """As if a worker had fetched the job and died."""
    async with gateway.parts.sessions.begin() as session:
        await session.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))


async def _work(app: App) -> None:
    async with asyncio.timeout(30):
        await app.run_worker_async(wait=False, listen_notify=False)


async def _jobs(gateway: Gateway) -> int:
    async with gateway.parts.sessions() as session:
        count: int = await session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) or 0
        return count
