"""Accounts of professionals: enrolled once, opened by their password and code alone."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import LargeBinary, select, text, update

from core.database import Sessions
from core.errors import NotAllowedError
from referrals.accounts import Enrolment, Profile
from referrals.credentials import Cost, accepted_step, new_password, new_totp_secret
from referrals.professionals import (
    KnownLoginError,
    ProfessionalRow,
    SignedIn,
    SignInError,
    WeakPasswordError,
    account,
    accounts,
    change_password,
    enrol,
    sign_in,
    suspend,
)
from vault.age import seal
from vault.age.open import unseal
from vault.errors import SealError
from vault.keys import LocalKeyProvider

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
CHEAP = Cost(passes=1, memory_kib=8, lanes=1)
AMINA = Profile(
    name="Amina Sample",
    email="amina@example.org",
    services=("health", "legal"),
    languages=("fr", "en"),
    child_trained=True,
    sample=True,
)


@pytest.fixture
def keys(data: Path) -> LocalKeyProvider:
    return LocalKeyProvider.open(data / "keys" / "server")


@pytest.fixture
async def amina(sessions: Sessions, keys: LocalKeyProvider) -> Enrolment:
    async with sessions.begin() as session:
        return await enrol(session, keys=keys, profile=AMINA, now=NOW, cost=CHEAP)


def code(enrolment: Enrolment, at: datetime = NOW) -> str:
    return pyotp.TOTP(enrolment.totp_secret).at(at)


async def signed_in(
    sessions: Sessions,
    keys: LocalKeyProvider,
    who: Enrolment,
    at: datetime = NOW,
    password: str | None = None,
) -> SignedIn:
    return await sign_in(
        sessions,
        keys=keys,
        email=who.account.profile.email,
        password=password or who.password,
        code=code(who, at),
        now=at,
    )


async def test_an_enrolled_professional_signs_in_and_gets_the_identity_of_their_recipient(
    sessions: Sessions, keys: LocalKeyProvider, amina: Enrolment
) -> None:
    inside = await signed_in(sessions, keys, amina)
    assert inside.account == amina.account
    assert inside.account.profile == AMINA
    assert inside.account.one_time
    sealed = seal(b"words", [amina.account.recipient])
    assert unseal(sealed, inside.identity) == b"words"


async def test_capitals_and_blanks_in_the_email_do_not_matter(
    sessions: Sessions, keys: LocalKeyProvider, amina: Enrolment
) -> None:
    inside = await sign_in(
        sessions,
        keys=keys,
        email=" Amina@Example.ORG ",
        password=amina.password,
        code=code(amina),
        now=NOW,
    )
    assert inside.account.id == amina.account.id


@pytest.mark.parametrize("wrong", ["email", "password", "code"])
async def test_whatever_is_wrong_the_answer_is_the_same(
    sessions: Sessions, keys: LocalKeyProvider, amina: Enrolment, wrong: str
) -> None:
    typed = {"email": AMINA.email, "password": amina.password, "code": code(amina)}
    typed[wrong] = "999999" if typed[wrong] == "000000" else "000000"
    with pytest.raises(SignInError, match=r"^wrong e-mail, password or code$"):
        await sign_in(sessions, keys=keys, now=NOW, **typed)


async def test_a_code_opens_once_and_an_older_one_no_more(
    sessions: Sessions, keys: LocalKeyProvider, amina: Enrolment
) -> None:
    await signed_in(sessions, keys, amina, NOW)
    with pytest.raises(SignInError):
        await signed_in(sessions, keys, amina, NOW)
    with pytest.raises(SignInError):
        await sign_in(
            sessions,
            keys=keys,
            email=AMINA.email,
            password=amina.password,
            code=code(amina, NOW - timedelta(seconds=30)),
            now=NOW,
        )
    assert await signed_in(sessions, keys, amina, NOW + timedelta(seconds=30))


async def test_of_two_sign_ins_with_one_code_exactly_one_succeeds(
    sessions: Sessions, keys: LocalKeyProvider, amina: Enrolment
) -> None:
    both = await asyncio.gather(
        *(signed_in(sessions, keys, amina) for _ in range(2)), return_exceptions=True
    )
    assert {type(outcome) for outcome in both} == {SignInError, SignedIn}


async def test_a_wrong_password_does_not_use_up_the_code(
    sessions: Sessions, keys: LocalKeyProvider, amina: Enrolment
) -> None:
    with pytest.raises(SignInError):
        await signed_in(sessions, keys, amina, password="not the password")
    assert await signed_in(sessions, keys, amina)


async def test_an_email_is_enrolled_once(
    sessions: Sessions, keys: LocalKeyProvider, amina: Enrolment
) -> None:
    assert amina.account.profile == AMINA
    async with sessions.begin() as session:
        with pytest.raises(KnownLoginError):
            await enrol(session, keys=keys, profile=AMINA, now=NOW, cost=CHEAP)


async def test_a_suspended_professional_neither_signs_in_nor_is_known(
    sessions: Sessions, keys: LocalKeyProvider, amina: Enrolment
) -> None:
    async with sessions.begin() as session:
        await suspend(session, amina.account.id, now=NOW)
    with pytest.raises(SignInError):
        await signed_in(sessions, keys, amina)
    async with sessions() as session:
        with pytest.raises(NotAllowedError):
            await account(session, amina.account.id, keys=keys)
        assert [known.suspended for known in await accounts(session, keys=keys)] == [True]


async def test_a_new_password_opens_the_same_identity_and_the_old_one_nothing(
    sessions: Sessions, keys: LocalKeyProvider, amina: Enrolment
) -> None:
    await change_password(
        sessions,
        keys=keys,
        professional=amina.account.id,
        old=amina.password,
        new="my own long words",
        cost=CHEAP,
    )
    with pytest.raises(SignInError):
        await signed_in(sessions, keys, amina)
    inside = await signed_in(sessions, keys, amina, LATER, "my own long words")
    assert not inside.account.one_time
    assert unseal(seal(b"words", [amina.account.recipient]), inside.identity) == b"words"


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("not the old one", "my own long words", SignInError),
        (None, "too short", WeakPasswordError),
        (None, None, WeakPasswordError),
    ],
)
async def test_a_password_changes_only_for_who_knows_the_old_one_and_to_a_good_one(
    sessions: Sessions,
    keys: LocalKeyProvider,
    amina: Enrolment,
    old: str | None,
    new: str | None,
    error: type[Exception],
) -> None:
    with pytest.raises(error):
        await change_password(
            sessions,
            keys=keys,
            professional=amina.account.id,
            old=old or amina.password,
            new=new or amina.password,
            cost=CHEAP,
        )
    assert await signed_in(sessions, keys, amina)


async def test_a_letter_typed_on_another_keyboard_is_the_same_letter(
    sessions: Sessions, keys: LocalKeyProvider
) -> None:
    composed, decomposed = "mot de passe d\u00e9j\u00e0", "mot de passe de\u0301ja\u0300"
    async with sessions.begin() as session:
        chose = await enrol(
            session, keys=keys, profile=AMINA, now=NOW, password=composed, cost=CHEAP
        )
    assert not chose.account.one_time
    assert await signed_in(sessions, keys, chose, password=decomposed)


async def test_the_row_tells_neither_name_nor_email_nor_secret(
    sessions: Sessions, amina: Enrolment
) -> None:
    async with sessions() as session:
        row = (await session.execute(text("SELECT professionals::text FROM professionals"))).one()
        blobs = await session.scalar(select(ProfessionalRow))
    assert blobs is not None
    columns = [c.name for c in ProfessionalRow.__table__.columns if isinstance(c.type, LargeBinary)]
    stored = row[0].encode() + b"".join(getattr(blobs, name) for name in columns)
    for secret in (AMINA.name, AMINA.email, amina.password, amina.totp_secret):
        assert secret.encode() not in stored


async def test_without_the_servers_key_even_the_right_password_opens_nothing(
    sessions: Sessions, amina: Enrolment, data: Path
) -> None:
    thief = LocalKeyProvider.open(data / "another" / "server")
    stolen = thief.fingerprint(AMINA.email, purpose="login")
    async with sessions.begin() as session:
        await session.execute(update(ProfessionalRow).values(login=stolen))
    with pytest.raises(SignInError):
        await signed_in(sessions, thief, amina)


async def test_an_account_moved_into_anothers_row_does_not_open(
    sessions: Sessions, keys: LocalKeyProvider, amina: Enrolment
) -> None:
    other = Profile(name="Other Sample", email="other@example.org", role="admin")
    async with sessions.begin() as session:
        await enrol(session, keys=keys, profile=other, now=LATER, cost=CHEAP)
        admin = await session.scalar(
            select(ProfessionalRow).where(ProfessionalRow.id != amina.account.id)
        )
        assert admin is not None
        await session.execute(
            update(ProfessionalRow)
            .where(ProfessionalRow.id == amina.account.id)
            .values(profile=admin.profile)
        )
    async with sessions() as session:
        with pytest.raises(SealError):
            await account(session, amina.account.id, keys=keys)


def test_codes_are_taken_half_a_minute_around_now_in_any_scripts_digits() -> None:
    secret = new_totp_secret()
    totp, step = pyotp.TOTP(secret), int(NOW.timestamp()) // 30
    assert accepted_step(secret, totp.at(NOW), NOW) == step
    assert accepted_step(secret, f" {totp.at(NOW)[:3]} {totp.at(NOW)[3:]}", NOW) == step
    arabic = totp.at(NOW).translate({ord(str(d)): 0x660 + d for d in range(10)})
    assert accepted_step(secret, arabic, NOW) == step
    assert accepted_step(secret, totp.at(NOW), NOW + timedelta(seconds=30)) == step
    assert accepted_step(secret, totp.at(NOW), NOW + timedelta(seconds=90)) is None
    assert accepted_step(secret, "", NOW) is None


def test_secrets_do_not_print(amina: Enrolment) -> None:
    assert amina.password not in repr(amina)
    assert amina.totp_secret not in repr(amina)
    assert amina.totp_secret in amina.totp_uri


def test_made_passwords_are_long_and_never_the_same() -> None:
    made = {new_password() for _ in range(50)}
    assert len(made) == 50
    assert all(len(password.replace("-", "")) == 20 for password in made)
