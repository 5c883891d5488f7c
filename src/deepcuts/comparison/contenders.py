"""Who takes part in a comparison: a method, its settings, and how its lists are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol

import pyarrow as pa

from deepcuts.baselines import (
    EASE,
    PFP,
    ImplicitALS,
    IrspackIALS,
    MaxMF,
    Popularity,
    RandomPersonas,
    SklearnNMF,
)
from deepcuts.data.interactions import Interactions
from deepcuts.errors import SettingsError
from deepcuts.model import PersonaNMF
from deepcuts.recommendation import ListSettings

LIST_SETTINGS = ("rarity", "dial", "frequency", "mix")


class FittedModel(Protocol):
    """What training returns, of whatever method."""

    def recommend(self, users: str | Sequence[str] | None = None, k: int = 20, **settings: Any) -> pa.Table:
        """Make lists."""


class Method(Protocol):
    """A model before training: a frozen dataclass of settings."""

    def fit(self, plays: Interactions, *, seed: int = 0) -> FittedModel:
        """Train."""


BASELINES: Mapping[str, Any] = MappingProxyType(
    {
        "popularity": Popularity,
        "ease": EASE,
        "implicit": ImplicitALS,
        "irspack": IrspackIALS,
        "nmf": SklearnNMF,
        "one-persona": partial(PersonaNMF, n_personas=1),
        "random-personas": RandomPersonas,
        "maxmf": MaxMF,
        "pfp": PFP,
    }
)


@dataclass(frozen=True)
class Contender:
    """One row of a comparison.

    Parameters
    ----------
    name
        What to call it.
    method
        What is trained. Contenders with equal methods share one training.
    lists
        Settings of `ListSettings` for its lists: rarity, dial, frequency, mix.

    Raises
    ------
    SettingsError
        If a setting of lists is unknown or out of its range.
    """

    name: str
    method: Method
    lists: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for setting in self.lists:
            if setting not in LIST_SETTINGS:
                raise SettingsError(f"{self.name} has no setting {setting!r} of lists: {', '.join(LIST_SETTINGS)}.")
        ListSettings(**self.lists)


def baseline(name: str, values: Mapping[str, Any] | None = None, title: str | None = None) -> Contender:
    """Take a baseline, a peer or a control by its name.

    Parameters
    ----------
    name
        One of `BASELINES`.
    values
        Settings of the method, and of its lists, that are not to be the defaults.
    title
        What to call it; None is its name.

    Raises
    ------
    SettingsError
        If there is no such baseline, or it has no such setting.
    """
    if name not in BASELINES:
        raise SettingsError(f"There is no baseline {name!r}. Choose from {', '.join(BASELINES)}.")
    return _contender(title or name, BASELINES[name], values or {})


def model(title: str, values: Mapping[str, Any] | None = None) -> Contender:
    """Take the model with some settings, of its own and of its lists.

    Parameters
    ----------
    title
        What to call it.
    values
        Settings that are not to be the defaults.

    Raises
    ------
    SettingsError
        If there is no such setting, or a value is out of its range.
    """
    return _contender(title, PersonaNMF, values or {})


def _contender(title: str, method: Any, values: Mapping[str, Any]) -> Contender:
    settings: Any = method.func if isinstance(method, partial) else method
    known = [one.name for one in fields(settings)]
    for name in values:
        if name not in (*known, *LIST_SETTINGS):
            raise SettingsError(f"{title} has no setting {name!r}. It has {', '.join((*known, *LIST_SETTINGS))}.")
    own = {name: value for name, value in values.items() if name in known}
    lists = {name: value for name, value in values.items() if name not in known}
    return Contender(title, method(**own), lists)
