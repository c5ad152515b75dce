"""One server process: a socket first, then Rasa, then Sanic until it is told to stop."""

from __future__ import annotations

import socket
from pathlib import Path

from dialogue import paths, quiet, without_tensorflow  # noqa: F401  before Rasa

quiet.silence()

from rasa.core.channels.channel import register  # noqa: E402
from sanic import Sanic  # noqa: E402
from sanic.exceptions import SanicException  # noqa: E402
from sanic.handlers import ErrorHandler  # noqa: E402
from sanic.request import Request  # noqa: E402
from sanic.response import HTTPResponse  # noqa: E402
from sanic.response import json as as_json  # noqa: E402

from dialogue.language import Detector  # noqa: E402
from dialogue.questionnaire import load  # noqa: E402
from dialogue.server.agent import TurnAgent  # noqa: E402
from dialogue.server.connector import TurnInput  # noqa: E402
from dialogue.server.wire import LARGEST_BODY  # noqa: E402


class PlainErrors(ErrorHandler):
    """Errors as JSON that tells nothing of the request, not even its path."""

    def default(self, request: Request, exception: Exception) -> HTTPResponse:  # noqa: ARG002
        """Answer with the status, and for what Sanic itself refused with its name."""
        if isinstance(exception, SanicException):
            return as_json({"error": type(exception).__name__}, status=exception.status_code)
        return as_json({"error": "the turn failed"}, status=500)


def run(model: Path, listener: socket.socket) -> None:
    """Serve the model on a bound socket until SIGTERM or Ctrl-C."""
    app = Sanic("backup", configure_logging=False, error_handler=PlainErrors())
    app.config.update(
        {
            "FALLBACK_ERROR_FORMAT": "json",
            "KEEP_ALIVE_TIMEOUT": 75,  # the caller lets go of an idle connection first
            "REQUEST_MAX_SIZE": LARGEST_BODY,
        }
    )
    app.ctx.agent = TurnAgent(model)
    questions, name = load(), model.name.removesuffix(".tar.gz")
    register([TurnInput(questions, name, Detector.read(paths.LOCALES))], app, route=None)
    app.run(sock=listener, access_log=False, motd=False, debug=False)
