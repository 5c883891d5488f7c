"""The search space: which settings are searched, and within which bounds.

Bounds lie inside the ranges of `PersonaSettings`. Settings that are not here stay at their defaults: the base knows
only the product of both sides' λ, so one of them is searched; a confidence scale near 0 is binary confidence; epochs
and tolerance trade accuracy against time, which is for the caller to decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from deepcuts.checks import shown
from deepcuts.data.play_counts import PlayCounts
from deepcuts.errors import SettingsError
from deepcuts.model.training.density_rule import resolved
from deepcuts.model.training.settings import BY_SIZES, PersonaSettings
from deepcuts.setting_names import check_known

if TYPE_CHECKING:
    import optuna


@dataclass(frozen=True)
class Axis:
    """Where one setting is searched.

    Parameters
    ----------
    low, high
        Bounds, both included.
    log
        Whether factors between values count, rather than differences.
    """

    low: float
    high: float
    log: bool = True


SPACE: Mapping[str, Axis] = MappingProxyType(
    {
        "n_factors": Axis(64, 256),
        "n_personas": Axis(1, 8, log=False),
        "item_regularization": Axis(0.005, 0.08),
        "frequency_exponent": Axis(0.8, 1.1, log=False),
        "unobserved_ratio": Axis(3, 50),
        "unobserved_exponent": Axis(0, 0.6, log=False),
        "confidence_scale": Axis(0.1, 3),
        "persona_unobserved_scale": Axis(0.2, 1.5),
        "persona_regularization_scale": Axis(0.1, 1.5),
        "lean": Axis(0.3, 5),
    }
)


def searched(fixed: Mapping[str, Any]) -> dict[str, Axis]:
    """Axes of the settings that are not fixed."""
    return {name: axis for name, axis in SPACE.items() if name not in fixed}


def default_point(fixed: Mapping[str, Any], plays: PlayCounts) -> dict[str, Any]:
    """Return the default of every setting that is searched, for these plays: where a search begins."""
    defaults = vars(resolved(PersonaSettings(**fixed), plays))
    return {name: defaults[name] for name in searched(fixed)}


def with_numbers(fixed: Mapping[str, Any], plays: PlayCounts) -> dict[str, Any]:
    """Fix what is "auto" and not searched at its number for these plays, the same in all trials."""
    numbers = vars(resolved(PersonaSettings(**fixed), plays))
    left = {name: numbers[name] for name in BY_SIZES if name not in searched(fixed)}
    return {**fixed, **left}


def suggest(trial: optuna.Trial, fixed: Mapping[str, Any]) -> dict[str, Any]:
    """Ask a trial for every setting that is searched."""
    return {name: _suggest(trial, name, axis) for name, axis in searched(fixed).items()}


def _suggest(trial: optuna.Trial, name: str, axis: Axis) -> float:
    if is_whole(name):
        return trial.suggest_int(name, int(axis.low), int(axis.high), log=axis.log)
    return trial.suggest_float(name, axis.low, axis.high, log=axis.log)


def is_whole(name: str) -> bool:
    """Tell whether a setting is a whole number."""
    return any(field.name == name and field.type in ("int", "int | Auto") for field in fields(PersonaSettings))


def check_fixed(fixed: Mapping[str, Any]) -> None:
    """Refuse values of settings that are not to be searched, where the model would refuse them.

    Raises
    ------
    SettingsError
        If there is no such setting, a value is out of its range, or nothing is left to search.
    """
    known = [field.name for field in fields(PersonaSettings)]
    if not isinstance(fixed, Mapping):
        raise SettingsError(f"fixed is {shown(fixed)}. Give values by the names of settings.")
    for name in fixed:
        check_known("setting", name, known)
    PersonaSettings(**fixed)
    if not searched(fixed):
        raise SettingsError(f"All of {', '.join(SPACE)} are fixed, so nothing is left to search.")
