"""The simulator's channels: parts are stored, sealed, until the phone that they are for asks.

Invariants: a part is stored once, however often it is sent; neither a number nor a word stands in
the database in clear; what a phone has shown can't be read again.
"""

import json
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from ipaddress import ip_address
from math import inf
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from bots.adapter import (
    Arrived,
    Attached,
    Capabilities,
    Choice,
    ForgedError,
    Incoming,
    MalformedError,
    Message,
    Outbound,
    Rate,
    RetryableError,
    Webhook,
)
from bots.capabilities import SMS, TELEGRAM, WHATSAPP
from bots.rendering import Shape, shape
from bots.simulator.files import SimulatedFiles
from bots.simulator.tables import SimulatedDelivery
from core.database import Sessions
from vault.envelope import DataKey
from vault.keys import KeyProvider

PROFILES = {"sms": SMS, "whatsapp": WHATSAPP, "telegram": TELEGRAM}
LARGEST_FILE = 20_000_000
"""Bytes that the gateway takes, whatever a phone can send."""
MEMORY = timedelta(days=1)
"""For how long a part waits to be shown, and is known so that it isn't taken in again."""

Phone = Annotated[str, StringConstraints(pattern=r"^\+[0-9]{6,15}$")]


class Sent(BaseModel):
    """A file that a phone has handed over before, and what kind of message it is."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    id: UUID
    kind: Literal["photo", "video", "audio", "document"]
    type: Annotated[str, StringConstraints(max_length=100)] | None = None
    name: Annotated[str, StringConstraints(max_length=255)] | None = None


class Typed(BaseModel):
    """What a phone sends: words, the button of a question, or a file."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    phone: Phone
    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-zA-Z-]{1,64}$")]
    text: Annotated[str, StringConstraints(min_length=1, max_length=4096)] | None = None
    choice: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    turn: int | None = None
    file: Sent | None = None
    album: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> "Typed":
        things = (self.text, self.choice, self.file)
        if sum(one is not None for one in things) != 1 or (
            (self.choice is None) != (self.turn is None)
        ):
            raise ValueError("either text, or choice and turn, or a file")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A part as a phone receives it; `id` grows with each part."""

    id: int
    text: str = field(repr=False)
    choices: tuple[Choice, ...] = field(repr=False)
    shape: Shape
    turn: int | None
    at: datetime


class Simulator:
    """One simulated channel with the abilities of the real one, and no reason to be slow."""

    def __init__(self, profile: str, sessions: Sessions, keys: KeyProvider) -> None:
        self._name = f"simulator-{profile}"
        self._capabilities = replace(
            PROFILES[profile], rate=Rate(overall=inf, per_chat=inf), files=LARGEST_FILE
        )
        self.files = SimulatedFiles(sessions, keys)
        self._sessions = sessions
        self._keys = keys

    @property
    def name(self) -> str:
        """The channel's name: `simulator-` and what it plays."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """Those of the channel that it plays."""
        return self._capabilities

    def verify(self, webhook: Webhook) -> None:
        """Only this machine's own programs know the gateway by a loopback name."""
        host = urlsplit(webhook.url).hostname or ""
        if host != "localhost" and not is_loopback(host):
            raise ForgedError("the simulator is for this machine only")

    def parse(self, raw: bytes) -> tuple[Arrived, ...]:
        """Translate what `backup chat` sends."""
        try:
            typed = Typed.model_validate_json(raw)
        except ValidationError:
            # Not chained: the original would quote what somebody typed.
            raise MalformedError("not what a simulated phone sends") from None
        if typed.file is not None:
            return (_file(typed, typed.file),)
        kind: Any = "text" if typed.choice is None else "choice"
        return (
            Message(
                external_id=typed.id,
                contact=typed.phone,
                kind=kind,
                text=typed.text,
                choice=typed.choice,
                turn=typed.turn,
            ),
        )

    async def send(self, outbound: Outbound) -> str:
        """Keep the part for its phone; a part that is kept or was shown already changes nothing."""
        key = DataKey.generate()
        body = json.dumps(_content(outbound), ensure_ascii=False).encode()
        context = _context(outbound.part)
        row = insert(SimulatedDelivery).values(
            channel=self.name,
            phone=self._fingerprint(outbound.address),
            part=outbound.part,
            wrapped_key=key.wrapped(self._keys, context),
            body=key.seal(body, context=context),
        )
        try:
            async with self._sessions.begin() as session:
                await _forget(session)
                await session.execute(row.on_conflict_do_nothing(index_elements=["part"]))
        except DBAPIError as error:
            raise RetryableError(ambiguous=True) from error
        return str(outbound.part)

    async def acknowledge(self, message: Message) -> None:
        """Nothing waits for it."""

    def open_file(self, attached: Attached) -> AbstractAsyncContextManager[Incoming]:
        """Hand out what a phone has sent."""
        return self.files.open(attached.ref)

    async def release(self, attached: Attached) -> None:
        """Delete it."""
        await self.files.erase(attached.ref)

    async def forget(self, address: str) -> None:
        """Destroy the words that this phone hasn't shown yet."""
        async with self._sessions.begin() as session:
            await session.execute(
                update(SimulatedDelivery)
                .where(*self._of(address))
                .values(body=None, wrapped_key=None)
            )

    async def wipe(self, address: str, refs: Sequence[str]) -> None:
        """What a phone has shown is destroyed already."""

    async def find(self, outbound: Outbound, since: datetime) -> str | None:  # noqa: ARG002
        """A part is known by its own id."""
        found = select(SimulatedDelivery.id).where(SimulatedDelivery.part == outbound.part)
        async with self._sessions() as session:
            return None if await session.scalar(found) is None else str(outbound.part)

    async def waiting(self, phone: str, *, after: int) -> list[Delivery]:
        """What this phone hasn't shown yet, oldest first."""
        rows = (
            select(SimulatedDelivery)
            .where(*self._of(phone), SimulatedDelivery.id > after)
            .where(SimulatedDelivery.body.is_not(None))
            .order_by(SimulatedDelivery.id)
        )
        async with self._sessions() as session:
            return [self._delivery(row) for row in await session.scalars(rows)]

    async def shown(self, phone: str, *, upto: int) -> None:
        """Destroy the words that this phone has shown."""
        async with self._sessions.begin() as session:
            await session.execute(
                update(SimulatedDelivery)
                .where(*self._of(phone), SimulatedDelivery.id <= upto)
                .values(body=None, wrapped_key=None)
            )

    def _of(self, phone: str) -> tuple[Any, ...]:
        return (
            SimulatedDelivery.channel == self.name,
            SimulatedDelivery.phone == self._fingerprint(phone),
        )

    def _fingerprint(self, phone: str) -> bytes:
        return self._keys.fingerprint(phone, purpose="simulated phone")

    def _delivery(self, row: SimulatedDelivery) -> Delivery:
        assert row.body is not None  # noqa: S101 - only unshown rows come here
        assert row.wrapped_key is not None  # noqa: S101
        context = _context(row.part)
        key = DataKey.unwrapped(self._keys, row.wrapped_key, context)
        content = json.loads(key.unseal(row.body, context=context))
        choices = tuple(Choice(**choice) for choice in content["choices"])
        return Delivery(
            id=row.id,
            text=content["text"],
            choices=choices,
            shape=shape(choices, self._capabilities),
            turn=content["turn"],
            at=row.created_at,
        )


def simulators(sessions: Sessions, keys: KeyProvider) -> tuple[Simulator, ...]:
    """One simulated channel for each that a real phone might have."""
    return tuple(Simulator(profile, sessions, keys) for profile in PROFILES)


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _file(typed: Typed, sent: Sent) -> Message:
    """As the real platform would have it: what is sent as a photo or video comes smaller."""
    attached = Attached(
        kind=sent.kind,
        ref=str(sent.id),
        type=sent.type,
        name=sent.name,
        recompressed=sent.kind in {"photo", "video"},
    )
    return Message(
        external_id=typed.id,
        contact=typed.phone,
        kind="media",
        media=sent.kind,
        files=(attached,),
        album=typed.album,
    )


def _content(outbound: Outbound) -> dict[str, Any]:
    return {
        "text": outbound.text or f"[{outbound.asset.name if outbound.asset else ''}]",
        "choices": [{"id": choice.id, "label": choice.label} for choice in outbound.choices],
        "turn": outbound.turn,
    }


def _context(part: object) -> str:
    return f"simulated:{part}"


async def _forget(session: AsyncSession) -> None:
    await session.execute(
        delete(SimulatedDelivery).where(SimulatedDelivery.created_at < func.now() - MEMORY)
    )
