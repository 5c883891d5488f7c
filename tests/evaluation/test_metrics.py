"""Metrics: a hand-worked example, and the readable twins over random lists."""

from __future__ import annotations

import json
from math import isnan, log2, sqrt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from deepcuts.data.interactions import Interactions
from deepcuts.errors import SettingsError
from deepcuts.evaluation import evaluate, rank_lists
from deepcuts.evaluation.metric import UserMetric
from deepcuts.evaluation.metrics.long_tail import is_tail
from deepcuts.evaluation.registry import METRICS
from reference import metrics as reference
from reference.metrics import interactions, table

UNHURRIED = settings(deadline=None)  # kernels may have to be compiled first

# Four users and six items, with 3, 2, 1, 1, 1, 1 listeners.
TRAIN = {"ada": {"a", "b"}, "bob": {"a", "c"}, "cyd": {"a", "b", "d"}, "dot": {"e", "f"}}
# Of what was held out from Ada, train does not have z; nobody has heard of Zoe; nothing was held out from Dot.
HOLDOUT = {"ada": {"c", "d", "z"}, "bob": {"b"}, "cyd": {"e"}, "zoe": {"a"}}
# Ada's list hits at ranks 2 and 3, Bob's at rank 1, Cyd has none; Dot's is not judged, nor is Zoe's.
LISTS = {"ada": ["e", "c", "d"], "bob": ["b", "e"], "dot": ["a"], "zoe": ["f"]}

PLAIN = [name for name, metric in METRICS.items() if not metric.needs]
BY_DEFAULT = [name for name in PLAIN if not METRICS[name].on_request]


@pytest.fixture(scope="module")
def worked():
    cutoffs = {metric: [2, 4] for metric in PLAIN}
    return evaluate(table(LISTS), interactions(TRAIN), interactions(HOLDOUT), cutoffs)


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        ("recall@2", (1 / 2 + 1 / 1 + 0) / 3),  # Ada: 1 hit of min(2, 3); Bob: 1 of min(2, 1); Cyd: no list
        ("recall@4", (2 / 3 + 1 / 1 + 0) / 3),
        ("precision@2", (1 / 2 + 1 / 2 + 0) / 3),
        ("precision@4", (2 / 4 + 1 / 4 + 0) / 3),  # both lists are shorter than 4
        # Ideally Ada would hit at ranks 1 and 2, and in a list of four at 1, 2 and 3.
        ("ndcg@2", (1 / log2(3) / (1 + 1 / log2(3)) + 1 + 0) / 3),
        ("ndcg@4", ((1 / log2(3) + 1 / log2(4)) / (1 + 1 / log2(3) + 1 / log2(4)) + 1 + 0) / 3),
        ("map@2", ((1 / 2) / 2 + 1 + 0) / 3),  # Ada: precision 1/2 at rank 2
        ("map@4", ((1 / 2 + 2 / 3) / 3 + 1 + 0) / 3),  # and 2/3 at rank 3
        ("mrr@2", (1 / 2 + 1 + 0) / 3),
        ("mrr@4", (1 / 2 + 1 + 0) / 3),
        # e, c, d have one listener of four, 2 bits; b has two, 1 bit. Cyd's missing list has no novelty.
        ("novelty@2", ((2 + 2) / 2 + (1 + 2) / 2) / 2),
        ("novelty@4", ((2 + 2 + 2) / 3 + (1 + 2) / 2) / 2),
        ("coverage@2", 3 / 6),  # b, c, e
        ("coverage@4", 4 / 6),  # and d
        # Exposure, ascending: 0 0 0 1 1 2, with weights 2j − 7: (1 · 1 + 3 · 1 + 5 · 2) / (6 · 4)
        ("gini@2", 14 / 24),
        ("gini@4", (-1 * 1 + 1 * 1 + 3 * 1 + 5 * 2) / (6 * 5)),  # 0 0 1 1 1 2
        ("hit_rate@2", 2 / 3),
        # The discounts are 1, 1 / log2(3), 1/2, 1 / log2(5). Ada hits c, one listener of four, Bob b, with two.
        ("epc@2", (3 / 4 / log2(3) + 2 / 4 + 0) / (1 + 1 / log2(3)) / 3),
        ("epc@4", (3 / 4 / log2(3) + 3 / 4 / 2 + 2 / 4) / (1 + 1 / log2(3) + 1 / 2 + 1 / log2(5)) / 3),
        ("efd@2", (log2(9) / log2(3) + log2(9 / 2) + 0) / (1 + 1 / log2(3)) / 3),  # there are nine pairs
        # c, d, e, and z weigh 1, and b, with two listeners, 1 / √2.
        ("tail_recall@2", (1 + 1 / sqrt(2)) / (4 + 1 / sqrt(2))),
        ("tail_recall@4", (2 + 1 / sqrt(2)) / (4 + 1 / sqrt(2))),
        ("ips_recall@2", (1 / 3 + 1 + 0) / 3),  # Ada's three held-out items weigh alike
        ("ips_sample_size@2", (3 + 1 + 1) / 3),
        ("popularity@2", ((1 + 1) / 2 + (2 + 1) / 2) / 2),
        ("popularity_lift@2", 1.25 / 2.25 - 1),  # Ada plays items with 3 and 2 listeners, Bob with 3 and 1
        ("long_tail@2", 0.0),  # of nine pairs, a, b, c, d hold seven, and e the eighth: only f is tail
        # Nobody plays e beside what Ada plays; c is played with a once: 1 / √(1 · 3); b with a twice: 2 / √(2 · 3).
        ("unexpectedness@2", ((1 + 1 - 1 / sqrt(3)) / 2 + (1 - 2 / sqrt(6) + 1) / 2) / 2),
        # d is played once with a and once with b, which is nearer: 1 / √(1 · 2).
        ("unexpectedness@4", ((1 + 1 - 1 / sqrt(3) + 1 - 1 / sqrt(2)) / 3 + (1 - 2 / sqrt(6) + 1) / 2) / 2),
        ("entropy@2", 2 * 1 / 4 * log2(4) + 1 / 2 * log2(2)),  # b and c take one slot of four each, e two
        # Mean exposure rank over the slots: two at rank 1, one each at 2, 3 (and 4).
        ("exposure_lambda@2", 1 / ((2 * 1 + 2 + 3) / 4)),
        ("exposure_lambda@4", 1 / ((2 * 1 + 2 + 3 + 4) / 5)),
    ],
)
def test_every_figure_agrees_with_hand_worked_values(worked, figure, expected):
    assert worked.figures[figure] == pytest.approx(expected, abs=1e-12)


def test_per_user_values_are_null_where_undefined(worked):
    assert worked.n_users == 3
    assert worked.n_without_list == 1
    assert worked.per_user["user_id"].to_pylist() == ["ada", "bob", "cyd"]
    assert worked.per_user["recall@2"].to_pylist() == [0.5, 1.0, 0.0]
    assert worked.per_user["novelty@2"].to_pylist() == [2.0, 1.5, None]
    assert "coverage@2" not in worked.per_user.column_names


def test_figures_come_as_a_table_of_text_and_as_a_dictionary(worked):
    lines = str(worked).splitlines()
    assert lines[0] == "3 users, 1 of them without a list"
    assert lines[1] == "recall@2             0.50000"
    assert "novelty@2            1.75000  of 2 users" in lines
    assert lines[-1] == "recall@k: hits among the first k, over min(k, held-out items)"
    assert len({line.index(".") for line in lines[1:-1] if "e-" not in line}) == 1
    assert worked.n_defined["recall@2"] == 3
    assert worked.n_defined["novelty@2"] == 2
    assert repr(worked) == str(worked)
    assert worked.to_dict() == {"n_users": 3, "n_without_list": 1, **worked.figures}
    with pytest.raises(TypeError):
        worked.figures["recall@2"] = 1.0


def test_default_figures_are_those_the_field_reports():
    figures = evaluate(table(LISTS), interactions(TRAIN), interactions(HOLDOUT)).figures
    assert list(figures) == [f"{metric}@{k}" for metric in BY_DEFAULT for k in METRICS[metric].cutoffs]
    assert {"recall@20", "recall@50", "ndcg@100", "novelty@20", "coverage@20", "exposure_lambda@20"} < set(figures)


def test_nobody_has_a_list():
    on_request = [METRICS["unexpectedness"]]
    evaluation = evaluate(table({}), interactions(TRAIN), interactions(HOLDOUT), metrics=on_request)
    assert evaluation.n_without_list == evaluation.n_users == 3
    assert evaluation.figures["recall@20"] == evaluation.figures["mrr@100"] == evaluation.figures["coverage@20"] == 0
    assert isnan(evaluation.figures["novelty@20"])
    assert json.loads(json.dumps(evaluation.to_dict(), allow_nan=False))["novelty@20"] is None
    assert "novelty@20          undefined" in str(evaluation).splitlines()
    assert all(isnan(evaluation.figures[name]) for name in ("popularity_lift@20", "entropy@20", "unexpectedness@20"))


def test_tiny_values_stay_readable():
    catalogue = {f"item{n}" for n in range(3000)}
    train, holdout = {"ada": {"own"}, "bob": catalogue}, {"ada": {"item0"}}
    lists = table({"ada": sorted(catalogue)})
    evaluation = evaluate(lists, interactions(train), interactions(holdout), {"gini": [10, 3000]})
    # Of 3,001 items all but one are listed equally often, so that the index is 1 in 3,001.
    assert str(evaluation).splitlines()[1:] == ["gini@10      0.99667", "gini@3000   3.33e-04"]


@pytest.mark.parametrize(
    ("cutoffs", "message"),
    [
        (
            {"hitrate": [5]},
            r"no metric 'hitrate'\. Did you mean 'hit_rate'\? Choose from recall, .*persona_calibration_kl\.",
        ),
        ({"ild": [5]}, r"The metric 'ild' needs labels of the items\. Pass features=item_features\(labels, train"),
        ({"nondominant_recall": [5]}, r"The metric 'nondominant_recall' needs to know .* Give the lists a column"),
        ({"recall": 20}, r"The cut-offs of recall are 20\. Give a list of them, such as \[20, 50\]\."),
        ({"recall": []}, r"The metric 'recall' has no cut-offs\. Give one at least, such as \(20,\)\."),
        ({"recall": [0]}, r"A cut-off of recall is 0\. Cut-offs are whole numbers from 1 up\."),
        ({"gini": [2.5]}, r"A cut-off of gini is 2\.5\. Cut-offs are whole numbers from 1 up\."),
    ],
)
def test_cutoffs_are_checked(cutoffs, message):
    with pytest.raises(SettingsError, match=message):
        evaluate(table(LISTS), interactions(TRAIN), interactions(HOLDOUT), cutoffs)


# Made once: hypothesis looks at a strategy that is new in every example for longer than it draws from it.
USERS = st.lists(st.sampled_from("uvwxy"), min_size=1, unique=True)
OWN = st.lists(st.sampled_from("abcdef"), min_size=1, unique=True)
HELD = st.lists(st.sampled_from([*"abcdef", "unknown", "other"]), unique=True)
ORDERS, LENGTHS = st.permutations("abcdef"), st.integers(0, 6)


@st.composite
def worlds(draw):
    """Train, holdout and lists of up to five users and six items: histories, held-out items, what the list shows."""
    train, holdout, lists = {}, {}, {}
    for user in draw(USERS):
        train[user] = set(draw(OWN))
        holdout[user] = set(draw(HELD)) - train[user]
    catalogue = set().union(*train.values())
    for user, seen in train.items():
        lists[user] = [item for item in draw(ORDERS) if item in catalogue - seen][: draw(LENGTHS)]
    holdout["stranger"], lists["stranger"] = {"a"}, ["nowhere"]
    assume(any(holdout[user] for user in train))
    return lists, train, holdout


@UNHURRIED
@given(worlds(), st.integers(1, 8))
def test_figures_agree_with_the_readable_twins(world, k):
    lists, train, holdout = world
    cutoffs = {metric: [k] for metric in PLAIN}
    figures = evaluate(table(lists), interactions(train), interactions(holdout), cutoffs).figures
    expected = reference.figures(lists, train, holdout, k)
    assert figures == pytest.approx({f"{name}@{k}": value for name, value in expected.items()}, abs=1e-12, nan_ok=True)


@UNHURRIED
@given(worlds(), st.integers(1, 8))
def test_metrics_keep_to_their_ranges(world, k):
    lists, train, holdout = world
    ranked = rank_lists(table(lists), interactions(train), interactions(holdout))
    for metric in map(METRICS.__getitem__, PLAIN):
        of_users = isinstance(metric, UserMetric)
        values = metric.values(ranked, k) if of_users else np.array([metric.value(ranked, k)])
        assert values.dtype == np.float64
        assert values.shape == (ranked.n_users if of_users else 1,)
        assert np.all(np.isnan(values) | ((values >= metric.least) & (values <= metric.most + 1e-12))), metric.name


@UNHURRIED
@given(worlds(), st.integers(1, 8), st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(world, k, random):
    lists, train, holdout = world
    rows = table(lists)
    order = list(range(len(rows)))
    random.shuffle(order)
    shuffled = rows.take(pa.array(order, pa.int64()))
    one, other = (evaluate(t, interactions(train), interactions(holdout), {"ndcg": [k]}) for t in (rows, shuffled))
    assert one.per_user.equals(other.per_user)


@UNHURRIED
@given(worlds())
def test_the_perfect_list_scores_one(world):
    _, train, holdout = world
    catalogue = set().union(*train.values())
    holdout = {user: holdout[user] & catalogue for user in train if holdout[user] & catalogue}
    assume(holdout)
    lists = {user: sorted(items) for user, items in holdout.items()}
    cutoffs = {metric: [1, 3] for metric in ("recall", "ndcg", "map", "mrr")}
    figures = evaluate(table(lists), interactions(train), interactions(holdout), cutoffs).figures
    assert figures == pytest.approx(dict.fromkeys(figures, 1.0))


def test_the_tail_is_what_the_items_with_four_fifths_of_all_pairs_leave():
    assert is_tail(np.array([1, 1, 5, 1, 1, 1])).tolist() == [False, False, False, False, True, True]
    assert is_tail(np.array([4, 1])).tolist() == [False, True]
    assert is_tail(np.array([7])).tolist() == [False]


def test_rare_items_weigh_no_more_than_a_hundred_times_the_most_popular():
    train = {f"user{n}": {"hit"} for n in range(99)} | {"ada": {"own"}, "bob": {"rare", "hit"}}
    lists = table({"ada": ["rare"]})
    holdout = interactions({"ada": {"hit", "rare", "unheard of"}})
    figures = evaluate(lists, interactions(train), holdout, {"ips_recall": [5], "ips_sample_size": [5]}).figures
    assert figures["ips_recall@5"] == pytest.approx(100 / (1 + 100 + 100))
    assert figures["ips_sample_size@5"] == pytest.approx(201**2 / (1 + 100**2 + 100**2))


def test_users_worked_on_some_at_a_time_get_the_values_of_all_at_once():
    n_users, n_items, depth = 25_000, 400, 100
    users = np.arange(n_users)[:, None]

    def plays(positions):
        """Interactions with the items at these positions in every user's own order of all items."""
        items = (users * 7 + positions * 3) % n_items
        indptr = np.arange(0, items.size + 1, items.shape[1])
        matrix = csr_array((np.ones(items.size), items.ravel(), indptr), (n_users, n_items))
        return Interactions.from_csr(matrix, [f"{n:05}" for n in range(n_users)], [f"{n:03}" for n in range(n_items)])

    train, holdout = plays(np.arange(120, 130)), plays(users % 90 + np.array([0, 5, 10]))
    listed = plays(np.arange(depth)).to_arrow()
    ranks = pa.array(np.tile(np.arange(1, depth + 1), n_users))
    ranked = rank_lists(listed.append_column("rank", ranks), train, holdout)
    assert len(list(ranked.blocks())) > 1
    evaluation = evaluate(listed.append_column("rank", ranks), train, holdout)
    for name in evaluation.per_user.column_names[1:]:
        metric, k = name.split("@")
        assert np.array_equal(evaluation.per_user[name], METRICS[metric].function(ranked, int(k)))
    assert np.array_equal(ranked.exposure(20), np.bincount(ranked.items[:, :20].ravel(), minlength=n_items))
