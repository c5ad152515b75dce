"""Fetching files: where we go, what we show there, and what we make of what comes."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from bots.adapter import Attached, PermanentError, RetryableError
from bots.media.download import Elsewhere, download
from bots.sms.twilio import MEDIA_HOSTS, TwilioSms
from bots.telegram.adapter import Telegram
from tests.fakes import bot_api, twilio_api
from tests.fakes.bot_api import BotApi
from tests.fakes.loopback import serve

TLS = ssl.create_default_context()
Answer = Callable[[Request], Awaitable[Response]]
NEAR = Elsewhere(hosts=("127.0.0.1",), plain=True)
MEDIA = f"/2010-04-01/Accounts/{twilio_api.ACCOUNT}/Messages/MM{'b' * 32}/Media/ME{'c' * 32}"


class Host:
    """A web server that answers as a test tells it to, and remembers who asked."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.asked: list[Request] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        self.asked.append(request)
        await (await self._answer(request))(scope, receive, send)


async def fetched(url: str, *, elsewhere: Elsewhere = NEAR) -> bytes:
    auth = httpx.BasicAuth("account", "MARKER-token")
    async with (
        httpx.AsyncClient(verify=TLS) as client,
        download(client, url, auth=auth, elsewhere=elsewhere) as incoming,
    ):
        return b"".join([chunk async for chunk in incoming.stream])


async def plain(_: Request) -> Response:
    return Response(b"the file", media_type="image/jpeg")


async def test_credentials_go_to_the_providers_own_host_and_not_where_it_sends_us() -> None:
    store = Host(plain)
    async with serve(store) as there:

        async def redirect(_: Request) -> Response:
            return RedirectResponse(f"{there}/kept/elsewhere?signed=yes")

        provider = Host(redirect)
        async with serve(provider) as here:
            assert await fetched(f"{here}/media") == b"the file"
    assert provider.asked[0].headers["authorization"].startswith("Basic ")
    assert "authorization" not in store.asked[0].headers


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://evil.example/x",
        "https://media.twiliocdn.com.evil.example/x",
        "http://media.twiliocdn.com/x",
        "https://media.twiliocdn.com:8443/x",
        "https://user@media.twiliocdn.com/x",
        "https://127.0.0.1/x",
        "file:///etc/passwd",
        "//[::1]/x",
    ],
)
async def test_we_go_nowhere_else(target: str) -> None:
    async def redirect(_: Request) -> Response:
        return Response(status_code=302, headers={"Location": target})

    async with serve(Host(redirect)) as here:
        with pytest.raises(PermanentError):
            await fetched(f"{here}/media", elsewhere=MEDIA_HOSTS)


async def test_a_known_host_inside_our_own_network_is_not_asked() -> None:
    async def redirect(_: Request) -> Response:
        return Response(status_code=302, headers={"Location": "https://localhost/x"})

    async with serve(Host(redirect)) as here:
        with pytest.raises(PermanentError):
            await fetched(f"{here}/media", elsewhere=Elsewhere(hosts=("localhost",)))


async def test_redirects_come_to_an_end() -> None:
    async def redirect(_: Request) -> Response:
        return RedirectResponse("/again")

    host = Host(redirect)
    async with serve(host) as here:
        with pytest.raises(PermanentError):
            await fetched(f"{here}/media")
    assert len(host.asked) == 4


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, PermanentError),
        (403, PermanentError),
        (404, RetryableError),
        (429, RetryableError),
        (500, RetryableError),
    ],
)
async def test_a_refusal_is_for_good_and_what_is_not_there_yet_may_come(
    status: int, error: type[Exception]
) -> None:
    async def answer(_: Request) -> Response:
        return Response(status_code=status)

    async with serve(Host(answer)) as here:
        with pytest.raises(error):
            await fetched(f"{here}/media")


async def test_a_connection_that_breaks_is_tried_again_and_names_no_address() -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    async def answer(_: Request) -> Response:
        return StreamingResponse(breaking(), headers={"Content-Length": "1000"})

    async with serve(Host(answer)) as here:
        with pytest.raises(RetryableError) as failed:
            await fetched(f"{here}/MARKER-where")
    assert "MARKER" not in f"{failed.value!r}{failed.value}"
    assert failed.value.__cause__ is None


async def test_bytes_that_were_packed_on_the_way_are_not_what_was_delivered() -> None:
    async def answer(_: Request) -> Response:
        return Response(b"x", headers={"Content-Encoding": "gzip"})

    async with serve(Host(answer)) as here:
        with pytest.raises(RetryableError):
            await fetched(f"{here}/media")


# -- Twilio


def twilio(here: str, client: httpx.AsyncClient) -> TwilioSms:
    return TwilioSms(
        client,
        account=twilio_api.ACCOUNT,
        token=SecretStr(twilio_api.TOKEN),
        number=twilio_api.NUMBER,
        status_url=twilio_api.STATUS_URL,
        api_url=here,
        elsewhere=NEAR,
    )


def test_an_mms_names_its_files() -> None:
    fields = twilio_api.inbound(
        "words",
        NumMedia="2",
        MediaUrl0=f"https://api.twilio.com{MEDIA}",
        MediaContentType0="image/jpeg",
        MediaUrl1=f"https://api.twilio.com{MEDIA}",
        MediaContentType1="audio/amr",
    )
    (message,) = twilio_api.TwilioApi().adapter().parse(twilio_api.signed(fields).body)
    assert [(one.kind, one.type) for one in message.files] == [  # type: ignore[union-attr]
        ("photo", "image/jpeg"),
        ("audio", "audio/amr"),
    ]


async def test_a_file_of_twilio_is_fetched_at_the_api_that_we_know_whatever_host_is_named() -> None:
    host = Host(plain)
    async with serve(host) as here, httpx.AsyncClient(verify=TLS) as client:
        attached = Attached(kind="photo", ref=f"https://evil.example{MEDIA}")
        async with twilio(here, client).open_file(attached) as incoming:
            assert b"".join([chunk async for chunk in incoming.stream]) == b"the file"
    assert host.asked[0].url.path == MEDIA


@pytest.mark.parametrize(
    "url",
    [
        "https://api.twilio.com/2010-04-01/Accounts/AC" + "9" * 32 + MEDIA[-85:],
        f"https://api.twilio.com{MEDIA}/../../secrets",
        f"https://api.twilio.com{MEDIA}?x=1",
        "https://evil.example/",
    ],
)
async def test_an_address_that_is_no_file_of_this_account_is_never_asked(url: str) -> None:
    async with httpx.AsyncClient(verify=TLS) as client:
        adapter = twilio("http://127.0.0.1:1", client)
        with pytest.raises(PermanentError):
            async with adapter.open_file(Attached(kind="photo", ref=url)):
                pass


async def test_twilio_is_asked_to_delete_its_copy() -> None:
    host = Host(plain)
    async with serve(host) as here, httpx.AsyncClient(verify=TLS) as client:
        attached = Attached(kind="photo", ref=f"https://api.twilio.com{MEDIA}")
        await twilio(here, client).release(attached)
    assert (host.asked[0].method, host.asked[0].url.path) == ("DELETE", f"{MEDIA}.json")


# -- Telegram


async def test_a_file_of_telegram_is_asked_for_and_streamed() -> None:
    api = BotApi(files={"AgAC1": b"the photo"})
    async with serve(api.app()) as here:
        telegram = Telegram(SecretStr(bot_api.TOKEN), api_url=here)
        async with telegram.open_file(Attached(kind="photo", ref="AgAC1")) as incoming:
            assert incoming.size == 9
            assert b"".join([chunk async for chunk in incoming.stream]) == b"the photo"
        await telegram.close()


async def test_a_path_of_telegram_that_leads_out_is_not_followed() -> None:
    for path in ("/var/lib/telegram/x", "../../x", "http://evil.example/x", ""):
        api = BotApi(files={"AgAC1": b"x"}, paths={"AgAC1": path})
        async with serve(api.app()) as here:
            telegram = Telegram(SecretStr(bot_api.TOKEN), api_url=here)
            with pytest.raises(PermanentError):
                async with telegram.open_file(Attached(kind="photo", ref="AgAC1")):
                    pass
            await telegram.close()
