"""What every channel's adapter must do, whoever is behind it.

A new channel passes by adding a bench: its adapter, in front of a provider that answers as the
real one does.
"""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bots.adapter import (
    Adapter,
    Arrived,
    Choice,
    ForgedError,
    MalformedError,
    Message,
    OptIn,
    OptOut,
    Outbound,
    PermanentError,
    RetryableError,
    Status,
    Webhook,
)
from bots.rendering import render_text
from bots.simulator.adapter import PROFILES, Simulator
from bots.telegram.adapter import Telegram
from core.database import Sessions
from locales import Catalogs
from tests.fakes import bot_api, twilio_api
from tests.fakes.loopback import serve
from vault.keys import LocalKeyProvider

SECRET = "SECRET-WORDS"


@dataclass(kw_only=True)
class Bench:
    """A channel on the bench: what its provider would deliver, and how to make it fail."""

    adapter: Adapter
    address: str
    body: Callable[[str, int], bytes]
    """What comes in when the person sends a text, their n-th message."""
    genuine: Callable[[bytes], Webhook] | None
    """A delivery that the provider vouches for; None if it delivers nothing unasked."""
    forged: Callable[[bytes], Webhook]
    break_down: Callable[[], None] = lambda: None
    """Make the next call fail for now."""
    refuse: Callable[[], None] = lambda: None
    """Make the next call fail for good."""


@asynccontextmanager
async def telegram(_: Sessions, __: Path) -> AsyncIterator[Bench]:
    api = bot_api.BotApi()
    async with serve(api.app()) as url:
        adapter = Telegram(SecretStr(bot_api.TOKEN), api_url=url)
        yield Bench(
            adapter=adapter,
            address="7",
            body=lambda text, number: json.dumps(
                bot_api.update(number, message=bot_api.message(text))
            ).encode(),
            genuine=None,
            forged=lambda body: Webhook(url="https://example.org/telegram", headers={}, body=body),
            break_down=lambda: api.failures.append(bot_api.refusal(502, SECRET)),
            refuse=lambda: api.failures.append(bot_api.refusal(403, SECRET)),
        )
        await adapter.close()


@asynccontextmanager
async def sms(_: Sessions, __: Path) -> AsyncIterator[Bench]:
    api = twilio_api.TwilioApi()

    def fields(text: str, number: int) -> dict[str, str]:
        return twilio_api.inbound(text, MessageSid=f"SM{number:032x}")

    def signed(body: bytes) -> Webhook:
        return twilio_api.signed(dict(httpx.QueryParams(body.decode())))

    yield Bench(
        adapter=api.adapter(),
        address=twilio_api.PERSON,
        body=lambda text, number: urlencode(fields(text, number)).encode(),
        genuine=signed,
        forged=lambda body: Webhook(url=twilio_api.WEBHOOK_URL, headers={}, body=body),
        break_down=lambda: api.failures.append(httpx.ReadTimeout(SECRET)),
        refuse=lambda: api.failures.append(twilio_api.refusal(400, 21610)),
    )


def simulator(profile: str) -> Any:
    @asynccontextmanager
    async def bench(sessions: Sessions, data: Path) -> AsyncIterator[Bench]:
        keys = LocalKeyProvider.open(data / "server.key")
        yield Bench(
            adapter=Simulator(profile, sessions, keys),
            address="+999123456789",
            body=lambda text, number: json.dumps(
                {"phone": "+999123456789", "id": f"m-{number}", "text": text}
            ).encode(),
            genuine=lambda body: Webhook(url="http://127.0.0.1:8761/", headers={}, body=body),
            forged=lambda body: Webhook(url="http://example.org/", headers={}, body=body),
        )

    return bench


OUTSIDE: dict[str, Any] = {"telegram": telegram, "sms": sms}
"""Channels that somebody else runs, and that can fail."""
OWN = {f"simulator-{profile}": simulator(profile) for profile in PROFILES}


@pytest.fixture(params=OUTSIDE | OWN)
async def bench(
    request: pytest.FixtureRequest, sessions: Sessions, data: Path
) -> AsyncIterator[Bench]:
    async with (OUTSIDE | OWN)[request.param](sessions, data) as one:
        assert one.adapter.name == request.param
        yield one


def outbound(bench: Bench, text: str = SECRET, **extra: Any) -> Outbound:
    return Outbound(part=uuid4(), address=bench.address, text=text, **extra)


# In


def test_a_text_arrives_as_it_was_typed(bench: Bench) -> None:
    words = "Été à 50 % & «plus» مرحبا 😀\n2"
    (arrived,) = bench.adapter.parse(bench.body(words, 1))

    assert isinstance(arrived, Message)
    assert (arrived.kind, arrived.text, arrived.contact) == ("text", words, bench.address)


def test_a_duplicate_has_the_same_id_and_another_message_another(bench: Bench) -> None:
    ids = [
        arrived.external_id
        for number in (1, 1, 2)
        for arrived in bench.adapter.parse(bench.body("hello", number))
        if isinstance(arrived, Message)
    ]

    assert ids[0] == ids[1] != ids[2]


def test_neither_words_nor_contact_show_in_a_repr(bench: Bench) -> None:
    shown = repr(bench.adapter.parse(bench.body(SECRET, 1))) + repr(outbound(bench))

    assert SECRET not in shown
    assert f"'{bench.address}'" not in shown


def test_the_provider_is_believed_and_others_are_not(bench: Bench) -> None:
    body = bench.body("hello", 1)
    if bench.genuine is not None:
        bench.adapter.verify(bench.genuine(body))

    with pytest.raises(ForgedError) as caught:
        bench.adapter.verify(bench.forged(body))
    assert bench.address not in str(caught.value)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(cut=st.integers(0, 400), length=st.integers(0, 40), junk=st.binary(max_size=40))
def test_whatever_comes_is_translated_or_refused(
    bench: Bench, cut: int, length: int, junk: bytes
) -> None:
    body = bench.body("hello", 1)
    mutated = body[:cut] + junk + body[cut + length :]

    with suppress(MalformedError):
        assert all(isinstance(one, get_args(Arrived)) for one in bench.adapter.parse(mutated))


# Out


async def test_each_part_that_is_sent_gets_an_id_of_its_own(bench: Bench) -> None:
    choices = (Choice(id="yes", label="Yes"), Choice(id="no", label="No"))
    sent = [
        await bench.adapter.send(outbound(bench, "hello", choices=choices, turn=1)),
        await bench.adapter.send(outbound(bench, "hello")),
    ]

    assert all(sent)
    assert len(set(sent)) == 2
    assert bench.address not in sent


async def test_the_longest_part_that_rendering_makes_is_taken(bench: Bench) -> None:
    for part in render_text("word " * 2000, capabilities=bench.adapter.capabilities):
        assert await bench.adapter.send(outbound(bench, part.text))


async def test_what_is_looked_up_is_what_was_sent_or_nothing(bench: Bench) -> None:
    began = datetime.now(UTC) - timedelta(seconds=1)
    part, other = outbound(bench, "these words"), outbound(bench, "other words")
    sent = await bench.adapter.send(part)

    assert await bench.adapter.find(part, began) in {sent, None}
    assert await bench.adapter.find(other, began) is None


@pytest.mark.parametrize("bench", OUTSIDE, indirect=True)
async def test_a_provider_that_is_down_is_tried_later(bench: Bench) -> None:
    bench.break_down()

    with pytest.raises(RetryableError) as caught:
        await bench.adapter.send(outbound(bench))

    assert caught.value.ambiguous
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("bench", OUTSIDE, indirect=True)
async def test_a_refusal_for_good_says_why_and_quotes_nothing(bench: Bench) -> None:
    bench.refuse()

    with pytest.raises(PermanentError) as caught:
        await bench.adapter.send(outbound(bench))

    assert SECRET not in str(caught.value)
    assert bench.address not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_an_acknowledgement_never_fails(bench: Bench) -> None:
    bench.break_down()
    message = Message(external_id="1", contact=bench.address, kind="text", text="x", receipt="r")

    await bench.adapter.acknowledge(message)


# About itself


def test_its_abilities_make_sense(bench: Bench) -> None:
    can = bench.adapter.capabilities

    assert can.max_text > 0
    assert (can.buttons > 0) == (can.button_label > 0)
    assert (can.list_items > 0) == (can.list_label > 0)
    assert can.rate.overall > 0
    assert can.rate.per_chat > 0
    assert can.rate.burst >= 1
    assert Catalogs.load(strict=True).has("en", can.confidentiality)
    assert can.sms == (can.unit == "septets")


def test_what_arrives_is_one_of_the_things_that_arrive() -> None:
    assert set(get_args(Arrived)) == {Message, Status, OptOut, OptIn}
