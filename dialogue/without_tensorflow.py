"""Lets Rasa be imported without TensorFlow, which nothing of this package uses.

Rasa imports TensorFlow for its neural components even when the pipeline has none: 7 of 12 seconds
of start and 300 of 500 MB of memory in each process. Imported before Rasa, this module answers
those imports with a stand-in whose every attribute is an empty class: enough to define Rasa's
neural classes, useless to run them. `rasa` itself, on its command line, is not affected.
"""

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Sequence
from typing import Any

_STOOD_IN = frozenset({"keras", "tensorflow", "tensorflow_hub", "tensorflow_text"})


class _Nothing(type):
    """The type of `Absent`: every attribute, item and call of it is `Absent` again."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent

    def __getitem__(cls, _: Any) -> Any:
        return Absent

    def __call__(cls, *args: Any, **options: Any) -> Any:
        if cls is not Absent:
            return super().__call__(*args, **options)
        decorates = len(args) == 1 and not options and callable(args[0])
        return args[0] if decorates else Absent

    def __instancecheck__(cls, instance: Any) -> bool:
        return cls is not Absent and super().__instancecheck__(instance)


class Absent(metaclass=_Nothing):
    """Stands for whatever is wanted of TensorFlow."""


class _StandIn(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002
        target: types.ModuleType | None = None,  # noqa: ARG002
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] not in _STOOD_IN:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def exec_module(self, module: types.ModuleType) -> None:
        module.__getattr__ = lambda name: getattr(Absent, name)  # type: ignore[method-assign]


sys.meta_path.insert(0, _StandIn())
