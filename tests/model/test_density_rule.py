"""Settings that are "auto": numbers by the sizes of the data, decided once and kept with the model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import deepcuts as dc
from deepcuts import storage
from deepcuts.errors import FileFormatError, SettingsError
from deepcuts.model.training.density_rule import resolved, settings_by_ridge, weighting_by_density
from deepcuts.model.training.settings import ByRidge, PersonaSettings, Weighting

SIZES = st.tuples(st.integers(1, 10**7), st.integers(1, 10**7), st.floats(0.0, 1.0))


def pairs_of(n_users: int, n_items: int, share: float) -> int:
    return int(share * n_users * n_items)


@pytest.fixture(scope="module")
def plays() -> dc.Interactions:
    return dc.generate_world(n_users=150, n_items=120, items_per_user=12, seed=5).plays


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ((1853, 4577, 61_800), (0.0202, 8.0, 0.233, 1.0)),  # HetRec
        ((50, 6500, 20_000), (0.0349, 8.0, 0.001, 0.9)),  # Audioscrobbler
        ((6000, 3700, 800_000), (0.0200, 8.2, 0.006, 0.6)),  # ratings of films: dense
        ((30_000, 40_000, 800_000), (0.0124, 16.0, 0.398, 1.0)),  # large and sparse
    ],
)
def test_what_it_gives(sizes, expected):
    ridge, item_ridge, ratio, exponent, of_settled, of_personas = weighting_by_density(*sizes)
    assert ridge == item_ridge == pytest.approx(expected[0], rel=0.05)
    assert ratio == pytest.approx(expected[1], rel=0.05)
    assert exponent == pytest.approx(expected[2], abs=0.02)
    assert (of_settled, of_personas) == pytest.approx((0.85 * expected[3], 0.8 * expected[3]), rel=0.03)


@given(SIZES)
def test_all_sizes_give_settings_in_their_ranges(sizes):
    n_users, n_items, _ = sizes
    weighting = weighting_by_density(n_users, n_items, pairs_of(*sizes))
    PersonaSettings(**weighting._asdict())
    assert 0.012 <= weighting.user_regularization <= 0.035
    assert 8 <= weighting.unobserved_ratio <= 16
    assert 0 <= weighting.unobserved_exponent <= 0.4
    assert 0.5 <= weighting.settled_regularization_scale <= 1.4
    assert 0.45 <= weighting.persona_regularization_scale <= 1.3


@given(st.integers(10, 10**6), st.integers(10, 10**6), st.floats(0.001, 0.9))
def test_it_has_no_cliffs(n_users, n_items, share):
    """One percent more pairs moves no number by more than three percent of its range."""
    n_pairs = max(100, pairs_of(n_users, n_items, share))
    before, after = (np.array(weighting_by_density(n_users, n_items, n)) for n in (n_pairs, int(1.01 * n_pairs)))
    assert np.all(np.abs(after - before) <= 0.03 * np.array([0.023, 0.023, 8, 0.4, 0.9, 0.8]))


def test_sparser_data_has_no_smaller_exponent_and_larger_data_no_smaller_ratio():
    found = [weighting_by_density(30_000, 30_000, n) for n in (30_000_000, 3_000_000, 1_000_000, 500_000)]
    assert [w.unobserved_exponent for w in found] == sorted(w.unobserved_exponent for w in found)
    larger = [weighting_by_density(n, n, 30 * n).unobserved_ratio for n in (3_000, 10_000, 30_000, 100_000)]
    assert larger == sorted(larger)


def test_users_with_longer_rows_are_held_less_once_items_are_found():
    found = [weighting_by_density(2_000, 2_000, n) for n in (8_000, 24_000, 40_000, 80_000, 160_000, 800_000)]
    for name in ("settled_regularization_scale", "persona_regularization_scale"):
        scales = [getattr(weighting, name) for weighting in found]
        assert scales == sorted(scales, reverse=True)
        assert scales[0] / scales[-1] == pytest.approx(1.6 / 0.6, rel=0.02)


def test_a_model_keeps_the_numbers_it_was_trained_with(plays, tmp_path):
    expected = weighting_by_density(plays.n_users, plays.n_items, plays.n_pairs)
    model = dc.PersonaNMF(n_factors=4, base_epochs=2).fit(plays)
    assert model.settings.weighting == expected
    model.save(tmp_path / "model.safetensors")
    loaded = dc.load(tmp_path / "model.safetensors")
    assert loaded.settings == model.settings
    few = plays.keep_pairs(plays.user_of_pair() < 5)
    assert loaded.fold_in(few).settings.weighting == expected
    newcomer = replace(few.user(0), user_ids=type(few.user_ids).of(["someone new"], "user"))
    grown = loaded.extend(newcomer)
    assert grown.settings.weighting == expected
    again = dc.PersonaNMF(**vars(model.settings)).fit(plays)
    np.testing.assert_array_equal(again.persona_factors, model.persona_factors)


def test_numbers_that_are_given_stay_and_the_ridge_follows_the_ratio(plays):
    asked = PersonaSettings(unobserved_ratio=16, item_regularization=0.5)
    found, free = resolved(asked, plays), resolved(PersonaSettings(), plays)
    assert (found.unobserved_ratio, found.item_regularization) == (16, 0.5)
    assert found.unobserved_exponent == free.unobserved_exponent
    expected = free.user_regularization * (free.unobserved_ratio / 16) ** 0.7
    assert found.user_regularization == pytest.approx(expected)
    assert resolved(found, plays) == found


@pytest.mark.parametrize("name", [*Weighting._fields, "item_weight_exponent"])
def test_what_is_neither_a_number_nor_auto_is_refused(name):
    assert getattr(PersonaSettings(), name) == "auto"
    for value in ("Auto", "much", None, True, float("nan"), -1, np.array(["auto"])):
        with pytest.raises(SettingsError, match=rf"{name} is .*, or is 'auto'\."):
            PersonaSettings(**{name: value})
    with pytest.raises(SettingsError, match="'auto', which only training makes a number of"):
        _ = PersonaSettings().weighting


@pytest.mark.parametrize("name", ["unobserved_ratio", "n_factors"])
def test_a_model_file_that_says_auto_is_refused(plays, tmp_path, name):
    path = tmp_path / "model.safetensors"
    dc.PersonaNMF(n_factors=4, base_epochs=2).fit(plays).save(path)
    stored = storage.read(path, "model")
    meta = {**stored.meta, "settings": {**stored.meta["settings"], name: "auto"}}
    storage.write(path, "model", stored.arrays, stored.strings, meta, force=True)
    with pytest.raises(FileFormatError, match=rf"its settings cannot be used \({name} is 'auto'"):
        dc.load(path)


@pytest.fixture(scope="module")
def long_rows():
    return dc.generate_world(300, 600, items_per_user=40, n_scenes=6).plays


def test_clusters_are_joined_from_a_lower_cosine_where_less_of_the_ridge_is_asked_for(plays):
    rule = weighting_by_density(plays.n_users, plays.n_items, plays.n_pairs).user_regularization

    def joined(**asked: float) -> float:
        return resolved(PersonaSettings(**asked), plays).by_ridge.join_cosine

    assert joined() == 0.62
    assert joined(user_regularization=rule, item_regularization=2 * rule) == 0.62
    assert joined(user_regularization=0.49 * rule, item_regularization=rule) == pytest.approx(0.62 * 0.49**0.25)
    assert joined(user_regularization=0.64 * rule, item_regularization=0.64 * rule) == pytest.approx(0.62 * 0.8)
    assert joined(user_regularization=1e-6, item_regularization=1e-6) == 0.45
    assert joined(user_regularization=1e-6, join_cosine=0.7) == 0.7
    assert joined(unobserved_ratio=4.0) == 0.62  # λ by the rule follows the ratio


def test_what_users_do_not_play_counts_for_more_where_rows_are_long_and_the_ridge_is_less(long_rows):
    rule = weighting_by_density(long_rows.n_users, long_rows.n_items, long_rows.n_pairs).user_regularization

    def scales(share: float, **asked: float) -> tuple[float, float]:
        ridges = {"user_regularization": share * rule, "item_regularization": share * rule}
        return resolved(PersonaSettings(**ridges, **asked), long_rows).by_ridge[:2]

    for share in (1.0, 1.4, 100.0):
        assert scales(share) == pytest.approx((0.5, 0.3))
    for share in (0.5, 0.3, 1e-6):
        assert scales(share) == pytest.approx((2.0, 1.2), rel=0.01)
    assert scales(0.75) == pytest.approx((1.0, 0.6), rel=0.01)
    assert scales(0.5, settled_unobserved_scale=0.7) == pytest.approx((0.7, 1.2), rel=0.01)
    assert scales(0.5, persona_unobserved_scale=0.7) == pytest.approx((2.0, 0.7), rel=0.01)


@given(st.floats(1e-6, 10), st.floats(1e-6, 10), st.floats(0, 1e6), st.floats(0, 1e6))
def test_what_follows_the_ridge_never_grows_with_it_nor_falls_with_the_length_of_rows(share, other, length, longer):
    (less, more), (short, long) = sorted((share, other)), sorted((length, longer))
    by_less, by_more = settings_by_ridge(less, long), settings_by_ridge(more, short)
    for name, least in (("settled_unobserved_scale", 0.5), ("persona_unobserved_scale", 0.3)):
        assert least <= getattr(by_more, name) <= getattr(by_less, name) <= 4 * least
    assert 0.45 <= by_less.join_cosine <= by_more.join_cosine <= 0.62


@pytest.mark.parametrize("name", ByRidge._fields)
def test_what_follows_the_ridge_is_a_number_or_auto(name):
    assert getattr(PersonaSettings(), name) == "auto"
    with pytest.raises(SettingsError, match="'auto', which only training makes a number of"):
        _ = PersonaSettings().by_ridge
    for value in (-1, 1e4, "much", None, True):
        with pytest.raises(SettingsError, match=rf"{name} is .*, or is 'auto'"):
            PersonaSettings(**{name: value})
