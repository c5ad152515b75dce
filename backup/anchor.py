"""Anchors on blockchains: how they are, and whether one proves what it says."""

import asyncio
import json
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from backup.database import open_database
from core.database import open_engine, open_sessions
from core.errors import ConfigurationError
from core.settings import Settings
from vault.anchor import offline, repository
from vault.anchor.archive import archived
from vault.anchor.errors import AnchorError
from vault.anchor.tables import AnchorChain, AnchorRow

FOUND_EXIT = 1
COIN = Decimal(10) ** 18
STATES = (repository.PENDING, repository.SENT, repository.MINED, repository.FINAL)


def add_arguments(parser: ArgumentParser) -> None:
    """The commands under `backup anchor`."""
    commands = parser.add_subparsers(dest="what", metavar="COMMAND", required=True)
    commands.add_parser("status", help="each chain, its sender, and how far its anchors are")
    save = commands.add_parser("save", help="write the newest final anchor to a file")
    save.add_argument("file", type=Path, help="where to write it; it must not exist yet")
    verify = commands.add_parser("verify", help="check archived anchors, without a network")
    verify.add_argument("files", nargs="+", type=Path, help="archived anchors (JSON)")
    verify.add_argument("--rpc", metavar="URL", help="also ask this node of the chain")


def run(args: Namespace, settings: Settings) -> int:
    """Run one of them; 1 if an anchor does not prove what it says."""
    if args.what == "verify":
        return max(_verify(path, args.rpc) for path in args.files)
    chains, anchors = asyncio.run(_read(settings))
    if args.what == "save":
        return _save(anchors, args.file)
    for line in status(chains):
        print(line)
    return 0


Chains = Sequence[tuple[AnchorChain, dict[str, int], AnchorRow | None]]


def status(chains: Chains) -> list[str]:
    """Lines for the operator: chains, how many anchors are in which state, and the last one."""
    if not chains:
        return ["nothing has been anchored; ANCHOR_CHAINS names the chains"]
    lines = []
    for chain, tally, last in chains:
        kind = ", development anchor: proves nothing to others" if chain.development else ""
        counts = ", ".join(f"{tally.get(state, 0)} {state}" for state in STATES)
        balance = "unknown" if chain.balance is None else f"{chain.balance / COIN:.6f}"
        lines += [
            f"{chain.name} (chain {chain.chain_id}{kind})",
            f"  contract {chain.contract}",
            f"  sender   {chain.sender}, balance {balance}",
            f"  anchors  {counts}",
        ]
        if last is not None and last.archive is not None:
            block = last.archive["block"]
            lines.append(
                f"  last     block {block['number']}, {last.size} entries, {block['hash']}"
            )
        if chain.problem:
            lines.append(f"  PROBLEM  {chain.problem}")
        lines.append(f"  looked at {chain.looked_at:%Y-%m-%d %H:%M:%S %Z}")
    return lines


async def _read(settings: Settings) -> tuple[Chains, list[dict[str, Any]]]:
    async with open_database(settings) as database:
        engine = open_engine(database.url)
        async with open_sessions(engine)() as session:
            chains = [
                (
                    chain,
                    await repository.tally(session, chain.name),
                    await repository.last_final(session, chain.name),
                )
                for chain in await repository.chains(session)
            ]
            anchors = await archived(session)
        await engine.dispose()
    return chains, anchors


def _save(anchors: Sequence[dict[str, Any]], path: Path) -> int:
    if not anchors:
        raise ConfigurationError("no anchor is final yet; see `backup anchor status`")
    with path.open("x", encoding="utf-8") as file:
        json.dump(anchors[-1], file, ensure_ascii=False, indent=1)
    print(f"check it with: backup anchor verify {path}")
    return 0


def _verify(path: Path, rpc: str | None) -> int:
    try:
        anchor = offline.check(json.loads(path.read_text(encoding="utf-8")))
        confirmed = asyncio.run(_look_up(anchor, rpc)) if rpc else ()
    except (OSError, ValueError):
        raise ConfigurationError(f"{path} is no file with an archived anchor") from None
    except AnchorError as error:
        print(f"{path}: FALSE: {error}")
        return FOUND_EXIT
    print(f"{path}:")
    for words, sentences in (
        ("proven", anchor.proven),
        ("confirmed", confirmed),
        ("not proven", anchor.unproven(looked_up=bool(confirmed))),
    ):
        for sentence in sentences:
            print(f"  {words}: {sentence}")
    return 0


async def _look_up(anchor: offline.Anchor, rpc: str) -> tuple[str, ...]:
    # web3 takes two seconds to load, which the check without a network has no use for.
    from vault.anchor.online import look_up  # noqa: PLC0415

    return await look_up(anchor, rpc)
