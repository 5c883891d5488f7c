"""Figures that need labels of items, and how labels are read."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deepcuts.data.ids import Ids
from deepcuts.errors import DataError, SettingsError
from deepcuts.evaluation import evaluate, item_features
from reference import metrics as reference
from reference.metrics import interactions, table

UNHURRIED = settings(deadline=None)  # kernels may have to be compiled first

TRAIN = {"ada": {"a", "b", "c", "d", "e"}, "bob": {"f", "g", "h", "i"}, "cyd": {"i", "j"}}
HOLDOUT = {"ada": {"f", "g", "unheard of"}, "bob": {"a"}, "cyd": {"a"}}
LISTS = {"ada": ["f", "i", "g"], "bob": ["e", "a"]}
# Most used first: rock 6, jazz 3, folk 1. Neither i nor j has a label.
LABELS = {
    "a": {"rock": 1},
    "b": {"rock": 1},
    "c": {"rock": 1},
    "d": {"rock": 1},
    "e": {"rock": 1, "jazz": 1},
    "f": {"jazz": 1, "folk": 1},
    "g": {"rock": 1},
    "h": {"jazz": 1},
}
METRICS = ("calibration_kl", "ild", "taste_coverage", "minority_recall")


def judge(lists, train, holdout, labels, k):
    features = reference.item_labels(labels, train)
    cutoffs = {metric: [k] for metric in METRICS}
    return evaluate(table(lists), interactions(train), interactions(holdout), cutoffs, features=features)


def test_every_figure_agrees_with_hand_worked_values():
    per_user = judge(LISTS, TRAIN, HOLDOUT, LABELS, 2).per_user
    # Ada plays rock to 4.5 of 5 and jazz to 0.5; of the first two, f alone has labels: half jazz, half folk.
    ada = 0.9 * log(0.9 / (0.01 * 0.9)) + 0.1 * log(0.1 / (0.99 * 0.5 + 0.01 * 0.1))
    # Bob plays f, g, h: jazz 1.5 of 3, folk 0.5, rock 1; his list is rock to 1.5 of 2 and jazz to 0.5.
    bob = (
        1 / 2 * log(1 / 2 / (0.99 * 1 / 4 + 0.01 / 2))
        + 1 / 6 * log(1 / 6 / (0.01 / 6))
        + 1 / 3 * log(1 / 3 / (0.99 * 3 / 4 + 0.01 / 3))
    )
    # Cyd, who has no list, plays nothing that has a label, and so has no main taste: any is a minority taste.
    assert per_user["calibration_kl@2"].to_pylist() == [pytest.approx(ada), pytest.approx(bob), None]
    assert per_user["ild@2"].to_pylist() == [None, pytest.approx(1 - 1 / sqrt(2)), None]
    # The main label of e is rock, as of all that Ada plays, and of f jazz. Bob: jazz, rock, jazz; a and e are rock.
    assert per_user["taste_coverage@2"].to_pylist() == [0.0, pytest.approx(1 / 3), None]
    # To Ada jazz is a minority taste, of which f was held out and listed. To Bob rock, with a third, is none.
    assert per_user["minority_recall@2"].to_pylist() == [1.0, None, 0.0]


def test_intra_list_distance_of_three_items():
    per_user = judge(LISTS, TRAIN, HOLDOUT, LABELS, 3).per_user
    assert per_user["ild@3"].to_pylist() == [1.0, pytest.approx(1 - 1 / sqrt(2)), None]  # f and g share no label


def test_labels_are_read_from_tables_and_mappings():
    items = Ids.of(["a", "b", "c", "d"], "item")
    rows = {"item_id": ["a", "a", "b", "z", "a", "c"], "label": ["y", "x", "x", "y", "y", "w"]}
    features = item_features(pa.table(rows), items, n_labels=2)
    assert features.labels == ("y", "x")  # z, which is not in train, has its say in which labels are kept
    assert features.matrix.toarray() == pytest.approx(np.array([[2 / 3, 1 / 3], [0, 1], [0, 0], [0, 0]]))
    assert features.main_labels.tolist() == [0, 1, -1, -1]
    assert features.is_labelled.tolist() == [True, True, False, False]
    weighted = item_features(pl.DataFrame({**rows, "weight": [1, 3, 0, 1, 1, 1]}), items)
    assert weighted.labels == ("x", "y", "w")
    assert weighted.matrix.toarray() == pytest.approx(np.array([[0.6, 0.4, 0], [0, 0, 0], [0, 0, 1], [0, 0, 0]]))
    mapped = item_features({"d": "q", "a": "q", "b": "p"}, items)
    assert mapped.labels == ("q", "p")
    assert mapped.main_labels.tolist() == [0, 1, -1, 0]


def test_equally_used_labels_are_kept_by_name():
    items = Ids.of(["a", "b", "c"], "item")
    assert item_features({"a": "z", "b": "x", "c": "y"}, items, n_labels=2).labels == ("x", "y")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (
            [1, 2],
            r"The labels are a list, neither a table nor a mapping\. Pass a table with the columns item_id, label",
        ),
        (
            pa.table({"item": ["a"], "label": ["x"]}),
            r"The labels have 0 columns 'item_id'\. Their columns are item, lab",
        ),
        (
            pa.Table.from_arrays([pa.array(["a"])] * 3, ["item_id", "label", "label"]),
            r"The labels have 2 columns 'label'\. .* Name two of them item_id, label\.",
        ),
        (pa.table({"item_id": ["a", None], "label": ["x", "y"]}), r"Column 'item_id' of the labels has 1 missing val"),
        (
            pa.table({"item_id": ["a", "b"], "label": ["x", "y"], "weight": [1.0, -2.0]}),
            r"A label of item 'b' has the weight -2\.0\. Weights are numbers from 0 up\.",
        ),
        (
            pa.table({"item_id": ["a", "b"], "label": ["x", "y"], "weight": [None, 1]}),
            r"A label of item 'a' has the weight nan\.",
        ),
        (
            pa.table({"item_id": ["a"], "label": ["x"], "weight": ["much"]}),
            r"Column 'weight' of the labels holds string\. Weights are numbers from 0 up\.",
        ),
        (
            {"q": "x"},
            r"None of 1 label is of an item in train \(the first is of 'q'\)\. Labels and train must use",
        ),
        ({}, r"None of 0 labels is of an item in train\. Labels and train"),
    ],
)
def test_labels_that_cannot_be_used_are_refused(labels, message):
    with pytest.raises(DataError, match=message):
        item_features(labels, Ids.of(["a", "b"], "item"))


def test_at_least_one_label_is_kept():
    with pytest.raises(SettingsError, match=r"n_labels is 0\. Keep at least 1 label\."):
        item_features({"a": "x"}, Ids.of(["a"], "item"), n_labels=0)


def test_features_of_other_items_are_refused():
    features = item_features({"a": "x"}, Ids.of(["a"], "item"))
    with pytest.raises(DataError, match=r"The features are of 1 item, which are not the 10 of train\. Lay them out"):
        evaluate(table(LISTS), interactions(TRAIN), interactions(HOLDOUT), features=features)


def by_use(labels):
    """Put the labels of every item into the order in which `item_features` keeps them."""
    used = {}
    for weights in labels.values():
        for label, weight in weights.items():
            used[label] = used.get(label, 0) + weight
    order = sorted(used, key=lambda label: (-used[label], label))
    return {item: {label: weights[label] for label in order if label in weights} for item, weights in labels.items()}


# Made once: hypothesis looks at a strategy that is new in every example for longer than it draws from it.
USERS = st.lists(st.sampled_from("uvwx"), min_size=1, unique=True)
OWN = st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=6, unique=True)
HELD = st.lists(st.sampled_from([*"abcdefg", "unknown"]), min_size=1, unique=True)
ORDERS, LENGTHS = st.permutations("abcdefg"), st.integers(0, 7)
WEIGHTS = st.dictionaries(st.sampled_from(["x", "y", "z"]), st.integers(1, 3), max_size=3)


@st.composite
def labelled_worlds(draw):
    """Train, holdout, lists and labels of up to four users and seven items; some items have no label."""
    train, holdout, lists = {}, {}, {}
    for user in draw(USERS):
        train[user] = set(draw(OWN))
        holdout[user] = set(draw(HELD)) - train[user] or {"unknown"}
    catalogue = sorted(set().union(*train.values()))
    for user, own in train.items():
        lists[user] = [item for item in draw(ORDERS) if item in catalogue and item not in own][: draw(LENGTHS)]
    labels = {item: chosen for item in catalogue if (chosen := draw(WEIGHTS))}
    assume(labels)
    return lists, train, holdout, by_use(labels)


@UNHURRIED
@given(labelled_worlds(), st.integers(1, 8))
def test_figures_agree_with_the_readable_twins(world, k):
    lists, train, holdout, labels = world
    expected = reference.label_figures(lists, train, holdout, k, labels)
    figures = judge(lists, train, holdout, labels, k).figures
    assert figures == pytest.approx({f"{name}@{k}": value for name, value in expected.items()}, abs=1e-9, nan_ok=True)


@UNHURRIED
@given(labelled_worlds(), st.integers(1, 8))
def test_figures_keep_to_their_ranges_and_do_not_depend_on_the_names_of_labels(world, k):
    lists, train, holdout, labels = world
    figures = judge(lists, train, holdout, labels, k).figures
    for name, value in figures.items():
        assert np.isnan(value) or 0 <= value <= (log(100) if "calibration" in name else 1) + 1e-12
    renamed = {item: {f"a {label}": 7 * weight for label, weight in own.items()} for item, own in labels.items()}
    again = judge(lists, train, holdout, renamed, k).figures
    assert again == pytest.approx(dict(figures), abs=1e-9, nan_ok=True)


def test_a_list_with_the_labels_of_the_history_is_calibrated():
    train = {"ada": {"a", "b"}, "bob": {"c", "d"}}
    labels = {"a": {"x": 1}, "c": {"x": 1}, "b": {"y": 1}, "d": {"y": 1}}
    figures = judge({"ada": ["c", "d"]}, train, {"ada": {"c"}}, labels, 2).figures
    assert figures["calibration_kl@2"] == pytest.approx(0, abs=1e-12)
    assert figures["taste_coverage@2"] == figures["ild@2"] == 1
