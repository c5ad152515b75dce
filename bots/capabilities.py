"""What the channels of this world can show and do, as far as it matters to a conversation."""

from datetime import timedelta

from bots.adapter import Capabilities, Rate
from bots.segments import LONG_SEGMENT

TELEGRAM = Capabilities(
    max_text=4096,
    buttons=100,
    button_label=32,  # what a small phone shows of a button as wide as the chat
    edit=True,
    delete_window=timedelta(hours=48),
    pictures=True,
    voices=True,
    rate=Rate(overall=30, per_chat=1, burst=3),
    confidentiality="say.channel.telegram",
    clearing="say.clear.telegram",
)

WHATSAPP = Capabilities(
    max_text=1600,
    buttons=3,
    button_label=20,
    list_items=10,
    list_label=24,
    session_window=timedelta(hours=24),
    rate=Rate(overall=80, per_chat=1, burst=3),
    confidentiality="say.channel.whatsapp",
    clearing="say.clear.whatsapp",
)

SMS = Capabilities(
    max_text=6 * LONG_SEGMENT,  # more than old phones put together again
    unit="septets",
    rate=Rate(overall=10, per_chat=1, burst=3),
    confidentiality="say.opening_open_channel",
    sms=True,
)
