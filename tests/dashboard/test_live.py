"""The open chat and the open inbox: pushed at once, caught up after any break, never twice."""

import asyncio
import re
from contextlib import AsyncExitStack
from html import escape
from uuid import uuid4

import httpx
import psycopg
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import announce
from core.identifiers import CaseId
from referrals.accounts import Enrolment
from referrals.cases import CASE_CHANNEL
from referrals.handover import give_back, reply
from referrals.professionals import suspend
from referrals.tables import OutgoingRow
from tests.support.desk import Desk, following, press, serving, take
from vault.age import Identity
from vault.signing import ActorKey


async def stream_of(browser: httpx.AsyncClient, page: str) -> str:
    """The address of the stream that a case's page opens."""
    found = re.search(r'hx-sse:connect="([^"]+)"', (await browser.get(page)).text)
    assert found is not None
    return found[1]


async def answered(desk: Desk, case_id: CaseId, who: Enrolment, text: str) -> None:
    desk.clock.forward(seconds=1)
    async with desk.parts.sessions.begin() as session:
        await reply(
            session,
            case_id,
            keys=desk.parts.keys,
            professional=who.account.id,
            signer=ActorKey.of(Identity.generate()),
            text=text,
            client_id=uuid4(),
            now=desk.clock(),
        )


async def changed(session: AsyncSession, case_id: CaseId, **values: str) -> None:
    await session.execute(update(OutgoingRow).values(**values))
    await announce(session, CASE_CHANNEL, str(case_id))


async def test_a_persons_message_comes_to_the_open_page_and_only_once(
    desk: Desk, amina: Enrolment
) -> None:
    case_id = await desk.report()
    async with desk.signed_in(amina) as browser, asyncio.timeout(20):
        address = await stream_of(browser, await take(browser, case_id))
        async with following(browser, address) as events:
            for text in ("Est-ce que vous <êtes> là ?", "Bonjour ?"):
                record = await desk.person_writes(case_id, text)
                event = await anext(events)
                assert event.html.count("<li ") == 1
                assert f'id="m{record}"' in event.html
                assert escape(text) in event.html
                assert event.id == f"{record}.human"


async def test_after_a_break_the_page_gets_what_it_missed_and_nothing_else(
    desk: Desk, amina: Enrolment
) -> None:
    case_id = await desk.report()
    async with desk.signed_in(amina) as browser, asyncio.timeout(20):
        address = await stream_of(browser, await take(browser, case_id))
        async with following(browser, address) as events:
            await desk.person_writes(case_id, "un")
            seen = await anext(events)
        await desk.person_writes(case_id, "deux")
        await answered(desk, case_id, amina, "trois")
        async with following(browser, address, **{"Last-Event-ID": seen.id}) as events:
            missed = await anext(events)
        words = re.findall(r'class="text">(\w+)<', missed.html)
        assert words == ["deux", "trois"]


async def test_it_goes_on_over_a_restart_of_the_server(desk: Desk, amina: Enrolment) -> None:
    case_id = await desk.report()
    async with desk.signed_in(amina) as browser, asyncio.timeout(30):
        address = await stream_of(browser, await take(browser, case_id))
        async with serving(desk) as one, following(browser, f"{one}{address}") as events:
            await desk.person_writes(case_id, "avant")
            seen = await anext(events)
        await desk.person_writes(case_id, "pendant")
        headers = {"Last-Event-ID": seen.id}
        async with (
            serving(desk) as two,
            following(browser, f"{two}{address}", **headers) as events,
        ):
            assert "pendant" in (await anext(events)).html
            await desk.person_writes(case_id, "après")
            after = (await anext(events)).html
        assert "après" in after
        assert "pendant" not in after


async def test_a_stopping_server_is_not_held_up_by_open_pages(desk: Desk, amina: Enrolment) -> None:
    case_id = await desk.report()
    async with desk.signed_in(amina) as browser, asyncio.timeout(30):
        address = await stream_of(browser, await take(browser, case_id))
        async with AsyncExitStack() as open_pages:
            async with serving(desk) as one:
                page = following(browser, f"{one}{address}")
                events = await open_pages.enter_async_context(page)
            assert [event async for event in events] == []


async def test_the_way_of_a_message_is_told_step_by_step(desk: Desk, amina: Enrolment) -> None:
    case_id = await desk.report()
    async with desk.signed_in(amina) as browser, asyncio.timeout(20):
        address = await stream_of(browser, await take(browser, case_id))
        async with following(browser, address) as events:
            await answered(desk, case_id, amina, "Bonjour")
            assert "Waiting to be sent" in (await anext(events)).html
            for status, words in (("sent", "Sent"), ("delivered", "Delivered")):
                async with desk.parts.sessions.begin() as session:
                    await changed(session, case_id, status=status)
                event = await anext(events)
                assert "<li" not in event.html
                assert f"{words}</p></hx-partial>" in re.sub(r"\s+<", "<", event.html)


async def test_a_page_elsewhere_learns_that_the_chat_was_given_back(
    desk: Desk, amina: Enrolment
) -> None:
    case_id = await desk.report()
    async with desk.signed_in(amina) as browser, asyncio.timeout(20):
        address = await stream_of(browser, await take(browser, case_id))
        async with following(browser, address) as events:
            async with desk.parts.sessions.begin() as session:
                await give_back(
                    session, case_id, keys=desk.parts.keys, professional=amina.account.id
                )
            event = await anext(events)
        assert 'hx-target="#desk"' in event.html
        assert "Answer the chat myself" in event.html
        assert event.id.endswith(".bot")


async def test_the_stream_ends_with_the_visit_the_account_and_the_case(
    desk: Desk, amina: Enrolment, bruno: Enrolment
) -> None:
    hers, his = await desk.report(), await desk.report()
    async with (
        desk.signed_in(amina) as browser,
        desk.signed_in(bruno) as other,
        asyncio.timeout(20),
    ):
        page, theirs = await take(browser, hers), await take(other, his)
        async with following(browser, await stream_of(browser, page)) as events:
            await desk.erase(hers)
            assert [event async for event in events] == []
        async with following(other, await stream_of(other, theirs)) as events:
            async with desk.parts.sessions.begin() as session:
                await suspend(session, bruno.account.id, now=desk.clock())
                await announce(session, CASE_CHANNEL, str(his))
            assert [event async for event in events] == []


async def test_a_sign_out_ends_the_open_streams_of_that_browser(
    desk: Desk, amina: Enrolment
) -> None:
    case_id = await desk.report()
    async with desk.signed_in(amina) as browser, asyncio.timeout(20):
        page = await take(browser, case_id)
        cookies = httpx.Cookies(browser.cookies)
        async with (
            httpx.AsyncClient(base_url=desk.url, cookies=cookies) as open_page,
            following(open_page, await stream_of(browser, page)) as events,
        ):
            await press(browser, page, "/sign-out")
            await desk.person_writes(case_id, "secret")
            assert [event async for event in events] == []


async def test_the_inbox_follows_new_and_taken_cases(
    desk: Desk, amina: Enrolment, bruno: Enrolment
) -> None:
    async with (
        desk.signed_in(amina) as browser,
        desk.signed_in(bruno) as other,
        asyncio.timeout(20),
        following(browser, "/inbox/live") as events,
    ):
        assert "Nobody is waiting" in (await anext(events)).html
        case_id = await desk.report()
        assert str(case_id) in (await anext(events)).html
        await take(other, case_id)
        assert str(case_id) not in (await anext(events)).html


async def test_a_lost_connection_to_the_database_is_made_good(desk: Desk, amina: Enrolment) -> None:
    case_id = await desk.report()
    async with desk.signed_in(amina) as browser, asyncio.timeout(30):
        address = await stream_of(browser, await take(browser, case_id))
        async with following(browser, address) as events:
            await desk.person_writes(case_id, "un")
            await anext(events)
            with psycopg.connect(desk.parts.database_url, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE query LIKE 'LISTEN%'"
                )
            await desk.person_writes(case_id, "deux")
            assert "deux" in (await anext(events)).html
