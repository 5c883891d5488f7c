"""What a caller may ask of a list."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from deepcuts.errors import SettingsError

Mix = Literal["share", "max"]
Dial = Literal["shift", "power"]
Frequency = Literal["listeners", "plays"]


@dataclass(frozen=True)
class ListSettings:
    """How lists are made; all of it takes effect at the moment of asking, without refitting.

    Parameters
    ----------
    k
        Length of the list, at least 1. A list is shorter where fewer items qualify; there is no filler.
    rarity
        0 leaves the scores alone, above 0 is rarer, below 0 more familiar: one value for all personas, or a value
        for some of them, such as ``{0: 0.3, 2: -0.1}``, and 0 for the rest.
    dial
        "shift": score − rarity · spread · z, where z is the standardised log frequency of the item and spread the
        standard deviation of the persona's scores (for ``mix="max"``, the largest among the user's personas).
        "power": score · frequency ** −rarity; it needs scores that are not negative.
    frequency
        Counted by "listeners" or by all "plays" (heavy repeat listening is a popularity of its own).
    mix
        "share": every persona ranks on its own, and the list takes from each by its share of the listening.
        "max": all items by their best score over the personas.
    include_seen
        Whether items that the user has played may be listed.
    allow, deny
        Item ids: nothing but these, and none of these.
    pick
        Personas to hear, by number; None hears all.
    weights
        Factor on a persona's share (on its scores for ``mix="max"``): 0 mutes it, above 1 boosts it.

    Raises
    ------
    SettingsError
        If a value is out of its range.
    """

    k: int = 20
    rarity: float | Mapping[int, float] = 0.0
    dial: Dial = "shift"
    frequency: Frequency = "listeners"
    mix: Mix = "share"
    include_seen: bool = False
    allow: Collection[str] | None = None
    deny: Collection[str] = ()
    pick: Collection[int] | None = None
    weights: Mapping[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.k < 1:
            raise SettingsError(f"k is {self.k}. A list holds at least 1 item; pass k=20, say.")
        for name, kind in (("dial", Dial), ("frequency", Frequency), ("mix", Mix)):
            if getattr(self, name) not in get_args(kind):
                choices = " or ".join(repr(choice) for choice in get_args(kind))
                raise SettingsError(f"{name} is {getattr(self, name)!r}. Pass {choices}.")
        if not all(math.isfinite(value) for value in self.rarities().values()):
            raise SettingsError(f"rarity is {self.rarity!r}. Pass a finite number; 0 is neutral, above 0 is rarer.")
        if not all(math.isfinite(weight) and weight >= 0 for weight in self.weights.values()):
            raise SettingsError(f"weights is {self.weights!r}. A weight is 0 (mute) or a number above it.")
        for name in ("allow", "deny"):
            if isinstance(getattr(self, name), str):
                raise SettingsError(f"{name} is one string. Pass a list of item ids, even of a single one.")

    def rarities(self) -> Mapping[int, float]:
        """Return the rarity of personas by number; −1 stands for all those not named."""
        return self.rarity if isinstance(self.rarity, Mapping) else {-1: float(self.rarity)}

    def persona_weight(self, persona: int) -> float:
        """Factor on the share of a persona."""
        heard = self.pick is None or persona in self.pick
        return float(self.weights.get(persona, 1.0)) if heard else 0.0

    def persona_rarity(self, persona: int) -> float:
        """Turn of the dial of a persona."""
        rarities = self.rarities()
        return float(rarities.get(persona, rarities.get(-1, 0.0)))
