"""Whose lists are compared: trained models, other ways to use them, and baselines by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

from deepcuts.baselines.peers import import_peer
from deepcuts.comparison import BASELINES, Contender, baseline
from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError, SettingsError
from deepcuts.model import PersonaModel
from deepcuts.recommendation.settings import Mix

_TITLES: Mapping[str, str] = MappingProxyType(
    {"ease": "EASE", "implicit": "implicit ALS", "irspack": "irspack iALS", "nmf": "scikit-learn NMF", "pfp": "PFP"}
)
_PEERS: Mapping[str, str] = MappingProxyType(
    {"implicit": "implicit.als", "irspack": "irspack", "nmf": "sklearn.decomposition"}
)
_FEW_SETTINGS = 6  # a method with more of them is described by those that are not the defaults


@dataclass(frozen=True, eq=False)
class Trained:
    """A method that has nothing left to learn.

    Parameters
    ----------
    model
        What it learnt.
    about
        What it is, in a line.
    """

    model: PersonaModel
    about: str

    def fit(self, plays: Interactions, *, seed: int = 0) -> PersonaModel:
        """Return the model."""
        return self.model


def model_contenders(
    models: Mapping[str, PersonaModel], mixes: Sequence[Mix] = ("share",), *, one_persona: bool = False
) -> list[Contender]:
    """Name every way in which the models are to be used.

    Parameters
    ----------
    models
        By the names they are shown under.
    mixes
        How lists are made from several personas, the main way first.
    one_persona
        Whether the one-persona model that each was split from takes part.
    """
    parts = [_ways(name, model, mixes, one_persona, len(models) > 1) for name, model in models.items()]
    return [contender for part in parts for contender in part]


def _ways(
    name: str, model: PersonaModel, mixes: Sequence[Mix], one_persona: bool, is_one_of_many: bool
) -> Iterator[Contender]:
    several, prefix = model.settings.n_personas > 1, f"{name}, " if is_one_of_many else ""
    size = f"{model.settings.n_factors} factors, "
    if not several:
        yield Contender(name, Trained(model, size + "one persona"))
        return
    for number, mix in enumerate(dict.fromkeys(mixes)):
        about = f"{size}up to {model.settings.n_personas} personas, lists mixed by {mix}"
        yield Contender(f"{prefix}mix by {mix}" if number else name, Trained(model, about), {"mix": mix})
    if one_persona:
        yield Contender(f"{prefix}one persona", Trained(model.base, size + "the base that the personas lean on"))


def baseline_contender(name: str, values: Mapping[str, Any], n_factors: int) -> Contender:
    """Take a baseline by its name, with vectors as long as those of the models.

    Parameters
    ----------
    name
        One of `deepcuts.comparison.BASELINES`.
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
    if "rarity" in values:
        raise SettingsError(f"{name} is given a rarity, but a report turns the dial itself. Leave it out.")
    if name in _PEERS:
        import_peer(_PEERS[name])  # a library that is missing is found before any work is done
    known = baseline(name).method
    own = {"n_factors": n_factors} if "n_factors" in _settings_of(known) else {}
    return baseline(name, {**own, **values}, _TITLES.get(name, name.replace("-", " ")))


def describe(contender: Contender) -> str:
    """Say in a line what a contender is."""
    method: Any = contender.method
    if isinstance(method, Trained):
        return method.about
    settings = _settings_of(method)
    if len(settings) > _FEW_SETTINGS:
        defaults = {one.name: one.default for one in fields(method)}
        settings = {name: value for name, value in settings.items() if value != defaults[name] or name == "n_factors"}
    shown = {**settings, **contender.lists}
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in shown.items()) or "no settings"


def _settings_of(method: Any) -> dict[str, Any]:
    return {one.name: getattr(method, one.name) for one in fields(method)}


def check_names(contenders: Sequence[Contender]) -> None:
    """Refuse contenders that the legend could not tell apart.

    Raises
    ------
    SettingsError
        If two have the same name.
    """
    names = [contender.name for contender in contenders]
    for name in names:
        if names.count(name) > 1:
            raise SettingsError(f"Two contenders are named {name!r}. Name models as NAME=FILE; give a baseline once.")


def check_model(name: str, model: PersonaModel, train: Interactions) -> None:
    """Refuse a model that was trained on other pairs than train, such as one that has learnt the holdout.

    Raises
    ------
    DataError
        If its users, items or pairs are not those of train.
    """
    seen = model.seen
    for what, own, others in (("users", seen.user_ids, train.user_ids), ("items", seen.item_ids, train.item_ids)):
        if not own.values.equals(others.values):
            raise DataError(
                f"The model {name!r} has {len(own):,} {what}, which are not the {len(others):,} of train. "
                "Give the plays that it was trained on."
            )
    if seen.n_pairs != train.n_pairs or (seen.indices != train.indices).any() or (seen.indptr != train.indptr).any():
        raise DataError(
            f"The model {name!r} was trained on {seen.n_pairs:,} pairs, which are not the {train.n_pairs:,} of train. "
            "Give the plays that it was trained on: a model that has seen the holdout cannot be judged by it."
        )


__all__ = [
    "BASELINES",
    "Contender",
    "Trained",
    "baseline_contender",
    "check_model",
    "check_names",
    "describe",
    "model_contenders",
]
