"""Templates and words made into pages, in the language of who reads them."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from babel.dates import format_datetime, format_timedelta
from babel.units import format_unit
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dashboard.access import STATIC, TOKEN_FIELD, Visitor, parts_of
from locales import Catalogs, Language

HERE = Path(__file__).parent
LANGUAGE_COOKIE = "language"
SIZES = (("gigabyte", 10**9), ("megabyte", 10**6), ("kilobyte", 10**3))


class Pages:
    """Renders every page and fragment; every value is escaped, no word stands in a template."""

    def __init__(self, catalogs: Catalogs) -> None:
        """Take the words."""
        self._catalogs = catalogs
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(static=static_address, token_field=TOKEN_FIELD, uuid4=uuid4)

    def page(
        self,
        request: Request,
        template: str,
        *,
        visitor: Visitor | None = None,
        status: int = 200,
        **values: Any,
    ) -> HTMLResponse:
        """A whole page, or the fragment of one, as an answer to a request."""
        language = self.language(request)
        values.setdefault("back", request.url.path)
        return HTMLResponse(self.render(template, language, visitor=visitor, **values), status)

    def render(
        self, template: str, language: str, *, visitor: Visitor | None = None, **values: Any
    ) -> str:
        """A template's HTML in one language."""
        words = Words(self._catalogs, language, now=values.pop("now", None))
        token = visitor.visit.form_token() if visitor else None
        return self._templates.get_template(template).render(
            t=words.text, words=words, visitor=visitor, form_token=token, **values
        )

    def language(self, request: Request) -> str:
        """The language that the reader chose, or else the first of the browser's that we have."""
        asked = [request.cookies.get(LANGUAGE_COOKIE, ""), *_accepted(request)]
        known = self._catalogs.languages()
        return next((code for code in asked if code in known), known[0])


class Words:
    """What templates say in one language: texts, dates, spans of time."""

    def __init__(self, catalogs: Catalogs, code: str, *, now: datetime | None) -> None:
        """Take the words, the language, and the time that spans are counted from."""
        self._catalogs = catalogs
        self.code = code
        self._now = now

    @property
    def language(self) -> Language:
        """This language as the registry knows it."""
        return self._catalogs.language(self.code)

    @property
    def languages(self) -> Iterable[Language]:
        """The languages that can be chosen."""
        return [self._catalogs.language(code) for code in self._catalogs.languages()]

    def text(self, message_id: str, *, count: int | None = None, **args: str) -> str:
        """Words by their id."""
        return self._catalogs.text(self.code, message_id, sms=False, count=count, **args)

    def name(self, code: str) -> str:
        """A language's own name."""
        return self._catalogs.language(code).name

    def time(self, moment: datetime) -> Markup:
        """A moment: in UTC, which the page's script turns into the reader's own time."""
        shown = format_datetime(moment, "d MMM, HH:mm", tzinfo=UTC, locale=self.language.cldr)
        return Markup('<time datetime="{}">{} UTC</time>').format(
            moment.astimezone(UTC).isoformat(timespec="seconds"), shown
        )

    def moment(self, moment: datetime) -> str:
        """A moment with its year, in UTC, which the words around it say."""
        return format_datetime(moment, "d MMM y, HH:mm", tzinfo=UTC, locale=self.language.cldr)

    def size(self, size: int) -> str:
        """A file's size in its largest decimal unit."""
        unit, factor = next((unit for unit in SIZES if size >= unit[1]), ("byte", 1))
        return format_unit(
            round(size / factor, 1) if factor > 1 else size,
            f"digital-{unit}",
            "short",
            locale=self.language.cldr,
        )

    def span(self, span: timedelta) -> str:
        """A length of time in its largest unit, such as "35 minutes"."""
        return format_timedelta(
            max(abs(span), timedelta(minutes=1)),
            granularity="minute",
            threshold=1.5,
            locale=self.language.cldr,
        )

    def since(self, moment: datetime) -> str:
        """How long ago a moment was."""
        return self.span(self.left(moment))

    def left(self, moment: datetime) -> timedelta:
        """How long it is until a moment; negative once it is past."""
        assert self._now is not None  # noqa: S101 - whoever renders a clock gives the time
        return moment - self._now


def pages_of(request: Request) -> Pages:
    """The pages of the application."""
    pages: Pages = request.app.state.pages
    return pages


def page(
    request: Request, template: str, *, visitor: Visitor | None = None, **values: Any
) -> HTMLResponse:
    """Answer a request with a page, told the time."""
    now = parts_of(request).now()
    return pages_of(request).page(request, template, visitor=visitor, now=now, **values)


def words_of(request: Request) -> Words:
    """The words in the language of who asks."""
    return Words(parts_of(request).catalogs, pages_of(request).language(request), now=None)


@cache
def static_address(name: str) -> str:
    """The address of one of our files; it changes with the content, so that it can be kept."""
    digest = hashlib.sha256((HERE / "static" / name).read_bytes()).hexdigest()
    return f"{STATIC}/{name}?v={digest[:12]}"


def _accepted(request: Request) -> list[str]:
    """The languages that the browser asks for, without regions, the dearest first."""
    ranges = [part.partition(";") for part in request.headers.get("accept-language", "").split(",")]
    return [tag.strip().partition("-")[0].lower() for tag, _, _ in ranges]
