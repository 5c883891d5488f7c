"""Plays and what is made of them are equal where what is in them is."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

import deepcuts as dc
from deepcuts.comparison import cuts_of
from deepcuts.evaluation import item_features

TAGS = pa.table({"item_id": ["x", "y"], "tag": ["calm", "loud"]})


def plays(counts: tuple[float, ...] = (3, 1, -2, 5), *, timed: bool = True) -> dc.Interactions:
    rows = {"user": ["ada", "ada", "bob", "bob"], "item": ["x", "y", "x", "y"], "plays": counts, "time": [1, 2, 3, 4]}
    how = {"time": "time"} if timed else {}
    read = dc.read_plays(pa.table(rows), user="user", item="item", plays="plays", dislikes=True, **how)
    return read.with_labels({"x": "Ex"}, TAGS)


def test_plays_are_equal_by_what_is_in_them(tmp_path):
    ours = plays()
    ours.save(tmp_path / "plays.safetensors")
    for other in (plays(), dc.Interactions.load(tmp_path / "plays.safetensors"), copy.deepcopy(ours)):
        assert ours == other
        assert hash(ours) == hash(other)
    assert pickle.loads(pickle.dumps(ours)) in [ours]
    assert len({ours, plays()}) == 1


@pytest.mark.parametrize(
    "other",
    [
        plays((3, 1, -2, 6)),
        plays((3, 1, -3, 5)),
        plays((3, 1, 2, 5)),
        plays(timed=False),
        plays().with_labels({"x": "Ex"}),
        plays().with_labels({"x": "Why"}, TAGS),
        replace(plays(), labels=None),
        plays().to_arrow(),
        None,
    ],
    ids=str,
)
def test_plays_differ_where_anything_does(other):
    assert plays() != other
    assert other != plays()


MADE: dict[str, Callable[[int], Any]] = {
    "world": lambda seed: dc.generate_world(60, 100, items_per_user=10, seed=seed),
    "split": lambda seed: dc.split_holdout(dc.generate_world(60, 100, items_per_user=10).plays, seed=seed),
    "cut": lambda seed: next(iter(cuts_of(dc.generate_world(60, 100, items_per_user=10).plays, 0.2, [seed]))),
    "features": lambda seed: item_features(TAGS.slice(seed).rename_columns(["item_id", "label"]), plays().item_ids),
}


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_what_holds_plays_or_arrays_is_equal_likewise(make):
    assert make(0) == make(0)
    assert make(0) != make(1)
