"""The command `backup`."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence

from backup import chat, code, enrol, export, up, verify
from backup.bench import dialogue as bench_dialogue
from backup.bench import reply as bench_reply
from backup.bench import seal as bench_seal
from core.errors import BackUpError
from core.log import configure_logging
from core.settings import Settings, load_settings

Command = Callable[[Namespace, Settings], int]

USAGE_EXIT = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; a foreseen error is one line on standard error."""
    args = _parser().parse_args(argv)
    configure_logging("backup")
    try:
        act: Command = args.act
        return act(args, load_settings())
    except BackUpError as error:
        print(f"backup: {error}", file=sys.stderr)
        return USAGE_EXIT
    except KeyboardInterrupt:
        return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="backup", description=__doc__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, module, words in (
        ("up", up, "start everything on this machine"),
        ("chat", chat, "talk to the running gateway as a phone would"),
        ("code", code, "show the sign-in code of a sample person"),
        ("enrol", enrol, "make an account for a professional or an administrator"),
        ("export", export, "give a case's key and files to whoever holds them by right"),
        ("verify", verify, "check the custody log"),
    ):
        one = commands.add_parser(name, help=words, description=module.__doc__)
        module.add_arguments(one)
        one.set_defaults(act=module.run)
    benches = commands.add_parser("bench", help="measure").add_subparsers(
        metavar="NAME", required=True
    )
    for name, module in (
        ("dialogue", bench_dialogue),
        ("reply", bench_reply),
        ("seal", bench_seal),
    ):
        one = benches.add_parser(name, description=module.__doc__)
        module.add_arguments(one)
        one.set_defaults(act=module.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
