"""Show the code that a sample person's authenticator app would show now."""

from argparse import ArgumentParser, Namespace

from backup.demo import sample_code
from core.errors import ConfigurationError
from core.settings import Settings


def add_arguments(parser: ArgumentParser) -> None:
    """The argument of `backup code`."""
    parser.add_argument("email", help="as printed by `backup up --demo`")


def run(args: Namespace, settings: Settings) -> int:
    """Print the code."""
    code = sample_code(settings, args.email)
    if code is None:
        raise ConfigurationError("only sample people of `backup up --demo` have their code here")
    print(code)
    return 0
