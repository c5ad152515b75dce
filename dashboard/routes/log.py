"""The custody log as its admins see it: whether it is intact, and who outside vouches for it."""

from fastapi import Request, Response

from dashboard.access import Admin, admin, parts_of, routes_for
from dashboard.pages import page
from vault import ledger, vouchers

routes = routes_for(admin)


@routes.get("/log")
async def show_log(request: Request, visitor: Admin) -> Response:
    """The last self-check, the witnesses and the timestamps; nothing of what entries are about."""
    async with parts_of(request).sessions() as session:
        head = await ledger.head(session)
        check = await ledger.last_check(session)
        witnessed = await vouchers.latest_cosignatures(session)
        stamped = await vouchers.latest_timestamps(session)
    return page(
        request,
        "log.html",
        visitor=visitor,
        size=head.size,
        check=check,
        witnessed=witnessed,
        stamped=stamped,
    )
