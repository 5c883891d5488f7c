"""Baselines, peers and controls by the names that commands know them by."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from deepcuts.baselines import (
    EASE,
    EDLAE,
    PFP,
    SLIM,
    ImplicitALS,
    IrspackIALS,
    MaxMF,
    MultiInterest,
    Popularity,
    RandomPersonas,
    RP3beta,
    SklearnNMF,
    SparkALS,
)
from deepcuts.baselines.peers import import_peer
from deepcuts.comparison.contenders import Contender, contender_of, settings_of
from deepcuts.errors import SettingsError
from deepcuts.model import PersonaNMF
from deepcuts.setting_names import check_known

BASELINES: Mapping[str, Any] = MappingProxyType(
    {
        "popularity": Popularity,
        "ease": EASE,
        "edlae": EDLAE,
        "slim": SLIM,
        "rp3beta": RP3beta,
        "implicit": ImplicitALS,
        "irspack": IrspackIALS,
        "nmf": SklearnNMF,
        "spark": SparkALS,
        "one-persona": partial(PersonaNMF, n_personas=1),
        "random-personas": RandomPersonas,
        "maxmf": MaxMF,
        "multi-interest": MultiInterest,
        "pfp": PFP,
    }
)
_TITLES: Mapping[str, str] = MappingProxyType(
    {
        "ease": "EASE",
        "edlae": "EDLAE",
        "slim": "SLIM",
        "rp3beta": "RP3beta",
        "implicit": "implicit ALS",
        "irspack": "irspack iALS",
        "nmf": "scikit-learn NMF",
        "spark": "Spark ALS",
        "pfp": "PFP",
    }
)
_PEERS: Mapping[str, tuple[str, str]] = MappingProxyType(  # the module, and the extra that installs it
    {
        "edlae": ("irspack", "peers"),
        "slim": ("irspack", "peers"),
        "rp3beta": ("irspack", "peers"),
        "implicit": ("implicit.als", "peers"),
        "irspack": ("irspack", "peers"),
        "nmf": ("sklearn.decomposition", "peers"),
        "spark": ("pyspark.ml.recommendation", "spark"),
    }
)


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
    check_known("baseline", name, BASELINES)
    return contender_of(name if title is None else title, BASELINES[name], {} if values is None else values)


def baseline_contender(name: str, values: Mapping[str, Any], n_factors: int) -> Contender:
    """Take a baseline for a report: with a title, and with vectors as long as those of the models.

    Parameters
    ----------
    name
        One of `BASELINES`.
    values
        Settings that are not to be the defaults.
    n_factors
        Length of its vectors, if it has any and the values do not say.

    Raises
    ------
    SettingsError
        If there is no such baseline or setting, or a value is out of its range.
    MissingExtraError
        If it is another library's, which is not installed.
    """
    if "rarity" in values or "strength" in values:
        raise SettingsError(f"{name} is given a rarity, but a report makes lists at several. Leave it out.")
    if name in _PEERS:
        import_peer(*_PEERS[name])  # a library that is missing is found before any work is done
    has_factors = name in BASELINES and "n_factors" in settings_of(BASELINES[name])
    own = {"n_factors": n_factors} if has_factors else {}
    return baseline(name, {**own, **values}, _TITLES.get(name, name.replace("-", " ")))
