"""How well people are understood in each language, on utterances that were never taught.

Without `--file`, those that the tests keep. A line of a file is: language, question id or `-`,
text, expected intent or option, with tabs between.
"""

import json
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from core.errors import ConfigurationError
from core.settings import Settings

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / "dialogue" / ".venv" / "bin" / "python"
HELD_OUT = ROOT / "tests" / "dialogue" / "heldout"

Json = dict[str, Any]


def add_arguments(parser: ArgumentParser) -> None:
    """What can be asked for."""
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--file", type=Path, action="append", help="utterances of your own")
    parser.add_argument("--show", action="store_true", help="show what was not understood")


def run(args: Namespace, settings: Settings) -> int:  # noqa: ARG001
    """Measure and print; returns the exit code."""
    figures = measure(args.file or sorted(HELD_OUT.glob("*.tsv")), show=args.show)
    if args.json:
        print(json.dumps(figures, indent=2, ensure_ascii=False))
        return 0
    for language, own in figures["languages"].items():
        print(f"{language}: {_line(own)}")
    print(f"all: {_line(figures)}")
    for row in figures["unknown"]:
        print(f"left out: {row}", file=sys.stderr)
    return 0


def measure(files: list[Path], *, show: bool = False) -> Json:
    """Measure the dialogue as it is now; trains it first if something changed."""
    for file in files:
        if not file.is_file():
            raise ConfigurationError(f"there is no file {file}")
    if not files:
        raise ConfigurationError("there are no utterances; name a file with --file")
    if not PYTHON.exists():
        raise ConfigurationError("the dialogue is not installed: run `make install`")
    _dialogue("dialogue.train", show=show)
    paths = [str(file.resolve()) for file in files]
    figures: Json = json.loads(
        _dialogue("dialogue.measure", *paths, *(["--show"] if show else []), show=show)
    )
    return figures


def _dialogue(*words: str, show: bool) -> str:
    done = subprocess.run(  # noqa: S603
        (PYTHON, "-m", *words), cwd=ROOT, capture_output=True, text=True, check=False
    )
    if show:
        sys.stderr.write(done.stderr)
    if done.returncode:
        raise ConfigurationError(f"{words[0]} failed: {done.stderr.strip()[-500:]}")
    return done.stdout


def _line(figures: Json) -> str:
    parts = ("accuracy", "again", "wrong", "safety_recall", "safety_false_alarm")
    shares = ", ".join(
        f"{part.replace('_', ' ')} {figures[part]:.1%}"
        for part in parts
        if figures[part] is not None
    )
    return f"{figures['lines']} lines, {shares}"
