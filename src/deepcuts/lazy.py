"""Names of a package that are imported when they are first asked for, so that the command starts at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from typing import Any

_DUNDERS = ("__all__", "__doc__", "__file__", "__name__", "__path__")  # which help() and inspect look for


def names_on_demand(package: str, homes: Mapping[str, str], modules: Collection[str] = ()) -> Callable[[str], Any]:
    """Return what a package takes as its ``__getattr__``.

    Parameters
    ----------
    package
        Its name.
    homes
        For each of its public names, the module that it is defined in, relative to the package: ``"module"``, or
        ``".neighbour.module"`` in a package beside it.
    modules
        Names of its public modules and packages.
    """

    def find(name: str) -> Any:
        if name in modules:
            return import_module(f".{name}", package)
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f".{homes[name]}", package), name)
        setattr(sys.modules[package], name, value)  # also where a module of the package has the same name
        return value

    return find


def public_names(package: str) -> Callable[[], list[str]]:
    """Return what a package takes as its ``__dir__``: its public names, also those that are imported on demand."""
    return lambda: sorted([*sys.modules[package].__all__, *_DUNDERS])
