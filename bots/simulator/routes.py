"""The air between simulated phones and the gateway: send, receive, and say what was shown.

Only for programs on this machine. A phone's number travels in a body or a header, never in a URL.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from time import monotonic
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Request, Response
from pydantic import BaseModel

from bots.adapter import ForgedError, Ingest, MalformedError, Webhook
from bots.simulator.adapter import Delivery, Phone, Simulator, is_loopback

Settled = Callable[[str, str], Awaitable[bool]]
"""Whether nothing that a contact sent on a channel is unhandled, and nothing to them unsent."""

LONGEST_WAIT = 20.0
PAUSE = 0.05


class Received(BaseModel):
    """What is new on a phone. If `settled`, nothing else is on its way."""

    messages: list[Delivery]
    settled: bool


class Handed(BaseModel):
    """A file that the message centre has; a message names it."""

    id: UUID


class Shown(BaseModel):
    """The last message that a phone has shown."""

    upto: int


PhoneHeader = Annotated[Phone, Header(alias="X-Phone")]


def routes(simulators: Iterable[Simulator], ingest: Ingest, settled: Settled) -> APIRouter:
    """The routes of all simulated channels, by profile: `sms`, `whatsapp`, `telegram`."""
    by_profile = {one.name.removeprefix("simulator-"): one for one in simulators}
    router = APIRouter(
        prefix="/simulator/{profile}/messages", dependencies=[Depends(_this_machine)]
    )

    def find(profile: str) -> Simulator:
        if profile not in by_profile:
            raise HTTPException(404)
        return by_profile[profile]

    Channel = Annotated[Simulator, Depends(find)]  # noqa: N806 - a type

    @router.post("", status_code=202)
    async def send(request: Request, channel: Channel) -> Response:
        raw = await request.body()
        try:
            channel.verify(Webhook(url=str(request.url), headers=request.headers, body=raw))
            arrived = channel.parse(raw)
        except ForgedError:
            raise HTTPException(403) from None
        except MalformedError:
            raise HTTPException(400) from None
        await ingest(channel, arrived)
        return Response(status_code=202)

    @router.get("")
    async def receive(
        request: Request,
        channel: Channel,
        phone: PhoneHeader,
        after: Annotated[int, Query(ge=0)] = 0,
        wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT)] = LONGEST_WAIT,
        until: Literal["message", "settled"] = "message",
    ) -> Received:
        end = monotonic() + wait
        while True:
            received = await _received(channel, phone, after, settled)
            enough = received.messages or (until == "settled" and received.settled)
            if enough or monotonic() >= end or await request.is_disconnected():
                return received
            await asyncio.sleep(PAUSE)

    @router.post("/ack", status_code=204)
    async def show(channel: Channel, phone: PhoneHeader, shown: Shown) -> None:
        await channel.shown(phone, upto=shown.upto)

    _take_files(router, find)
    return router


def _take_files(router: APIRouter, find: Callable[[str], Simulator]) -> None:
    @router.post("/files", status_code=201)
    async def hand_over(
        request: Request, channel: Annotated[Simulator, Depends(find)], _: PhoneHeader
    ) -> Handed:
        return await _handed_over(channel, request)


async def _handed_over(channel: Simulator, request: Request) -> Handed:
    try:
        return Handed(id=await channel.files.keep(request.stream()))
    except MalformedError:
        raise HTTPException(413) from None


async def _received(channel: Simulator, phone: str, after: int, settled: Settled) -> Received:
    # In this order: whatever was sent before it had settled is seen.
    calm = await settled(channel.name, phone)
    return Received(messages=await channel.waiting(phone, after=after), settled=calm)


def _this_machine(request: Request) -> None:
    if request.client is None or not is_loopback(request.client.host):
        raise HTTPException(403)
