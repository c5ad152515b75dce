"""`python -m dialogue.train`: learn the questionnaire and the words, unless nothing changed.

Invariant: `build/models/` has one model, named by the fingerprint of what it was learnt from, and a
training that was broken off leaves the old one.
"""

import sys
import time
from pathlib import Path

from dialogue import paths
from dialogue.fingerprint import fingerprint


def model_path(mark: str) -> Path:
    """Where the model of a fingerprint is."""
    return paths.MODELS / f"{mark}.tar.gz"


def main() -> int:
    """Train if needed; returns the exit code."""
    model = model_path(fingerprint())
    if model.exists():
        print("dialogue: nothing has changed, the model stays")
        return 0
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
    return 0


if __name__ == "__main__":
    sys.exit(main())
