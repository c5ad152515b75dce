"""What every response tells the browser: run only our own files, keep nothing, tell nobody."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.access import STATIC

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self';"
    " connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=()",
    # Other sites are told nothing. Not `no-referrer`: it would also make browsers hide the origin
    # of our own forms, by which we know them.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
# A file of somebody else's: it may not do anything, even where a browser shows it by itself.
ALONE = {"Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'"}
TWO_YEARS = "max-age=63072000"
# The addresses of static files carry the hash of their content.
FOREVER = "public, max-age=31536000, immutable"


class SafeHeaders:
    """ASGI middleware that sets the headers on every response, whoever made it."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        """Wrap an application; `secure` says that it is reached by https alone."""
        self.app = app
        self.headers = dict(HEADERS)
        if secure:
            self.headers["Strict-Transport-Security"] = TWO_YEARS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
                static = scope["path"].startswith(f"{STATIC}/") and message["status"] == 200  # noqa: PLR2004
                headers["Cache-Control"] = FOREVER if static else "no-store"
            await send(message)

        await self.app(scope, receive, send_safely)
