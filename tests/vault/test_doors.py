"""Whatever opens a case leaves an entry in the custody log."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OPENING = ("case_identities(", "open_wrap(")


def opening() -> list[Path]:
    """The vault's modules that open a case's own identity."""
    modules = (ROOT / "vault").rglob("*.py")
    return [one for one in modules if any(call in one.read_text() for call in OPENING)]


def test_there_are_such_doors() -> None:
    assert {"disclose.py", "files.py"} <= {module.name for module in opening()}


@pytest.mark.parametrize("module", opening(), ids=lambda module: str(module.relative_to(ROOT)))
def test_every_door_writes_into_the_log(module: Path) -> None:
    assert "custody.log(" in module.read_text()
