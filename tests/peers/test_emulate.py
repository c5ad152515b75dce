"""SMS against the Twilio of the npm package emulate: its signed webhooks, and its API."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Request
from pydantic import SecretStr

from bots.adapter import (
    Arrived,
    ForgedError,
    Message,
    Outbound,
    PermanentError,
    Status,
    Webhook,
)
from bots.sms.twilio import TwilioSms
from tests.fakes.loopback import serve
from tests.peers.npm import Install, free_port, running

PACKAGE = "emulate@0.11.2"
ACCOUNT = "AC" + "4" * 32
TOKEN = "made-up-token"
NUMBER = "+15005550006"
PERSON = "+15550001111"


@dataclass
class Receiver:
    """Where the webhooks go: what is genuine is translated and kept."""

    arrived: list[Arrived] = field(default_factory=list)
    refused: int = 0
    url: str = ""
    adapter: TwilioSms | None = None

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/sms/twilio")
        async def take(request: Request) -> None:
            assert self.adapter is not None
            body = await request.body()
            webhook = Webhook(url=f"{self.url}/sms/twilio", headers=request.headers, body=body)
            try:
                self.adapter.verify(webhook)
            except ForgedError:
                self.refused += 1
                raise HTTPException(403) from None
            self.arrived += self.adapter.parse(body)

        return app


@dataclass
class Twilio:
    """The peer: a person's side of it, and the receiver of its webhooks."""

    api: httpx.AsyncClient
    receiver: Receiver
    sms: TwilioSms

    async def text(self, words: str) -> None:
        """A person sends a text."""
        fields = {"To": NUMBER, "From": PERSON, "Body": words}
        answer = await self.api.post("/_twilio/simulate/inbound-message", data=fields)
        answer.raise_for_status()

    async def report(self, sid: str, status: str) -> None:
        """The network reports what became of a message."""
        fields = {"MessageSid": sid, "Status": status}
        answer = await self.api.post("/_twilio/simulate/message-status", data=fields)
        answer.raise_for_status()


def adapter(client: httpx.AsyncClient, status_url: str, *, token: str = TOKEN) -> TwilioSms:
    return TwilioSms(
        client,
        account=ACCOUNT,
        token=SecretStr(token),
        number=NUMBER,
        status_url=status_url,
        api_url=str(client.base_url),
    )


@pytest.fixture
async def twilio(npm: Install, tmp_path: Path) -> AsyncIterator[Twilio]:
    modules, port, receiver = npm(PACKAGE), free_port(), Receiver()
    program = str(modules / "emulate" / "dist" / "index.js")
    seed = tmp_path / "seed.json"
    async with serve(receiver.app()) as url:
        webhook = f"{url}/sms/twilio"
        account = {"sid": ACCOUNT, "auth_token": TOKEN}
        numbers = [{"phone_number": NUMBER, "sms_url": webhook}]
        seed.write_text(json.dumps({"twilio": {"account": account, "phone_numbers": numbers}}))
        arguments = ("start", "--service", "twilio", "--seed", str(seed), "--port", str(port))
        async with (
            running(program, *arguments, modules=modules, ready="Config:"),
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", auth=(ACCOUNT, TOKEN)) as client,
        ):
            receiver.url, receiver.adapter = url, adapter(client, webhook)
            yield Twilio(client, receiver, receiver.adapter)


async def test_its_signed_webhooks_are_genuine_and_translated(twilio: Twilio) -> None:
    for words in ("hello", "Été à 50 % & plus = 2\nlines", "مرحبا 😀", ""):
        await twilio.text(words)

    messages = [one for one in twilio.receiver.arrived if isinstance(one, Message)]
    assert twilio.receiver.refused == 0
    assert [one.text for one in messages] == [
        "hello",
        "Été à 50 % & plus = 2\nlines",
        "مرحبا 😀",
        "",
    ]
    assert {one.contact for one in messages} == {PERSON}
    assert len({one.external_id for one in messages}) == 4


async def test_with_another_token_they_are_forged(twilio: Twilio) -> None:
    twilio.receiver.adapter = adapter(twilio.api, "https://example.org", token="another")

    await twilio.text("hello")

    assert (twilio.receiver.refused, twilio.receiver.arrived) == (1, [])


async def test_a_message_goes_out_is_found_and_its_fate_comes_back(twilio: Twilio) -> None:
    began = datetime.now(UTC)
    part = Outbound(part=uuid4(), address=PERSON, text="Bonjour à tous")

    sid = await twilio.sms.send(part)
    for status in ("sent", "delivered", "undelivered"):
        await twilio.report(sid, status)

    listed = (await twilio.api.get(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json")).json()
    ((sent, to, body),) = ((one["sid"], one["to"], one["body"]) for one in listed["messages"])
    assert (sent, to, body) == (sid, PERSON, "Bonjour à tous")
    assert await twilio.sms.find(part, began) == sid
    assert twilio.receiver.arrived == [
        Status(external_id=sid, status="sent"),
        Status(external_id=sid, status="delivered"),
        Status(external_id=sid, status="failed", problem="unroutable"),
    ]


@pytest.mark.parametrize(
    ("address", "token", "problem"),
    [("not a number", TOKEN, "invalid"), (PERSON, "another", "configuration")],
)
async def test_its_refusals_are_understood(
    twilio: Twilio, address: str, token: str, problem: str
) -> None:
    sms = adapter(twilio.api, "https://example.org", token=token)

    with pytest.raises(PermanentError) as caught:
        await sms.send(Outbound(part=uuid4(), address=address, text="hello"))

    assert caught.value.problem == problem
