"""A whole dashboard on loopback, its people, and survivors who report and write to it."""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pyotp

from core.database import Sessions, announce
from core.identifiers import CaseId, RecordId
from dashboard.__main__ import serve
from dashboard.parts import Origin, Parts
from dashboard.questionnaire import Questionnaire
from locales import Catalogs
from referrals.accounts import Enrolment, Profile
from referrals.cases import CASE_CHANNEL, Sealing, add_message, add_report, open_from_report
from referrals.conversation import Conversation, erase_conversation, fresh_row
from referrals.credentials import Cost
from referrals.professionals import enrol
from vault.age import Identity
from vault.cases import shred
from vault.keys import LocalKeyProvider
from vault.store import DirectoryStore

# Not needed on loopback, and slow to make for each client.
TLS = ssl.create_default_context()
CHEAP = Cost(passes=1, memory_kib=8, lanes=1)
START = datetime(2025, 3, 1, 9, 30, tzinfo=UTC)
PASSWORD = "several words that are long"
REPORT: Mapping[str, Any] = {
    "questionnaire": "crsv",
    "version": "1",
    "language": "fr",
    "sms": False,
    "role": "survivor",
    "minor": False,
    "urgency": 0,
    "reasons": ["pep", "ec", "needs"],
    "services": ["health", "psychosocial"],
    "answers": {
        "device": ["device.own"],
        "role": ["role.survivor"],
        "age": ["age.a26_40"],
        "displacement": ["displacement.idp"],
        "when": ["when.d1_3"],
        "landmark": ["@text"],
        "place_type": ["place_type.road"],
        "witnesses": ["dk"],
        "when#2": ["when.m1_12"],
        "urgent": ["urgent.none"],
        "needs": ["needs.medical", "needs.emotional"],
        "c2": ["c2.health", "c2.psychosocial"],
        "pro_gender": ["pro_gender.only_woman"],
        "police_ok": ["no"],
        "c4": ["no"],
        "contact_when": ["contact_when.evening"],
        "safe_word": ["@text"],
    },
    "texts": {"landmark": "près du vieux <marché>", "safe_word": "mangue"},
    "consents": [
        {"consent": "c1", "given": True, "at": "2025-03-01T09:10:00+00:00"},
        {"consent": "c2.health", "given": True, "at": "2025-03-01T09:20:00+00:00"},
        {"consent": "c2.psychosocial", "given": True, "at": "2025-03-01T09:20:00+00:00"},
    ],
}


class Clock:
    """A time that stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = START

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **span: float) -> None:
        """Let some time pass."""
        self.moment += timedelta(**span)


@dataclass(kw_only=True)
class Desk:
    """The dashboard's parts, and what happens around it."""

    parts: Parts
    sealing: Sealing
    escrow: Identity
    clock: Clock
    url: str = ""
    cases: dict[CaseId, Conversation] = field(default_factory=dict)

    async def enrol(self, name: str, *, one_time: bool = False, **profile: Any) -> Enrolment:
        """Somebody whose e-mail is their name; health care unless said otherwise."""
        fields = {"services": ("health",), "languages": ("fr",), "sample": True, **profile}
        async with self.parts.sessions.begin() as session:
            return await enrol(
                session,
                keys=self.parts.keys,
                profile=Profile(
                    name=name, email=f"{name.split(maxsplit=1)[0].lower()}@example.org", **fields
                ),
                password=None if one_time else PASSWORD,
                now=self.clock(),
                cost=CHEAP,
            )

    async def report(self, *, asked: bool = False, **changes: Any) -> CaseId:
        """A survivor submits a report."""
        row = fresh_row(
            self.parts.keys, "telegram", str(uuid4()), lapses_at=self.clock() + timedelta(hours=1)
        )
        async with self.parts.sessions.begin() as session:
            session.add(row)
            await session.flush()
            conversation = Conversation.unlock(row, self.parts.keys)
            facts = {**REPORT, "submitted_at": self.clock().isoformat(), **changes}
            case_id = await open_from_report(
                session, self.sealing, conversation, facts, asked=asked, now=self.clock()
            )
        self.cases[case_id] = conversation
        return case_id

    async def another_report(self, case_id: CaseId, **changes: Any) -> bool:
        """The same person submits once more; whether it joined the case."""
        facts = {**REPORT, "submitted_at": self.clock().isoformat(), **changes}
        async with self.parts.sessions.begin() as session:
            return await add_report(
                session, self.sealing, case_id, facts, asked=False, now=self.clock()
            )

    async def person_writes(self, case_id: CaseId, text: str) -> RecordId:
        """The survivor writes into the chat."""
        self.clock.forward(seconds=1)
        async with self.parts.sessions.begin() as session:
            return await add_message(
                session, case_id, author="survivor", text=text, now=self.clock()
            )

    async def erase(self, case_id: CaseId) -> None:
        """The survivor deletes everything."""
        async with self.parts.sessions.begin() as session:
            await erase_conversation(session, self.cases[case_id].row.id)
            await shred(session, case_id, store=self.parts.store)
            await announce(session, CASE_CHANNEL, str(case_id))

    def code(self, who: Enrolment) -> str:
        """A code that has not been used yet."""
        self.clock.forward(seconds=30)
        return pyotp.TOTP(who.totp_secret).at(self.clock())

    def browser(self, **headers: str) -> httpx.AsyncClient:
        """A client that behaves like a browser on our own pages."""
        return httpx.AsyncClient(
            base_url=self.url,
            headers={"Sec-Fetch-Site": "same-origin", **headers},
            timeout=20,
            verify=TLS,
        )

    async def sign_in(self, browser: httpx.AsyncClient, who: Enrolment) -> httpx.Response:
        """Fill in the form and send it."""
        typed = {"email": who.account.profile.email, "password": who.password}
        return await browser.post("/sign-in", data={**typed, "code": self.code(who)})

    @asynccontextmanager
    async def signed_in(self, who: Enrolment) -> AsyncIterator[httpx.AsyncClient]:
        """A browser in which somebody is signed in."""
        async with self.browser() as browser:
            response = await self.sign_in(browser, who)
            assert response.status_code == 303, response.text
            yield browser


@asynccontextmanager
async def open_desk(sessions: Sessions, database_url: str, data: Path) -> AsyncIterator[Desk]:
    """A dashboard that serves on a free port of loopback."""
    keys = LocalKeyProvider.open(data / "keys" / "server.key")
    store, clock = DirectoryStore(data / "objects"), Clock()
    escrow = Identity.generate()
    parts = Parts(
        sessions=sessions,
        keys=keys,
        store=store,
        escrow=escrow.recipient,
        catalogs=Catalogs.load(strict=True),
        questionnaire=Questionnaire.read(),
        database_url=database_url,
        origin=Origin.parse("http://127.0.0.1:8762"),
        cost=CHEAP,
        now=clock,
    )
    sealing = Sealing(keys=keys, store=store, escrow=escrow.recipient)
    desk = Desk(parts=parts, sealing=sealing, escrow=escrow, clock=clock)
    async with serving(desk) as desk.url:
        yield desk


@asynccontextmanager
async def serving(desk: Desk, port: int = 0) -> AsyncIterator[str]:
    """Run the dashboard's own server, on a free port or that one; gives its address."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    port = listener.getsockname()[1]
    server = serve(desk.parts, port)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not task.done():  # noqa: ASYNC110 - it has no event
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task
        listener.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """One event of an open stream."""

    id: str
    html: str


@asynccontextmanager
async def following(
    browser: httpx.AsyncClient, address: str, **headers: str
) -> AsyncIterator[AsyncIterator[Pushed]]:
    """The events of a stream, as a browser takes them in."""
    async with browser.stream("GET", address, headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield _events(response.aiter_lines())


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[Pushed]:
    data, identifier = list[str](), ""
    async for line in lines:
        name, _, value = line.partition(": ")
        if name == "data":
            data.append(value)
        elif name == "id":
            identifier = value
        elif not line and data:
            yield Pushed(id=identifier, html="\n".join(data))
            data = []


def form_token(html: str) -> str:
    """The token in a page's forms."""
    found = re.search(r'name="form_token" value="([^"]+)"', html)
    assert found is not None
    return found[1]


async def press(browser: httpx.AsyncClient, page: str, action: str, **form: str) -> httpx.Response:
    """Open a page and send one of its forms."""
    token = form_token((await browser.get(page)).text)
    return await browser.post(action, data={"form_token": token, **form})


async def take(browser: httpx.AsyncClient, case_id: CaseId) -> str:
    """Take a waiting case; gives the address of its page."""
    answer = await press(browser, "/inbox", f"/cases/{case_id}/claim")
    assert answer.headers["location"] == f"/cases/{case_id}#chat"
    return f"/cases/{case_id}"
