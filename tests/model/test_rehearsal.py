"""A rehearsal: how long a base is trained, with what λ and how many factors, told by bases that are thrown away."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy import sparse

import deepcuts as dc
from deepcuts.errors import SettingsError
from deepcuts.model.training.density_rule import weighting_by_density
from deepcuts.model.training.early_stopping import REHEARSED_EPOCHS
from deepcuts.model.training.rehearsal import settings_in_training
from deepcuts.model.training.settings import PersonaSettings

RIDGE = {"user_regularization": 0.02, "item_regularization": 0.02}
WEIGHTS = {"unobserved_ratio": 8.0, "unobserved_exponent": 0.0, "item_weight_exponent": 0.0}
FOUND = (*RIDGE, "item_weight_exponent")


@pytest.fixture(scope="module")
def many_scenes() -> dc.Interactions:
    """Fewer factors than scenes: lists get worse while the loss falls on."""
    return dc.generate_world(n_users=1_500, n_items=1_500, items_per_user=10, n_scenes=60, seed=1).plays


@pytest.fixture(scope="module")
def dense() -> dc.Interactions:
    """Data for which the rule has too much of λ."""
    return dc.generate_world(n_users=1_200, n_items=600, items_per_user=40, seed=3).plays


def assert_same(one: dc.PersonaModel, other: dc.PersonaModel) -> None:
    for name in ("item_factors", "base_factors", "persona_factors", "persona_shares"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def measured(model: dc.PersonaModel) -> list[int]:
    return [epoch.number for epoch in model.epochs if epoch.validation_ndcg is not None]


def test_where_lists_get_worse_training_has_as_many_epochs_as_were_best(many_scenes):
    settings = dc.PersonaNMF(n_factors=32, **WEIGHTS, **RIDGE)
    rehearsed = settings.fit(many_scenes, seed=2)
    n_epochs = len(rehearsed.epochs)
    assert n_epochs < REHEARSED_EPOCHS
    assert_same(rehearsed, replace(settings, early_stopping="off", base_epochs=n_epochs).fit(many_scenes, seed=2))
    assert measured(rehearsed) == [number for number in (3, 4, 6, 8) if number <= n_epochs]
    assert rehearsed.settings.base_epochs == 30


def test_where_they_do_not_training_is_as_without_a_rehearsal(dense):
    settings = dc.PersonaNMF(n_factors=8, **RIDGE, **WEIGHTS)
    rehearsed, plain = (replace(settings, early_stopping=choice).fit(dense, seed=1) for choice in ("auto", "off"))
    assert_same(rehearsed, plain)
    assert [epoch.loss for epoch in rehearsed.epochs] == [epoch.loss for epoch in plain.epochs]
    assert measured(rehearsed) == [3, 4, 6, 8, 12]


def test_the_ridge_is_less_where_that_makes_lists_clearly_better(dense):
    train, holdout = dc.split_holdout(dense, seed=0)
    rule = weighting_by_density(train.n_users, train.n_items, train.n_pairs)
    rehearsed, plain = (dc.PersonaNMF(n_factors=32, early_stopping=choice).fit(train) for choice in ("auto", "off"))
    own = rehearsed.settings.weighting
    steps = np.log(own.user_regularization / rule.user_regularization) / np.log(0.7)
    assert round(steps, 6) in range(1, 6)
    assert own.item_regularization == own.user_regularization  # both sides have one
    assert own._replace(**RIDGE) == rule._replace(**RIDGE)  # the rest is the rule's
    share = own.user_regularization / rule.user_regularization
    assert rehearsed.settings.join_cosine == pytest.approx(max(0.45, 0.62 * np.sqrt(share)))
    assert plain.settings.join_cosine == 0.62
    assert rehearsed.settings.settled_unobserved_scale > plain.settings.settled_unobserved_scale == 0.5
    assert rehearsed.settings.persona_unobserved_scale > plain.settings.persona_unobserved_scale == 0.3
    asked = PersonaSettings(n_factors=32)
    assert settings_in_training(train, asked, 0, lambda _: None) == rehearsed.settings  # all of them numbers
    ndcg = [dc.evaluate(model.recommend(k=100), train, holdout)["ndcg@100"] for model in (rehearsed, plain)]
    assert ndcg[0] > 1.01 * ndcg[1]
    numbers = {name: getattr(rehearsed.settings, name) for name in FOUND}
    asked = dc.PersonaNMF(n_factors=32, early_stopping="off", base_epochs=len(rehearsed.epochs), **numbers)
    assert_same(rehearsed, asked.fit(train))


def test_and_more_where_plays_tell_nothing_but_what_is_popular():
    chance = 0.5 / np.arange(1, 401) ** 0.7
    plays = sparse.csr_array((np.random.default_rng(0).random((1_500, 400)) < chance).astype(np.float32))
    rule = weighting_by_density(1_500, 400, plays.nnz)
    untrained = dc.PersonaNMF(n_factors=16, unobserved_ratio=rule.unobserved_ratio)
    model = untrained.fit(dc.Interactions.from_csr(plays, range(1_500), range(400)))
    steps = np.log(model.settings.weighting.user_regularization / rule.user_regularization) / np.log(1.4)
    assert round(steps, 6) in range(1, 6)
    assert model.settings.item_weight_exponent == 0


def test_lists_that_are_worse_at_first_do_not_end_a_rehearsal_with_more_of_the_ridge():
    """Here they are clearly worse than the rule's after the third epoch, and better from the sixth."""
    world = dc.generate_world(n_users=1_500, n_items=1_500, items_per_user=15, n_scenes=6, seed=0)
    train, holdout = dc.split_holdout(world.plays, seed=0)
    rule = weighting_by_density(train.n_users, train.n_items, train.n_pairs)
    untrained = dc.PersonaNMF(n_factors=64, unobserved_ratio=rule.unobserved_ratio)
    model = untrained.fit(train)
    own = model.settings.weighting
    assert own.user_regularization == pytest.approx(1.4 * rule.user_regularization)
    ridges = {name: getattr(rule, name) for name in RIDGE}
    by_rule = replace(untrained, **ridges).fit(train)
    ndcg = [dc.evaluate(found.recommend(k=100), train, holdout)["ndcg@100"] for found in (model, by_rule)]
    assert ndcg[0] > ndcg[1]


@pytest.mark.parametrize(
    ("n_items", "n_scenes", "n_factors"), [(1_500, 40, 256), pytest.param(3_000, 80, 512, marks=pytest.mark.slow)]
)
def test_factors_are_doubled_where_scenes_are_many_and_again_where_lists_gain_a_lot(n_items, n_scenes, n_factors):
    world = dc.generate_world(n_users=1_500, n_items=n_items, items_per_user=20, n_scenes=n_scenes, seed=0)
    train, holdout = dc.split_holdout(world.plays, seed=0)
    model, fewer = dc.PersonaNMF().fit(train), dc.PersonaNMF(n_factors=n_factors // 2).fit(train)
    assert model.settings.n_factors == model.item_factors.shape[1] == n_factors
    recall = [dc.evaluate(found.recommend(k=20), train, holdout)["recall@20"] for found in (model, fewer)]
    assert recall[0] > 1.01 * recall[1]
    numbers = {name: getattr(model.settings, name) for name in FOUND}
    asked = dc.PersonaNMF(n_factors=n_factors, early_stopping="off", base_epochs=len(model.epochs), **numbers)
    assert_same(model, asked.fit(train))


def test_widely_played_items_weigh_less_where_that_makes_lists_clearly_better():
    train, holdout = dc.split_holdout(
        dc.generate_world(n_users=3_000, n_items=1_500, items_per_user=12, n_scenes=18, seed=2).plays, seed=0
    )
    model = dc.PersonaNMF(n_factors=128).fit(train)
    numbers = {name: getattr(model.settings, name) for name in RIDGE}
    level = dc.PersonaNMF(
        n_factors=128, item_weight_exponent=0, early_stopping="off", base_epochs=len(model.epochs), **numbers
    ).fit(train)
    assert model.settings.item_weight_exponent == 0.2
    ndcg = [dc.evaluate(found.recommend(k=100), train, holdout)["ndcg@100"] for found in (model, level)]
    assert ndcg[0] > ndcg[1]


def test_factors_are_not_doubled_where_scenes_are_few():
    world = dc.generate_world(n_users=800, n_items=300, items_per_user=12, n_scenes=6, seed=0)
    assert dc.PersonaNMF().fit(world.plays).settings.n_factors == 128


def test_half_of_the_ratio_is_taken_again_and_again_where_factors_are_few_for_the_scenes():
    world = dc.generate_world(n_users=1_000, n_items=2_000, items_per_user=15, n_scenes=60, seed=0)
    train, holdout = dc.split_holdout(world.plays, seed=0)
    rule = weighting_by_density(train.n_users, train.n_items, train.n_pairs)
    untrained = dc.PersonaNMF(n_factors=32)
    model, by_rule = (one.fit(train) for one in (untrained, replace(untrained, unobserved_ratio=rule.unobserved_ratio)))
    own = model.settings.weighting
    assert round(np.log2(rule.unobserved_ratio / own.unobserved_ratio), 6) in range(2, 6)
    assert own.user_regularization == own.item_regularization > rule.user_regularization  # λ goes along
    assert by_rule.settings.unobserved_ratio == rule.unobserved_ratio
    ndcg = [dc.evaluate(found.recommend(k=100), train, holdout)["ndcg@100"] for found in (model, by_rule)]
    assert ndcg[0] > 1.04 * ndcg[1]
    weights = {name: getattr(own, name) for name in (*RIDGE, "unobserved_ratio")}
    asked = replace(untrained, early_stopping="off", base_epochs=len(model.epochs), **weights)
    assert_same(model, asked.fit(train))


@pytest.mark.slow  # two rehearsals with 4,000 items
def test_and_not_where_more_factors_do_better_without_it():
    """With 128 factors less of the ratio is clearly better; with 512 it is worse than the rule's."""
    world = dc.generate_world(n_users=1_500, n_items=4_000, items_per_user=20, n_scenes=150, seed=0)
    train, holdout = dc.split_holdout(world.plays, seed=0)
    rule = weighting_by_density(train.n_users, train.n_items, train.n_pairs)
    model, fewer = dc.PersonaNMF().fit(train), dc.PersonaNMF(n_factors=128).fit(train)
    assert fewer.settings.unobserved_ratio < rule.unobserved_ratio
    assert model.settings.n_factors == 512
    assert model.settings.unobserved_ratio == rule.unobserved_ratio
    weights = {name: getattr(fewer.settings, name) for name in (*RIDGE, "unobserved_ratio")}
    by_fewer = dc.PersonaNMF(n_factors=512, early_stopping="off", **weights).fit(train)
    ndcg = [dc.evaluate(found.recommend(k=100), train, holdout)["ndcg@100"] for found in (model, by_fewer)]
    assert ndcg[0] > 1.02 * ndcg[1]


@pytest.mark.parametrize("options", [{"early_stopping": "off"}, {"base_epochs": 2}])
def test_without_a_rehearsal_there_are_128_factors(dense, options):
    assert dc.PersonaNMF(**options).fit(dense).settings.vector_length == 128


def test_items_to_start_from_tell_how_many_factors_there_are(dense):
    start = dc.PersonaNMF(n_factors=16, base_epochs=2).fit(dense)
    model = dc.PersonaNMF(base_epochs=2).fit(dense, start=start)
    assert model.settings.n_factors == 16


def test_a_number_that_training_finds_is_asked_for_before_it():
    with pytest.raises(SettingsError, match="n_factors is 'auto', which only training makes a number of"):
        _ = PersonaSettings().vector_length


@pytest.mark.parametrize("name", list(RIDGE))
def test_what_was_asked_for_is_kept(dense, name):
    model = dc.PersonaNMF(n_factors=16, unobserved_ratio=8.0, **{name: 0.02}).fit(dense)
    other = next(ridge for ridge in RIDGE if ridge != name)
    assert getattr(model.settings, name) == 0.02
    assert getattr(model.settings, other) < 0.02


def test_every_epoch_is_told_and_none_of_a_rehearsal_kept(dense):
    told: list[dc.Epoch] = []
    model = dc.PersonaNMF(n_factors=16).fit(dense, on_epoch=told.append)
    rehearsed = [epoch for epoch in told if epoch.stage == "rehearsal"]
    assert told == [*rehearsed, *model.epochs]
    bases = 1 + sum(after.number == 1 for _, after in pairwise(rehearsed))
    assert bases >= 3  # the rule's, less of λ for as long as it gains, and more where it does not
    assert max(epoch.number for epoch in rehearsed) == REHEARSED_EPOCHS


def test_an_interrupt_in_a_rehearsal_leaves_no_model(dense):
    def interrupt(epoch: dc.Epoch) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dc.PersonaNMF(n_factors=8).fit(dense, on_epoch=interrupt, on_interrupt="keep")


@pytest.mark.parametrize(
    "asked", [{"tolerance": 0.9}, {"user_regularization": 1e9}, {"unobserved_ratio": 1_000.0}, {"tolerance": 0.05}]
)
def test_a_loss_that_settles_before_lists_are_measured_leaves_the_rule(dense, asked):
    settings = dc.PersonaNMF(n_factors=8, **asked)
    model = settings.fit(dense)
    assert np.all(np.isfinite(model.persona_factors))
    if not measured(model):
        assert_same(model, replace(settings, early_stopping="off").fit(dense))


def test_nothing_is_rehearsed_with_few_epochs_or_items_that_know_the_plays(many_scenes):
    first = dc.PersonaNMF(n_factors=32, base_epochs=REHEARSED_EPOCHS).fit(many_scenes)
    assert not measured(first)
    for choice in ("on", "auto"):
        assert not measured(dc.PersonaNMF(n_factors=32, early_stopping=choice).fit(many_scenes, start=first))
