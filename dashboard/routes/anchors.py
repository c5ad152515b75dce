"""Whether the log's anchors on blockchains go well, for an admin."""

from datetime import UTC, datetime

from fastapi import Request, Response

from dashboard.access import Admin, admin, parts_of, routes_for
from dashboard.pages import page
from vault.anchor import repository

routes = routes_for(admin)


@routes.get("/anchors")
async def show_anchors(request: Request, visitor: Admin) -> Response:
    """Every chain, its last final anchor, and whether whoever runs the server is needed."""
    async with parts_of(request).sessions() as session:
        chains = []
        for chain in await repository.chains(session):
            last = await repository.last_final(session, chain.name)
            at = last and last.archive and last.archive["block"]["timestamp"]
            chains.append((chain, datetime.fromtimestamp(at, UTC) if at else None))
    return page(request, "anchors.html", visitor=visitor, chains=chains)
