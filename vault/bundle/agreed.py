"""What a person has agreed to, and whether that lets their case be handed over. Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping

from locales import Catalogs
from locales.languages import SOURCE
from vault.bundle.material import CONSENT, REPORT, Json, NotAgreedError

KEEP, FILES, INVESTIGATORS = "c1", "c6", "c4"
ASK_FIRST = "c4.ask_first"


def consents(records: Iterable[tuple[int, str, bytes]], catalogs: Catalogs) -> list[Json]:
    """Every consent in the case, in the order in which it was given or taken back.

    Takes number, kind and content of records; gives what was recorded, the number of the record,
    and the words that were shown, where this version has them (their SHA-256 tells).
    """
    found: list[Json] = []
    for number, kind, content in records:
        if kind in {REPORT, CONSENT}:
            said = json.loads(content)
            found += [
                {**one, "record": number, "words": _words(one, catalogs)}
                for one in (said.get("consents", ()) if kind == REPORT else (said,))
            ]
    return found


def standing(given: Iterable[Mapping[str, object]]) -> frozenset[str]:
    """The consents that hold: the latest word about each counts."""
    latest = {one["consent"]: one["given"] for one in given}
    return frozenset(str(name) for name, holds in latest.items() if holds)


def require_agreed(holding: frozenset[str], *, asked_first: bool) -> None:
    """Let a case go to investigators only as the person wants it.

    Raises:
        NotAgreedError: with the reason.
    """
    if KEEP not in holding:
        raise NotAgreedError("keep")
    if not holding & {INVESTIGATORS, ASK_FIRST}:
        raise NotAgreedError("share")
    if ASK_FIRST in holding and not asked_first:
        raise NotAgreedError("ask_first")


def _words(consent: Mapping[str, object], catalogs: Catalogs) -> str | None:
    """The words that were shown, in the language of the consent or in the one it fell back to."""
    asked = str(consent["consent"]).partition(".")[0]
    for language in (str(consent.get("language")), SOURCE):
        for message_id in (f"ask.{asked}", f"ask.{asked}.sms"):
            words = (
                catalogs.forms(language, message_id)[0]
                if catalogs.has(language, message_id)
                else ""
            )
            if hashlib.sha256(words.encode()).hexdigest() == consent.get("words_sha256"):
                return words
    return None
