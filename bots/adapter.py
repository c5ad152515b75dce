"""What every channel has in common: the words that gateway and adapters speak with each other.

An adapter translates and nothing else: no wording, no rules, no storage. A person's address, words
and choices never show in a `repr`, and no error carries any of them.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol
from uuid import UUID

from core.errors import BackUpError

Problem = Literal[
    "blocked",
    "opted_out",
    "invalid",
    "unroutable",
    "unreachable",
    "configuration",
    "window_closed",
]
"""Why a message can't be delivered, whatever the channel; the dashboard has words for each."""

Media = Literal["photo", "video", "audio", "document", "location", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How much a channel takes: messages per second in all and per chat, and how many at once."""

    overall: float
    per_chat: float
    burst: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a channel can show and do; nought where it can't."""

    max_text: int
    """The longest text of one part, in `unit`."""
    unit: Literal["characters", "septets"] = "characters"
    """Septets: 153 for each segment of a long SMS, or 67 characters if GSM-7 lacks one of them."""
    buttons: int = 0
    """The most buttons under one message, with labels of at most `button_label` characters."""
    button_label: int = 0
    list_items: int = 0
    """The most entries of a list, with titles of at most `list_label` characters."""
    list_label: int = 0
    edit: bool = False
    delete_window: timedelta | None = None
    """For how long the provider erases a message when asked; None if it doesn't."""
    session_window: timedelta | None = None
    """For how long after a person's last message free words may go out; None is for ever."""
    two_way: bool = True
    rate: Rate
    confidentiality: str
    """Id of the words that tell a person who else can read this channel."""
    clearing: str = "say.clear"
    """Id of the words that tell how to clear the chat from the phone."""
    sms: bool = False
    """The short questionnaire and the short wording."""
    pictures: bool = False
    """Whether it shows a picture of ours."""
    voices: bool = False
    """Whether it plays a voice note of ours."""
    files: int = 0
    """The largest file that it brings, in bytes; nought where none can be taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A provider's request: the address under which it reached us, its headers and body."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case."""
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A file that came with a message; the provider has it until it is fetched."""

    kind: Media
    ref: str = field(repr=False)
    """By which the adapter finds it again."""
    type: str | None = None
    """Media type, as the sender's phone or the provider declares it."""
    name: str | None = field(default=None, repr=False)
    size: int | None = None
    """Bytes, as declared."""
    recompressed: bool = False
    """Whether the platform has changed it on the way and stripped what it said of itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A file as it comes from its provider."""

    stream: AsyncIterator[bytes] = field(repr=False)
    size: int | None
    """Bytes that were promised, if any were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a person sent. `external_id` is the provider's and comes again with a duplicate."""

    external_id: str
    contact: str = field(repr=False)
    kind: Literal["text", "choice", "media", "edit"]
    text: str | None = field(default=None, repr=False)
    """The words typed; of an edit the new words; of media its caption, if any."""
    choice: str | None = field(default=None, repr=False)
    turn: int | None = None
    """The question under which the chosen button stood."""
    media: Media | None = None
    files: tuple[Attached, ...] = ()
    """What the media are; none where they can't be fetched, or are no files (a location)."""
    album: str | None = None
    """The same for all messages that were sent as one."""
    ref: str | None = None
    """By which `wipe` takes the message out of the chat."""
    receipt: str | None = field(default=None, repr=False)
    """What `acknowledge` hands back to the provider, where it waits for that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What became of a message that we sent. Statuses arrive in any order."""

    external_id: str
    status: Literal["sent", "delivered", "read", "failed"]
    problem: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """A person has shut this channel to us: blocked, or a stop word that the provider heeds."""

    contact: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptIn:
    """A person has opened this channel to us again."""

    contact: str = field(repr=False)


Arrived = Message | Status | OptOut | OptIn


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An answer that can be chosen, and its label in the person's language."""

    id: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """One part of a message on its way out; `part` stays the same when it is tried again."""

    part: UUID
    address: str = field(repr=False)
    text: str = field(repr=False)
    """The words; none where `asset` is sent."""
    asset: Path | None = None
    """A picture (`.png`) or voice note (`.ogg`) of ours, sent by itself."""
    choices: tuple[Choice, ...] = field(default=(), repr=False)
    numbered: bool = False
    """The text already lists the choices as 1…n; buttons, if any, need no more than the number."""
    turn: int | None = None
    """The question that the choices answer."""


class ForgedError(BackUpError):
    """A request that did not come from the provider."""


class MalformedError(BackUpError):
    """A body that is not what this provider sends."""


class RetryableError(BackUpError):
    """Not sent now, maybe later; `after` is the provider's own wish, in seconds."""

    def __init__(self, after: float | None = None, *, ambiguous: bool = False) -> None:
        """If `ambiguous` the message may have gone out all the same: `find` it before a retry."""
        super().__init__("the channel is out of reach or wants us to wait")
        self.after = after
        self.ambiguous = ambiguous


class PermanentError(BackUpError):
    """Never to be delivered like this, so not tried again."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"the channel refuses the message: {problem}")
        self.problem: Problem = problem


class Adapter(Protocol):
    """One channel."""

    @property
    def name(self) -> str:
        """The channel's name in addresses and tables."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can show and do."""

    def verify(self, webhook: Webhook) -> None:
        """Raise `ForgedError` unless the provider itself sent this."""

    def parse(self, raw: bytes) -> tuple[Arrived, ...]:
        """Translate a verified body; what concerns nobody gives nothing.

        Raises:
            MalformedError: the body is not what this provider sends.
        """

    async def send(self, outbound: Outbound) -> str:
        """Hand one part over and give the provider's id for it.

        Raises:
            RetryableError: later, perhaps.
            PermanentError: never like this.
        """

    async def acknowledge(self, message: Message) -> None:
        """Tell the provider that a message is safe with us, where it waits for that.

        A provider that doesn't hear it has no harm, so nothing is raised.
        """

    def open_file(self, attached: Attached) -> AbstractAsyncContextManager[Incoming]:
        """Fetch a file that a message brought.

        Raises:
            RetryableError: later, perhaps.
            PermanentError: never; the provider has lost or refuses it, or it lies elsewhere.
        """

    async def release(self, attached: Attached) -> None:
        """Have the provider delete its copy of a file that is safe with us, where it does that.

        It deletes it by itself some day, so nothing is raised.
        """

    async def forget(self, address: str) -> None:
        """Drop what the person has not been shown yet, where the channel keeps such things."""

    async def wipe(self, address: str, refs: Sequence[str]) -> None:
        """Take messages out of the person's chat, as far as the provider does that; never raises.

        `refs` are ids that `send` gave, and those of the person's own messages.
        """

    async def find(self, outbound: Outbound, since: datetime) -> str | None:
        """The id of a part that may have gone out since then; None if not, or it can't be known."""


Ingest = Callable[[Adapter, tuple[Arrived, ...]], Awaitable[None]]
"""Keep what a channel brought; it is safe when this returns."""
