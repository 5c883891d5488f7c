"""The parts of a search: where it looks, when it stops a trial, what it picks, and how settings are kept."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import deepcuts as dc
from deepcuts.errors import DataError, SettingsError
from deepcuts.model import PersonaSettings
from deepcuts.model.training.density_rule import resolved
from deepcuts.model.training.settings import _RANGES
from deepcuts.tuning import TuningSettings, read_settings, write_settings
from deepcuts.tuning.files import parse_values
from deepcuts.tuning.front import front, pick
from deepcuts.tuning.objectives import parse_objectives
from deepcuts.tuning.pruning import FIRST_TRIALS, stops_early
from deepcuts.tuning.space import SPACE, default_point, is_whole, searched, with_numbers

PLAYS = dc.generate_world(n_users=60, n_items=80, items_per_user=6, seed=0).plays
POINTS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12).map(
    lambda points: np.array(points, float)
)


@pytest.mark.parametrize("name", SPACE)
def test_what_is_searched_lies_in_the_ranges_of_the_model_and_around_its_default(name):
    least, most = _RANGES[name]
    axis, default = SPACE[name], default_point({}, PLAYS)[name]
    assert least <= axis.low <= default <= axis.high <= most
    assert is_whole(name) == isinstance(default, int)
    for value in (axis.low, axis.high):
        PersonaSettings(**{name: int(value) if is_whole(name) else value})


def test_fixed_settings_are_not_searched():
    fixed = {"n_factors": 32, "start": "copy"}
    assert "n_factors" not in searched(fixed)
    numbers = vars(resolved(PersonaSettings(), PLAYS))
    assert default_point(fixed, PLAYS) == {name: numbers[name] for name in SPACE if name != "n_factors"}


def test_what_is_auto_and_not_searched_is_fixed_at_its_number():
    numbers = resolved(PersonaSettings(), PLAYS)
    scale = {
        "item_weight_exponent": 0.0,
        "settled_regularization_scale": numbers.settled_regularization_scale,
    }
    assert with_numbers({"n_factors": 32}, PLAYS) == {
        "n_factors": 32,
        "user_regularization": numbers.user_regularization,
        **scale,
    }
    assert with_numbers({"user_regularization": 0.5, "unobserved_ratio": 3.0}, PLAYS) == {
        "user_regularization": 0.5,
        "unobserved_ratio": 3.0,
        **scale,
    }


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"objectives": ("ndcg",)}, "The objectives are ndcg. Give two that are different"),
        ({"objectives": ("ndcg", "ndcg@100")}, "Give two that are different"),
        ({"objectives": ("ndcg", "fun")}, "There is no metric 'fun'"),
        ({"objectives": ("ndcg", "novelty@x")}, "has no cut-off after its @"),
        ({"fixed": {"depth": 3}}, "There is no setting 'depth'"),
        ({"fixed": {"n_factors": 0}}, "n_factors is 0"),
        ({"fixed": {name: getattr(PersonaSettings(), name) for name in SPACE}}, "nothing is left to search"),
        ({"fraction": 1.0}, "fraction is 1.0"),
        ({"n_trials": 0}, "n_trials is 0"),
    ],
)
def test_a_search_that_cannot_be_meant_is_refused(settings, message):
    with pytest.raises(SettingsError, match=message):
        TuningSettings(**settings)


def test_objectives_know_their_cut_off_and_which_way_is_better():
    accuracy, gini = parse_objectives(["recall@50", "gini"])
    assert (accuracy.name, accuracy.sign, gini.name, gini.sign) == ("recall@50", 1, "gini@20", -1)


def test_a_trial_is_stopped_by_the_medians_of_those_before_it():
    earlier = np.array([[0.1, 3.0], [0.2, 4.0], [0.3, 5.0], [0.3, 4.0], [0.2, 2.0], [0.4, 4.0]])  # medians .25 and 4
    assert stops_early(np.array([0.24, 3.9]), earlier)  # below both
    assert not stops_early(np.array([0.24, 4.1]), earlier)  # less accurate, more novel
    assert not stops_early(np.array([0.26, 1.0]), earlier)  # more accurate
    assert stops_early(np.array([0.22, 9.0]), earlier)  # less than nine tenths as accurate, however novel
    assert not stops_early(np.array([0.0, 0.0]), earlier[: FIRST_TRIALS - 1])  # a median of few says nothing


@given(POINTS)
def test_the_front_is_what_nothing_beats(points):
    found = front(points)

    def beats(a, b):
        return all(a >= b) and any(a > b)

    assert set(found) == {i for i, one in enumerate(points) if not any(beats(other, one) for other in points)}
    assert np.all(np.diff(points[found, 0]) <= 0)


@given(POINTS)
def test_the_balanced_pick_is_never_worse_than_the_default(points):
    chosen = pick(points, 0, "balanced")
    assert np.all(points[chosen] >= points[0])
    ahead = [i for i, one in enumerate(points) if all(one >= points[0])]
    ranges = np.maximum(np.ptp(points, axis=0), 1e-300)
    gains = [np.sum((points[i] - points[0]) / ranges) for i in ahead]
    assert np.sum((points[chosen] - points[0]) / ranges) == pytest.approx(max(gains))


def test_the_other_picks():
    points = np.array([[0.40, 4.0], [0.42, 3.9], [0.39, 5.0], [0.37, 6.0], [0.41, 4.1]])
    assert [pick(points, 0, rule) for rule in ("accurate", "novel", "balanced")] == [1, 2, 4]


@pytest.mark.parametrize("ending", ["toml", "json"])
def test_settings_files_bring_back_what_was_written(tmp_path, ending):
    settings = PersonaSettings(n_factors=7, lean=0.1 + 0.2, start="copy", nonnegative=False, tolerance=1e-5)
    write_settings(tmp_path / f"s.{ending}", settings, "Where it\ncomes from")
    assert read_settings(str(tmp_path / f"s.{ending}")) == vars(settings)
    assert ("# comes from" in (tmp_path / f"s.{ending}").read_text()) == (ending == "toml")


@pytest.mark.parametrize(
    ("name", "text", "error", "message"),
    [
        ("s.json", '{"n_factors": 0}', SettingsError, "s.json: n_factors is 0"),
        ("s.json", '{"lean": 1, "lean": 2}', DataError, "cannot be read as json: the key 'lean' appears twice"),
        ("s.json", '{"factors": 8}', SettingsError, "s.json has no setting 'factors'. Did you mean 'n_factors'"),
        ("s.json", '{"nonnegative": 1}', SettingsError, "nonnegative is 1. Pass 'both' or 'items' or 'none'"),
        ("s.json", '{"nonnegative": "users"}', SettingsError, "Pass 'both' or 'items' or 'none'"),
        ("s.json", '{"n_factors": true}', SettingsError, "n_factors = True, which is not an int"),
        ("s.json", "[1]", DataError, "holds no settings"),
        ("s.json", "{", DataError, "cannot be read as json"),
        ("s.toml", "n_factors", DataError, "cannot be read as toml"),
        ("s.yaml", "n_factors: 8", SettingsError, r"has to end in \.toml or \.json"),
    ],
)
def test_a_settings_file_that_is_wrong_is_refused(tmp_path, name, text, error, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(error, match=message):
        read_settings(tmp_path / name)


def test_a_settings_file_that_is_missing_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"There is no file .*s\.json\."):
        read_settings(tmp_path / "s.json")


def test_values_on_the_command_line():
    values = parse_values(["n_factors=64", "start=copy", "lean=1e-1", "nonnegative=false", "k-x=2"], "--set")
    assert json.dumps(values) == '{"n_factors": 64, "start": "copy", "lean": 0.1, "nonnegative": false, "k_x": 2}'
    with pytest.raises(SettingsError, match="--set is 'lean'"):
        parse_values(["lean"], "--set")
