"""The simulator: a sealed message centre with a real database behind it."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, text, update

from bots.adapter import (
    Adapter,
    Arrived,
    Choice,
    ForgedError,
    MalformedError,
    Message,
    Outbound,
    Webhook,
)
from bots.simulator.adapter import Simulator, simulators
from bots.simulator.routes import routes
from bots.simulator.tables import SimulatedDelivery
from core.database import Sessions
from vault.keys import LocalKeyProvider

PHONE = "+999123456789"
OTHER = "+999000000000"


@pytest.fixture
def keys(data: Path) -> LocalKeyProvider:
    return LocalKeyProvider.open(data / "server.key")


@pytest.fixture
def telegram(sessions: Sessions, keys: LocalKeyProvider) -> Simulator:
    return Simulator("telegram", sessions, keys)


@pytest.fixture
def unplugged(keys: LocalKeyProvider) -> Simulator:
    """A simulator without a database, which translating doesn't need."""
    return Simulator("telegram", Sessions(), keys)


def outbound(words: str = "SECRET-WORDS", *, part: UUID | None = None, **extra: Any) -> Outbound:
    return Outbound(part=part or uuid4(), address=PHONE, text=words, **extra)


async def texts(simulator: Simulator, phone: str = PHONE, *, after: int = 0) -> list[str]:
    return [one.text for one in await simulator.waiting(phone, after=after)]


# The message centre


async def test_parts_wait_for_their_phone_in_order(telegram: Simulator) -> None:
    await telegram.send(outbound("one"))
    await telegram.send(outbound("two"))

    first, second = await telegram.waiting(PHONE, after=0)
    assert (first.text, second.text) == ("one", "two")
    assert first.id < second.id
    assert await texts(telegram, after=first.id) == ["two"]


async def test_a_phone_sees_buttons_as_its_channel_shows_them(
    sessions: Sessions, keys: LocalKeyProvider
) -> None:
    choices = tuple(Choice(id=f"c{number}", label=f"Choice {number}") for number in range(4))
    shapes = {}
    for simulator in simulators(sessions, keys):
        await simulator.send(outbound(choices=choices, turn=3))
        (seen,) = await simulator.waiting(PHONE, after=0)
        assert (seen.choices, seen.turn) == (choices, 3)
        shapes[simulator.name] = seen.shape

    assert shapes == {
        "simulator-sms": "plain",
        "simulator-whatsapp": "list",
        "simulator-telegram": "buttons",
    }


async def test_other_phones_and_other_channels_see_nothing(
    telegram: Simulator, sessions: Sessions, keys: LocalKeyProvider
) -> None:
    await telegram.send(outbound())

    assert await texts(telegram, OTHER) == []
    assert await texts(Simulator("sms", sessions, keys)) == []


async def test_a_part_is_taken_in_once_even_after_it_was_shown(telegram: Simulator) -> None:
    part = uuid4()
    assert await telegram.send(outbound("one", part=part)) == str(part)
    assert await telegram.send(outbound("one", part=part)) == str(part)
    (seen,) = await telegram.waiting(PHONE, after=0)

    await telegram.shown(PHONE, upto=seen.id)
    await telegram.send(outbound("one", part=part))

    assert await texts(telegram) == []


async def test_what_a_phone_has_shown_is_destroyed_and_no_more(
    telegram: Simulator, sessions: Sessions
) -> None:
    await telegram.send(outbound("one"))
    await telegram.send(outbound("two"))
    (first, _) = await telegram.waiting(PHONE, after=0)

    await telegram.shown(OTHER, upto=first.id + 1)
    await telegram.shown(PHONE, upto=first.id)

    assert await texts(telegram) == ["two"]
    async with sessions() as session:
        row = (await session.scalars(select(SimulatedDelivery).filter_by(id=first.id))).one()
    assert (row.body, row.wrapped_key) == (None, None)


async def test_what_is_a_day_old_is_forgotten_shown_or_not(
    telegram: Simulator, sessions: Sessions
) -> None:
    for words in ("shown", "unshown"):
        await telegram.send(outbound(words))
    (first, _) = await telegram.waiting(PHONE, after=0)
    await telegram.shown(PHONE, upto=first.id)
    async with sessions.begin() as session:
        await session.execute(
            update(SimulatedDelivery).values(created_at=datetime.now(UTC) - timedelta(days=2))
        )

    await telegram.send(outbound("new"))

    async with sessions() as session:
        assert len((await session.scalars(select(SimulatedDelivery))).all()) == 1
    assert await texts(telegram) == ["new"]


async def test_a_part_is_found_by_its_own_id(telegram: Simulator) -> None:
    sent, unsent = outbound(), outbound()
    await telegram.send(sent)

    assert await telegram.find(sent, datetime.now(UTC)) == str(sent.part)
    assert await telegram.find(unsent, datetime.now(UTC)) is None


async def test_neither_number_nor_word_stands_in_the_database(
    telegram: Simulator, sessions: Sessions
) -> None:
    await telegram.send(outbound(choices=(Choice(id="SECRET-CHOICE", label="SECRET-LABEL"),)))

    async with sessions() as session:
        rows = await session.scalars(
            text("SELECT row_to_json(d)::text FROM simulated_deliveries d")
        )
        stored = " ".join(rows)
    for secret in (PHONE, "SECRET"):
        assert secret not in stored
        assert secret.encode().hex() not in stored


# What a phone sends


def typed(**changes: Any) -> bytes:
    return json.dumps({"phone": PHONE, "id": "m-1", "text": "hello"} | changes).encode()


def test_a_line_is_a_text_and_a_pressed_button_a_choice(unplugged: Simulator) -> None:
    assert unplugged.parse(typed()) == (
        Message(external_id="m-1", contact=PHONE, kind="text", text="hello"),
    )
    assert unplugged.parse(typed(text=None, choice="yes", turn=4)) == (
        Message(external_id="m-1", contact=PHONE, kind="choice", choice="yes", turn=4),
    )


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"\xff",
        typed(phone="SECRET"),
        typed(id=""),
        typed(id="x" * 65),
        typed(text=""),
        typed(text="x" * 4097),
        typed(text=None),
        typed(choice="yes", turn=1),
        typed(text=None, choice="yes"),
        typed(more="SECRET"),
    ],
)
def test_what_no_phone_sends_is_refused_without_quoting_it(
    unplugged: Simulator, raw: bytes
) -> None:
    with pytest.raises(MalformedError) as caught:
        unplugged.parse(raw)

    assert "SECRET" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("host", ["example.org", "10.0.0.1", "127.0.0.1.example.org"])
def test_a_foreign_name_of_the_gateway_is_forged(unplugged: Simulator, host: str) -> None:
    with pytest.raises(ForgedError):
        unplugged.verify(Webhook(url=f"http://{host}/simulator", headers={}, body=typed()))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8761", "[::1]:8761"])
def test_this_machine_s_names_are_genuine(unplugged: Simulator, host: str) -> None:
    unplugged.verify(Webhook(url=f"http://{host}/simulator", headers={}, body=typed()))


# The routes


class Gateway:
    """What the routes need of a gateway: it keeps what arrives, and is settled or not."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, Arrived]] = []
        self.calm = True
        self.asked: list[tuple[str, str]] = []

    async def ingest(self, adapter: Adapter, arrived: tuple[Arrived, ...]) -> None:
        self.kept += [(adapter.name, one) for one in arrived]

    async def settled(self, channel: str, contact: str) -> bool:
        self.asked.append((channel, contact))
        return self.calm


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def connect(app: FastAPI, *, peer: str = "127.0.0.1", host: str = "127.0.0.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(peer, 5000))
    return httpx.AsyncClient(
        transport=transport, base_url=f"http://{host}", headers={"X-Phone": PHONE}
    )


@pytest.fixture
def app(gateway: Gateway, sessions: Sessions, keys: LocalKeyProvider) -> FastAPI:
    app = FastAPI()
    app.include_router(routes(simulators(sessions, keys), gateway.ingest, gateway.settled))
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with connect(app) as client:
        yield client


async def test_a_sent_message_is_kept_before_it_is_accepted(
    client: httpx.AsyncClient, gateway: Gateway
) -> None:
    response = await client.post("/simulator/sms/messages", content=typed())

    assert response.status_code == 202
    assert gateway.kept == [
        ("simulator-sms", Message(external_id="m-1", contact=PHONE, kind="text", text="hello"))
    ]


async def test_a_malformed_message_is_refused(client: httpx.AsyncClient, gateway: Gateway) -> None:
    assert (await client.post("/simulator/sms/messages", content=b"{}")).status_code == 400
    assert gateway.kept == []


async def test_an_unknown_channel_is_not_there(client: httpx.AsyncClient) -> None:
    assert (await client.get("/simulator/pigeon/messages")).status_code == 404


async def test_a_phone_without_a_number_gets_nothing(app: FastAPI) -> None:
    async with connect(app) as client:
        answer = await client.get("/simulator/sms/messages", headers={"X-Phone": "x"})
    assert answer.status_code == 422


async def test_other_machines_are_refused(app: FastAPI, gateway: Gateway) -> None:
    async with connect(app, peer="10.0.0.9") as client:
        sent = await client.post("/simulator/sms/messages", content=typed())
        seen = await client.get("/simulator/sms/messages")
        shown = await client.post("/simulator/sms/messages/ack", json={"upto": 1})
    async with connect(app, host="gateway.example.org") as client:
        renamed = await client.post("/simulator/sms/messages", content=typed())

    assert [one.status_code for one in (sent, seen, shown, renamed)] == [403] * 4
    assert gateway.kept == []


async def test_messages_come_with_a_word_on_whether_more_follow(
    client: httpx.AsyncClient, telegram: Simulator, gateway: Gateway
) -> None:
    await telegram.send(outbound("hello", choices=(Choice(id="yes", label="Yes"),), turn=2))
    gateway.calm = False

    received = (await client.get("/simulator/telegram/messages")).json()

    (message,) = received["messages"]
    assert received["settled"] is False
    assert gateway.asked == [("simulator-telegram", PHONE)]
    assert message["text"] == "hello"
    assert message["choices"] == [{"id": "yes", "label": "Yes"}]
    assert (message["shape"], message["turn"]) == ("buttons", 2)


async def test_a_phone_that_waits_for_calm_is_answered_as_soon_as_it_is(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/simulator/telegram/messages", params={"until": "settled"})

    assert answer.json() == {"messages": [], "settled": True}


async def test_a_phone_that_waits_for_a_message_is_answered_in_the_end(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/simulator/telegram/messages", params={"wait": 0})

    assert answer.json()["messages"] == []


async def test_shown_messages_are_gone(client: httpx.AsyncClient, telegram: Simulator) -> None:
    await telegram.send(outbound())
    (seen,) = (await client.get("/simulator/telegram/messages")).json()["messages"]

    shown = await client.post("/simulator/telegram/messages/ack", json={"upto": seen["id"]})

    assert shown.status_code == 204
    assert await texts(telegram) == []
