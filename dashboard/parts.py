"""What the dashboard is put together from; the entry point and the tests choose the parts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from core.database import Sessions
from core.errors import ConfigurationError
from dashboard.questionnaire import Questionnaire
from locales import Catalogs
from referrals.credentials import Cost
from vault.age import Recipient
from vault.bundle.make import Known
from vault.keys import KeyProvider
from vault.store import ObjectStore

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def utc_now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The address under which browsers reach the dashboard: https, or http on loopback alone."""

    scheme: str
    host: str

    @classmethod
    def parse(cls, url: str) -> "Origin":
        """Read an address like `https://help.example.org`.

        Raises:
            ConfigurationError: plain http to another machine would show everything on the way.
        """
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else (parts.hostname or "")
        if not host or not (parts.scheme == "https" or (parts.scheme, host) in _PLAIN):
            raise ConfigurationError(
                "the dashboard's address should begin with https://, or be http://127.0.0.1"
            )
        return cls(scheme=parts.scheme, host=host)

    @property
    def secure(self) -> bool:
        """Whether cookies may insist on an encrypted connection."""
        return self.scheme == "https"

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names that requests may call us by; any other is another site's page (rebinding)."""
        return LOOPBACK if self.host in LOOPBACK else (self.host, *LOOPBACK)


_PLAIN = frozenset(("http", host) for host in LOOPBACK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything that a request may need, chosen once at start."""

    sessions: Sessions
    keys: KeyProvider
    store: ObjectStore
    escrow: Recipient
    catalogs: Catalogs
    questionnaire: Questionnaire
    database_url: str = field(repr=False)
    """For LISTEN, which needs a connection of its own."""
    origin: Origin
    known: Known = field(default_factory=Known)
    """The public keys that go with bundles."""
    cost: Cost = field(default_factory=Cost)
    now: Callable[[], datetime] = utc_now
