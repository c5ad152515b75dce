"""The one error base. Children say what happened and what a person can do about it."""


class BackUpError(Exception):
    """Something that BackUp foresaw; its message never holds a name, number, text, token or key."""


class ConfigurationError(BackUpError):
    """A setting is missing or wrong; the message names the variable and what it should be."""


class NotAllowedError(BackUpError):
    """Who asks may not do this; answered as if the thing did not exist."""


class GoneError(BackUpError):
    """What was asked for has been erased, or has never been there."""
