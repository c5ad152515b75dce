"""The custody log as an admin sees it: intact or not, and who vouches for it from outside."""

from sqlalchemy import update

from referrals.accounts import Enrolment
from tests.support.desk import Desk
from vault import ledger, vouchers
from vault.checkpoint import sign_checkpoint
from vault.note import Signer
from vault.tables import CustodyCheck

NGO = Signer("ngo.example", bytes(32))


async def test_an_admin_sees_the_last_check_and_who_vouches(desk: Desk, admin: Enrolment) -> None:
    parts = desk.parts
    async with desk.signed_in(admin) as browser:
        shown = (await browser.get("/log")).text
        assert "not checked yet" in shown
        assert "Nobody outside of this server" in shown
        assert "No authority time-stamps" in shown
        async with parts.sessions.begin() as session:
            note = await sign_checkpoint(session, parts.keys)
        text = note.rpartition("\n\n")[0] + "\n"
        size = int(text.splitlines()[1])
        now = int(desk.clock().timestamp())
        async with parts.sessions.begin() as session:
            await vouchers.add_cosignature(session, size, NGO.cosigner, NGO.cosign(text, now))
            await vouchers.add_timestamp(session, size, "an authority", desk.clock(), b"token")
            await ledger.add_check(session, size, [])
        desk.clock.forward(seconds=1200)
        shown = (await browser.get("/log")).text
    assert f"intact when all {size} were checked" in shown
    assert "ngo.example" in shown
    assert "an authority" in shown
    assert "20 minutes ago" in shown


async def test_a_finding_is_told_loudly_wherever_admins_begin(desk: Desk, admin: Enrolment) -> None:
    async with desk.parts.sessions.begin() as session:
        await ledger.add_check(session, 9, ["custody entry 6: it does not say <what>"])
    async with desk.signed_in(admin) as browser:
        for address in ("/log", "/people"):
            shown = (await browser.get(address)).text
            assert 'role="alert"' in shown
            assert "custody entry 6: it does not say &lt;what&gt;" in shown
        async with desk.parts.sessions.begin() as session:
            await session.execute(update(CustodyCheck).values(finding=None, findings=0))
        assert 'role="alert"' not in (await browser.get("/people")).text


async def test_a_professional_sees_nothing_of_it(desk: Desk, amina: Enrolment) -> None:
    async with desk.signed_in(amina) as browser:
        assert (await browser.get("/log")).status_code in {403, 404}
