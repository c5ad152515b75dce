"""The check without a network: an example that a real chain made, and every way to falsify it."""

import json
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vault.anchor.errors import AnchorError
from vault.anchor.offline import Anchor, check

FILE = Path(__file__).with_name("example.json")
ROOT = Path(__file__).parents[3]
EXAMPLE: dict[str, Any] = json.loads(FILE.read_text())
HASHED: list[tuple[Any, ...]] = [
    ("checkpoint",),
    ("salt",),
    ("commitment",),
    ("contract",),
    ("sender",),
    ("transaction", "hash"),
    ("transaction", "raw"),
    ("block", "hash"),
    ("block", "header"),
    ("receipt", "rlp"),
    ("receipt", "proof", 0),
    ("receipt", "proof", 1),
    ("receipt", "proof", 2),
]
NUMBERS: list[tuple[Any, ...]] = [
    ("version",),
    ("transaction", "index"),
    ("block", "number"),
    ("block", "timestamp"),
    ("receipt", "log_index"),
]


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    archived = deepcopy(EXAMPLE)
    place: Any = archived
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return archived


def at(path: tuple[Any, ...]) -> Any:
    place: Any = EXAMPLE
    for part in path:
        place = place[part]
    return place


def test_the_example_holds_and_says_what_it_proves() -> None:
    anchor = check(EXAMPLE)
    proven = " ".join(anchor.proven)

    assert anchor.commitment.hex() in proven
    assert EXAMPLE["block"]["hash"] in proven
    assert EXAMPLE["contract"] in proven
    assert EXAMPLE["sender"] in proven
    assert f"{anchor.at.timestamp():.0f}" == str(EXAMPLE["block"]["timestamp"])


def test_what_it_can_not_prove_is_said() -> None:
    alone, looked_up = check(EXAMPLE).unproven(), check(EXAMPLE).unproven(looked_up=True)

    assert "compare number and hash with any block explorer" in alone[0]
    assert alone[1:] == looked_up
    assert "the organisation's" in looked_up[0]


def test_a_development_anchor_says_so_whatever_was_looked_up() -> None:
    anchor: Anchor = check(changed(("chain", "development"), value=True))

    assert anchor.unproven() == anchor.unproven(looked_up=True)
    assert "development anchor" in anchor.unproven()[0]
    assert "proves nothing to a third party" in anchor.unproven()[0]


@pytest.mark.parametrize("path", HASHED)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
@given(data=st.data())
def test_not_one_letter_can_be_changed(path: tuple[Any, ...], data: st.DataObject) -> None:
    text = at(path)
    place = data.draw(st.integers(min_value=0, max_value=len(text) - 1))
    letter = data.draw(st.sampled_from("0123456789abcdef\n").filter(lambda one: one != text[place]))

    with pytest.raises(AnchorError):
        check(changed(path, text[:place] + letter + text[place + 1 :]))


@pytest.mark.parametrize("path", NUMBERS)
@pytest.mark.parametrize("step", [-1, 1, 1000])
def test_no_number_can_be_changed(path: tuple[Any, ...], step: int) -> None:
    with pytest.raises(AnchorError):
        check(changed(path, at(path) + step))


@pytest.mark.parametrize("path", [*((name,) for name in EXAMPLE), *HASHED, *NUMBERS])
@pytest.mark.parametrize("value", [None, "", [], {}, "0x", -1, 1.5])
def test_other_things_in_a_place_are_refused(path: tuple[Any, ...], value: Any) -> None:
    with pytest.raises(AnchorError):
        check(changed(path, value))


@pytest.mark.parametrize("other", [None, [], "anchor", {}, 1])
def test_what_is_no_anchor_is_refused(other: Any) -> None:
    with pytest.raises(AnchorError, match="no archived anchor"):
        check(other)


def test_it_needs_the_standard_library_alone() -> None:
    program = (
        "import json, sys; from vault.anchor.offline import check;"
        "print(*check(json.load(open(sys.argv[1]))).proven, sep='\\n')"
    )
    # Without the packages that are installed (-S), and without what the environment sets (-E).
    words = (sys.executable, "-S", "-E", "-c", program, str(FILE))

    said = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603 - our own words

    assert EXAMPLE["commitment"] in said.stdout
