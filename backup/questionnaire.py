"""Check, play and exchange a questionnaire; see `backup questionnaire --help` for its commands."""

import subprocess
import sys
from argparse import REMAINDER, ArgumentParser, Namespace
from pathlib import Path

from core.settings import Settings

ROOT = Path(__file__).parent.parent


def add_arguments(parser: ArgumentParser) -> None:
    """Everything is handed on to the dialogue's own tool, which alone knows the file."""
    parser.add_argument("arguments", nargs=REMAINDER, metavar="check|preview|export|import …")


def run(args: Namespace, _: Settings) -> int:
    """Run it in this terminal; returns its exit code."""
    paths = [_whole(argument) for argument in args.arguments]
    command = [sys.executable, "-m", "dialogue.editor", *paths]
    return subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603 - our own module


def _whole(argument: str) -> str:
    """A path of where the person stands, since the tool runs elsewhere."""
    return str(Path(argument).absolute()) if Path(argument).suffix else argument
