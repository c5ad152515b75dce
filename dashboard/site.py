"""Which site a browser is on, for passkeys: they belong to a name and never to a bare address."""

from ipaddress import ip_address

from fastapi import Request

from dashboard.access import parts_of
from referrals.ceremony import Site


def site_of(request: Request) -> Site | None:
    """The site of a request, one of our own names; None where passkeys can't be."""
    name = request.url.hostname or ""
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        scheme = parts_of(request).origin.scheme
        return Site(domain=name, origin=f"{scheme}://{request.headers['host']}")
    return None
