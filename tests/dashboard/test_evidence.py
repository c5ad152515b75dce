"""A case's files: seen behind a veil, as copies; originals leave with an entry."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from core.identifiers import CaseId
from referrals.accounts import Enrolment
from tests.support import samples
from tests.support.desk import Desk, press, take
from vault import repository
from vault.derivatives.make import ready
from vault.intake import seal_file
from vault.preserve import Kept, preserve_file, refuse_file
from vault.tables import CustodyEntry

FACTS = {
    "kind": "document",
    "name": "<b>IMG_1.jpg</b>",
    "caption": "près du <marché>",
    "declared_type": "image/jpeg",
    "recompressed": False,
    "channel": "telegram",
    "received_at": "2025-03-01T09:00:00+00:00",
    "question": None,
    "metadata": {
        "exif": {"taken_at": "2025:02:28 10:00:00", "latitude": "12.1", "longitude": "8.5"},
        "c2pa": None,
    },
}


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A real photo; skips without ffmpeg."""
    return samples.photo(tmp_path_factory.mktemp("photo"))


async def keep(desk: Desk, case_id: CaseId, content: bytes, **facts: Any) -> Kept:
    """A file arrives in a case."""

    async def stream() -> AsyncIterator[bytes]:
        yield content

    async with desk.parts.sessions() as session:
        recipient = await repository.recipient_of(session, case_id)
    file = await seal_file(desk.parts.store, recipient, stream(), largest=1 << 24)
    async with desk.parts.sessions.begin() as session:
        return await preserve_file(
            session, case_id, file, facts={**FACTS, **facts}, now=desk.clock()
        )


async def entries(desk: Desk) -> list[tuple[str, int | None]]:
    async with desk.parts.sessions() as session:
        found = await session.scalars(select(CustodyEntry).order_by(CustodyEntry.sequence))
        return [(one.action, one.record_id) for one in found]


async def test_files_are_listed_and_nothing_of_them_is_sent_with_the_case(
    desk: Desk, amina: Enrolment, photo: bytes
) -> None:
    case_id = await desk.report()
    file = await keep(desk, case_id, photo, recompressed=True)
    async with desk.parts.sessions.begin() as session:
        await refuse_file(session, case_id, facts={"reason": "large"}, now=desk.clock())
    async with desk.signed_in(amina) as browser:
        page = (await browser.get(await take(browser, case_id))).text
    assert f"/files/{file.record}" in page
    assert "Made smaller by the messenger" in page
    assert "A file was too large and is not here" in page
    assert "<img" not in page
    assert ("view", file.record) not in await entries(desk)


async def test_the_page_of_a_file_tells_what_it_declares_and_claims_none_of_it(
    desk: Desk, amina: Enrolment, photo: bytes
) -> None:
    case_id = await desk.report()
    file = await keep(desk, case_id, photo)
    async with desk.signed_in(amina) as browser:
        await take(browser, case_id)
        page = (await browser.get(f"/cases/{case_id}/files/{file.record}")).text
    assert file.sha256.hex() in page
    assert "12.1, 8.5" in page
    assert "Nothing of this is confirmed" in page
    assert "&lt;b&gt;IMG_1.jpg&lt;/b&gt;" in page
    assert "près du &lt;marché&gt;" in page


async def test_a_copy_is_sent_when_it_is_asked_for_and_the_look_is_signed(
    desk: Desk, amina: Enrolment, photo: bytes
) -> None:
    if problem := await ready():
        pytest.skip(problem)
    case_id = await desk.report()
    file = await keep(desk, case_id, photo)
    async with desk.signed_in(amina) as browser:
        await take(browser, case_id)
        copy = await browser.get(f"/cases/{case_id}/files/{file.record}/picture")
    assert copy.headers["content-type"] == "image/jpeg"
    assert copy.content != photo
    assert copy.headers["cache-control"] == "no-store"
    assert copy.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert (await entries(desk))[-1] == ("view", file.record)


async def test_an_original_leaves_as_it_was_delivered_with_an_entry(
    desk: Desk, amina: Enrolment, photo: bytes
) -> None:
    case_id = await desk.report()
    file = await keep(desk, case_id, photo)
    async with desk.signed_in(amina) as browser:
        await take(browser, case_id)
        page = f"/cases/{case_id}/files/{file.record}"
        original = await press(browser, page, f"{page}/original")
    assert original.content == photo
    assert original.headers["content-type"] == "application/octet-stream"
    assert original.headers["content-disposition"].startswith("attachment;")
    assert original.headers["cache-control"] == "no-store"
    assert (await entries(desk))[-1] == ("export", file.record)


async def test_an_original_does_not_leave_by_a_link(
    desk: Desk, amina: Enrolment, photo: bytes
) -> None:
    case_id = await desk.report()
    file = await keep(desk, case_id, photo)
    async with desk.signed_in(amina) as browser:
        await take(browser, case_id)
        address = f"/cases/{case_id}/files/{file.record}/original"
        by_link = await browser.get(address)
        without_token = await browser.post(address)
    assert by_link.status_code in {404, 422}
    assert without_token.status_code == 404
    assert ("export", file.record) not in await entries(desk)


async def test_what_can_be_no_copy_is_answered_plainly(
    desk: Desk, amina: Enrolment, photo: bytes
) -> None:
    if problem := await ready():
        pytest.skip(problem)
    case_id = await desk.report()
    broken = await keep(desk, case_id, photo[:400])
    letter = await keep(desk, case_id, b"%PDF-1.4 and so on")
    async with desk.signed_in(amina) as browser:
        await take(browser, case_id)
        spoilt = await browser.get(f"/cases/{case_id}/files/{broken.record}/picture")
        none = await browser.get(f"/cases/{case_id}/files/{letter.record}/picture")
        page = (await browser.get(f"/cases/{case_id}/files/{letter.record}")).text
    assert (spoilt.status_code, spoilt.content) == (422, b"")
    assert none.status_code == 404
    assert "There is no copy for viewing" in page
    assert "Not what it says it is" in page


async def test_nobody_else_sees_a_file(
    desk: Desk, amina: Enrolment, bruno: Enrolment, photo: bytes
) -> None:
    case_id = await desk.report()
    other = await desk.report()
    file = await keep(desk, case_id, photo)
    async with desk.signed_in(amina) as hers, desk.signed_in(bruno) as his:
        await take(hers, case_id)
        await take(his, other)
        for address in (
            f"/cases/{case_id}/files/{file.record}",
            f"/cases/{case_id}/files/{file.record}/picture",
            f"/cases/{other}/files/{file.record}",
            f"/cases/{other}/files/{file.record}/picture",
        ):
            assert (await his.get(address)).status_code == 404


async def test_a_file_that_arrives_stands_in_the_chat_behind_a_link(
    desk: Desk, amina: Enrolment, photo: bytes
) -> None:
    case_id = await desk.report()
    async with desk.signed_in(amina) as browser:
        page = await take(browser, case_id)
        file = await keep(desk, case_id, photo, kind="audio")
        shown: httpx.Response = await browser.get(page)
    chat = shown.text[shown.text.index('id="messages"') :]
    assert f'<a href="/cases/{case_id}/files/{file.record}">Recording</a>' in chat
