"""The contract that is deployed is the source that can be read."""

import os
import subprocess
from pathlib import Path

from tests.peers.npm import install
from vault.anchor import contract
from vault.anchor.keccak import keccak256
from vault.anchor.offline import EVENT

FOLDER = Path(contract.__file__).parent


def test_source_compiles_to_what_is_committed(tmp_path: Path) -> None:
    modules = install("solc@0.8.37", tmp_path)

    built = subprocess.run(  # noqa: S603 - our own script
        ("node", str(FOLDER / "build.mjs")),  # noqa: S607 - wherever it is
        env=os.environ | {"NODE_PATH": str(modules)},
        check=True,
        capture_output=True,
    )

    assert built.stdout == (FOLDER / "anchor.json").read_bytes()


def test_event_and_call_are_those_of_the_interface() -> None:
    assert keccak256(b"Anchored(bytes32,address)") == EVENT
    assert EVENT in contract.RUNTIME
    assert contract.SELECTOR in contract.RUNTIME
    assert contract.RUNTIME in contract.BYTECODE
