"""Checks of names of settings, and of other things that are chosen by name: with the one that was probably meant."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable
from dataclasses import FrozenInstanceError, fields
from functools import wraps
from typing import Any, TypeVar

from deepcuts.checks import shown
from deepcuts.errors import SettingsError

Kind = TypeVar("Kind")


def refusing_unknown(settings: type[Kind]) -> type[Kind]:
    """Let a settings dataclass refuse names that it does not have, with the one that was probably meant.

    What is set later is refused, as the settings are frozen, with what makes others; names that begin with _ with
    ``_NOT_HELD`` of the class, where it has that.
    """
    make, set_one = settings.__init__, settings.__setattr__
    known = [field.name for field in fields(settings) if field.init]  # type: ignore[arg-type]

    @wraps(make)
    def checked(self: Kind, *values: Any, **named: Any) -> None:
        check_names(settings.__name__, named, known)
        make(self, *values, **named)

    def refused(self: Kind, name: str, value: Any) -> None:
        try:
            set_one(self, name, value)
        except FrozenInstanceError:
            change = f"{name if name in known else known[0]}=…"
            advice = f"dataclasses.replace(settings, {change}) makes another one."
            if name.startswith("_"):  # no setting: something notes on the object what it does with it
                advice = getattr(settings, "_NOT_HELD", advice)
            raise FrozenInstanceError(f"{name} cannot be set, as {settings.__name__} is frozen. {advice}") from None

    setattr(settings, "__init__", checked)  # noqa: B010  # mypy lets nobody assign to a method
    setattr(settings, "__setattr__", refused)  # noqa: B010  # as above
    return settings


def taking_former_names(**former: str) -> Callable[[type[Kind]], type[Kind]]:
    """Let a settings dataclass take names that some of its settings had before, with a DeprecationWarning.

    Parameters
    ----------
    former
        From names before to those of today.
    """

    def with_former_names(settings: type[Kind]) -> type[Kind]:
        make = settings.__init__

        @wraps(make)
        def renamed(self: Kind, *values: Any, **named: Any) -> None:
            for name in former.keys() & named.keys():
                warn_of_former_name(name, former[name])
                named.setdefault(former[name], named.pop(name))
            make(self, *values, **named)

        setattr(settings, "__init__", renamed)  # noqa: B010  # as above
        return settings

    return with_former_names


def warn_of_former_name(name: str, today: str) -> None:
    """Say to whoever writes programs that a setting has another name now."""
    warnings.warn(f"{name} is called {today} now.", DeprecationWarning, stacklevel=4)


def check_names(owner: str, named: Iterable[str], known: Collection[str], what: str = "setting") -> None:
    """Refuse names of settings, or of something else, that there are not.

    Raises
    ------
    SettingsError
        At the first one; the message has the name that was probably meant.
    """
    for name in named:
        if name not in known:
            raise SettingsError(f"{owner} has no {what} {shown(name)}.{_meant(name, known)} It has {', '.join(known)}.")


def check_known(what: str, name: object, known: Collection[str]) -> None:
    """Refuse the name of something that there is not.

    Raises
    ------
    SettingsError
        If it is none; the message has the name that was probably meant.
    """
    if not isinstance(name, str) or name not in known:
        raise SettingsError(f"There is no {what} {shown(name)}.{_meant(name, known)} Choose from {', '.join(known)}.")


def _meant(name: object, known: Collection[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1, cutoff=0.6) if isinstance(name, str) else []
    return f" Did you mean {near[0]!r}?" if near else ""
