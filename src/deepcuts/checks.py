"""Checks of settings, for the model and the baselines alike."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any, get_args

from deepcuts.errors import SettingsError


def check_ranges(settings: Any, **ranges: tuple[float, float]) -> None:
    """Refuse numbers of a settings dataclass outside their range, and fractions for fields of type int.

    Raises
    ------
    SettingsError
        At the first one.
    """
    # Types are strings here, as the modules of settings import annotations from __future__.
    integers = {field.name for field in fields(settings) if field.type == "int"}
    for name, (least, most) in ranges.items():
        value = getattr(settings, name)
        # NaN is outside every range.
        if not (isinstance(value, (int, float)) and math.isfinite(value) and least <= value <= most):
            raise SettingsError(f"{name} is {value!r}. It lies between {least:g} and {most:g}.")
        if name in integers and not isinstance(value, int):
            raise SettingsError(f"{name} is {value!r}. It is a whole number.")


def check_choices(settings: Any, **choices: Any) -> None:
    """Refuse values of a settings dataclass that their `Literal` does not list.

    Raises
    ------
    SettingsError
        At the first one.
    """
    for name, kind in choices.items():
        if getattr(settings, name) not in get_args(kind):
            known = " or ".join(map(repr, get_args(kind)))
            raise SettingsError(f"{name} is {getattr(settings, name)!r}. Pass {known}.")
