"""Where the dialogue finds what it reads and leaves what it makes."""

from pathlib import Path

PACKAGE = Path(__file__).parent
LOCALES = PACKAGE.parent / "locales"
BUILD = PACKAGE / "build"
PROJECT = BUILD / "project"
MODELS = BUILD / "models"
