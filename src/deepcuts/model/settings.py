"""The hyperparameters of the model, each written once: here."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Literal, get_args

from deepcuts.errors import SettingsError

Confidence = Literal["binary", "log"]


@dataclass(frozen=True, kw_only=True)
class PersonaSettings:
    """Hyperparameters of `PersonaNMF`; docs/maths.md derives them.

    Parameters
    ----------
    n_factors
        Length of the taste vectors, 1 to 4096.
    n_personas
        The most personas a user may have, 1 to 100; a user of n items has at most ⌊log2 n⌋. With 1, the model is
        the base: one vector per user.
    user_regularization, item_regularization
        λ of users and of items, above 0. The ridge of a row is λ · (observed weight of the row + unobserved
        weight of the row) ** frequency_exponent.
    frequency_exponent
        ν, 0 to 2: how strongly the ridge grows with the weight of a row (Rendle et al. 2022,
        doi:10.1145/3523227.3548486).
    unobserved_ratio
        All unobserved weight over all observed weight, at least 0; the weight of one pair that was not observed
        is w0 = ratio · Σ c / (users · items).
    confidence, confidence_scale
        Confidence of an observed pair: "binary", 1; "log", 1 + scale · log2(1 + plays), relative to the user's
        mean.
    persona_unobserved_scale
        Factor on w0 once users are split, at least 0.
    persona_regularization_scale
        Factor on λ of users once they are split, above 0.
    lean
        μ, how strongly personas lean on the base vector of their user, in multiples of that user's base ridge.
    base_epochs
        The most epochs of the base, at least 1.
    persona_epochs
        Epochs in which personas and items move together after the split. With 0, items stay as the base left
        them, and the personas of one user do not depend on other users.
    tolerance
        Training ends early once an epoch lowers the loss by less than this share of it, at least 0.
    nonnegative
        Whether factors are held at or above 0.

    Raises
    ------
    SettingsError
        If a value is out of its range.
    """

    n_factors: int = 64
    n_personas: int = 4
    user_regularization: float = 0.02
    item_regularization: float = 0.02
    frequency_exponent: float = 1.0
    unobserved_ratio: float = 8.0
    confidence: Confidence = "log"
    confidence_scale: float = 1.0
    persona_unobserved_scale: float = 0.6
    persona_regularization_scale: float = 0.4
    lean: float = 1.0
    base_epochs: int = 30
    persona_epochs: int = 0
    tolerance: float = 1e-4
    nonnegative: bool = True

    def __post_init__(self) -> None:
        for name, (least, most) in _RANGES.items():
            value = getattr(self, name)
            if not (isinstance(value, (int, float)) and math.isfinite(value) and least <= value <= most):
                raise SettingsError(f"{name} is {value!r}. It lies between {least:g} and {most:g}.")
        for field in fields(self):
            if field.type == "int" and not isinstance(getattr(self, field.name), int):
                raise SettingsError(f"{field.name} is {getattr(self, field.name)!r}. It is a whole number.")
        if self.confidence not in get_args(Confidence):
            raise SettingsError(f"confidence is {self.confidence!r}. Pass 'binary' or 'log'.")

    @property
    def lowest_factor(self) -> float:
        """Lower bound of every factor."""
        return 0.0 if self.nonnegative else -math.inf


_RANGES = {
    "n_factors": (1, 4096),
    "n_personas": (1, 100),
    "user_regularization": (1e-9, 1e9),
    "item_regularization": (1e-9, 1e9),
    "frequency_exponent": (0, 2),
    "unobserved_ratio": (0, 1e6),
    "confidence_scale": (0, 1e6),
    "persona_unobserved_scale": (0, 1e3),
    "persona_regularization_scale": (1e-9, 1e3),
    "lean": (0, 1e6),
    "base_epochs": (1, 10_000),
    "persona_epochs": (0, 10_000),
    "tolerance": (0, 1),
}
