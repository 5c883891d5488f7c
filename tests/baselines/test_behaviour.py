"""What every baseline must do, whatever it has learned."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import fields, replace

import numba
import numpy as np
import pytest
from scipy import sparse
from threadpoolctl import threadpool_limits

import deepcuts as dc
from deepcuts import baselines
from deepcuts.baselines.scored import DotProduct
from deepcuts.baselines.spark_als import spark_session
from deepcuts.errors import DataError, SettingsError

LEARNERS = {
    "maxmf": baselines.MaxMF(n_factors=16, max_norm=3.0),
    "maxmf-auc": baselines.MaxMF(n_factors=16, loss="auc"),
    "maxmf-joint": baselines.MaxMF(n_factors=16, training="joint"),
    "multi-interest": baselines.MultiInterest(n_factors=16, regularization=0.3),
    "pfp": baselines.PFP(n_factors=16),
    "ease": baselines.EASE(regularization=50.0),
    "random-personas": baselines.RandomPersonas(n_factors=16, n_personas=3),
    "implicit": baselines.ImplicitALS(n_factors=16, regularization=2.0, confidence=5.0),
    "irspack": baselines.IrspackIALS(n_factors=16),
    "scikit-learn": baselines.SklearnNMF(n_factors=16),
    "rp3beta": baselines.RP3beta(n_neighbours=50),
    "slim": baselines.SLIM(),
    "edlae": baselines.EDLAE(),
    "spark": baselines.SparkALS(n_factors=16, n_epochs=8, regularization=0.15, confidence=5.0),
}
PEERS = {
    "implicit": "implicit",
    "irspack": "irspack",
    "scikit-learn": "sklearn",
    "rp3beta": "irspack",
    "slim": "irspack",
    "edlae": "irspack",
    "spark": "pyspark",
}
SAMPLERS = ["maxmf", "maxmf-auc", "maxmf-joint", "multi-interest", "pfp"]


@pytest.fixture(scope="module")
def cut() -> tuple[dc.Interactions, dc.Interactions]:
    world = dc.generate_world(n_users=400, n_items=250, items_per_user=25, seed=3)
    return dc.split_holdout(world.plays, fraction=0.2, seed=0)


@pytest.fixture(scope="module")
def checkerboard() -> dc.Interactions:
    """Users with an even number play even items, the others odd ones; each has 15 of their 20."""
    rng = np.random.default_rng(0)
    counts = np.zeros((60, 40))
    for user in range(60):
        counts[user, user % 2 + 2 * rng.permutation(20)[:15]] = 1
    return dc.Interactions.from_csr(
        sparse.csr_array(counts), [f"u{n:02}" for n in range(60)], [f"i{n:02}" for n in range(40)]
    )


SLOW = {"spark"}  # Java starts


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in ("popularity", *LEARNERS)],
)
def name(request) -> Iterator[str]:
    if request.param in PEERS:
        library = PEERS[request.param]
        extra = "spark" if library == "pyspark" else "peers"
        pytest.importorskip(library, reason=f"needs the extra: pip install 'deepcuts[{extra}]'")
    with spark_session() if request.param == "spark" else nullcontext():  # one for all of its tests
        yield request.param


@pytest.fixture(scope="module")
def model(name, cut):
    return LEARNERS.get(name, baselines.Popularity()).fit(cut[0], seed=1)


def mean_listeners(lists, train: dc.Interactions) -> float:
    return float(train.item_listeners[train.item_ids.indexes_of(lists["item_id"])].mean())


def test_lists_are_full_ranked_and_hold_nothing_seen(model, cut):
    train = cut[0]
    lists = model.recommend(k=10)
    assert lists.num_rows == 10 * train.n_users
    assert lists["rank"].to_pylist() == list(range(1, 11)) * train.n_users
    pairs = set(zip(lists["user_id"].to_pylist(), lists["item_id"].to_pylist(), strict=True))
    seen = train.to_arrow()
    assert len(pairs) == lists.num_rows
    assert not pairs & set(zip(seen["user_id"].to_pylist(), seen["item_id"].to_pylist(), strict=True))


def test_seen_items_come_where_asked_for(model, cut):
    lists = model.recommend(k=20, include_seen=True)
    seen = cut[0].to_arrow()
    pairs = set(zip(lists["user_id"].to_pylist(), lists["item_id"].to_pylist(), strict=True))
    assert pairs & set(zip(seen["user_id"].to_pylist(), seen["item_id"].to_pylist(), strict=True))


def test_only_allowed_items_and_no_denied_ones(model):
    items = model.item_ids.values.to_pylist()
    user = model.user_ids.values[0].as_py()
    assert set(model.recommend(user, k=50, allow=items[:60])["item_id"].to_pylist()) <= set(items[:60])
    assert not set(model.recommend(user, k=50, deny=items[:60])["item_id"].to_pylist()) & set(items[:60])


def test_the_dial_by_shift_makes_lists_rarer(model, cut):
    popularity = [
        mean_listeners(model.recommend(k=10, rarity=rarity, dial="shift"), cut[0]) for rarity in (-0.5, 0.0, 0.5, 1.0)
    ]
    assert np.all(np.diff(popularity) <= 0)
    assert popularity[-1] < popularity[0]


def test_batches_are_the_lists(model):
    tables = list(model.recommend_batches(k=5))
    assert sum(table.num_rows for table in tables) == 5 * len(model.user_ids)
    user = model.user_ids.values[7].as_py()
    alone = model.recommend(user, k=5)["item_id"].to_pylist()
    everyone = model.recommend(k=5).to_pylist()
    assert alone == [row["item_id"] for row in everyone if row["user_id"] == user]


def test_a_model_is_pickled_and_lists_the_same(model):
    assert pickle.loads(pickle.dumps(model)).recommend(k=5).equals(model.recommend(k=5))


def test_both_mixes_list_items(model):
    for mix in ("max", "share"):
        assert model.recommend(k=5, mix=mix).num_rows == 5 * len(model.user_ids)


def test_shares_of_a_user_add_up(model):
    sums = np.add.reduceat(model.persona_shares, model.persona_indptr[:-1])
    np.testing.assert_allclose(sums, 1, rtol=1e-5)


def test_the_same_seed_gives_the_same_scores_on_one_thread(name, model, cut):
    threads = numba.get_num_threads()
    rows = np.arange(20)
    try:
        numba.set_num_threads(1)
        again = LEARNERS.get(name, baselines.Popularity()).fit(cut[0], seed=1)
    finally:
        numba.set_num_threads(threads)
    if name in PEERS:  # their own threads add up in their own order
        np.testing.assert_allclose(again.scores(rows), model.scores(rows), atol=1e-3)
    else:
        np.testing.assert_array_equal(again.scores(rows), model.scores(rows))


def test_well_above_popularity(name, model, cut):
    if name == "popularity":
        pytest.skip("the measure itself")
    train, holdout = cut
    recalls = [
        dc.evaluate(each.recommend(k=100), train, holdout).figures["recall@20"]
        for each in (model, baselines.Popularity().fit(train))
    ]
    assert recalls[0] > 1.3 * recalls[1]


def test_the_checkerboard_is_solved(name, checkerboard):
    if name == "popularity":
        pytest.skip("everyone's list is the same")
    learner = LEARNERS[name]
    if name.startswith("maxmf"):
        learner = replace(learner, max_norm=0.7)  # the norm is all that keeps it from learning single pairs
    lists = learner.fit(checkerboard, seed=2).recommend(k=5)
    users, items = (
        np.array([int(value[1:]) for value in lists[column].to_pylist()]) for column in ("user_id", "item_id")
    )
    assert np.mean(users % 2 == items % 2) > 0.99


def stages_of(name: str, losses: np.ndarray) -> list[np.ndarray]:
    """Losses of each stage of training."""
    learner = LEARNERS[name]
    in_two = name in {"maxmf", "maxmf-auc", "multi-interest"}
    return np.split(losses, [learner.item_epochs]) if in_two else [losses]


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLERS)
def test_the_loss_falls_and_another_seed_is_another_model(name, cut):
    learner = LEARNERS[name]
    if name == "multi-interest":
        learner = replace(learner, regularization=0.03)  # with more, the ridge is most of what is minimised
    for stage in stages_of(name, np.array(learner.fit(cut[0], seed=1).losses)):
        assert stage[-3:].mean() < 0.8 * stage[:3].mean()
    brief = replace(learner, **{field.name: 1 for field in fields(learner) if field.name.endswith("epochs")})
    first, second = (brief.fit(cut[0], seed=seed).scores(np.arange(5)) for seed in (1, 2))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("name", ["maxmf", "maxmf-auc", "maxmf-joint"])
def test_no_vector_of_maxmf_is_longer_than_its_bound(name, cut):
    model = replace(LEARNERS[name], max_norm=0.7, item_epochs=3, persona_epochs=3).fit(cut[0])
    for factors in (model.scorer.row_factors, model.scorer.item_factors):
        lengths = np.linalg.norm(factors, axis=1)
        assert lengths.max() == pytest.approx(0.7, rel=1e-4)


def test_maxmf_gives_two_tastes_a_vector_each():
    """PersonaBuffers plays 12 of 20 items in each of two of six blocks."""
    rng = np.random.default_rng(1)
    counts = np.zeros((120, 120))
    for user in range(120):
        for block in rng.permutation(6)[:2]:
            counts[user, 20 * block + rng.permutation(20)[:12]] = 1
    names = [f"{n:03}" for n in range(120)]
    plays = dc.Interactions.from_csr(sparse.csr_array(counts), names, names)
    model = baselines.MaxMF(n_factors=16, n_personas=2, max_norm=1.0).fit(plays, seed=0)
    items = np.array(model.recommend(k=16)["item_id"].to_pylist()).astype(int).reshape(120, 16)
    blocks = np.array([np.unique(plays.user_items(user)[0] // 20) for user in range(120)])
    assert np.mean((items // 20)[:, :, None] == blocks[:, None, :]) * 2 > 0.95


def test_vectors_of_sampled_softmax_are_several_and_the_best_counts(cut):
    model = baselines.MultiInterest(n_factors=8, n_personas=3, item_epochs=3, persona_epochs=3).fit(cut[0])
    assert np.all(np.diff(model.persona_indptr) == 3)
    user = model.user_ids.values[0].as_py()
    listed = model.recommend(user, k=1).to_pylist()[0]
    scores = model.scores(np.arange(3))[:, ~np.isin(np.arange(cut[0].n_items), cut[0].user_items(0)[0])]
    assert listed["score"] == pytest.approx(scores.max(), rel=1e-5)


def test_one_projected_number_is_the_ordinary_latent_factor_model(cut):
    """With K* = 1, scores are (v̄ · p) (p · v_i): a multiple of one vector of the user, times that of the item."""
    model = baselines.PFP(n_factors=8, n_projected=1, n_epochs=5).fit(cut[0])
    plays, items = model.seen, model.scorer.item_factors
    means = np.stack([items[plays.user_items(user)[0]].mean(axis=0) for user in range(plays.n_users)])
    users = model.scorer.row_factors
    norms = np.einsum("uf,uf->u", users, means)  # (v̄ · p)², so p is the user's vector over its root
    projections = users / np.sqrt(norms)[:, None]
    expected = np.einsum("uf,uf->u", projections, means)[:, None] * (projections @ items.T)
    np.testing.assert_allclose(model.scores(np.arange(plays.n_users)), expected, rtol=1e-3, atol=1e-5)


def test_too_long_steps_are_reported(cut):
    with pytest.raises(
        SettingsError, match=r"learning_rate is 50, and training diverged in epoch \d+ of the projections"
    ):
        baselines.PFP(n_factors=8, learning_rate=50).fit(cut[0])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (lambda: baselines.MaxMF(n_factors=0), "n_factors is 0. It lies between 1 and 4096."),
        (lambda: baselines.MaxMF(n_personas=2.5), "n_personas is 2.5. It is a whole number."),
        (lambda: baselines.MaxMF(loss="bpr"), "loss is 'bpr'. Pass 'warp' or 'auc'."),
        (lambda: baselines.MaxMF(training="all"), "training is 'all'. Pass 'two-stage' or 'joint'."),
        (lambda: baselines.PFP(regularization=-1), "regularization is -1. It lies between 0 and 1000."),
        (lambda: baselines.EASE(regularization=0), "regularization is 0. It lies between 1e-09 and 1e+12."),
        (lambda: baselines.RP3beta(popularity_exponent=3), "popularity_exponent is 3. It lies between 0 and 2."),
        (lambda: baselines.SLIM(l1_share=1.5), "l1_share is 1.5. It lies between 0 and 1."),
        (lambda: baselines.EDLAE(dropout=1), "dropout is 1. It lies between 0 and 0.99."),
        (lambda: baselines.MultiInterest(n_negatives=0), "n_negatives is 0. It lies between 1 and 100000."),
        (lambda: baselines.SparkALS(nonnegative=1), "nonnegative is 1. Give True or False."),
        (lambda: baselines.ImplicitALS(n_epochs=0), "n_epochs is 0. It lies between 1 and 10000."),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(SettingsError) as caught:
        settings()
    assert str(caught.value) == message


def test_too_little_to_learn_from_is_refused(name):
    if name == "popularity":
        pytest.skip("one user's plays are popularity enough")
    plays = dc.Interactions.from_csr(sparse.csr_array(np.array([[1, 2, 3]])), ["a"], list("xyz"))
    with pytest.raises(DataError, match="1 user and 3 items"):
        LEARNERS[name].fit(plays)


def test_scores_are_the_same_on_any_number_of_blas_threads() -> None:
    rng = np.random.default_rng(0)
    rows, items = (rng.standard_normal((n, 32)).astype(np.float32) for n in (300, 400))
    found = []
    before = threadpool_limits(user_api="blas").get_original_num_threads()["blas"]
    try:
        for n_threads in (1, 2, 4):
            limit_blas(n_threads)
            found.append(DotProduct(rows, items)(np.arange(300)))
    finally:
        limit_blas(before)
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


def limit_blas(n_threads: int | None) -> None:
    """Set a limit in a thread that ends: while the thread that set one lives, those of other threads are ignored."""
    thread = threading.Thread(target=threadpool_limits, args=(n_threads,), kwargs={"user_api": "blas"})
    thread.start()
    thread.join()
