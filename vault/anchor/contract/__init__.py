"""The anchoring contract as it was compiled; `make contract` compiles it again.

It has no constructor, owner, state or way to take money, and anyone may call it: what an anchor is
worth lies in its event, which names the sender.
"""

import json
from importlib.resources import files

from vault.anchor.keccak import keccak256

_BUILT = json.loads(files(__name__).joinpath("anchor.json").read_text())

BYTECODE = bytes.fromhex(_BUILT["bytecode"].removeprefix("0x"))
"""What creates the contract."""
RUNTIME = bytes.fromhex(_BUILT["runtime"].removeprefix("0x"))
"""What then lies at its address."""
SELECTOR = keccak256(b"anchor(bytes32)")[:4]
"""What a call begins with; the commitment follows."""
