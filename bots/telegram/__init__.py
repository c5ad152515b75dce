"""Telegram, by python-telegram-bot."""

import os

# The library's own switch to durations instead of bare numbers; without it each use warns.
os.environ.setdefault("PTB_TIMEDELTA", "true")
