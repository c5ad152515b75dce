"""The worker process: `python -m bots.worker`."""

import sys

from bots.worker import main

if __name__ == "__main__":
    sys.exit(main())
