"""The words of all languages: how far they are, and the files that translators work on."""

import json
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from core.errors import BackUpError
from core.settings import Settings
from locales import Catalogs
from locales.catalogs import HERE
from locales.checks import CATALOGS, DOMAINS, SEGMENTS, Outline, mistakes, segments, share
from locales.languages import SOURCE
from locales.prompts import prompts
from locales.recordings import Recordings, add
from locales.template import template, update

FOUND_EXIT = 1
TEMPLATES = Path("build") / "locales"


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `backup locales`."""
    words = {
        "status": "which languages are complete, reviewed, and what they cost by SMS",
        "extract": f"write the templates for a new language to {TEMPLATES}",
        "update": "give every catalog the ids that are new, and drop those that are gone",
        "check": "ids, placeholders, plurals and SMS budgets agree in all languages",
        "record": "what is still to be spoken for those who don't read; or take a recording",
    }
    acts = parser.add_subparsers(dest="what", required=True)
    for name, does in words.items():
        one = acts.add_parser(name, help=does, description=does)
        if name == "status":
            one.add_argument("--segments", action="store_true", help="for each question by SMS")
        if name == "record":
            one.add_argument("language", help="its code, like sw")
            one.add_argument("prompt", nargs="?", help="the id of what was recorded")
            one.add_argument("file", nargs="?", type=Path, help="the recording, Ogg Opus")


def run(args: Namespace, _: Settings) -> int:
    """Do one of them; `check` returns 1 if there is something to mend."""
    acts = {
        "status": _status,
        "extract": _extract,
        "update": _update,
        "check": _check,
        "record": _record,
    }
    return acts[args.what](args)


def outline(questionnaire: Path | None = None) -> Outline:
    """What the questionnaire needs, as the dialogue tells it.

    Raises:
        BackUpError: the questionnaire is wrong; the message names the line and the reason.
    """
    command = [sys.executable, "-m", "dialogue.outline"]
    told = subprocess.run(  # noqa: S603 - our own module
        [*command, *([str(questionnaire)] if questionnaire else [])],
        cwd=HERE.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode:
        raise BackUpError(told.stderr.strip())
    read = json.loads(told.stdout)
    return Outline(
        ids=frozenset([*read["chat"], *read["chat_sms"], *read["staff"]]),
        questions={question: tuple(refs) for question, refs in read["questions"].items()},
        sms=tuple(read["sms"]),
        filled={f"say.{say}": frozenset(names) for say, names in read["filled"].items()},
    )


def _status(args: Namespace) -> int:
    catalogs, needed = Catalogs.load(), outline()
    print(f"{'language':<22}{'chat':>7}{'staff':>7}{'info':>7}  {'SMS segments':<14}reviewed")
    for code in catalogs.registered():
        language, taken = catalogs.language(code), segments(catalogs, needed, code)
        parts = [
            f"{have * 100 // all_}%" for have, all_ in (share(catalogs, code, d) for d in DOMAINS)
        ]
        review = catalogs.review(code)
        by = f"by {review.reviewer}, {review.on}" if review.reviewed else "by nobody yet"
        spread = " ".join(f"{n}:{list(taken.values()).count(n)}" for n in sorted({*taken.values()}))
        print(
            f"{code:<4}{language.name:<18}{parts[0]:>7}{parts[1]:>7}{parts[2]:>7}  {spread:<14}{by}"
        )
        for question, count in taken.items() if args.segments else ():
            mark = "  too long" if count > SEGMENTS else ""
            print(f"      {question:<28}{count}{mark}")
    return 0


def _extract(_: Namespace) -> int:
    TEMPLATES.mkdir(parents=True, exist_ok=True)
    for domain in CATALOGS:
        path = TEMPLATES / f"{domain}.pot"
        path.write_bytes(template(HERE, domain))
        print(path)
    return 0


def _update(_: Namespace) -> int:
    for code in Catalogs.load().registered():
        for domain in CATALOGS if code != SOURCE else ():
            added, dropped = update(HERE, code, domain)
            print(f"{code}/{domain}: {added} to be translated, {dropped} dropped")
    return 0


def _check(_: Namespace) -> int:
    found = list(mistakes(Catalogs.load(), outline()))
    for mistake in found:
        print(mistake)
    print(f"{len(found)} to mend" if found else "all languages agree")
    return FOUND_EXIT if found else 0


def _record(args: Namespace) -> int:
    """List what is to be read aloud, or take the recording of one prompt."""
    catalogs, folder = Catalogs.load(), HERE
    if args.language not in catalogs.registered():
        raise BackUpError(f"{args.language} is not among {', '.join(catalogs.registered())}")
    scripts = prompts(catalogs, outline(), args.language)
    if args.prompt:
        if args.prompt not in scripts or args.file is None:
            raise BackUpError("name a prompt of the list and the file of its recording")
        print(add(folder, args.language, scripts[args.prompt], args.file))
        return 0
    known = Recordings.load(folder)
    open_ = {k: words for k, words in scripts.items() if not known.find(args.language, words)}
    for prompt, words in open_.items():
        print(f"[{prompt}]\n{words}\n")
    print(f"{len(scripts) - len(open_)} of {len(scripts)} prompts are recorded")
    return 0
