"""The dashboard process: `python -m dashboard`."""

import sys
from socket import socket

import uvicorn

from core.database import open_engine, open_sessions
from core.errors import ConfigurationError
from core.process import run_process
from core.settings import Settings
from dashboard.app import create_app
from dashboard.hub import Hub
from dashboard.parts import Origin, Parts
from dashboard.questionnaire import CRSV, Questionnaire
from locales import Catalogs
from vault.bundle.make import Known
from vault.escrow import escrow_of
from vault.keys import open_keys
from vault.store import open_store


class Server(uvicorn.Server):
    """Ends the open streams first, or they would hold up the end."""

    def __init__(self, config: uvicorn.Config, hub: Hub) -> None:
        """Take what the streams wait for."""
        super().__init__(config)
        self._hub = hub

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Stop serving."""
        self._hub.close()
        await super().shutdown(sockets)


def serve(parts: Parts, port: int) -> Server:
    """A server of the dashboard on loopback; it logs no request."""
    app = create_app(parts)
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    return Server(config, app.state.hub)


async def _run(settings: Settings) -> None:
    if settings.database_url is None:
        raise ConfigurationError("DATABASE_URL should be postgresql://… (`backup up` sets it)")
    url = settings.database_url.get_secret_value()
    engine = open_engine(url)
    parts = Parts(
        sessions=open_sessions(engine),
        keys=open_keys(settings),
        store=open_store(settings),
        escrow=escrow_of(settings),
        catalogs=Catalogs.of(settings),
        questionnaire=Questionnaire.read(settings.questionnaire or CRSV),
        known=Known.of(settings),
        database_url=url,
        origin=Origin.parse(settings.dashboard_address),
    )
    try:
        await serve(parts, settings.dashboard_port).serve()
    finally:
        await engine.dispose()


def main() -> int:
    """Run until told to stop."""
    return run_process("dashboard", _run)


if __name__ == "__main__":
    sys.exit(main())
