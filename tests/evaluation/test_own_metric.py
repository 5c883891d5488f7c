"""Metrics of a caller, passed or registered."""

from __future__ import annotations

import re

import numpy as np
import pytest

import deepcuts as dc
from deepcuts.comparison import Contender, one_cut, run_all, tabulate
from deepcuts.errors import SettingsError
from deepcuts.evaluation import ExposureMetric, Metric, QuotientMetric, UserMetric, mean_intervals, register
from deepcuts.evaluation.registry import METRICS, metric_of


def own_recall(lists, k):
    """Hits among the first k over all held-out items."""
    return lists.hits[:, :k].sum(axis=1) / lists.n_holdout


def never_listed(exposure):
    """Share of items on no list."""
    return np.mean(exposure == 0)


def micro(lists, k):
    """Hits over all users together."""
    return lists.hits[:, :k].sum(axis=1).astype(float), lists.n_holdout.astype(float)


OWN = (
    UserMetric("own_recall", own_recall, cutoffs=(5, 20)),
    ExposureMetric("never_listed", never_listed, lower_is_better=True),
    QuotientMetric("micro_recall", micro),
)


@pytest.fixture(scope="module")
def cut():
    return dc.split_holdout(dc.generate_world(n_users=60, n_items=120, items_per_user=12, seed=0).plays, seed=0)


@pytest.fixture(scope="module")
def lists(cut):
    return dc.Popularity().fit(cut.train).recommend(k=20)


@pytest.fixture
def registered():
    for metric in OWN:
        register(metric)
    yield
    known = METRICS | {}
    for metric in OWN:
        assert known[metric.name] is metric
        _forget(metric.name)


def _forget(name: str) -> None:
    from deepcuts.evaluation import registry

    registry._BY_NAME.pop(name)


def test_passed_metrics_stand_beside_others(cut, lists):
    found = dc.evaluate(lists, *cut, cutoffs={"recall": [20], "coverage": [20]}, metrics=OWN)
    assert list(found) == [
        "recall@20",
        "coverage@20",
        "own_recall@5",
        "own_recall@20",
        "never_listed@20",
        "micro_recall@20",
    ]
    assert found["never_listed@20"] == pytest.approx(1 - found["coverage@20"])
    assert found["own_recall@20"] == pytest.approx(found["recall@20"])  # nobody has 20 held-out items here
    assert found.per_user["own_recall@5"].null_count == 0
    assert mean_intervals(found)["metric"].to_pylist() == ["recall@20", "own_recall@5", "own_recall@20"]
    assert "own_recall" not in METRICS


def test_all_usual_figures_come_too_where_no_cut_offs_are_given(cut, lists):
    usual = list(dc.evaluate(lists, *cut))
    assert list(dc.evaluate(lists, *cut, metrics=OWN[:1])) == [*usual, "own_recall@5", "own_recall@20"]


def test_registered_metrics_are_known_by_name(cut, lists, registered):
    assert metric_of("own_recall@5").meaning == "Hits among the first k over all held-out items."
    found = dc.evaluate(lists, *cut, cutoffs={"own_recall": [5]})
    assert list(found) == ["own_recall@5"]
    assert "never_listed@20 ↓" in dc.evaluate(lists, *cut, cutoffs={"never_listed": [20]})._repr_html_()
    runs = run_all([Contender("popular", dc.Popularity())], one_cut(*cut, [0]), {"own_recall": (5,)}, n_resamples=9)
    assert tabulate(runs, ["popular"], "popular", n_resamples=9).metrics == ("own_recall@5",)
    register(OWN[0])  # again changes nothing


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        (own_recall, "is no metric. Pass one of UserMetric, ExposureMetric, QuotientMetric, such as UserMetric(name"),
        (Metric("base", own_recall), "is no metric"),
        (UserMetric("recall", own_recall), "There is a metric 'recall' already. Give yours another name."),
    ],
)
def test_what_is_no_metric_is_refused_before_the_work(cut, lists, metric, message):
    for call in (lambda: register(metric), lambda: dc.evaluate(lists, *cut, metrics=[metric])):
        with pytest.raises(SettingsError, match=re.escape(message)):
            call()


def test_two_of_one_name_are_refused(cut, lists):
    with pytest.raises(SettingsError, match="There is a metric 'own_recall' already"):
        dc.evaluate(lists, *cut, metrics=[OWN[0], OWN[0]])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "a@b"}, "A metric is called 'a@b'. Use letters, digits and _"),
        ({"name": 3}, "A metric is called 3. Use letters, digits and _"),
        ({"function": None}, "The function of the metric 'odd' is None. Its function takes (lists, k) and returns"),
        ({"cutoffs": 5}, "The cut-offs of odd are 5. Give a list of them"),
        ({"cutoffs": (0,)}, "A cut-off of odd is 0."),
        ({"needs": ("tags",)}, "The needs of the metric 'odd' is 'tags'."),
        ({"most": "1"}, "most of the metric 'odd' is '1'. Give a number."),
        ({"least": 2}, "The metric 'odd' is 2 at least and 1 at most. Give its range."),
        ({"most": float("nan")}, "The metric 'odd' is 0 at least and nan at most."),
        ({"cutoffs": ()}, "The metric 'odd' has no cut-offs. Give one at least"),
        ({"lower_is_better": "yes"}, "lower_is_better of the metric 'odd' is 'yes'. Give True or False."),
        ({"all_users_at_once": 1}, "all_users_at_once of the metric 'odd' is 1."),
        ({"unit": 3}, "unit of the metric 'odd' is 3. Give text."),
    ],
)
def test_a_metric_is_refused_where_it_is_made(settings, message):
    with pytest.raises(SettingsError, match=re.escape(message)):
        UserMetric(**{"name": "odd", "function": own_recall, **settings})


def test_what_is_masked_is_undefined(cut, lists):
    def halves(ranked, k):
        return np.ma.masked_array(np.where(np.arange(ranked.n_users) % 2, 7.0, 0.5), np.arange(ranked.n_users) % 2 == 1)

    found = dc.evaluate(lists, *cut, cutoffs={}, metrics=[UserMetric("halves", halves)])
    assert (found["halves@20"], found.n_defined["halves@20"]) == (0.5, found.n_users / 2)


def fails(*given):
    raise ZeroDivisionError("division by zero")


def pair_of(first, second):
    return lambda lists, k: (first(lists.n_users), second(lists.n_users))


@pytest.mark.parametrize(
    ("kind", "function", "came"),
    [
        (UserMetric, fails, "raised ZeroDivisionError: division by zero."),
        (UserMetric, lambda lists: np.ones(lists.n_users), "raised TypeError: "),
        (UserMetric, lambda lists, k: None, "returned None for 60 users."),
        (UserMetric, lambda lists, k: 0.5, "returned 0.5 for 60 users."),
        (
            UserMetric,
            lambda lists, k: lists.hits,
            "returned an array of the shape (60, 20) and type bool",
        ),
        (UserMetric, lambda lists, k: ["a"] * lists.n_users, "returned ['a', 'a', "),
        (UserMetric, lambda lists, k: [[1], [1, 2]], "returned [[1], [1, 2]] for 60 users."),
        (UserMetric, lambda lists, k: np.full(lists.n_users, -np.inf), "returned -inf."),
        (UserMetric, lambda lists, k: np.full(lists.n_users, -1e308), "returned -1e+308, and no mean is safe beyond"),
        (ExposureMetric, lambda exposure: 2**1000, "returned 1"),
        (ExposureMetric, fails, "raised ZeroDivisionError: division by zero."),
        (ExposureMetric, lambda exposure: None, "returned None."),
        (ExposureMetric, lambda exposure: exposure, "returned an array of the shape (114,) and type "),
        (ExposureMetric, lambda exposure: "0.5", "returned '0.5'."),
        (ExposureMetric, lambda exposure: np.inf, "returned inf."),
        (QuotientMetric, fails, "raised ZeroDivisionError: division by zero."),
        (QuotientMetric, lambda lists, k: np.ones(3), "returned array([1., 1., 1.])."),
        (QuotientMetric, lambda lists, k: (1.0, 2.0), "returned 1.0 for 60 users."),
        (QuotientMetric, pair_of(np.ones, lambda n: np.ones(3)), "returned an array of the shape (3,)"),
        (QuotientMetric, pair_of(np.ones, lambda n: np.full(n, np.inf)), "returned inf."),
        (QuotientMetric, pair_of(np.ones, lambda n: np.full(n, 1e300)), "returned 1e+300, and"),
    ],
)
def test_what_a_metric_raises_or_returns_is_told_by_its_name(cut, lists, kind, function, came):
    odd = kind("odd", function)
    with pytest.raises(SettingsError, match=re.escape(f"The metric 'odd' {came}")) as error:
        dc.evaluate(lists, *cut, metrics=[odd])
    assert str(error.value).endswith(odd.returns)


def test_an_infinite_quotient_is_told(cut, lists):
    tiny = QuotientMetric("odd", pair_of(lambda n: np.full(n, 1e90), lambda n: np.full(n, 1e-300)))
    with pytest.raises(SettingsError, match=r"The metric 'odd' is \S+ / \S+, an infinite figure"):
        dc.evaluate(lists, *cut, metrics=[tiny])


def test_what_a_metric_raises_is_the_cause_of_what_is_told(cut, lists):
    with pytest.raises(SettingsError) as error:
        dc.evaluate(lists, *cut, metrics=[UserMetric("odd", fails)])
    assert isinstance(error.value.__cause__, ZeroDivisionError)


def test_cut_offs_go_by_names_of_metrics(cut, lists):
    with pytest.raises(SettingsError, match="There is no metric 'recall@20'"):
        dc.evaluate(lists, *cut, cutoffs={"recall@20": [20]})


def test_cut_offs_and_metrics_may_come_one_at_a_time(cut, lists):
    found = dc.evaluate(lists, *cut, cutoffs={"recall": iter([5, 20])}, metrics=iter(OWN[:1]))
    assert list(found) == ["recall@5", "recall@20", "own_recall@5", "own_recall@20"]
    runs = run_all([Contender("popular", dc.Popularity())], one_cut(*cut, [0]), {"recall": iter([5])}, n_resamples=9)
    assert list(runs[0].evaluation) == ["recall@5"]
