"""SMS through Twilio: signed webhooks in, its REST API out.

Invariants: a body is read only after its signature over all fields held; neither the token nor a
number or word shows in a log or an error.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl

import httpx
from pydantic import SecretStr
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from bots.adapter import (
    Arrived,
    Attached,
    Capabilities,
    ForgedError,
    Incoming,
    MalformedError,
    Media,
    Message,
    OptIn,
    OptOut,
    Outbound,
    PermanentError,
    RetryableError,
    Status,
    Webhook,
)
from bots.capabilities import SMS
from bots.media.download import Elsewhere, download
from bots.sms.twilio_errors import problem, refusal

API = "https://api.twilio.com"
VERSION = "2010-04-01"
SIGNATURE = "x-twilio-signature"
TIMEOUT = 10.0
VALIDITY = 600
"""Seconds after which Twilio drops what it couldn't pass on: stale words can endanger."""
MOST_FIELDS = 200
MMS_FILE = 5_000_000
MEDIA_HOSTS = Elsewhere(hosts=(".twiliocdn.com", "s3-external-1.amazonaws.com"))
"""Where Twilio keeps files; its API redirects there."""

# Statuses only say more over time; those that say nothing yet are left out.
STATUSES: Mapping[str, Any] = {
    "sent": "sent",
    "delivered": "delivered",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
    "read": "read",
}
MEDIA: Mapping[str, Media] = {"image": "photo", "video": "video", "audio": "audio"}

Form = ImmutableMultiDict[str, str]

_MEDIA_URL = re.compile(
    rf"/{VERSION}/Accounts/(?P<account>AC[0-9a-f]{{32}})/Messages/(SM|MM)[0-9a-f]{{32}}"
    r"/Media/ME[0-9a-f]{32}\Z"
)
_SID = re.compile(r"(SM|MM)[0-9a-f]{32}")
# Connections that were never made carried nothing.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class TwilioSms:
    """One Twilio number."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        account: str,
        token: SecretStr,
        number: str,
        status_url: str,
        api_url: str = API,
        largest_file: int = MMS_FILE,
        elsewhere: Elsewhere = MEDIA_HOSTS,
    ) -> None:
        """Take the account's sid and auth token, and where Twilio is to report deliveries.

        `elsewhere` are the hosts to which its API may send us on for a file.
        """
        self._elsewhere = elsewhere
        self._capabilities = replace(SMS, files=largest_file)
        self._api = api_url.rstrip("/")
        self._client = client
        self._account = account
        self._auth = httpx.BasicAuth(account, token.get_secret_value())
        self._validator = RequestValidator(token.get_secret_value())
        self._number = number
        self._status_url = status_url
        self._messages = f"{api_url.rstrip('/')}/{VERSION}/Accounts/{account}/Messages.json"

    def __repr__(self) -> str:
        return "<TwilioSms>"

    @property
    def name(self) -> str:
        """The channel's name."""
        return "sms"

    @property
    def capabilities(self) -> Capabilities:
        """What an SMS can do, and an MMS."""
        return self._capabilities

    def verify(self, webhook: Webhook) -> None:
        """Check the signature over the public address and every field, and whose account it is."""
        try:
            form = _form(webhook.body)
        except MalformedError:
            raise ForgedError("a webhook that is no form") from None
        signature = webhook.headers.get(SIGNATURE)
        if not signature or not self._validator.validate(webhook.url, form, signature):
            raise ForgedError("a webhook without Twilio's signature")
        if form.get("AccountSid") != self._account:
            raise ForgedError("a webhook of another account")

    def parse(self, raw: bytes) -> tuple[Arrived, ...]:
        """Translate one webhook: a message, a status, or an opt-out."""
        form = _form(raw)
        sid, sender = form.get("MessageSid", ""), form.get("From", "")
        if not _SID.fullmatch(sid):
            raise MalformedError("a webhook without a message's sid")
        if "MessageStatus" in form:
            return _status(sid, form)
        if not sender:
            raise MalformedError("a message from nobody")
        match form.get("OptOutType"):
            case "STOP":
                return (OptOut(contact=sender),)
            case "START":
                # The word that opened the channel may be an answer too: Twilio counts YES as one.
                return (OptIn(contact=sender), _message(sid, sender, form))
        return (_message(sid, sender, form),)

    async def send(self, outbound: Outbound) -> str:
        """Hand one text over; Twilio cuts it into segments and the phone joins them."""
        response = await self._ask(
            "POST",
            data={
                "To": outbound.address,
                "From": self._number,
                "Body": outbound.text,
                "StatusCallback": self._status_url,
                "ValidityPeriod": str(VALIDITY),
            },
        )
        return str(response["sid"])

    async def acknowledge(self, message: Message) -> None:
        """The webhook's answer was acknowledgement enough."""

    @asynccontextmanager
    async def open_file(self, attached: Attached) -> AsyncIterator[Incoming]:
        """Fetch a file of this account; the token goes to the API alone, not where it sends us."""
        async with download(
            self._client, self._own(attached), auth=self._auth, elsewhere=self._elsewhere
        ) as incoming:
            yield incoming

    async def release(self, attached: Attached) -> None:
        """Delete Twilio's copy."""
        with suppress(httpx.TransportError, PermanentError):
            await self._client.delete(
                f"{self._own(attached)}.json", auth=self._auth, timeout=TIMEOUT
            )

    def _own(self, attached: Attached) -> str:
        """The file's address at the API that we know, out of one that a webhook named."""
        found = _MEDIA_URL.search(attached.ref)
        if found is None or found["account"] != self._account:
            raise PermanentError("unreachable")
        return f"{self._api}{found[0]}"

    async def forget(self, address: str) -> None:
        """Twilio passes on what it has, or drops it after ten minutes."""

    async def wipe(self, address: str, refs: Sequence[str]) -> None:
        """No phone gives back an SMS."""

    async def find(self, outbound: Outbound, since: datetime) -> str | None:
        """Look among the newest messages to that number for the same words."""
        listed = await self._ask("GET", params={"To": outbound.address, "PageSize": "50"})
        for message in listed["messages"]:
            if (
                message["body"] == outbound.text
                and message["direction"] != "inbound"
                and parsedate_to_datetime(message["date_created"]) >= since.replace(microsecond=0)
            ):
                return str(message["sid"])
        return None

    async def _ask(self, method: str, **request: Any) -> dict[str, Any]:
        try:
            response = await self._client.request(
                method, self._messages, auth=self._auth, timeout=TIMEOUT, **request
            )
        except httpx.TransportError as error:
            # Not chained: the request hangs on the original.
            raise RetryableError(ambiguous=not isinstance(error, _UNSENT)) from None
        return _answer(response)


def _answer(response: httpx.Response) -> dict[str, Any]:
    try:
        answer: Any = response.json()
    except ValueError:
        answer = None
    if response.is_success and isinstance(answer, dict):
        return answer
    if response.is_success:
        raise RetryableError(ambiguous=True)
    code = answer.get("code") if isinstance(answer, dict) else None
    raise refusal(response.status_code, code, _seconds(response.headers.get("Retry-After")))


def _seconds(header: str | None) -> float | None:
    return float(header) if header and header.isascii() and header.isdecimal() else None


def _form(body: bytes) -> Form:
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        # Not chained: a decoding error carries the body.
        raise MalformedError("a webhook that is no form") from None
    return ImmutableMultiDict(fields)


def _status(sid: str, form: Form) -> tuple[Arrived, ...]:
    status = STATUSES.get(form["MessageStatus"])
    if status is None:
        return ()
    code = form.get("ErrorCode", "")
    why = problem(int(code) if code.isascii() and code.isdecimal() else None)
    return (Status(external_id=sid, status=status, problem=why if status == "failed" else None),)


def _message(sid: str, sender: str, form: Form) -> Message:
    text = form.get("Body", "")
    if form.get("NumMedia", "0") == "0":
        return Message(external_id=sid, contact=sender, kind="text", text=text)
    kind = form.get("MediaContentType0", "").partition("/")[0]
    return Message(
        external_id=sid,
        contact=sender,
        kind="media",
        media=MEDIA.get(kind, "document"),
        files=tuple(_files(form)),
        text=text or None,
    )


def _files(form: Form) -> Iterator[Attached]:
    """The files of an MMS; carriers have made photos and films smaller on the way."""
    number = form.get("NumMedia", "")
    for index in range(int(number) if number.isascii() and number.isdecimal() else 0):
        if url := form.get(f"MediaUrl{index}"):
            declared = form.get(f"MediaContentType{index}")
            yield Attached(
                kind=MEDIA.get((declared or "").partition("/")[0], "document"),
                ref=url,
                type=declared,
                recompressed=True,
            )
