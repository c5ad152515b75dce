"""What Telegram tells of a file that somebody sent."""

from typing import Any

import pytest

from bots.adapter import Attached, Message
from bots.telegram.updates import read_update
from tests.fakes.bot_api import message, update


def heard(**content: Any) -> Message:
    (found,) = read_update(update(1, message=message(**content)))
    assert isinstance(found, Message)
    return found


def file(name: str, **more: Any) -> dict[str, Any]:
    return {"file_id": f"id-{name}", "file_unique_id": name, **more}


def test_of_a_photo_the_largest_is_taken_and_noted_as_recompressed() -> None:
    sizes = [file(str(size), width=size, height=size, file_size=size) for size in (90, 1280, 320)]
    found = heard(photo=sizes, caption="words", media_group_id="album-1")
    assert found.files == (Attached(kind="photo", ref="id-1280", size=1280, recompressed=True),)
    assert (found.text, found.album) == ("words", "album-1")


@pytest.mark.parametrize(
    ("name", "content", "kind", "recompressed"),
    [
        ("document", file("d", file_name="a.jpg", mime_type="image/jpeg"), "document", False),
        ("voice", file("v", duration=3, mime_type="audio/ogg"), "audio", False),
        ("audio", file("a", duration=3, mime_type="audio/mpeg"), "audio", False),
        ("video", file("f", duration=3, width=1, height=1), "video", True),
        ("video_note", file("n", duration=3, length=1), "video", True),
    ],
)
def test_other_files_are_told_by_their_kind(
    name: str,
    content: dict[str, Any],
    kind: str,
    recompressed: bool,  # noqa: FBT001
) -> None:
    (found,) = heard(**{name: content}).files
    assert (found.kind, found.ref, found.recompressed) == (kind, content["file_id"], recompressed)
    assert (found.type, found.name) == (content.get("mime_type"), content.get("file_name"))


def test_a_place_is_no_file() -> None:
    found = heard(location={"latitude": 1.0, "longitude": 2.0})
    assert (found.media, found.files) == ("location", ())
