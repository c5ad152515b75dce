"""`backup chat`: a terminal that shows what a survivor's phone would show."""

from backup.chat.command import add_arguments, run

__all__ = ["add_arguments", "run"]
