"""How long a person waits: from a signed webhook's arrival to the reply handed to the provider.

Everything is real but the provider: embedded PostgreSQL, the trained dialogue, gateway and worker
as processes, and a small HTTP server that takes what would go to Twilio and notes when. Each
message comes from another number and slower than the channel's pace, so pacing isn't measured.
"""

import asyncio
import json
import os
import secrets
import socket
import statistics
import tempfile
import threading
import time
from argparse import ArgumentParser, Namespace
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import httpx
from pydantic import HttpUrl
from twilio.request_validator import RequestValidator

from backup.database import open_database
from backup.up import running
from core.settings import Settings

ACCOUNT, NUMBER, PUBLIC = "AC" + "0" * 32, "+15005550006", "https://gateway.example"
EVERY_SECONDS = 0.25
ANSWER_WITHIN = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Milliseconds; `ack` is the webhook's own answer, `reply` the message at the provider."""

    messages: int
    ack_p50_ms: float
    ack_p95_ms: float
    reply_p50_ms: float
    reply_p95_ms: float


class Provider(ThreadingHTTPServer):
    """Takes messages as Twilio does, and notes when each number's came."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: dict[str, float] = {}
        self.news = threading.Condition()

    def wait(self, number: str) -> float:
        """The moment at which a message to this number came."""
        with self.news:
            self.news.wait_for(lambda: number in self.taken, ANSWER_WITHIN)
            return self.taken[number]


class _Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        moment = time.perf_counter()
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        with self.server.news:
            self.server.taken.setdefault(form["To"][0], moment)
            self.server.news.notify_all()
        body = json.dumps({"sid": f"SM{secrets.token_hex(16)}", "status": "queued"}).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `backup bench reply`."""
    parser.add_argument("--messages", type=int, default=60, help="how many, each from a new number")
    parser.add_argument("--json", action="store_true", help="print JSON, the only form there is")


def run(args: Namespace, _settings: Settings) -> int:
    """Print the figures as JSON."""
    provider = Provider()
    threading.Thread(target=provider.serve_forever, daemon=True).start()
    try:
        with tempfile.TemporaryDirectory() as directory:
            figures = asyncio.run(_measure(provider, Path(directory) / "data", args.messages))
    finally:
        provider.shutdown()
        provider.server_close()
    print(json.dumps(asdict(figures)))
    return 0


async def _measure(provider: Provider, data: Path, messages: int) -> Figures:
    token = secrets.token_hex(16)
    os.environ |= {
        "PUBLIC_URL": PUBLIC,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_API_URL": f"http://127.0.0.1:{provider.server_port}",
        "TWILIO_AUTH_TOKEN": token,
        "TWILIO_NUMBER": NUMBER,
    }
    gateway, dashboard, dialogue = _free_ports(3)
    settings = Settings(
        backup_data=data,
        dashboard_port=dashboard,
        database_url=None,
        dialogue_url=HttpUrl(f"http://127.0.0.1:{dialogue}"),
        gateway_port=gateway,
    )
    async with (
        open_database(settings) as database,
        running(settings, database, simulator=False, say=lambda _: None),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway}") as client,
    ):
        await _one(client, provider, token, "+999000000")  # not counted: everything is cold
        times = [
            await _one(client, provider, token, f"+999{index:06}")
            for index in range(1, messages + 1)
        ]
    acks, replies = sorted(ack for ack, _ in times), sorted(reply for _, reply in times)
    return Figures(
        messages=messages,
        ack_p50_ms=_ms(statistics.median(acks)),
        ack_p95_ms=_ms(acks[int(messages * 0.95)]),
        reply_p50_ms=_ms(statistics.median(replies)),
        reply_p95_ms=_ms(replies[int(messages * 0.95)]),
    )


async def _one(
    client: httpx.AsyncClient, provider: Provider, token: str, number: str
) -> tuple[float, float]:
    form = {
        "AccountSid": ACCOUNT,
        "Body": "hello",
        "From": number,
        "MessageSid": f"SM{secrets.token_hex(16)}",
        "NumMedia": "0",
        "To": NUMBER,
    }
    signature = RequestValidator(token).compute_signature(f"{PUBLIC}/sms/twilio", form)
    began = time.perf_counter()
    response = await client.post(
        "/sms/twilio", data=form, headers={"X-Twilio-Signature": signature}
    )
    acknowledged = time.perf_counter()
    response.raise_for_status()
    answered = await asyncio.to_thread(provider.wait, number)
    await asyncio.sleep(max(0.0, began + EVERY_SECONDS - time.perf_counter()))
    return acknowledged - began, answered - began


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
