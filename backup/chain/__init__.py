"""The development chain of `backup up`: anvil on loopback, for seeing anchors without a coin.

It proves nothing to anybody else, since whoever runs it can make any block: wherever it shows it
is called a development anchor.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from backup.chain.anvil import CHAIN_ID
from backup.processes import Program
from core.settings import Settings

EVERY_MINUTES = 1
PATIENCE_SECONDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DevelopmentChain:
    """A chain of this machine: the program that runs it, and the file that tells who anchors."""

    program: Program
    chains: Path


def prepare(settings: Settings, binary: Path) -> DevelopmentChain:
    """Write the chains' file into the data directory, where state and key will be too."""
    folder = settings.backup_data.resolve() / "chain"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    chain = {
        "name": "development",
        "id": CHAIN_ID,
        "rpc": [f"http://127.0.0.1:{settings.chain_port}"],
        "key_file": "sender.key",
        "every_minutes": EVERY_MINUTES,
        "patience_seconds": PATIENCE_SECONDS,
        "development": True,
    }
    chains = folder / "chains.yml"
    chains.write_text(yaml.safe_dump({"chains": [chain]}))
    words = (sys.executable, "-m", "backup.chain", str(binary))
    state = str(folder / "state.json")
    program = Program(name="chain", command=(*words, str(settings.chain_port), state), bare=True)
    return DevelopmentChain(program=program, chains=chains)
