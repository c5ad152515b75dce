"""The command `backup`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from core.errors import BackUpError
from core.log import configure_logging
from core.settings import Settings, load_settings

Command = Callable[[Namespace, Settings], int]

COMMANDS = {
    "anchor": "anchors on blockchains: how they are, and whether one holds",
    "up": "start everything on this machine",
    "bundle": "make a sealed bundle of a case for a court",
    "chat": "talk to the running gateway as a phone would",
    "code": "show the sign-in code of a sample person",
    "dump": "write database and objects into one sealed file",
    "enrol": "make an account for a professional or an administrator",
    "escrow": "the offline key: make it, and get cases back with three of its five shares",
    "export": "give a case's key and files to whoever holds them by right",
    "restore": "check a dump, or bring a server back from it",
    "vault": "check the store, sweep it, renew the server's key",
    "receipt": "check a receipt; also as `verify receipt`",
    "verify": "check the custody log",
    "witness": "sign, on another machine, that a custody log only grew",
    "questionnaire": "check, play and exchange a questionnaire",
    "locales": "how far the languages are; files for translators",
}
BENCHES = {
    "anchor": "what an anchor costs, and how long checking one takes",
    "log": "the custody log's growth, proofs and check at a million entries",
    "dialogue": "the dialogue beside stock Rasa, in one run",
    "reply": "from a signed webhook to the reply at the provider",
    "seal": "sealing beside openssl dgst -sha256",
    "understanding": "how well people are understood, on utterances that were never taught",
}
USAGE_EXIT = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; a foreseen error is one line on standard error."""
    words = sys.argv[1:] if argv is None else list(argv)
    if words[:2] == ["verify", "receipt"]:
        del words[0]
    args = _parser(words).parse_args(words)
    configure_logging("backup")
    try:
        act: Command = args.act
        return act(args, load_settings())
    except BackUpError as error:
        print(f"backup: {error}", file=sys.stderr)
        return USAGE_EXIT
    except KeyboardInterrupt:
        return 0


def _parser(words: Sequence[str]) -> ArgumentParser:
    """The parser; only the module of the command that is called is loaded, which takes a while."""
    parser = ArgumentParser(prog="backup", description=__doc__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add(commands, COMMANDS, "backup", words[:1])
    bench = commands.add_parser("bench", help="measure").add_subparsers(
        metavar="NAME", required=True
    )
    _add(bench, BENCHES, "backup.bench", words[1:2])
    return parser


def _add(
    commands: _SubParsersAction[ArgumentParser],
    named: Mapping[str, str],
    package: str,
    called: Sequence[str],
) -> None:
    for name, words in named.items():
        one = commands.add_parser(name, help=words)
        if [name] == list(called):
            module = import_module(f"{package}.{name}")
            one.description = module.__doc__
            module.add_arguments(one)
            one.set_defaults(act=module.run)


if __name__ == "__main__":
    sys.exit(main())
