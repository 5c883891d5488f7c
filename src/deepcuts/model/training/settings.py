"""The hyperparameters of the model, each written once: here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypedDict, cast, get_args

from deepcuts.checks import check_choices, check_ranges, choice, real_number, truth, whole_number
from deepcuts.errors import SettingsError
from deepcuts.setting_names import refusing_unknown

Confidence = Literal["binary", "log"]
Target = Literal["one", "signed_log"]
Start = Literal["cluster", "copy"]
PersonaCount = Literal["log2", "all"]
Reassignment = Literal["kept", "cosine", "score"]
Signs = Literal["both", "items", "none"]
EarlyStopping = Literal["auto", "on", "off"]
Auto = Literal["auto"]

AUTO: Auto = "auto"

CHOICES = {
    "confidence": Confidence,
    "target": Target,
    "start": Start,
    "persona_count": PersonaCount,
    "reassignment": Reassignment,
    "nonnegative": Signs,
    "early_stopping": EarlyStopping,
}


class Weighting(NamedTuple):
    """Weights that may be "auto", as numbers: both λ, the ratio, α and factors on λ of docs/maths.md, Weights."""

    user_regularization: float
    item_regularization: float
    unobserved_ratio: float
    unobserved_exponent: float
    settled_regularization_scale: float
    persona_regularization_scale: float


class ByRidge(NamedTuple):
    """Settings that follow λ where they are "auto", as numbers: factors on w0, and from where clusters are joined."""

    settled_unobserved_scale: float
    persona_unobserved_scale: float
    join_cosine: float


# Settings that are found by the sizes of the data where they are "auto".
BY_SIZES = ("n_factors", "item_weight_exponent", *Weighting._fields)
AUTOMATIC = (*BY_SIZES, *ByRidge._fields)


class PersonaOptions(TypedDict, total=False):
    """The fields of `PersonaSettings`, as keywords that type checkers and editors know."""

    n_factors: int | Auto
    n_personas: int
    user_regularization: float | Auto
    item_regularization: float | Auto
    frequency_exponent: float
    unobserved_ratio: float | Auto
    unobserved_exponent: float | Auto
    item_weight_exponent: float | Auto
    confidence: Confidence
    confidence_scale: float
    target: Target
    user_normalization: bool
    settled_unobserved_scale: float | Auto
    settled_regularization_scale: float | Auto
    persona_unobserved_scale: float | Auto
    persona_regularization_scale: float | Auto
    lean: float
    lean_history: float
    diversity: float
    distinction: float
    distinction_floor: float
    start: Start
    persona_count: PersonaCount
    join_cosine: float | Auto
    reassignment: Reassignment
    merge_cosine: float
    base_epochs: int
    persona_epochs: int
    tolerance: float
    nonnegative: Signs | bool
    early_stopping: EarlyStopping


@refusing_unknown
@dataclass(frozen=True, kw_only=True)
class PersonaSettings:
    """Hyperparameters of `PersonaNMF`; docs/maths.md derives them.

    Parameters
    ----------
    n_factors
        Length of the taste vectors, 1 to 4096. The more kinds of music there are, the more of them pay;
        docs/guide/weights.md has figures. "auto" takes 128, 256 where a rehearsal has clearly better lists with
        them, and 512 where 256 have made them better by a lot.
    n_personas
        The most personas a user may have, 1 to 100; see `persona_count`. With 1, the model is the base: one
        vector per user.
    user_regularization, item_regularization
        λ of users and of items, above 0. The ridge of a row is λ · (observed weight of the row + unobserved
        weight of the row) ** frequency_exponent. "auto" takes it from the sizes of the data.
    frequency_exponent
        ν, 0 to 2: how strongly the ridge grows with the weight of a row (Rendle et al. 2022,
        doi:10.1145/3523227.3548486).
    unobserved_ratio
        All unobserved weight over all observed weight, at least 0; the weight of one pair that was not observed
        is w0 = ratio · Σ c / (users · items) on average over the items. "auto" takes it from the sizes of the data,
        or less of it where a rehearsal has clearly better lists.
    unobserved_exponent
        α, 0 to 1: how strongly the weight of a pair that was not observed grows with the listeners of its item, as
        listeners ** α (He et al. 2016, doi:10.1145/2911451.2911489). With 0, all such pairs weigh the same;
        "auto" takes it from the sizes of the data.
    item_weight_exponent
        γ, 0 to 1: how strongly all pairs of an item, observed or not, weigh less in training the more listeners it has,
        as listeners ** −γ, so that widely played items do not take all of the factors. Users are solved for without it
        once items are found. "auto" is 0, and 0.2 where a rehearsal has clearly better lists with it.
    confidence, confidence_scale
        Confidence of an observed pair: "binary", 1; "log", 1 + scale · log2(1 + plays).
    target
        What an observed pair should score: "one"; "signed_log", log2(plays + 0.1) − 2, below 0 for less than four
        plays. The latter needs counts: where everything was played once, all targets are below 0.
    user_normalization
        Whether confidences, and signed targets, are divided by their mean size over the user's items.
    settled_unobserved_scale, settled_regularization_scale
        Factors on w0, at least 0, and on λ of users, above 0, where base vectors are solved for with the items fixed:
        at the end of training, and in fold-in. "auto" takes the latter from the sizes of the data; the former is 0.5,
        and up to four times that where rows are long and λ is less than by the sizes.
    persona_unobserved_scale
        Factor on w0 once users are split, at least 0. "auto" is 0.3, and up to four times that likewise.
    persona_regularization_scale
        Factor on λ of users once they are split, above 0. "auto" takes it from the sizes of the data.
    lean
        μ, how strongly personas lean on the base vector of their user, in multiples of that user's base ridge.
    lean_history
        Number of items of a user from which on the lean grows with its square root, above 0.
    diversity
        λ of prediction diversity as a multiple of w0, at least 0: items that are predicted for many users cost.
    distinction
        λ of persona distinction as a multiple of the user's base ridge, at least 0: personas that are alike cost.
    distinction_floor
        ε of the distinction term as a multiple of the mean squared length of base vectors, above 0.
    start
        How a user is split: "cluster", by the vectors of their items; "copy", by perturbed copies of their base vector.
    persona_count
        The most personas of a user of n items: "log2", ⌊log2 n⌋; "all", n; both at most `n_personas`.
    join_cosine
        Clusters of a user's items are joined before their personas are solved for, where the mean directions of the
        items are at least this alike, 0 to 2; above 1 joins none. So the number of personas follows the tastes. "auto"
        is 0.62, and less where λ is less than by the sizes of the data: vectors of one taste are less alike then.
    reassignment
        Whether pairs may change their persona as these move: "kept", "cosine" or "score".
    merge_cosine
        Personas of a user whose directions are at least this alike are joined, 0 to 2; above 1 joins none.
    base_epochs
        The most epochs of the base, at least 1.
    persona_epochs
        Epochs in which personas and items move together after the split. With 0, items stay as the base left
        them, and the personas of one user do not depend on other users.
    tolerance
        Training ends early once an epoch lowers the loss by less than this share of it, at least 0.
    early_stopping
        Whether training of the base ends where lists get worse, by items that users give for it, in a rehearsal
        below 100,000 users, which finds the ratio, λ and the number of factors as well where these are "auto": "on",
        "off" or "auto", where there are 500 users or more, and more epochs than rehearsed.
    nonnegative
        Which factors are held at or above 0: "both", those of users and of items; "items"; "none". True is "both",
        False is "none". docs/guide/signs.md tells when to leave the default.

    Raises
    ------
    SettingsError
        If a value is out of its range.
    """

    n_factors: int | Auto = AUTO
    n_personas: int = 4
    user_regularization: float | Auto = AUTO  # "auto" is in density_rule.py
    item_regularization: float | Auto = AUTO
    frequency_exponent: float = 1.0
    unobserved_ratio: float | Auto = AUTO
    unobserved_exponent: float | Auto = AUTO
    item_weight_exponent: float | Auto = AUTO
    confidence: Confidence = "log"  # chosen by the table in docs/maths.md, Weights
    confidence_scale: float = 1.0
    target: Target = "one"
    user_normalization: bool = True
    settled_unobserved_scale: float | Auto = AUTO
    settled_regularization_scale: float | Auto = AUTO
    persona_unobserved_scale: float | Auto = AUTO
    persona_regularization_scale: float | Auto = AUTO
    lean: float = 0.4  # for histories of up to `lean_history` items; docs/maths.md, How the lean grows
    lean_history: float = 50.0
    diversity: float = 0.0
    distinction: float = 0.0
    distinction_floor: float = 0.1
    start: Start = "cluster"
    persona_count: PersonaCount = "log2"
    join_cosine: float | Auto = AUTO
    reassignment: Reassignment = "kept"
    merge_cosine: float = 2.0
    base_epochs: int = 30
    persona_epochs: int = 0
    tolerance: float = 1e-4
    nonnegative: Signs | bool = "both"
    early_stopping: EarlyStopping = "auto"

    def __post_init__(self) -> None:
        if not isinstance(self.nonnegative, str):
            object.__setattr__(self, "nonnegative", _former_signs(self.nonnegative))
        for name in AUTOMATIC:
            self._check_number_or_auto(name)
        check_ranges(self, **{name: ends for name, ends in _RANGES.items() if name not in AUTOMATIC})
        check_choices(self, **CHOICES)

    def _check_number_or_auto(self, name: str) -> None:
        value, (least, most) = getattr(self, name), _RANGES[name]
        if isinstance(value, str) and value == AUTO:
            return
        if name == "n_factors":
            advice = f"It is a whole number between {least:g} and {most:g}, or 'auto'."
            number: float = whole_number(name, value, int(least), int(most), advice)
        else:
            number = real_number(name, value, least, most, f"It lies between {least:g} and {most:g}, or is 'auto'.")
        object.__setattr__(self, name, number)

    @property
    def vector_length(self) -> int:
        """`n_factors` as a number.

        Raises
        ------
        SettingsError
            If it is "auto": training replaces it by its number.
        """
        return cast(int, self._number("n_factors"))

    @property
    def item_weighting(self) -> float:
        """`item_weight_exponent` as a number.

        Raises
        ------
        SettingsError
            If it is "auto": training replaces it by its number.
        """
        return self._number("item_weight_exponent")

    @property
    def weighting(self) -> Weighting:
        """The weights that may be "auto", as numbers.

        Raises
        ------
        SettingsError
            If one is "auto": training replaces it by its number.
        """
        return Weighting(*map(self._number, Weighting._fields))

    @property
    def by_ridge(self) -> ByRidge:
        """The settings that follow λ, as numbers.

        Raises
        ------
        SettingsError
            If it is "auto": training replaces it by its number.
        """
        return ByRidge(*map(self._number, ByRidge._fields))

    def _number(self, name: str) -> float:
        if getattr(self, name) == AUTO:
            raise SettingsError(f"{name} is 'auto', which only training makes a number of. Give a number.")
        return cast(float, getattr(self, name))

    @property
    def lowest_user_factor(self) -> float:
        """Lower bound of every factor of users and personas."""
        return 0.0 if self.nonnegative == "both" else -math.inf

    @property
    def lowest_item_factor(self) -> float:
        """Lower bound of every factor of items."""
        return -math.inf if self.nonnegative == "none" else 0.0


def _former_signs(value: object) -> Signs:
    """Take True or False, which the setting was before items could be meant alone."""
    try:
        return "both" if truth("nonnegative", value) else "none"
    except SettingsError:
        return cast(Signs, choice("nonnegative", value, get_args(Signs)))


_RANGES = {
    "n_factors": (1, 4096),
    "n_personas": (1, 100),  # numbers of personas are int8
    "user_regularization": (1e-9, 1e9),
    "item_regularization": (1e-9, 1e9),
    "frequency_exponent": (0, 2),
    "unobserved_ratio": (0, 1e6),
    "unobserved_exponent": (0, 1),
    "item_weight_exponent": (0, 1),
    "confidence_scale": (0, 1e6),
    "settled_unobserved_scale": (0, 1e3),
    "settled_regularization_scale": (1e-9, 1e3),
    "persona_unobserved_scale": (0, 1e3),
    "persona_regularization_scale": (1e-9, 1e3),
    "lean": (0, 1e6),
    "lean_history": (1e-9, 1e9),
    "diversity": (0, 1e6),
    "distinction": (0, 1e6),
    "distinction_floor": (1e-6, 1e6),  # ε divides, maths.md (12)
    "join_cosine": (0, 2),
    "merge_cosine": (0, 2),  # cosines end at 1; beyond is "never"
    "base_epochs": (1, 10_000),
    "persona_epochs": (0, 10_000),
    "tolerance": (0, 1),
}
