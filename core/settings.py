"""Every setting of a deployment, read once from the environment.

A wrong value stops the program at its start with the variable's name and what it should be.
"""

from datetime import timedelta
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, HttpUrl, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import ConfigurationError


class Settings(BaseSettings):
    """What a deployment may set; the defaults run everything embedded on one machine."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    backup_data: Path = Field(Path(".backup"), description="a directory that the program owns")
    database_url: SecretStr | None = Field(None, description="postgresql://user:password@host/name")
    database_owner_url: SecretStr | None = Field(
        None, description="postgresql://… of the tables' owner, if DATABASE_URL is of another login"
    )
    public_url: HttpUrl | None = Field(
        None, description="the https address under which providers reach the gateway"
    )
    dashboard_url: HttpUrl | None = Field(
        None, description="the https address under which browsers reach the dashboard"
    )
    dialogue_url: HttpUrl = Field(
        HttpUrl("http://127.0.0.1:8763"), description="address of the dialogue process"
    )
    dialogue_urls: str = Field(
        "",
        pattern=r"^\s*(https?://[^\s,]+\s*(,\s*|$))*$",
        description="addresses of several dialogue processes, separated by commas",
    )
    show_unreviewed: bool = Field(
        False,  # noqa: FBT003
        description="true to offer, marked, languages whose words no practitioner has approved",
    )
    questionnaire: Path | None = Field(
        None, description="the file of an own questionnaire; its words lie in `locales` beside it"
    )
    country: str | None = Field(
        None, pattern="^[A-Za-z]{2}$", description="two letters (ISO 3166), for numbers to call"
    )
    numbers_days: int = Field(180, ge=1, le=3650, description="days, 1 to 3650")
    time_zone: str = Field("UTC", description="a name like Africa/Lubumbashi")
    live_minutes: int = Field(60, ge=5, le=1440, description="minutes, 5 to 1440")
    feedback_days: int = Field(7, ge=1, le=365, description="days, 1 to 365")
    gateway_port: int = Field(8761, ge=1, le=65535, description="a port from 1 to 65535")
    dashboard_port: int = Field(8762, ge=1, le=65535, description="a port from 1 to 65535")
    telegram_token: SecretStr | None = Field(None, description="the token that BotFather gave")
    twilio_account_sid: str | None = Field(None, description="AC and 32 hexadecimal digits")
    twilio_auth_token: SecretStr | None = Field(None, description="the account's auth token")
    twilio_number: str | None = Field(None, description="the sending number, like +15005550006")
    telegram_file_mb: int = Field(
        20, ge=1, le=2000, description="megabytes; more than 20 only by a Bot API server of yours"
    )
    twilio_file_mb: int = Field(5, ge=1, le=100, description="megabytes, 1 to 100")
    twilio_api_url: HttpUrl = Field(
        HttpUrl("https://api.twilio.com"), description="the address of Twilio's API"
    )
    telegram_api_url: HttpUrl = Field(
        HttpUrl("https://api.telegram.org"), description="the address of a Bot API server"
    )
    escrow_recipient: str | None = Field(None, description="age1pq1…, the offline escrow key")
    kms_key_id: str | None = Field(
        None, description="the id, alias or ARN of a symmetric AWS KMS key"
    )
    s3_bucket: str | None = Field(
        None, min_length=3, max_length=63, description="a bucket of this deployment's own"
    )
    s3_endpoint: HttpUrl | None = Field(
        None, description="the address of an S3 server that is not Amazon's"
    )
    s3_region: str | None = Field(None, description="the bucket's region, like eu-central-1")
    s3_access_key_id: SecretStr | None = Field(None, description="the access key's id")
    s3_secret_access_key: SecretStr | None = Field(None, description="the access key's secret")
    s3_lock: Literal["none", "governance", "compliance"] = Field(
        "none", description="none, governance or compliance (which nobody can undo)"
    )
    s3_lock_days: int = Field(30, ge=1, le=36500, description="days, 1 to 36500")
    anchor_chains: Path | None = Field(
        None, description="a YAML file that lists the chains to anchor on"
    )
    anchor_key: SecretStr | None = Field(
        None, description="the sending key of anchors, 64 hexadecimal digits"
    )
    chain_port: int = Field(8764, ge=1, le=65535, description="a port from 1 to 65535")
    timestamp_urls: str | None = Field(
        None, description="time-stamping authorities (RFC 3161): https://… or name=https://…, …"
    )
    timestamp_ca: Path | None = Field(
        None, description="a PEM file of the certificates in which these authorities' chains end"
    )
    witness_keys: str | None = Field(
        None, description="keys of witnesses, as `backup witness` prints them, with commas between"
    )
    timestamp_port: int = Field(
        8767, ge=1, le=65535, description="a port from 1 to 65535, for the development authority"
    )
    simulator: bool = Field(False, description="true only on a machine for trying things out")  # noqa: FBT003
    idle_minutes: int = Field(10, ge=1, le=1440, description="minutes, 1 to 1440")
    draft_hours: int = Field(72, ge=1, le=720, description="hours, 1 to 720")
    keep_untaken_days: int = Field(
        365, ge=30, le=36500, description="days a case that nobody took is kept, 30 to 36500"
    )
    keep_taken_days: int = Field(
        3650, ge=30, le=36500, description="days a case is kept once it rests, 30 to 36500"
    )
    keep_notice_days: int = Field(
        60, ge=7, le=365, description="days of notice before a case is erased, 7 to 365"
    )

    @field_validator("time_zone")
    @classmethod
    def _zone_is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (LookupError, OSError, ValueError):
            raise ValueError("unknown") from None
        return name

    @model_validator(mode="after")
    def _twilio_is_whole(self) -> Self:
        parts = (self.twilio_account_sid, self.twilio_auth_token, self.twilio_number)
        if any(parts) and not (all(parts) and self.public_url):
            raise ValueError(
                "TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_NUMBER and PUBLIC_URL go together"
            )
        return self

    @model_validator(mode="after")
    def _s3_is_whole(self) -> Self:
        if bool(self.s3_access_key_id) != bool(self.s3_secret_access_key):
            raise ValueError("S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY go together")
        return self

    @model_validator(mode="after")
    def _timestamps_can_be_checked(self) -> Self:
        if self.timestamp_urls and not self.timestamp_ca:
            raise ValueError("TIMESTAMP_URLS needs TIMESTAMP_CA: what can't be checked is no proof")
        return self

    @property
    def dashboard_address(self) -> str:
        """Where browsers reach the dashboard, without a slash at the end."""
        return str(self.dashboard_url or f"http://127.0.0.1:{self.dashboard_port}").rstrip("/")

    @property
    def idle(self) -> timedelta:
        """How long an unkept conversation may rest before it lapses."""
        return timedelta(minutes=self.idle_minutes)

    @property
    def dialogues(self) -> tuple[str, ...]:
        """The addresses of all dialogue processes."""
        named = tuple(one.strip() for one in self.dialogue_urls.split(",") if one.strip())
        return named or (str(self.dialogue_url),)

    @property
    def live(self) -> timedelta:
        """How long after a person's last words a professional's answer is taken for expected."""
        return timedelta(minutes=self.live_minutes)

    @property
    def feedback_after(self) -> timedelta:
        """How long after a case was taken its person is asked how the help was."""
        return timedelta(days=self.feedback_days)

    @property
    def draft_life(self) -> timedelta:
        """How long a kept draft waits for its person to come back."""
        return timedelta(hours=self.draft_hours)

    @property
    def checkpoint_file(self) -> Path:
        """Where the custody log's last checkpoint is remembered outside of the database."""
        return self.backup_data / "checkpoint"

    @property
    def simulator_socket(self) -> str:
        """Where `backup chat` finds the gateway."""
        return f"http://127.0.0.1:{self.gateway_port}"


def load_settings() -> Settings:
    """Read the environment.

    Raises:
        ConfigurationError: naming each wrong variable and what it should be.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise ConfigurationError(_explain(error)) from None


def _explain(error: ValidationError) -> str:
    """Name the variables; never repeat their values, one of them may be a secret."""
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        name = str(problem["loc"][0]) if problem["loc"] else ""
        field = Settings.model_fields.get(name)
        wanted = field.description if field else problem["msg"].removeprefix("Value error, ")
        lines.append(f"{name.upper()} should be {wanted}" if name else str(wanted))
    return "; ".join(lines)
