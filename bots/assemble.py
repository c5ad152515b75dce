"""Puts a gateway process together from the settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from zoneinfo import ZoneInfo

import httpx
from pydantic import HttpUrl

from bots.adapter import Adapter
from bots.dialogue import HttpDialogue
from bots.parts import Parts, now
from bots.simulator.adapter import simulators
from bots.sms.twilio import TwilioSms
from bots.telegram.adapter import Telegram
from core.database import Sessions, open_engine, open_sessions
from core.errors import ConfigurationError
from core.settings import Settings
from locales import CatalogError, Catalogs
from locales.emergency import Numbers
from referrals.cases import Sealing
from vault.escrow import escrow_of
from vault.keys import KeyProvider, open_keys
from vault.store import open_store

MEGABYTE = 1_000_000


def database_url(settings: Settings) -> str:
    """The address that the deployment set, or that `backup up` handed to its processes."""
    if settings.database_url is None:
        raise ConfigurationError("DATABASE_URL should be postgresql://… (`backup up` sets it)")
    return settings.database_url.get_secret_value()


def open_sealing(settings: Settings) -> Sealing:
    """The server's keys, the object store and the escrow recipient."""
    return Sealing(keys=open_keys(settings), store=open_store(settings), escrow=escrow_of(settings))


def open_adapters(
    settings: Settings, sessions: Sessions, keys: KeyProvider, client: httpx.AsyncClient
) -> dict[str, Adapter]:
    """The channels that the settings name, by their own names.

    Raises:
        ConfigurationError: there would be none.
    """
    adapters: list[Adapter] = []
    if settings.telegram_token is not None:
        adapters.append(
            Telegram(
                settings.telegram_token,
                api_url=_address(settings.telegram_api_url),
                largest_file=settings.telegram_file_mb * MEGABYTE,
            )
        )
    if twilio := _twilio(settings, client):
        adapters.append(twilio)
    if settings.simulator:
        adapters.extend(simulators(sessions, keys))
    if not adapters:
        raise ConfigurationError(
            "no channel is set: TELEGRAM_TOKEN or the TWILIO_ variables should be, or SIMULATOR"
            " should be true on a machine for trying things out"
        )
    return {adapter.name: adapter for adapter in adapters}


def _twilio(settings: Settings, client: httpx.AsyncClient) -> Adapter | None:
    account, token = settings.twilio_account_sid, settings.twilio_auth_token
    number, public = settings.twilio_number, settings.public_url
    if account is None or token is None or number is None or public is None:
        return None
    return TwilioSms(
        client,
        account=account,
        token=token,
        number=number,
        status_url=f"{_address(public)}/sms/twilio/status",
        api_url=_address(settings.twilio_api_url),
        largest_file=settings.twilio_file_mb * MEGABYTE,
    )


def open_languages(settings: Settings, catalogs: Catalogs) -> tuple[str, ...]:
    """The languages that are offered: complete, and reviewed unless the settings say otherwise.

    Raises:
        ConfigurationError: there would be none.
    """
    languages = catalogs.ready(unreviewed=settings.show_unreviewed)
    if not languages:
        raise ConfigurationError(
            "no practitioner has reviewed the words of any language yet; SHOW_UNREVIEWED should be"
            " true to offer them all the same, marked as such"
        )
    return languages


def open_numbers(settings: Settings) -> Numbers:
    """The numbers to call in the deployment's country."""
    try:
        return Numbers.load(
            settings.country,
            good_for=timedelta(days=settings.numbers_days),
            samples=settings.show_unreviewed,
        )
    except CatalogError as error:
        raise ConfigurationError(f"COUNTRY: locales/emergency/{error}") from None


def offer(languages: tuple[str, ...], numbers: Numbers) -> dict[str, list[str]]:
    """What the dialogue is told of a deployment with every turn."""
    return {"languages": list(languages), "numbers": list(numbers.kinds(now().date()))}


def _address(url: HttpUrl) -> str:
    return str(url).rstrip("/")


@asynccontextmanager
async def open_parts(settings: Settings, *, connections: int) -> AsyncIterator[Parts]:
    """Everything that a turn needs, closed at the end."""
    engine = open_engine(database_url(settings), size=connections)
    sealing = open_sealing(settings)
    sessions = open_sessions(engine)
    catalogs, numbers = Catalogs.of(settings), open_numbers(settings)
    languages = open_languages(settings, catalogs)
    try:
        async with httpx.AsyncClient(timeout=10) as client:
            yield Parts(
                sessions=sessions,
                sealing=sealing,
                catalogs=catalogs,
                dialogue=HttpDialogue(
                    client, *settings.dialogues, offer=lambda: offer(languages, numbers)
                ),
                adapters=open_adapters(settings, sessions, sealing.keys, client),
                idle=settings.idle,
                draft_life=settings.draft_life,
                receipt_page=f"{settings.dashboard_address}/receipt",
                live=settings.live,
                feedback_after=settings.feedback_after,
                zone=ZoneInfo(settings.time_zone),
                numbers=numbers,
            )
    finally:
        await engine.dispose()
