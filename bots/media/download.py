"""The only door through which files are fetched.

Invariants: an address is the provider's own or one of the hosts that it is known to redirect to;
credentials go to the provider's own host and are dropped on a redirect; nothing is read from an
address inside our network; no address shows in an error or a log, it may hold a token.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

import httpx

from bots.adapter import Incoming, PermanentError, RetryableError

TIMEOUT = httpx.Timeout(30, connect=10)
REDIRECTS = 3
BLOCK = 1 << 18
FORBIDDEN = frozenset({httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Where a provider may send us on to."""

    hosts: Collection[str]
    """Host names; `.example.org` stands for every name below it."""
    plain: bool = False
    """Also unencrypted and inside our own network: for peers on this machine."""

    def allows(self, url: str) -> bool:
        """Whether we go there."""
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        known = any(
            host == one or (one.startswith(".") and host.endswith(one)) for one in self.hosts
        )
        encrypted = parts.scheme == "https" and parts.port in {None, 443}
        return known and parts.username is None and (encrypted or self.plain)


NOWHERE = Elsewhere(hosts=())


@asynccontextmanager
async def download(
    client: httpx.AsyncClient,
    url: str,
    *,
    auth: httpx.Auth | None = None,
    elsewhere: Elsewhere = NOWHERE,
) -> AsyncIterator[Incoming]:
    """The bytes at an address of the provider's own, as they come.

    Raises:
        RetryableError: out of reach, or not there yet.
        PermanentError: refused, or it leads where we don't go.
    """
    try:
        for _ in range(REDIRECTS + 1):
            async with _asked(client, url, auth) as response:
                if not response.is_redirect:
                    _check(response)
                    yield Incoming(stream=response.aiter_raw(BLOCK), size=_length(response))
                    return
                url, auth = urljoin(url, response.headers["location"]), None
            if not elsewhere.allows(url):
                raise PermanentError("unreachable")
            if not (elsewhere.plain or await _is_public(url)):
                raise PermanentError("unreachable")
        raise PermanentError("unreachable")
    except (httpx.TransportError, httpx.InvalidURL):
        # Not chained: the address hangs on the original.
        raise RetryableError from None


@asynccontextmanager
async def _asked(
    client: httpx.AsyncClient, url: str, auth: httpx.Auth | None
) -> AsyncIterator[httpx.Response]:
    headers = {"Accept-Encoding": "identity"}
    request = client.build_request("GET", url, headers=headers, timeout=TIMEOUT)
    response = await client.send(request, auth=auth, stream=True, follow_redirects=False)
    try:
        yield response
    finally:
        await response.aclose()


def _check(response: httpx.Response) -> None:
    """Only bytes as they were delivered; what isn't there yet may come."""
    status = response.status_code
    if status in FORBIDDEN:
        raise PermanentError("configuration")
    if (
        not response.is_success
        or response.headers.get("content-encoding", "identity") != "identity"
    ):
        raise RetryableError


def _length(response: httpx.Response) -> int | None:
    told = response.headers.get("content-length", "")
    return int(told) if told.isascii() and told.isdecimal() else None


async def _is_public(url: str) -> bool:
    """Whether none of a host's addresses lies inside a network like ours.

    The connection is made by name once more, but encrypted: whoever answers from another address
    has no certificate for that name.
    """
    host = urlsplit(url).hostname or ""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except OSError:
        raise RetryableError from None
    return all(ip_address(str(address[0]).partition("%")[0]).is_global for *_, address in found)
