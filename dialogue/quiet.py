"""Keeps Rasa quiet: neither telemetry nor a log line that could hold what somebody wrote.

Rasa's log lines show texts, slots and whole events, in exceptions too, so they are not filtered but
switched off: `logging` and `structlog` both, and warnings. Import this before Rasa.
"""

import logging
import os
import warnings
from typing import Any

import structlog

os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ["RASA_MAX_CACHE_SIZE"] = "0"  # no cache of training steps beside the model
os.environ["SQLALCHEMY_SILENCE_UBER_WARNING"] = "1"


def silence() -> None:
    """Switch off every logger of the process; what is to be said is printed."""
    warnings.showwarning = _unheard  # filters would be undone: several libraries set their own
    logging.disable(logging.CRITICAL)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL),
        logger_factory=structlog.ReturnLoggerFactory(),  # what still comes through goes nowhere
        cache_logger_on_first_use=True,
    )


def _unheard(*_: Any, **__: Any) -> None:
    """Show no warning."""
