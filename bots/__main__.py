"""The gateway process: `python -m bots`."""

import asyncio
import sys

import uvicorn

from bots.assemble import open_parts
from bots.gateway import create_gateway
from core.errors import BackUpError
from core.log import configure_logging
from core.settings import Settings, load_settings


async def _serve(settings: Settings) -> None:
    async with open_parts(settings, connections=8) as parts:
        app = create_gateway(
            parts,
            public_url=str(settings.public_url) if settings.public_url else None,
            simulator=settings.simulator,
        )
        config = uvicorn.Config(
            app,
            host="127.0.0.1",
            port=settings.gateway_port,
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=2,
        )
        await uvicorn.Server(config).serve()


def main() -> int:
    """Serve until told to stop; a foreseen error is one line."""
    configure_logging("gateway")
    try:
        asyncio.run(_serve(load_settings()))
    except BackUpError as error:
        print(f"gateway: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
