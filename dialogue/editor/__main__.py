"""`python -m dialogue.editor check|preview|export|import …`; `backup questionnaire` calls it."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from dialogue.editor import importing
from dialogue.editor.drafts import BlockDraft, add_says, blocks_of, next_version, put_into
from dialogue.editor.preview import Preview, play
from dialogue.editor.words import Words, catalog, written
from dialogue.paths import QUESTIONNAIRE
from dialogue.questionnaire import Questionnaire, QuestionnaireError, load, message_ids
from dialogue.questionnaire.load import parse

WRONG = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    args = _parsed(arguments)
    try:
        made = load(args.file)
    except OSError as error:
        return _refuse(f"{args.file}: {error.strerror}")
    except QuestionnaireError as error:
        for line in error.lines:
            print(f"{args.file}: {line}", file=sys.stderr)
        return WRONG
    words = written(made.languages, [args.file.parent / "locales", *(args.words or ())])
    return {"check": _check, "preview": _preview, "export": _export, "import": _import}[
        args.command
    ](args, made, words)


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="backup questionnaire", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    helps = {
        "check": "explain every mistake of a questionnaire, with its line",
        "preview": "play a questionnaire in the terminal; nothing is kept or sent",
        "export": "write a questionnaire as an XLSForm workbook (KoboToolbox, ODK)",
        "import": "put the questions of an XLSForm workbook into a questionnaire",
    }
    for name, words in helps.items():
        one = commands.add_parser(name, help=words)
        if name == "import":
            one.add_argument("form", type=Path, metavar="FORM.xlsx")
            one.add_argument("--after", default="incident", help="the block after which they stand")
        one.add_argument("file", type=Path, nargs="?", default=QUESTIONNAIRE, metavar="FILE.yml")
        one.add_argument("--words", type=Path, action="append", help="a folder of catalogs")
        if name in {"export", "import"}:
            one.add_argument("-o", "--output", type=Path, required=True)
        if name == "preview":
            one.add_argument("--sms", action="store_true", help="as on a phone without an app")
    return parser.parse_args(arguments)


def _check(args: argparse.Namespace, made: Questionnaire, words: Words) -> int:
    """Say what it has, and which words are still to be written."""
    ids = message_ids(made)
    asked = sum(len(block.questions) for block in made.order)
    print(f"{args.file.name}: version {made.version}, {asked} questions, no mistakes")
    for language in made.languages:
        missing = sorted((ids.chat | ids.chat_sms) - words.get(language, {}).keys())
        if language not in words:
            print(f"  {language}: has no catalog")
        elif missing:
            print(f"  {language}: {len(missing)} words to write: {', '.join(missing)}")
    return 0


def _preview(args: argparse.Namespace, made: Questionnaire, words: Words) -> int:
    print("Type what a person would type; Ctrl-D ends. Nothing is kept or sent.\n")
    play(Preview(made, words, sms=args.sms), lambda: input("> "), print)
    return 0


def _export(args: argparse.Namespace, made: Questionnaire, words: Words) -> int:
    from dialogue.editor.export import export  # noqa: PLC0415 - takes a second

    args.output.write_bytes(export(made, words, title="BackUp"))
    print(f"{args.output}: {len(made.questions)} questions in {len(words)} languages")
    return 0


def _import(args: argparse.Namespace, made: Questionnaire, words: Words) -> int:
    base = args.file.read_text("utf-8")
    if args.after not in blocks_of(base):
        return _refuse(f"there is no block `{args.after}` in {args.file.name}")
    try:
        form = importing.read(args.form, made)
    except importing.FormError as error:
        for line in str(error).splitlines():
            print(f"{args.form.name}: {line}", file=sys.stderr)
        return WRONG
    for warning in form.warnings:
        print(f"{args.form.name}: {warning}", file=sys.stderr)
    try:
        text = _merged(base, made, form, args)
    except QuestionnaireError as error:
        for line in error.lines:
            print(f"{args.output.name}: {line}", file=sys.stderr)
        return WRONG
    args.output.parent.mkdir(parents=True, exist_ok=True)
    args.output.write_text(text, "utf-8")
    for language, own in form.words.items():
        new = {key: text for key, text in own.items() if words.get(language, {}).get(key) != text}
        if new:
            path = args.output.with_name(f"{args.output.stem}.{language}.po")
            path.write_bytes(catalog(language, new))
            print(f"{path}: {len(new)} words")
    print(f"{args.output}: {len(form.blocks)} blocks")
    return 0


def _merged(base: str, made: Questionnaire, form: importing.Form, args: argparse.Namespace) -> str:
    """The new file; blocks that say the same as before keep their text and comments."""
    says = add_says(base, {say: note for say, note in form.says.items() if say not in made.says})
    folder = args.file.parent
    draft = parse(_put(says, form.blocks, form, args.after), folder)
    before = {block.id: block for block in made.blocks}
    same = {block.id for block in draft.blocks if before.get(block.id) == block}
    kept = [block for block in form.blocks if block.id not in same]
    if not kept and len(draft.blocks) == len(made.blocks):
        return base
    whole = [block.id for block in form.blocks] if form.whole else None
    return next_version(put_into(says, kept, keep=whole, after=args.after))


def _put(base: str, drafts: list[BlockDraft], form: importing.Form, after: str) -> str:
    whole = [block.id for block in drafts] if form.whole else None
    return put_into(base, drafts, keep=whole, after=after)


def _refuse(reason: str) -> int:
    print(f"questionnaire: {reason}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
