"""`python -m dialogue.train`: learn the questionnaire and the words, unless nothing changed.

Invariant: `build/models/` has one model, named by the fingerprint of what it was learnt from, and a
training that was broken off leaves the old one. A second training waits for the first.
"""

import fcntl
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dialogue import paths
from dialogue.fingerprint import fingerprint


def model_path(mark: str) -> Path:
    """Where the model of a fingerprint is."""
    return paths.MODELS / f"{mark}.tar.gz"


def main() -> int:
    """Train if needed; returns the exit code."""
    with _alone():
        model = model_path(fingerprint())
        if model.exists():
            print("dialogue: nothing has changed, the model stays")
        else:
            _train(model)
    return 0


def _train(model: Path) -> None:
    began = time.monotonic()

    def say(stage: str) -> None:
        print(f"dialogue: {stage} ({time.monotonic() - began:.0f} s)", flush=True)

    say("loading Rasa")
    from dialogue.learn import learn  # noqa: PLC0415  takes seconds, and is seldom needed

    learn(model, say)
    for old in paths.MODELS.iterdir():
        if old != model:
            old.unlink()
    say("done")


@contextmanager
def _alone() -> Iterator[None]:
    paths.MODELS.mkdir(parents=True, exist_ok=True)
    with (paths.BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())
