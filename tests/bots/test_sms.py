"""SMS through Twilio: signed webhooks in, a small Twilio to send to."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest

from bots.adapter import (
    Arrived,
    ForgedError,
    MalformedError,
    Message,
    OptIn,
    OptOut,
    Outbound,
    PermanentError,
    RetryableError,
    Status,
)
from bots.sms.twilio import SIGNATURE, TwilioSms
from tests.fakes.twilio_api import (
    NUMBER,
    PERSON,
    STATUS_URL,
    TOKEN,
    TwilioApi,
    inbound,
    refusal,
    signed,
)

SID = "SM" + "a" * 32


@pytest.fixture
def api() -> TwilioApi:
    return TwilioApi()


@pytest.fixture
def sms(api: TwilioApi) -> TwilioSms:
    return api.adapter()


def outbound(text: str = "hello") -> Outbound:
    return Outbound(part=uuid4(), address=PERSON, text=text)


def parsed(sms: TwilioSms, **fields: str) -> tuple[Arrived, ...]:
    return sms.parse(urlencode(inbound(**fields)).encode())


# The signature


def test_a_signed_webhook_is_genuine(sms: TwilioSms) -> None:
    sms.verify(signed(inbound("é & ü = 50 %\n", NewFieldOfALaterVersion="")))


def test_the_signature_covers_a_field_that_comes_twice(sms: TwilioSms) -> None:
    webhook = signed(inbound())

    with pytest.raises(ForgedError):
        sms.verify(replace(webhook, body=webhook.body + b"&Body=other"))


@pytest.mark.parametrize(
    "change",
    [
        {"headers": {}},
        {"headers": {SIGNATURE: ""}},
        {"headers": {SIGNATURE: "é"}},
        {"headers": {SIGNATURE: "AAAAAAAAAAAAAAAAAAAAAAAAAAA="}},
        {"url": "https://backup.example.org/sms/other"},
        {"body": urlencode(inbound("other words")).encode()},
        {"body": b""},
        {"body": b"\xff\xfe"},
        {"body": b"{}"},
        {"body": b"&".join(b"a=1" for _ in range(1000))},
    ],
)
def test_whatever_was_changed_is_forged(sms: TwilioSms, change: dict[str, Any]) -> None:
    with pytest.raises(ForgedError):
        sms.verify(replace(signed(inbound()), **change))


def test_another_account_s_token_or_sid_is_forged(sms: TwilioSms) -> None:
    with pytest.raises(ForgedError):
        sms.verify(signed(inbound(), token="another"))
    with pytest.raises(ForgedError):
        sms.verify(signed(inbound(AccountSid="AC" + "1" * 32)))


# What arrives


def test_a_text_is_a_message(sms: TwilioSms) -> None:
    assert parsed(sms, text="Bonjour à tous") == (
        Message(external_id=SID, contact=PERSON, kind="text", text="Bonjour à tous"),
    )


@pytest.mark.parametrize(
    ("kind", "media"),
    [
        ("image/jpeg", "photo"),
        ("video/3gpp", "video"),
        ("audio/amr", "audio"),
        ("text/x-vcard", "document"),
        ("", "document"),
    ],
)
def test_media_is_named_by_its_kind(sms: TwilioSms, kind: str, media: str) -> None:
    (arrived,) = parsed(sms, text="", NumMedia="1", MediaContentType0=kind)

    assert isinstance(arrived, Message)
    assert (arrived.kind, arrived.media, arrived.text) == ("media", media, None)


def test_a_stop_word_shuts_the_channel_and_says_nothing_else(sms: TwilioSms) -> None:
    assert parsed(sms, text="STOP", OptOutType="STOP") == (OptOut(contact=PERSON),)


def test_an_opening_word_opens_the_channel_and_is_still_an_answer(sms: TwilioSms) -> None:
    opened, said = parsed(sms, text="YES", OptOutType="START")

    assert opened == OptIn(contact=PERSON)
    assert isinstance(said, Message)
    assert said.text == "YES"


def test_a_call_for_help_is_heard(sms: TwilioSms) -> None:
    (arrived,) = parsed(sms, text="HELP", OptOutType="HELP")

    assert isinstance(arrived, Message)


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        ("sent", "", Status(external_id=SID, status="sent")),
        ("delivered", "", Status(external_id=SID, status="delivered")),
        ("undelivered", "30003", Status(external_id=SID, status="failed", problem="unreachable")),
        ("undelivered", "30005", Status(external_id=SID, status="failed", problem="unroutable")),
        ("failed", "21610", Status(external_id=SID, status="failed", problem="opted_out")),
        ("failed", "99999", Status(external_id=SID, status="failed", problem="unroutable")),
        ("failed", "x", Status(external_id=SID, status="failed", problem="unroutable")),
    ],
)
def test_a_status_says_what_became_of_a_message(
    sms: TwilioSms, status: str, code: str, expected: Status
) -> None:
    assert parsed(sms, MessageStatus=status, ErrorCode=code) == (expected,)


@pytest.mark.parametrize("status", ["accepted", "queued", "sending", "scheduled", "of-later"])
def test_a_status_that_says_nothing_yet_is_nothing(sms: TwilioSms, status: str) -> None:
    assert parsed(sms, MessageStatus=status) == ()


@pytest.mark.parametrize(
    "raw",
    [b"", b"{}", b"\xff", b"MessageSid=x&From=y", f"MessageSid={SID}".encode(), b"a=1&" * 500],
)
def test_what_is_no_message_is_refused(sms: TwilioSms, raw: bytes) -> None:
    with pytest.raises(MalformedError):
        sms.parse(raw)


# What goes out


async def test_a_text_goes_out_with_a_short_life_and_a_way_to_report(
    sms: TwilioSms, api: TwilioApi
) -> None:
    sent = await sms.send(outbound("Bonjour à tous"))

    (kept,) = api.sent
    assert sent == kept["sid"]
    assert {name: value for name, value in kept.items() if name.startswith("form.")} == {
        "form.To": PERSON,
        "form.From": NUMBER,
        "form.Body": "Bonjour à tous",
        "form.StatusCallback": STATUS_URL,
        "form.ValidityPeriod": "600",
    }


async def test_a_text_that_may_have_gone_out_is_found_by_its_words(
    sms: TwilioSms, api: TwilioApi
) -> None:
    began = datetime.now(UTC)
    sent = await sms.send(outbound("the same words"))

    assert await sms.find(outbound("the same words"), began) == sent
    assert await sms.find(outbound("other words"), began) is None
    assert await sms.find(outbound("the same words"), began + timedelta(minutes=1)) is None
    api.sent[0]["direction"] = "inbound"
    assert await sms.find(outbound("the same words"), began) is None


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (refusal(400, 21610), "opted_out"),
        (refusal(400, 21614), "unroutable"),
        (refusal(400, 21211), "invalid"),
        (refusal(400, 21408), "configuration"),
        (refusal(401, 20003), "configuration"),
        (refusal(403, 0), "configuration"),
        (refusal(400, 99999), "invalid"),
        (httpx.Response(404, text="<html>"), "invalid"),
    ],
)
async def test_a_refusal_for_good_names_its_problem(
    sms: TwilioSms, api: TwilioApi, answer: httpx.Response, problem: str
) -> None:
    api.failures.append(answer)

    with pytest.raises(PermanentError) as caught:
        await sms.send(outbound())

    assert caught.value.problem == problem


@pytest.mark.parametrize(
    ("failure", "after", "ambiguous"),
    [
        (refusal(429, 20429, **{"Retry-After": "7"}), 7.0, False),
        (refusal(400, 21611), None, False),
        (refusal(503, 0, **{"Retry-After": "soon"}), None, True),
        (httpx.Response(201, text="cut off"), None, True),
        (httpx.Response(201, json=[]), None, True),
        (httpx.ConnectError("refused"), None, False),
        (httpx.PoolTimeout("full"), None, False),
        (httpx.ReadTimeout("silence"), None, True),
        (httpx.RemoteProtocolError("hung up"), None, True),
    ],
)
async def test_a_failure_for_now_says_when_and_whether_it_may_have_gone_out(
    sms: TwilioSms,
    api: TwilioApi,
    failure: httpx.Response | Exception,
    after: float | None,
    *,
    ambiguous: bool,
) -> None:
    api.failures.append(failure)

    with pytest.raises(RetryableError) as caught:
        await sms.send(outbound())

    assert (caught.value.after, caught.value.ambiguous) == (after, ambiguous)


async def test_neither_token_nor_number_nor_words_show(
    sms: TwilioSms, api: TwilioApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api.failures.append(refusal(400, 21610))
    written = [repr(sms), repr(signed(inbound("SECRET-WORDS"))), repr(parsed(sms))]
    with pytest.raises(PermanentError) as caught:
        await sms.send(outbound("SECRET-WORDS"))
    await sms.send(outbound("SECRET-WORDS"))

    text = " ".join([*written, str(caught.value), caplog.text])
    assert TOKEN not in text
    assert PERSON not in text
    assert "SECRET-WORDS" not in text
