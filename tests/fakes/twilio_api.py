"""A small Twilio: it signs webhooks, keeps what is sent, and fails when told to."""

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
from pydantic import SecretStr
from twilio.request_validator import RequestValidator

from bots.adapter import Webhook
from bots.sms.twilio import SIGNATURE, TwilioSms

ACCOUNT = "AC" + "0" * 32
TOKEN = "MARKER-auth-token-that-must-never-show"
NUMBER = "+15005550006"
PERSON = "+15550001111"
WEBHOOK_URL = "https://backup.example.org/sms/twilio"
STATUS_URL = "https://backup.example.org/sms/twilio/status"


@dataclass
class TwilioApi:
    """One account; `failures` are raised or answered, one a call, before it works again."""

    sent: list[dict[str, str]] = field(default_factory=list)
    failures: deque[httpx.Response | Exception] = field(default_factory=deque)

    def adapter(self) -> TwilioSms:
        """An adapter whose requests come here."""
        return TwilioSms(
            httpx.AsyncClient(transport=httpx.MockTransport(self._answer)),
            account=ACCOUNT,
            token=SecretStr(TOKEN),
            number=NUMBER,
            status_url=STATUS_URL,
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.failures:
            failure = self.failures.popleft()
            if isinstance(failure, Exception):
                raise failure
            return failure
        if request.url.path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
            return refusal(404, 20404)
        if request.method == "GET":
            to = request.url.params["To"]
            newest = [one for one in reversed(self.sent) if one["to"] == to]
            return httpx.Response(200, json={"messages": newest})
        return httpx.Response(201, json=self._keep(dict(parse_qsl(request.content.decode()))))

    def _keep(self, form: dict[str, str]) -> dict[str, str]:
        self.sent.append(
            {
                "sid": f"SM{len(self.sent):032x}",
                "to": form["To"],
                "body": form["Body"],
                "direction": "outbound-api",
                "date_created": format_datetime(datetime.now(UTC)),
                **{f"form.{name}": value for name, value in form.items()},
            }
        )
        return self.sent[-1]


def refusal(status: int, code: int, **headers: str) -> httpx.Response:
    """How Twilio says no."""
    content = {"code": code, "message": f"words about {PERSON}", "status": status}
    return httpx.Response(status, json=content, headers=headers)


def inbound(text: str = "hello", **fields: str) -> dict[str, str]:
    """The fields of a message that a person sent."""
    return {
        "AccountSid": ACCOUNT,
        "MessageSid": "SM" + "a" * 32,
        "From": PERSON,
        "To": NUMBER,
        "Body": text,
        "NumMedia": "0",
        "SmsStatus": "received",
        **fields,
    }


def signed(fields: dict[str, str], *, url: str = WEBHOOK_URL, token: str = TOKEN) -> Webhook:
    """A webhook as Twilio signs it."""
    signature: Any = RequestValidator(token).compute_signature(url, fields)
    return Webhook(url=url, headers={SIGNATURE: signature}, body=urlencode(fields).encode())
