"""How every process of ours begins and ends: discreet log, settings, one line for what is wrong."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

from core.errors import BackUpError
from core.log import configure_logging
from core.settings import Settings, load_settings

FAILED = 2


def run_process(name: str, main: Callable[[Settings], Awaitable[None]]) -> int:
    """Run `main` until it ends; gives the exit code."""

    async def begin() -> None:
        await main(load_settings())

    configure_logging(name)
    try:
        asyncio.run(begin())
    except BackUpError as error:
        print(f"{name}: {error}", file=sys.stderr)  # noqa: T201
        return FAILED
    return 0
