"""Entries are signed by those who act, with keys that exist only while they are signed in."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from tests.vault.desk import Desk, Professional
from vault.age import Identity
from vault.canonical import EXACT, canonical, stamp
from vault.custody import enrol_once, log
from vault.entries import SIGNED, Act, Action, Entry
from vault.errors import UnsignedError
from vault.signing import ActorKey, actor_of
from vault.tables import CustodyEntry
from vault.tlog import Frontier, leaf_hash

AT = datetime(2026, 3, 1, 12, 30, 15, 4, tzinfo=UTC)
CASE = UUID("6f1f3c1e-0000-4000-8000-0123456789ab")
SALT = bytes(range(32))


def entry_of(row: CustodyEntry) -> Entry:
    return Entry(**{name: getattr(row, name) for name in Entry.__dataclass_fields__})


def entered(act: Act, *, signer: ActorKey | None = None, at: datetime = AT) -> Entry:
    entry, _ = act.entered(Frontier(), at=at, salt=SALT, signer=signer)
    return entry


class TestTheText:
    @given(
        actor=st.text(),
        record=st.none() | st.integers(-EXACT, EXACT),
        digest=st.none() | st.binary(min_size=32, max_size=32),
        size=st.none() | st.integers(0, EXACT),
        at=st.datetimes(timezones=st.just(UTC)),
        case=st.none() | st.uuids(),
    )
    def test_is_the_canonical_form_of_what_it_says(
        self,
        actor: str,
        record: int | None,
        digest: bytes | None,
        size: int | None,
        at: datetime,
        case: UUID | None,
    ) -> None:
        act = Act(
            actor=actor,
            action="view",
            case_id=case,
            record_id=record,
            sha256=digest,
            size=size,
        )
        said = {
            "action": "view",
            "actor": actor,
            "at": stamp(at),
            "case": None if case is None else str(case),
            "record": record,
            "sha256": None if digest is None else digest.hex(),
            "size": size,
        }
        plain = entered(act, at=at)
        assert plain.text == canonical({**said, "version": 1})
        assert plain.leaf == leaf_hash(SALT + plain.text)
        signed = entered(act, signer=KEY, at=at)
        assert (signed.signer, signed.signature) != (None, None)
        full = {
            **said,
            "sequence": 1,
            "signature": (signed.signature or b"").hex(),
            "signer": KEY.public.hex(),
            "version": 2,
        }
        assert signed.text == canonical(full)

    def test_the_signature_is_over_everything_but_itself(self) -> None:
        entry = entered(Act(actor="x", action="view", case_id=CASE), signer=KEY)
        said = {
            "action": "view",
            "actor": "x",
            "at": "2026-03-01T12:30:15.000004Z",
            "case": str(CASE),
            "record": None,
            "sequence": 1,
            "sha256": None,
            "signer": KEY.public.hex(),
            "size": None,
            "version": 2,
        }
        message = SIGNED + SALT + canonical(said)
        Ed25519PublicKey.from_public_bytes(KEY.public).verify(entry.signature or b"", message)


class TestASignature:
    @pytest.mark.parametrize(
        "fields",
        [
            {"sequence": 2},
            {"at": datetime(2026, 3, 1, tzinfo=UTC)},
            {"actor": "professional:other"},
            {"action": "export"},
            {"case_id": None},
            {"record_id": 1},
            {"sha256": hashlib.sha256(b"").digest()},
            {"size": 1},
            {"salt": bytes(32)},
            {"signer": ActorKey(bytes(32)).public},
            {"signature": bytes(64)},
            {"signature": None},
            {"signer": None, "signature": None},
        ],
    )
    def test_fits_no_other_entry(self, fields: dict[str, object]) -> None:
        entry = entered(Act(actor="professional:me", action="view", case_id=CASE), signer=KEY)
        assert entry.signed
        assert entry.unchanged
        other = replace(entry, **fields)  # type: ignore[arg-type]
        assert not other.signed
        assert not other.unchanged


class TestAKey:
    def test_belongs_to_its_identity_alone(self) -> None:
        identity = Identity(bytes(range(32)))
        assert ActorKey.of(identity).public == ActorKey.of(identity).public
        assert ActorKey.of(identity).public != ActorKey.of(Identity.generate()).public
        assert ActorKey.of(identity).public.hex() == (
            "afa4f3b7ebab5ddba1803e1fc372d3e05d2aa3d68d2f44a3d41b6522872a8798"
        )

    def test_never_prints(self) -> None:
        assert bytes(32).hex() not in repr(ActorKey(bytes(32)))


class TestInTheLog:
    async def test_what_a_professional_does_is_signed_by_their_own_key(
        self, desk: Desk, doctor: Professional
    ) -> None:
        case = await desk.opened_for(doctor)
        author = actor_of(doctor.id)
        await desk.message(case, b"hello", author=author, signer=doctor.signer)
        await desk.read(case, doctor)
        await desk.export(case, doctor)
        opened, *acts = [entry_of(row) for row in await desk.entries()]
        assert (opened.signer, opened.signature, opened.unchanged) == (None, None, True)
        assert [entry.action for entry in acts] == ["admit", "preserve", "view", "export"]
        assert {entry.signer for entry in acts} == {doctor.signer.public}
        assert all(entry.signed and entry.unchanged for entry in acts)

    async def test_without_their_key_nothing_is_done_in_their_name(
        self, desk: Desk, doctor: Professional
    ) -> None:
        case = await desk.opened_for(doctor)
        with pytest.raises(UnsignedError):
            await desk.message(case, b"hello", author=actor_of(doctor.id))
        async with desk.sessions() as session:
            with pytest.raises(UnsignedError):
                log(session, Act(actor=actor_of(doctor.id), action=Action.VIEW, case_id=case))

    async def test_a_key_is_enrolled_once(self, desk: Desk, doctor: Professional) -> None:
        for _ in range(2):
            async with desk.sessions.begin() as session:
                await enrol_once(session, doctor.id, doctor.signer)
        (entry,) = [entry_of(row) for row in await desk.entries()]
        assert (entry.action, entry.actor, entry.case_id) == ("enrol", actor_of(doctor.id), None)
        assert entry.signer == doctor.signer.public
        assert entry.signed


KEY = ActorKey(bytes(range(32)))
