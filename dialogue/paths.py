"""Where the dialogue finds what it reads and leaves what it makes."""

import os
from pathlib import Path

PACKAGE = Path(__file__).parent
LOCALES = PACKAGE.parent / "locales"
SHIPPED = PACKAGE / "questionnaire" / "crsv.yml"
QUESTIONNAIRE = Path(os.environ.get("QUESTIONNAIRE") or SHIPPED)
"""What is asked here: the shipped file, or a deployment's own."""
OWN_LOCALES = QUESTIONNAIRE.parent / "locales"
"""The words of an own questionnaire, beside it; absent otherwise."""
WORDS = (LOCALES, *([OWN_LOCALES] if QUESTIONNAIRE != SHIPPED else []))
"""All folders of words; the later ones add to the earlier ones."""
BUILD = PACKAGE / "build"
PROJECT = BUILD / "project"
MODELS = BUILD / "models"
