"""Other people's programs open what we seal, and we open what they seal.

`.ci/install-age` fetches an age that knows hybrid keys, and the plugin by which older clients and
pyrage learn them; typage comes from npm.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pyrage  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vault.age import Identity, seal
from vault.age.open import unseal
from vault.age.payload import CHUNK
from vault.errors import SealError

TYPAGE = "age-encryption@0.3.1"
IDENTITY = Identity.generate()
ROOT = Path(__file__).parents[2]
BORDERS = [chunks * CHUNK + near for chunks in (1, 2, 3, 16) for near in (-1, 0, 1)]
SIZES = [0, 1, *BORDERS, 1_000_003]
MATERIAL = os.urandom(max(SIZES))

sizes = st.one_of(st.sampled_from(SIZES), st.integers(0, max(SIZES)))
a_few = settings(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def run(*command: str | Path, given: bytes = b"", where: Path | None = None) -> bytes:
    done = subprocess.run(  # noqa: S603
        [str(word) for word in command], input=given, capture_output=True, check=True, cwd=where
    )
    return done.stdout


def on_path(program: str) -> Iterator[Path]:
    for directory in (*os.get_exec_path(), str(ROOT / ".tools" / "age")):
        if found := shutil.which(program, path=directory):
            yield Path(found)


def knows_hybrid(age: Path, identity: Path) -> bool:
    try:
        sealed = run(age, "-e", "-r", str(IDENTITY.recipient), given=b"try")
        return run(age, "-d", "-i", identity, given=sealed) == b"try"
    except subprocess.CalledProcessError:
        return False


@pytest.fixture(scope="module")
def identity_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("identity") / "key.txt"
    path.write_text(f"# a key for tests\n{IDENTITY.export()}\n")
    return path


@pytest.fixture(scope="module")
def age(identity_file: Path) -> Path:
    for candidate in on_path("age"):
        if knows_hybrid(candidate, identity_file):
            return candidate
    pytest.skip("no age on PATH knows hybrid keys (1.3 or newer does; .ci/install-age gets it)")


@pytest.mark.parametrize("size", SIZES)
def test_age_opens_what_we_seal(age: Path, identity_file: Path, size: int) -> None:
    sealed = seal(MATERIAL[:size], [IDENTITY.recipient])
    assert run(age, "-d", "-i", identity_file, given=sealed) == MATERIAL[:size]


@pytest.mark.parametrize("size", SIZES)
def test_we_open_what_age_seals(age: Path, size: int) -> None:
    sealed = run(age, "-e", "-r", str(IDENTITY.recipient), given=MATERIAL[:size])
    assert unseal(sealed, IDENTITY) == MATERIAL[:size]


@a_few
@given(sizes)
def test_age_and_we_agree_on_any_size(age: Path, identity_file: Path, size: int) -> None:
    content = MATERIAL[:size]
    ours = seal(content, [IDENTITY.recipient])
    theirs = run(age, "-e", "-r", str(IDENTITY.recipient), given=content)
    assert run(age, "-d", "-i", identity_file, given=ours) == content
    assert unseal(theirs, IDENTITY) == content
    assert len(ours) == len(theirs)


def test_age_reads_the_same_recipient_from_our_identity(age: Path, identity_file: Path) -> None:
    keygen = age.with_name("age-keygen")
    assert run(keygen, "-y", identity_file).decode().strip() == str(IDENTITY.recipient)


def test_age_too_refuses_what_we_refuse(age: Path, identity_file: Path) -> None:
    sealed = seal(MATERIAL[:100_000], [IDENTITY.recipient])
    for damaged in (sealed[:-1], sealed + b"\0", sealed[:3000] + b"?" + sealed[3001:]):
        with pytest.raises(SealError):
            unseal(damaged, IDENTITY)
        with pytest.raises(subprocess.CalledProcessError):
            run(age, "-d", "-i", identity_file, given=damaged)


@pytest.fixture(scope="session")
def typage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm are not installed")
    directory = tmp_path_factory.mktemp("typage")
    shutil.copy(Path(__file__).with_name("typage.mjs"), directory)
    try:
        run(
            "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", TYPAGE, where=directory
        )
    except subprocess.CalledProcessError:
        pytest.skip(f"npm could not install {TYPAGE}")
    return directory


def through(typage: Path, verb: str, key: str, files: dict[int, bytes]) -> dict[int, bytes]:
    """What typage makes of several files, in one run."""
    with TemporaryDirectory(dir=typage) as source, TemporaryDirectory(dir=typage) as target:
        for size, content in files.items():
            Path(source, str(size)).write_bytes(content)
        run("node", "typage.mjs", verb, key, source, target, where=typage)
        return {size: Path(target, str(size)).read_bytes() for size in files}


@settings(a_few, max_examples=3)
@given(st.sets(sizes, min_size=8, max_size=8))
def test_typage_and_we_agree_on_any_size(typage: Path, some: set[int]) -> None:
    plain = {size: MATERIAL[:size] for size in some}
    sealed = {size: seal(content, [IDENTITY.recipient]) for size, content in plain.items()}
    assert through(typage, "decrypt", IDENTITY.export(), sealed) == plain
    theirs = through(typage, "encrypt", str(IDENTITY.recipient), plain)
    assert {size: unseal(content, IDENTITY) for size, content in theirs.items()} == plain


def test_typage_opens_what_we_seal(typage: Path) -> None:
    sealed = {size: seal(MATERIAL[:size], [IDENTITY.recipient]) for size in SIZES}
    opened = through(typage, "decrypt", IDENTITY.export(), sealed)
    assert opened == {size: MATERIAL[:size] for size in SIZES}


def test_we_open_what_typage_seals(typage: Path) -> None:
    plain = {size: MATERIAL[:size] for size in SIZES}
    sealed = through(typage, "encrypt", str(IDENTITY.recipient), plain)
    assert {size: unseal(content, IDENTITY) for size, content in sealed.items()} == plain


@pytest.fixture(scope="module")
def plugin(identity_file: Path) -> str:
    """Our identity as clients with age's hybrid plugin know it."""
    if not shutil.which("age-plugin-pq"):
        pytest.skip("age-plugin-pq is not on PATH (.ci/install-age gets it)")
    lines = run("age-plugin-pq", "-identity", identity_file).decode().splitlines()
    return next(line for line in lines if line.startswith("AGE-PLUGIN-PQ-1"))


class Unasked:
    """Answers to a plugin's questions; this one has none."""

    def display_message(self, message: str) -> None:
        raise AssertionError(message)

    confirm = request_public_string = request_passphrase = display_message


@pytest.mark.parametrize("size", SIZES)
def test_pyrage_opens_what_we_seal(plugin: str, size: int) -> None:
    identity = pyrage.plugin.Identity.from_str(plugin)
    opener = pyrage.plugin.IdentityPluginV1("pq", [identity], Unasked())
    sealed = seal(MATERIAL[:size], [IDENTITY.recipient])
    assert pyrage.decrypt(sealed, [opener]) == MATERIAL[:size]


@a_few
@given(sizes)
def test_pyrage_and_we_agree_on_any_size(plugin: str, size: int) -> None:
    content = MATERIAL[:size]
    identity = pyrage.plugin.Identity.from_str(plugin)
    opener = pyrage.plugin.IdentityPluginV1("pq", [identity], Unasked())
    recipient = pyrage.plugin.Recipient.from_str(str(IDENTITY.recipient))
    sealer = pyrage.plugin.RecipientPluginV1("pq", [recipient], [], Unasked())
    assert pyrage.decrypt(seal(content, [IDENTITY.recipient]), [opener]) == content
    assert unseal(pyrage.encrypt(content, [sealer]), IDENTITY) == content


@pytest.mark.usefixtures("plugin")
@pytest.mark.parametrize("size", SIZES)
def test_we_open_what_pyrage_seals(size: int) -> None:
    recipient = pyrage.plugin.Recipient.from_str(str(IDENTITY.recipient))
    sealer = pyrage.plugin.RecipientPluginV1("pq", [recipient], [], Unasked())
    assert unseal(pyrage.encrypt(MATERIAL[:size], [sealer]), IDENTITY) == MATERIAL[:size]


def test_we_refuse_what_is_sealed_to_a_classic_recipient_only() -> None:
    classic = pyrage.x25519.Identity.generate().to_public()
    with pytest.raises(SealError):
        unseal(pyrage.encrypt(b"x", [classic]), IDENTITY)
