"""Becomes anvil: `python -m backup.chain ANVIL PORT STATE`, each time that it is started."""

import os
import sys
from pathlib import Path

from backup.chain.anvil import command, mend

if __name__ == "__main__":
    binary, port, state = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    mend(state)
    os.execv(binary, command(binary, port, state))  # noqa: S606 - the path of our own tool
