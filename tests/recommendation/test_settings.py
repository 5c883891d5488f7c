"""What a caller may ask of a list, and what is refused."""

from __future__ import annotations

import re
from typing import Any, get_type_hints

import pytest

from deepcuts import recommendation
from deepcuts.errors import SettingsError
from deepcuts.recommendation import ListOptions, ListSettings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"k": 0}, "k is 0. A list holds a whole number of items, 1 to 2,147,483,647; pass k=20, say."),
        ({"k": -3}, "k is -3. A list holds a whole number of items, 1 to 2,147,483,647; pass k=20, say."),
        ({"dial": "loud"}, "dial is 'loud'. Pass 'norm' or 'shift' or 'power'."),
        ({"frequency": "fans"}, "frequency is 'fans'. Pass 'listeners' or 'plays'."),
        ({"mix": "sum"}, "mix is 'sum'. Pass 'share' or 'max'."),
        ({"rarity": 1e300}, "rarity is 1e+300. Pass a number from -4 to 4; 0 is neutral, above 0 is rarer."),
        ({"rarity": None}, "rarity is None. Pass a number from -4 to 4; 0 is neutral, above 0 is rarer."),
        ({"k": 2.5}, "k is 2.5. A list holds a whole number of items, 1 to 2,147,483,647; pass k=20, say."),
        ({"k": "3"}, "k is '3'. A list holds a whole number of items, 1 to 2,147,483,647; pass k=20, say."),
        ({"pick": 1}, "pick is 1. Pass a list of persona numbers, even of a single one."),
        ({"weights": {0: "x"}}, "weights is {0: 'x'}. A weight is 0 (mute) or a number above it, up to 1e+06."),
        ({"weights": {0: 1e39}}, "weights is {0: 1e+39}. A weight is 0 (mute) or a number above it, up to 1e+06."),
        ({"rarity": float("nan")}, "rarity is nan. Pass a number from -4 to 4; 0 is neutral, above 0 is rarer."),
        ({"rarity": float("inf")}, "rarity is inf. Pass a number from -4 to 4; 0 is neutral, above 0 is rarer."),
        ({"rarity": {0: 0.1, 1: float("nan")}}, "rarity is {0: 0.1, 1: nan}. Pass a number from -4 to 4"),
        ({"weights": {1: -0.5}}, "weights is {1: -0.5}. A weight is 0 (mute) or a number above it, up to 1e+06."),
        (
            {"weights": {1: float("inf")}},
            "weights is {1: inf}. A weight is 0 (mute) or a number above it, up to 1e+06.",
        ),
        (
            {"weights": {1: float("nan")}},
            "weights is {1: nan}. A weight is 0 (mute) or a number above it, up to 1e+06.",
        ),
        ({"allow": "Grouper"}, "allow is one string. Pass a list of item ids, even of a single one."),
        ({"deny": "Grouper"}, "deny is one string. Pass a list of item ids, even of a single one."),
    ],
)
def test_a_value_out_of_its_range_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(message)):
        ListSettings(**settings)


def test_a_weight_counts_for_a_persona_that_is_picked() -> None:
    settings = ListSettings(pick=[0, 2], weights={0: 3.0, 1: 3.0})
    assert [settings.persona_weight(p) for p in range(4)] == [3.0, 0.0, 1.0, 0.0]


@pytest.mark.parametrize("strength", [4.5, float("nan"), "much", {0: -5}])
def test_a_strength_out_of_range_is_refused(strength: Any) -> None:
    with pytest.raises(
        SettingsError, match=r"strength is .*\. Pass a number from -4 to 4; 0 is neutral, above 0 is rarer"
    ):
        ListSettings(strength=strength)


@pytest.mark.parametrize("rarity", [0.1, {1: -0.2}])
def test_rarity_and_strength_are_two_ways_to_say_it(rarity: Any) -> None:
    with pytest.raises(SettingsError, match=r"rarity and strength are both given\. Pass one"):
        ListSettings(rarity=rarity, strength=0.1)


def test_a_strength_is_of_all_personas_or_of_some() -> None:
    assert [ListSettings(strength=0.3).persona_strength(p) for p in range(2)] == [0.3, 0.3]
    assert [ListSettings(strength={1: 0.3}).persona_strength(p) for p in range(2)] == [0.0, 0.3]
    assert ListSettings(rarity=0.5).persona_strength(0) == 0


def test_one_rarity_holds_for_all_personas() -> None:
    assert [ListSettings(rarity=0.3).persona_rarity(p) for p in range(3)] == [0.3, 0.3, 0.3]


def test_personas_without_a_rarity_of_their_own_are_neutral() -> None:
    assert [ListSettings(rarity={0: 0.3, 2: -0.1}).persona_rarity(p) for p in range(4)] == [0.3, 0.0, -0.1, 0.0]


def test_every_public_name_of_the_package_is_there() -> None:
    for name in recommendation.__all__:
        assert getattr(recommendation, name).__name__ == name


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'deepcuts\.recommendation' has no attribute 'Lists'"):
        recommendation.Lists  # noqa: B018


def test_the_keywords_that_type_checkers_know_are_the_settings():
    kinds = get_type_hints(ListSettings)
    assert get_type_hints(ListOptions) == {name: kind for name, kind in kinds.items() if name != "k"}
