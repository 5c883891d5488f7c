"""Settings of lists."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Literal, get_args

from deepcuts.errors import SettingsError

Mix = Literal["share", "max"]
RarityForm = Literal["shift", "power"]
Frequency = Literal["listeners", "plays"]

MOST_RARITY = 4.0  # far beyond any use; "power" would leave the range of float32 from about 6
MOST_WEIGHT = 1e6


@dataclass(frozen=True)
class ListSettings:
    """How lists are made from a fitted model.

    Parameters
    ----------
    k
        Length of the list, at least 1. A list is shorter where fewer items qualify; there is no filler.
    rarity
        0 leaves the scores alone, above 0 is rarer, below 0 more familiar, from −4 to 4: one value for all personas, or
        a value for some of them, such as ``{0: 0.3, 2: -0.1}``, and 0 for the rest.
    dial
        Form of the dial (`deepcuts.recommendation.rarity`). "shift": score − rarity · spread · z, where z is the
        standardised log frequency of the item and spread the standard deviation of the persona's scores (for
        ``mix="max"``, the largest among the user's personas). "power": score · frequency ** −rarity; for scores that
        are not negative, as it moves others the wrong way.
    frequency
        Counted by "listeners" or by all "plays" (heavy repeat listening is a popularity of its own).
    mix
        "share": every persona ranks on its own, and the list takes from each by its share of the listening.
        "max": all items by their best score over the personas.
    lean
        How far personas lean on the base vector of their user, from 0, as they were trained, to 1, where all of them
        are that vector. Evidence is thin for rare items, where leaning keeps accuracy at the price of calibration;
        docs/evidence.md measures a lean of half the rarity. Models without base vectors do not lean.
    include_seen
        Whether items that the user has played may be listed.
    allow, deny
        Item ids: nothing but these, and none of these.
    pick
        Numbers of the personas that lists are made from; None takes all.
    weights
        Factor on a persona's share (on its scores for ``mix="max"``): 0 mutes it, above 1 boosts it.

    Raises
    ------
    SettingsError
        If a value is out of its range.
    """

    k: int = 20
    rarity: float | Mapping[int, float] = 0.0
    dial: RarityForm = "shift"
    frequency: Frequency = "listeners"
    mix: Mix = "share"
    lean: float = 0.0
    include_seen: bool = False
    allow: Collection[str] | None = None
    deny: Collection[str] = ()
    pick: Collection[int] | None = None
    weights: Mapping[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._check_choices()
        self._check_numbers()
        for name in ("allow", "deny"):
            if isinstance(getattr(self, name), str):
                raise SettingsError(f"{name} is one string. Pass a list of item ids, even of a single one.")
        if not isinstance(self.pick, Collection | None):
            raise SettingsError(f"pick is {self.pick!r}. Pass a list of persona numbers, even of a single one.")

    def _check_choices(self) -> None:
        if not isinstance(self.k, Integral) or self.k < 1:
            raise SettingsError(f"k is {self.k!r}. A list holds a whole number of items, at least 1; pass k=20, say.")
        for name, choices in (("dial", RarityForm), ("frequency", Frequency), ("mix", Mix)):
            if getattr(self, name) not in get_args(choices):
                known = " or ".join(repr(choice) for choice in get_args(choices))
                raise SettingsError(f"{name} is {getattr(self, name)!r}. Pass {known}.")

    def _check_numbers(self) -> None:
        if not all(_lies_within(rarity, -MOST_RARITY, MOST_RARITY) for rarity in self.rarities().values()):
            raise SettingsError(
                f"rarity is {self.rarity!r}. Pass a number from {-MOST_RARITY:g} to {MOST_RARITY:g}; 0 is neutral, "
                "above 0 is rarer."
            )
        if not _lies_within(self.lean, 0, 1):
            raise SettingsError(f"lean is {self.lean!r}. Pass a number from 0, as trained, to 1, the base vector.")
        if not all(_lies_within(weight, 0, MOST_WEIGHT) for weight in self.weights.values()):
            raise SettingsError(
                f"weights is {self.weights!r}. A weight is 0 (mute) or a number above it, up to {MOST_WEIGHT:g}."
            )

    def rarities(self) -> Mapping[int, float]:
        """Return the rarity of personas by number; −1 stands for all those not named."""
        return self.rarity if isinstance(self.rarity, Mapping) else {-1: self.rarity}

    def persona_weight(self, persona: int) -> float:
        """Factor on the share of a persona."""
        is_picked = self.pick is None or persona in self.pick
        return float(self.weights.get(persona, 1.0)) if is_picked else 0.0

    def persona_rarity(self, persona: int) -> float:
        """Rarity of the lists of a persona."""
        rarities = self.rarities()
        return float(rarities.get(persona, rarities.get(-1, 0.0)))


def _lies_within(value: object, least: float, most: float) -> bool:
    return isinstance(value, Real) and least <= float(value) <= most
