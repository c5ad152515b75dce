"""Copies for viewing, made by the real ffmpeg in the real sandbox."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import exifread
import pytest

from tests.support import samples
from tests.support.samples import PICTURE, TONE, sample
from vault.age.sealing import Sink
from vault.derivatives.make import COPIES, LARGEST, Copy, copies, make, ready
from vault.derivatives.sandbox import Limits, NoSandboxError, UnreadableError, missing, run
from vault.errors import SealError
from vault.sniff import sniff

FEW = Limits(seconds=10, output=4096)


@pytest.fixture(autouse=True)
async def sandbox() -> None:
    if problem := await ready():
        pytest.skip(problem)


async def made(copy: Copy, content: bytes) -> bytes:
    return await make(copy, sniff(content).mime, lambda sink: sink.write(content))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("a.jpg", (*PICTURE, "-frames:v", "1")),
        ("a.png", (*PICTURE, "-frames:v", "1")),
        ("a.webp", (*PICTURE, "-frames:v", "1")),
        ("a.mp4", (*PICTURE, *TONE)),
        ("a.webm", (*PICTURE, "-c:v", "libvpx")),
        ("a.ogg", (*TONE, "-c:a", "libopus")),
        ("a.m4a", TONE),
        ("a.mp3", TONE),
        ("a.wav", TONE),
    ],
)
async def test_a_copy_can_be_looked_at_or_listened_to(
    tmp_path: Path, name: str, arguments: Sequence[str]
) -> None:
    content = sample(tmp_path, name, *arguments)
    kinds = copies(sniff(content).mime, len(content))
    assert kinds
    for kind in kinds:
        assert sniff(await made(kind, content)).mime == COPIES[kind].mime


async def test_a_copy_says_nothing_of_time_place_or_device(tmp_path: Path) -> None:
    photo = samples.with_place(samples.photo(tmp_path))
    (tmp_path / "placed.jpg").write_bytes(photo)
    with (tmp_path / "placed.jpg").open("rb") as file:
        assert exifread.utils.get_gps_coords(exifread.process_file(file)) == (12.1, 8.5)
    copy = await made("picture", photo)
    assert b"Exif" not in copy
    assert b"ACM" not in copy


@pytest.mark.parametrize("cut", [3, 200, 5000])
async def test_a_file_that_is_cut_or_spoilt_gives_no_copy_or_a_whole_one(
    tmp_path: Path, cut: int
) -> None:
    content = samples.photo(tmp_path)[:cut]
    try:
        copy = await make("picture", "image/jpeg", lambda sink: sink.write(content))
    except UnreadableError:
        return
    assert sniff(copy).mime == "image/jpeg"


@pytest.mark.parametrize(
    "content",
    [
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/x.ts\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        b"ffconcat version 1.0\nfile 'http://127.0.0.1:1/'\n",
        b'<?xml version="1.0"?><MPD><BaseURL>http://127.0.0.1:1/</BaseURL></MPD>',
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 1 RTP/AVP 96\n",
    ],
    ids=["playlist", "playlist of an address", "concat", "concat of an address", "DASH", "SDP"],
)
async def test_a_file_that_names_others_is_never_followed(content: bytes) -> None:
    assert copies(sniff(content).mime, len(content)) == ()
    for mime in ("video/mp4", "audio/ogg", "image/jpeg"):
        kind: Copy = "sound" if mime.startswith("audio") else "picture"
        with pytest.raises(UnreadableError):
            await make(kind, mime, lambda sink: sink.write(content))


async def test_the_sandbox_has_no_network_no_files_of_ours_and_no_disk_to_write_to() -> None:
    tried = (
        "ls / /home /root /etc/passwd 2>/dev/null; (echo > /written) 2>/dev/null && echo wrote;"
        " (exec 3<>/dev/tcp/127.0.0.1/22) 2>/dev/null && echo connected; env; exit 0"
    )
    said = (await run(("bash", "-c", tried), lambda sink: sink.write(b"x"), FEW)).decode()
    words = set(said.split())
    assert {"input", "usr"} <= words
    assert not words & {"home", "root", "/etc/passwd", "tmp", "var", "wrote", "connected"}
    assert "PATH=" not in said.replace("PWD=", "")


async def test_what_takes_too_long_or_says_too_much_is_stopped() -> None:
    with pytest.raises(UnreadableError, match="too long"):
        await run(("sleep", "30"), lambda sink: sink.write(b"x"), Limits(seconds=1, output=9))
    with pytest.raises(UnreadableError, match="too much"):
        await run(("cat", "/dev/zero"), lambda sink: sink.write(b"x"), FEW)


async def test_input_that_turns_out_forged_spoils_the_copy(tmp_path: Path) -> None:
    content = samples.photo(tmp_path)

    def feed(sink: Sink) -> None:
        sink.write(content)
        raise SealError("changed")

    with pytest.raises(SealError):
        await make("picture", "image/jpeg", feed)


async def test_without_the_program_it_is_said_what_is_missing() -> None:
    assert await missing("no-such-program") == "no-such-program is not installed"
    with pytest.raises(NoSandboxError, match="no-such-program is not installed"):
        await run(("no-such-program",), lambda sink: sink.write(b"x"), FEW)


async def test_many_copies_at_once_wait_for_each_other(tmp_path: Path) -> None:
    content = samples.photo(tmp_path)
    done = await asyncio.gather(*(made("picture", content) for _ in range(6)))
    assert len(set(done)) == 1


def test_too_large_an_original_has_no_copy() -> None:
    assert copies("image/jpeg", LARGEST) == ("picture",)
    assert copies("image/jpeg", LARGEST + 1) == ()
