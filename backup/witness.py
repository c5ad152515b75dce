"""Witness a custody log from another machine: sign that it only grew since you last looked.

Run it every hour or so, for instance by cron. It needs the gateway's address, the log's key (which
`backup verify` prints there) and a key file of its own, made at the first run, whose public half
goes into the deployment's WITNESS_KEYS. It learns how many entries the log has, nothing else.
Exit code 3 means that the log was rewritten: both notes, which prove it, are kept beside the key.
"""

import os
import sys
import time
from argparse import ArgumentParser, Namespace
from base64 import b64decode, b64encode
from pathlib import Path

import httpx

from core.errors import BackUpError, ConfigurationError
from core.settings import Settings
from vault.checkpoint import read
from vault.errors import SealError
from vault.memory import recall, remember
from vault.note import Signer, Verifier
from vault.note import opened as opened_note
from vault.witness import ForkError, Offer, ask

FORK_EXIT = 3
FORM = "backup-witness-key-1"


class ServerError(BackUpError):
    """The log's server is away, or refuses."""


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `backup witness`."""
    parser.add_argument("url", help="the gateway's address, https://…")
    parser.add_argument("--log", required=True, metavar="KEY", help="the log's key: name+hash+key")
    parser.add_argument("--key", required=True, type=Path, metavar="FILE", help="your own key")
    parser.add_argument("--name", help="your name for a new key: your domain, like ngo.example")


def run(args: Namespace, _settings: Settings) -> int:
    """Look once; 0 when the log only grew, 3 when it was rewritten."""
    signer = _signer(args.key, args.name)
    try:
        log = Verifier.parse(args.log)
    except SealError as error:
        raise ConfigurationError(f"--log: {error}") from None
    state = args.key.with_name(f"{args.key.name}.seen")
    seen = recall(state)
    with httpx.Client(base_url=args.url, timeout=30) as client:
        before = 0 if seen is None else read(seen, log).size
        offer = Offer.parse(
            _post(client, "/log/checkpoint", ask(signer, seen=before, at=int(time.time())))
        )
        try:
            head = offer.follows(seen, log)
        except ForkError as fork:
            return _accuse(state, seen or "", offer.checkpoint, fork)
        # Before the signature leaves: a crash may lose a signature, never what it was given for.
        remember(state, offer.checkpoint)
        line = signer.cosign(opened_note(offer.checkpoint, [log]), int(time.time()))
        _post(client, f"/log/cosignature/{head.size}", f"{line}\n")
    print(f"witnessed: {head.size} entries, {head.size - before} of them new")
    return 0


def _accuse(state: Path, seen: str, offered: str, fork: ForkError) -> int:
    evidence = state.with_name(f"fork-{int(time.time())}")
    evidence.mkdir(parents=True, exist_ok=True)
    remember(evidence / "seen.note", seen)
    remember(evidence / "offered.note", offered)
    print(f"THE LOG WAS REWRITTEN: {fork}", file=sys.stderr)
    print(f"nothing was signed; both notes, which prove it, are in {evidence}", file=sys.stderr)
    return FORK_EXIT


def _signer(path: Path, name: str | None) -> Signer:
    if not path.exists():
        if name is None:
            raise ConfigurationError(f"{path} is not there; --name makes a new key")
        signer = _create(path, name)
    else:
        try:
            form, kept, key = path.read_text().split()
            signer = Signer(kept, b64decode(key))
        except ValueError:
            form = ""
        if form != FORM:
            raise ConfigurationError(f"{path} holds no witness's key")
    print(f"your public key, for WITNESS_KEYS: {signer.cosigner}", flush=True)
    return signer


def _create(path: Path, name: str) -> Signer:
    private = os.urandom(32)
    signer = Signer(name, private)
    try:
        signer.verifier  # noqa: B018 - a name with blanks is refused here
    except SealError as error:
        raise ConfigurationError(f"--name: {error}") from None
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{FORM} {name} {b64encode(private).decode()}\n")
        file.flush()
        os.fsync(file.fileno())
    return signer


def _post(client: httpx.Client, path: str, text: str) -> str:
    try:
        response = client.post(path, content=text)
        response.raise_for_status()
    except httpx.HTTPStatusError as error:
        raise ServerError(
            f"the log's server answered {error.response.status_code}; is your key in its"
            " WITNESS_KEYS, is there a checkpoint, and is your clock right?"
        ) from None
    except httpx.HTTPError as error:
        raise ServerError(f"the log's server gave no answer: {type(error).__name__}") from None
    return response.text
