"""What the pages weigh, and that every word on them is in the catalogs."""

import re
from pathlib import Path

import httpx

import dashboard
from dashboard.questionnaire import Questionnaire
from dashboard.report import UNSEEN
from locales import Catalogs
from referrals.accounts import Enrolment
from tests.support.desk import Desk, form_token, take

ROOM = Path(dashboard.__file__).parent
FIRST_LOAD, CHAT_PAGE, STYLES = 60_000, 40_000, 16_000


async def weight(browser: httpx.AsyncClient, address: str) -> int:
    """Bytes of the page and of every file that it names, as they go over the wire."""
    async with browser.stream("GET", address) as answer:
        total = sum([len(chunk) async for chunk in answer.aiter_raw()])
        assert answer.headers["content-encoding"] == "gzip"
    page = (await browser.get(address)).text
    for name in set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page)):
        async with browser.stream("GET", name) as answer:
            assert answer.headers["cache-control"].endswith("immutable")
            total += sum([len(chunk) async for chunk in answer.aiter_raw()])
    return total


async def test_the_first_page_and_the_chat_are_light(desk: Desk, amina: Enrolment) -> None:
    case_id = await desk.report()
    async with desk.browser() as browser:
        assert await weight(browser, "/sign-in") < FIRST_LOAD
    async with desk.signed_in(amina) as browser:
        page = await take(browser, case_id)
        for number in range(40):
            await desk.person_writes(case_id, f"Un message ordinaire, le numéro {number}.")
        assert await weight(browser, page) < CHAT_PAGE
    assert (ROOM / "static" / "style.css").stat().st_size < STYLES


async def test_pages_name_nothing_of_other_hosts_and_nothing_inline(
    desk: Desk, amina: Enrolment
) -> None:
    case_id = await desk.report()
    async with desk.signed_in(amina) as browser:
        page = (await browser.get(await take(browser, case_id))).text
    assert re.findall(r'(?:href|src|action)="(?!/|#)[^"]*"', page) == []
    assert re.findall(r"<script>|<style|style=|\son[a-z]+=|hx-on|javascript:", page) == []


async def test_each_page_has_tokens_of_its_own(desk: Desk, amina: Enrolment) -> None:
    async with desk.signed_in(amina) as browser:
        tokens = {form_token((await browser.get("/inbox")).text) for _ in range(5)}
    assert len(tokens) == 5


def test_every_word_of_the_room_is_there_in_every_language() -> None:
    sources = [*ROOM.rglob("*.html"), *ROOM.rglob("*.py")]
    named = {
        found
        for source in sources
        for found in re.findall(r'"(desk(?:\.[a-z_]+)+)"', source.read_text("utf-8"))
        if not found.endswith(".html")
    }
    catalogs = Catalogs.load()
    headings = {f"{name}.text" for name in named} & catalogs.ids("en", "dashboard")
    assert len(named) > 80
    assert catalogs.missing(named | headings) == {}


def test_the_languages_have_the_same_words_for_the_room() -> None:
    catalogs = Catalogs.load()
    words = {
        code: {name for name in catalogs.ids(code, "dashboard") if name.startswith("desk.")}
        for code in catalogs.languages()
    }
    assert len(set(map(frozenset, words.values()))) == 1


def test_every_heading_and_label_of_a_report_is_there_in_every_language() -> None:
    blocks = Questionnaire.read().blocks
    shown = [q for block in blocks for q in block.questions if q.kind not in {"menu", "files"}]
    named = {f"name.{question.id}" for question in shown}
    named |= {
        f"block.{block.id}"
        for block in blocks
        if any(question.kind not in UNSEEN for question in block.questions)
    }
    named |= {question.label(option) for question in shown for option in ("dk", "pns", "skip")}
    assert Catalogs.load().missing(named) == {}
