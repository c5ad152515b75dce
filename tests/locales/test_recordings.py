"""Recorded voices: found by the words that they speak, and never for other words."""

from pathlib import Path

import pytest

from locales import CatalogError
from locales.recordings import Recordings, add, script

VOICE = b"OggS" + bytes(24) + b"OpusHead" + bytes(100)
ASKED = script("How long ago?", ["Today", "Longer"])


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "voice.ogg"
    path.write_bytes(VOICE)
    return path


def test_a_question_is_read_with_its_options() -> None:
    assert ASKED == "How long ago?\n1. Today\n2. Longer"


def test_a_recording_is_found_by_its_words_and_language(tmp_path: Path, recording: Path) -> None:
    place = add(tmp_path, "sw", ASKED, recording)
    known = Recordings.load(tmp_path)
    assert known.find("sw", ASKED) == str(place.relative_to(tmp_path))
    assert known.find("sw", "How long ago?  1. Today 2. Longer")
    assert known.find("ha", ASKED) is None
    assert place.read_bytes() == VOICE


def test_words_that_changed_have_lost_their_recording(tmp_path: Path, recording: Path) -> None:
    add(tmp_path, "sw", ASKED, recording)
    assert Recordings.load(tmp_path).find("sw", ASKED.replace("ago", "since")) is None


def test_a_second_recording_leaves_the_first(tmp_path: Path, recording: Path) -> None:
    add(tmp_path, "sw", ASKED, recording)
    add(tmp_path, "sw", "Hello.", recording)
    known = Recordings.load(tmp_path)
    assert known.find("sw", ASKED)
    assert known.find("sw", "Hello.")


def test_only_voice_notes_are_taken(tmp_path: Path) -> None:
    song = tmp_path / "song.mp3"
    song.write_bytes(b"ID3" + bytes(200))
    with pytest.raises(CatalogError, match=r"song\.mp3 is not Ogg Opus"):
        add(tmp_path, "sw", ASKED, song)


@pytest.mark.parametrize("manifest", ["- a list", "abc: gone.ogg", "{"])
def test_a_manifest_that_is_wrong_stops_the_program(manifest: str, tmp_path: Path) -> None:
    folder = tmp_path / "audio" / "sw"
    folder.mkdir(parents=True)
    (folder / "manifest.yml").write_text(manifest)
    with pytest.raises(CatalogError):
        Recordings.load(tmp_path)


def test_without_a_folder_there_are_none(tmp_path: Path) -> None:
    assert Recordings.load(tmp_path).find("sw", ASKED) is None
