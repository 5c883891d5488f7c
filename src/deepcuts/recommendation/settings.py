"""Settings of lists."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict, get_args

from deepcuts.checks import choice, is_several, real_number, shown, truth, whole_number
from deepcuts.data.any_id import AnyId
from deepcuts.errors import SettingsError
from deepcuts.setting_names import refusing_unknown, taking_former_names

Mix = Literal["share", "max"]
RarityForm = Literal["norm", "shift", "power"]
Frequency = Literal["listeners", "plays"]
BaseLean = float | Literal["auto"]

MOST_RARITY = 4.0  # the dial runs from −1 to 1; beyond, lists get as rare as they can
MOST_STRENGTH = 4.0  # far beyond any use; "power" would leave the range of float32 from about 6
MOST_WEIGHT = 1e6
MOST_BASE_WEIGHT = 100.0
MOST_PERSONA = 127  # personas are numbered in an int8
_MOST_K = 2**31 - 1  # ranks are int32

_LENGTH = f"A list holds a whole number of items, 1 to {_MOST_K:,}; pass k=20, say."
_BASE_WEIGHT = f"Pass 0, which leaves the base out, or a number above it, up to {MOST_BASE_WEIGHT:g}."
_LEAN = "Pass 'auto', or a number from 0, as trained, to 1, the base vector."
_RARITY = f"Pass a number from {-MOST_RARITY:g} to {MOST_RARITY:g}; 0 is neutral, above 0 is rarer."
_STRENGTH = f"Pass a number from {-MOST_STRENGTH:g} to {MOST_STRENGTH:g}; 0 is neutral, above 0 is rarer."
_BOTH = "rarity and strength are both given. Pass one: rarity, which is measured, or strength, as the form takes it."
_WEIGHT = f"A weight is 0 (mute) or a number above it, up to {MOST_WEIGHT:g}."


class Turn(TypedDict, total=False):
    """The settings of `ListSettings` that change scores, or how lists are made of them."""

    rarity: float | Mapping[int, float]
    strength: float | Mapping[int, float] | None
    dial: RarityForm
    frequency: Frequency
    mix: Mix
    base_lean: BaseLean


class ListOptions(Turn, total=False):
    """The settings of `ListSettings` but for `k`, as keywords that type checkers and editors know."""

    base_weight: float
    include_seen: bool
    allow: Collection[AnyId] | None
    deny: Collection[AnyId]
    pick: Collection[int] | None
    weights: Mapping[int, float]


@taking_former_names(lean="base_lean")
@refusing_unknown
@dataclass(frozen=True)
class ListSettings:
    """How lists are made from a fitted model.

    Parameters
    ----------
    k
        Length of the list, at least 1. A list is shorter where fewer items qualify; there is no filler.
    rarity
        Position of the dial: −1 familiar, 0 neutral, 1 deep cuts; beyond them, to −4 and 4, as far as lists change.
        Equal steps change the novelty of lists about equally, and 1 is the same turn for every model and every form
        (`deepcuts.recommendation.dial_scale`). One value for all personas, or a value for some of them, such as
        ``{0: 0.3, 2: -0.1}``, and 0 for the rest.
    dial
        Form of the dial (`deepcuts.recommendation.rarity`), which says what a strength t does. "norm": score ·
        size ** −t, where size is the length of item vectors as a monotone function of the items' frequency. "shift":
        score − t · spread · z, where z is the standardised log frequency of the item and spread the standard deviation
        of the persona's scores (for ``mix="max"``, the largest among the user's personas). "power":
        score · frequency ** −t. Scores below 0 are divided where others are multiplied.
    frequency
        Counted by "listeners" or by all "plays" (heavy repeat listening is a popularity of its own).
    mix
        "share": every persona ranks on its own, and the list takes from each by its share of the listening.
        "max": all items by their best score over the personas.
    base_weight
        How much the base vector of a user counts in a mix by share, beside their personas, which are worth 1 together:
        from 0, not at all, to 100. Its items stand under the persona that scores them highest. It is silent where a
        persona is muted. Models without base vectors do without.
    base_lean
        How far personas lean on the base vector of their user, from 0, as they were trained, to 1, where all of them
        are that vector. Evidence is thin for rare items, where leaning keeps accuracy at the price of calibration: so
        with "auto" they lean the more, the rarer lists are asked for, and not where lists are neutral or familiar, or a
        persona is muted. Models without base vectors do not lean.
    include_seen
        Whether items that the user has played may be listed.
    allow, deny
        Item ids, or names where there are no such ids: nothing but these, and none of these.
    pick
        Numbers of the personas that lists are made from; None takes all. Who has none of them gets no list,
        with a warning.
    weights
        Factor on a persona's share (on its scores for ``mix="max"``): 0 mutes it, above 1 boosts it.
    strength
        Instead of `rarity`: the strength t of the form itself, from −4 to 4, one value or one for each persona.

    Raises
    ------
    SettingsError
        If a value is out of its range, or both `rarity` and `strength` are given.
    """

    k: int = 20
    rarity: float | Mapping[int, float] = 0.0
    dial: RarityForm = "norm"
    frequency: Frequency = "listeners"
    mix: Mix = "share"
    base_weight: float = 0.5  # chosen by benchmarks/personas.py
    base_lean: BaseLean = "auto"  # the numbers of "auto" are in rarity.py
    include_seen: bool = False
    allow: Collection[AnyId] | None = None
    deny: Collection[AnyId] = ()
    pick: Collection[int] | None = None
    weights: Mapping[int, float] = field(default_factory=dict)
    strength: float | Mapping[int, float] | None = None

    def __post_init__(self) -> None:
        numbers = {
            "k": whole_number("k", self.k, 1, _MOST_K, _LENGTH),
            "base_weight": real_number("base_weight", self.base_weight, 0, MOST_BASE_WEIGHT, _BASE_WEIGHT),
        }
        choices = {
            "dial": choice("dial", self.dial, get_args(RarityForm)),
            "frequency": choice("frequency", self.frequency, get_args(Frequency)),
            "mix": choice("mix", self.mix, get_args(Mix)),
            "base_lean": _lean(self.base_lean),
            "include_seen": truth("include_seen", self.include_seen),
        }
        personas = {
            "rarity": _turn("rarity", self.rarity, MOST_RARITY, _RARITY),
            "strength": None if self.strength is None else _turn("strength", self.strength, MOST_STRENGTH, _STRENGTH),
            "pick": _picked(self.pick),
            "weights": _weights(self.weights),
        }
        filters = {
            "allow": None if self.allow is None else _item_ids("allow", self.allow),
            "deny": _item_ids("deny", () if self.deny is None else self.deny),
        }
        for name, value in (numbers | choices | personas | filters).items():
            object.__setattr__(self, name, value)
        if self.strength is not None and any(self.rarities().values()):
            raise SettingsError(_BOTH)

    def rarities(self) -> Mapping[int, float]:
        """Return the rarity of personas by number; −1 stands for all those not named."""
        return self.rarity if isinstance(self.rarity, Mapping) else {-1: self.rarity}

    def named_personas(self, name: str) -> tuple[int, ...]:
        """Numbers of the personas that a setting names."""
        values = getattr(self, name)
        return tuple(number for number in values if number >= 0) if isinstance(values, Mapping | tuple) else ()

    def persona_weight(self, persona: int) -> float:
        """Factor on the share of a persona."""
        is_picked = self.pick is None or persona in self.pick
        return float(self.weights.get(persona, 1.0)) if is_picked else 0.0

    def persona_rarity(self, persona: int) -> float:
        """Position of the dial for the lists of a persona."""
        return _of_persona(self.rarity, persona)

    def persona_strength(self, persona: int) -> float:
        """Strength of the form for the lists of a persona; 0 where none was given."""
        return 0.0 if self.strength is None else _of_persona(self.strength, persona)


def _of_persona(values: float | Mapping[int, float], persona: int) -> float:
    if not isinstance(values, Mapping):
        return float(values)
    return float(values.get(persona, values.get(-1, 0.0)))


def _lean(value: Any) -> BaseLean:
    return "auto" if isinstance(value, str) and value == "auto" else real_number("base_lean", value, 0, 1, _LEAN)


def _turn(name: str, value: Any, most: float, advice: str) -> float | Mapping[int, float]:
    if not isinstance(value, Mapping):
        return real_number(name, value, -most, most, advice)
    return {
        whole_number(f"A persona of {name}", persona, -1, MOST_PERSONA): _one_of(value, name, one, -most, most, advice)
        for persona, one in value.items()
    }


def _weights(weights: Any) -> Mapping[int, float]:
    if not isinstance(weights, Mapping):
        raise SettingsError(f"weights is {shown(weights)}. Pass a mapping from numbers of personas to weights.")
    return {
        whole_number("A persona of weights", persona, 0, MOST_PERSONA): _one_of(
            weights, "weights", value, 0, MOST_WEIGHT, _WEIGHT
        )
        for persona, value in weights.items()
    }


def _one_of(values: Mapping[int, float], name: str, value: object, least: float, most: float, advice: str) -> float:
    try:
        return real_number(name, value, least, most)
    except SettingsError:
        raise SettingsError(f"{name} is {shown(values)}. {advice}") from None


def _picked(pick: Any) -> tuple[int, ...] | None:
    if pick is None:
        return None
    if not is_several(pick):
        raise SettingsError(f"pick is {shown(pick)}. Pass a list of persona numbers, even of a single one.")
    return tuple(whole_number("A persona of pick", persona, 0, MOST_PERSONA) for persona in pick)


def _item_ids(name: str, ids: Any) -> tuple[str, ...]:
    from deepcuts.data.id_text import is_one_id, to_text  # brings Arrow along, which help does without

    if is_one_id(ids):
        what = "string" if isinstance(ids, str) else "id"
        raise SettingsError(f"{name} is one {what}. Pass a list of item ids, even of a single one.")
    return tuple(to_text(ids, "item").to_pylist())
