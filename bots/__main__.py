"""The gateway process: `python -m bots`."""

import sys

import uvicorn

from bots.assemble import open_parts
from bots.gateway import create_gateway
from bots.witness import witness_routes
from core.process import run_process
from core.settings import Settings
from vault.vouchers import read_witnesses


async def _serve(settings: Settings) -> None:
    async with open_parts(settings, connections=8) as parts:
        app = create_gateway(
            parts,
            public_url=str(settings.public_url) if settings.public_url else None,
            simulator=settings.simulator,
        )
        if witnesses := read_witnesses(settings.witness_keys):
            app.include_router(witness_routes(parts.sessions, witnesses))
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
    """Run until told to stop."""
    return run_process("gateway", _serve)


if __name__ == "__main__":
    sys.exit(main())
