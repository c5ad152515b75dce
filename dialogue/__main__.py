"""`python -m dialogue serve --port P`: the dialogue's server on the loopback."""

import argparse
import errno
import socket
import sys

from dialogue.fingerprint import fingerprint
from dialogue.train import model_path

HOST = "127.0.0.1"


def main() -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m dialogue", description=__doc__)
    serve = parser.add_subparsers(dest="command", required=True).add_parser("serve")
    serve.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    model = model_path(fingerprint())
    if not model.exists():
        return _refuse("there is no model for these words; run `python -m dialogue.train`")
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            return _refuse(f"port {port} is in use" if taken else f"port {port}: {error.strerror}")
        from dialogue.server.serve import run  # noqa: PLC0415  takes seconds; the port is cheaper

        run(model, listener)
    return 0


def _refuse(reason: str) -> int:
    print(f"dialogue: {reason}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
