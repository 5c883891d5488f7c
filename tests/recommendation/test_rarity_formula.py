"""One formula, s · m · w − a · c, in two implementations: lists from scores and lists from factors are the same."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcuts.recommendation import ListSettings, rarity, recommend
from deepcuts.recommendation.item_index import tiled_items_of
from deepcuts.recommendation.popular_lists import is_unknown
from deepcuts.recommendation.rarity import (
    FORMS,
    FormTerms,
    RowTerms,
    commonness,
    item_bases,
    item_multipliers,
    multiplier_tables,
)
from deepcuts.recommendation.scored import apply_terms
from deepcuts.recommendation.settings import RarityForm
from reference.lists import factored_source

BOTH_TERMS = FormTerms(0.5, lambda frequency, sizes: frequency**0.5, lambda strengths, spreads: strengths * spreads / 2)
STRENGTHS = st.floats(-1.5, 1.5, width=32)
PERSONAS = st.integers(0, 4)
ASKED = st.builds(
    ListSettings,
    k=st.sampled_from([1, 20, 150]),
    strength=STRENGTHS | st.dictionaries(PERSONAS, STRENGTHS),
    dial=st.sampled_from(get_args(RarityForm)),
    frequency=st.sampled_from(["listeners", "plays"]),
    mix=st.sampled_from(["share", "max"]),
    weights=st.dictionaries(PERSONAS, st.just(0.0) | st.floats(0.125, 8, width=32)),
)


def test_every_form_that_can_be_asked_for_has_terms() -> None:
    assert set(FORMS) == set(get_args(RarityForm))


@given(st.integers(0, 10_000), st.booleans(), ASKED)
@settings(deadline=None, max_examples=80)
def test_both_implementations_make_the_same_lists(seed: int, signed: bool, asked: ListSettings) -> None:
    assert_alike(seed, signed, asked)


@given(st.integers(0, 10_000), st.booleans(), ASKED)
@settings(deadline=None, max_examples=40)
def test_a_form_of_both_terms_needs_no_change_to_either(seed: int, signed: bool, asked: ListSettings) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rarity, "FORMS", dict.fromkeys(FORMS, BOTH_TERMS))
        assert_alike(seed, signed, asked)


def assert_alike(seed: int, signed: bool, asked: ListSettings) -> None:
    """Compare the lists of scores with those of factors: small whole numbers, whose products are not rounded."""
    source = factored_source(seed, ties=True, signed=signed)
    assert tiled_items_of(source.item_factors) is not None
    unknown = is_unknown(source, np.arange(len(source.user_ids)))  # who are listed what is popular, by factors alone
    users = source.user_ids.values.filter(pa.array(~unknown))
    dense, bounded = recommend(source.without_factors(), users, asked), recommend(source, users, asked)
    for column in ("user_id", "rank"):
        assert bounded[column].equals(dense[column])
    # Spreads are rounded differently, so that scores may differ in their last bit, and items swap that far apart.
    np.testing.assert_allclose(bounded["score"], dense["score"], rtol=2e-6, atol=2e-6)
    found, expected = rows_of(bounded), rows_of(dense)
    shared = found.keys() & expected.keys()
    assert len(shared) >= 0.98 * len(expected)
    for key in shared:
        assert found[key][0] == pytest.approx(expected[key][0], rel=2e-6, abs=2e-6)
        assert found[key][1] == expected[key][1]


def rows_of(table: pa.Table) -> dict[tuple[str, str], tuple[float, int]]:
    return {(row["user_id"], row["item_id"]): (row["score"], row["persona"]) for row in table.to_pylist()}


@given(st.integers(0, 10_000), st.sampled_from(get_args(RarityForm)))
@settings(deadline=None)
def test_scores_after_the_dial_are_those_of_the_formula(seed: int, form: RarityForm) -> None:
    rng = np.random.default_rng(seed)
    scores, frequency = rng.gamma(1.0, size=(5, 30)).astype(np.float32), rng.uniform(0.01, 1, 30)
    scores *= rng.choice(np.array([-1, 1], np.float32), scores.shape)
    strengths, base = rng.choice([0.0, -0.5, 0.3], 5), item_bases(form, frequency, lambda: np.sqrt(frequency))
    weights, amounts = rng.uniform(0.5, 2, 5).astype(np.float32), rng.choice([0, 0.7, -0.2], 5).astype(np.float32)
    found = scores.copy()
    apply_terms(found, RowTerms(strengths, weights, amounts), base, frequency)
    common = commonness(frequency)
    for row in range(5):
        positive, negative = item_multipliers(base, strengths[row])
        expected = scores[row] * np.where(scores[row] > 0, positive, negative) * weights[row] - amounts[row] * common
        np.testing.assert_allclose(found[row], expected, rtol=1e-5, atol=1e-6)


def test_each_row_finds_the_multipliers_of_its_strength() -> None:
    strengths, tables = multiplier_tables(np.array([0.5, 0.0, -0.2, 0.5]))
    assert strengths == (-0.2, 0.5)
    assert tables.tolist() == [2, 0, 1, 2]
    assert multiplier_tables(np.zeros(2))[0] == ()


@pytest.mark.parametrize("form", get_args(RarityForm))
def test_a_strength_of_zero_leaves_all_terms_neutral(form: RarityForm) -> None:
    terms, frequency = FORMS[form], np.array([0.1, 1.0])
    np.testing.assert_array_equal(item_multipliers(item_bases(form, frequency, lambda: frequency), 0.0), 1)
    if terms.amount is not None:
        np.testing.assert_array_equal(terms.amount(np.zeros(2), np.ones(2, np.float32)), 0)
