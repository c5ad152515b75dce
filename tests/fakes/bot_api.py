"""A small Bot API: it hands out queued updates, keeps what is sent, and fails when told to."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

TOKEN = "4242:MARKER-token-that-must-never-show"

SENDING = ("sendMessage", "sendPhoto", "sendVoice")

Json = dict[str, Any]


@dataclass
class BotApi:
    """One bot's server; `failures` answer one call each before it works again."""

    updates: list[Json] = field(default_factory=list)
    later: list[Json] = field(default_factory=list)
    """Updates that happen once everything else is confirmed and somebody asks without an offset."""
    offsets: list[int | None] = field(default_factory=list)
    calls: list[tuple[str, Json]] = field(default_factory=list)
    failures: deque[Response] = field(default_factory=deque)
    files: dict[str, bytes] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    """Where files are said to lie, if not in their usual place."""

    def app(self) -> FastAPI:
        """The server as an application."""
        app = FastAPI()

        @app.post("/bot{token}/{method}")
        async def call(token: str, method: str, request: Request) -> Response:
            if token != TOKEN:
                return refusal(401, "Unauthorized")
            if self.failures:
                return self.failures.popleft()
            if method == "getUpdates":
                return _result(self._fetch(request.query_params.get("offset")))
            content = dict(await request.form())
            self.calls.append((method, content))
            if method == "getFile":
                return self._file(str(content["file_id"]))
            return _result(self._message(content) if method in SENDING else True)

        @app.get("/file/bot{token}/files/{file_id}")
        async def fetch(token: str, file_id: str) -> Response:
            if token != TOKEN or file_id not in self.files:
                return refusal(404, "Not Found")
            return Response(self.files[file_id])

        return app

    def _file(self, file_id: str) -> Response:
        if file_id not in self.files:
            return refusal(400, "Bad Request: invalid file_id")
        path = self.paths.get(file_id, f"files/{file_id}")
        return _result({"file_id": file_id, "file_unique_id": file_id, "file_path": path})

    def _fetch(self, offset: str | None) -> list[Json]:
        self.offsets.append(None if offset is None else int(offset))
        if offset is not None:
            self.updates = [one for one in self.updates if one["update_id"] >= int(offset)]
        elif not self.updates:
            self.updates, self.later = self.later, []
        return list(self.updates)

    def _message(self, content: Json) -> Json:
        return {
            "message_id": len(self.calls),
            "date": 1_700_000_000,
            "chat": {"id": int(content["chat_id"]), "type": "private"},
            "text": content.get("text", ""),
        }


def refusal(status: int, description: str, **parameters: Any) -> JSONResponse:
    """How Telegram says no."""
    content = {"ok": False, "error_code": status, "description": description}
    return JSONResponse(
        content | ({"parameters": parameters} if parameters else {}), status_code=status
    )


def update(number: int, **content: Any) -> Json:
    """An update about something."""
    return {"update_id": number, **content}


def message(text: str | None = None, *, chat: int = 7, kind: str = "private", **extra: Any) -> Json:
    """A person's message."""
    words = {} if text is None else {"text": text}
    return {
        "message_id": 1,
        "date": 1_700_000_000,
        "chat": {"id": chat, "type": kind},
        "from": {"id": chat, "is_bot": False, "first_name": "A"},
        **words,
        **extra,
    }


def press(data: str, *, chat: int = 7) -> Json:
    """A press on one of the bot's buttons."""
    return {
        "id": "receipt-1",
        "chat_instance": "1",
        "from": {"id": chat, "is_bot": False, "first_name": "A"},
        "message": message("a question", chat=chat),
        "data": data,
    }


def _result(result: Any) -> JSONResponse:
    return JSONResponse({"ok": True, "result": result})
