"""The escrow key: made and used offline, split into five shares of which three are the key.

`create` and `recover` need neither network nor database: run them on a machine that is never
connected, and never leave three shares in one place. `request` and `import` run where BackUp runs.
"""

import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from backup.recovery import import_answer, write_request
from core.errors import ConfigurationError
from core.settings import Settings
from vault.age import Identity, Recipient
from vault.escrow import NEEDED, SHARES, fingerprint, join, split
from vault.recovery import REQUEST, RecoveryError, Sheet, answer, identities

_NUMBERED = re.compile(r"\b\d{1,2}\. ([a-z]+)")
_SHEET = """\
BackUp escrow share {number} of {shares}

key      {fingerprint}
made on  {day}

{words}

This is one of {shares} parts of the key that opens every case of one BackUp deployment, for the day
on which professionals have lost theirs. Any {needed} parts are the key; this one alone tells
nothing. Keep it on paper, out of the sight of others, and far from the other parts. Tell no words
to anyone who writes or telephones: they are typed only into

    backup escrow recover REQUEST ANSWER

on a machine without a network, together with two others who hold parts. Before you do, ask the
professional in person which key their security page shows; `recover` shows it too.
The words follow SLIP-39; four letters of each are enough.
"""


def add_arguments(parser: ArgumentParser) -> None:
    """The verbs of `backup escrow`."""
    verbs = parser.add_subparsers(metavar="VERB", required=True, dest="verb")
    create = verbs.add_parser("create", help="make a key and its five shares (offline)")
    create.add_argument(
        "places", nargs="*", type=Path, help="five directories, one a share; none: on the screen"
    )
    request = verbs.add_parser("request", help="write what escrow must open, to carry it there")
    request.add_argument("file", type=Path, help="where to write; it must not exist yet")
    whom = request.add_mutually_exclusive_group(required=True)
    whom.add_argument("--for", dest="email", help="a professional whose sign-in was started anew")
    whom.add_argument("--case", help="a case's reference, for its own identity")
    recover = verbs.add_parser("recover", help="answer a request with three shares (offline)")
    recover.add_argument("request", type=Path)
    recover.add_argument("output", type=Path, help="where to write; it must not exist yet")
    recover.add_argument("--share", action="append", type=Path, default=[], help="a share's file")
    taken = verbs.add_parser("import", help="let a professional in again by escrow's answer")
    taken.add_argument("file", type=Path)


def run(args: Namespace, settings: Settings) -> int:
    """Do what the verb says."""
    match args.verb:
        case "create":
            _create(args.places)
        case "request":
            write_request(settings, _new(args.file), email=args.email, reference=args.case)
        case "recover":
            _recover(Sheet.from_text(_read(args.request), kind=REQUEST), _new(args.output), args)
        case _:
            import_answer(settings, _read(args.file))
    return 0


def escrow_recipient(settings: Settings) -> str:
    """The public half to which every case's identity is also wrapped.

    A deployment sets it. Otherwise one is made at the first start, for trying things out; its
    secret half is shown once and stored nowhere.
    """
    if settings.escrow_recipient is not None:
        return settings.escrow_recipient
    kept = settings.backup_data / "keys" / "escrow.recipient"
    if kept.exists():
        return kept.read_text().strip()
    identity = Identity.generate()
    recipient = str(identity.recipient)
    print(
        "\nEscrow key, shown this once. Keep it off this machine; with it alone every case can be"
        f" opened:\n\n  {identity.export()}\n",
        flush=True,
    )
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(recipient + "\n")
    return recipient


def _create(places: Sequence[Path]) -> None:
    """Make a key and hand out its shares; the key itself is written nowhere."""
    if places and not (len(set(places)) == SHARES and all(place.is_dir() for place in places)):
        raise ConfigurationError(f"name {SHARES} different directories that exist, or none")
    identity = Identity.generate()
    shares = split(identity)
    if join(shares[-NEEDED:]).seed != identity.seed:
        raise ConfigurationError("the shares do not give the key again; nothing was made")
    sheets = [_sheet(n, share, identity.recipient) for n, share in enumerate(shares, 1)]
    if places:
        for number, (place, sheet) in enumerate(zip(places, sheets, strict=True), 1):
            _write(_new(place / f"escrow-share-{number}.txt"), sheet)
        print("Five sheets are written. Print or move each apart now: three together are the key.")
    else:
        for sheet in sheets:
            _show(sheet)
    print(f"key  {fingerprint(identity.recipient)}\n\nESCROW_RECIPIENT={identity.recipient}")


def _recover(asked: Sheet, output: Path, args: Namespace) -> None:
    """Answer a request, once its holders have seen what they are about to do."""
    about = (
        f"{len(asked.cases())} cases" if asked.professional else "one case, for who has the file"
    )
    print(f"This opens {about}.")
    if asked.recipient is not None:
        print(
            f"For the professional whose security page shows\n\n  {fingerprint(asked.recipient)}\n"
        )
    if _ask("Is that right? Type yes: ").strip().lower() != "yes":
        raise RecoveryError("nothing was opened")
    escrow = join([_share(_read(path)) for path in args.share] or _typed())
    if asked.professional is None:
        lines = [f"{one.export()}\n" for _, one in identities(asked, escrow)]
        _write(output, "".join(lines))
        print(f"Written. With the case's files: age -d -i {output.name} FILE")
    else:
        _write(output, answer(asked, escrow).to_text())
        print(f"Written. Where BackUp runs: backup escrow import {output.name}")


def _typed() -> list[str]:
    print(f"Type {NEEDED} shares, a line each; four letters of each word are enough.")
    return [_ask(f"share {number}: ") for number in range(1, NEEDED + 1)]


def _ask(question: str) -> str:
    try:
        return input(question)
    except EOFError as error:
        raise RecoveryError("nothing was typed, and nothing opened") from error


def _share(text: str) -> str:
    """The words of a share's sheet, or of a file that holds nothing else."""
    return " ".join(_NUMBERED.findall(text)) or text


def _sheet(number: int, share: str, recipient: Recipient) -> str:
    words = [f"{place:2}. {word:10}" for place, word in enumerate(share.split(), 1)]
    rows = ["  ".join(words[i : i + 4]).rstrip() for i in range(0, len(words), 4)]
    return _SHEET.format(
        number=number,
        shares=SHARES,
        needed=NEEDED,
        fingerprint=fingerprint(recipient),
        day=datetime.now(UTC).date().isoformat(),
        words="\n".join(rows),
    )


def _show(sheet: str) -> None:
    """One share at a time, so that each is seen by the one who writes it down alone."""
    print(sheet)
    if sys.stdin.isatty():
        input("Written down? Press Enter; the screen is cleared and the next share comes. ")
        print("\033[2J\033[3J\033[H", end="", flush=True)


def _new(path: Path) -> Path:
    if path.exists():
        raise ConfigurationError(f"{path} exists already; nothing is overwritten")
    return path


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(text)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} can't be read") from error
