"""Odd values for every argument of public calls: each is taken, or refused by a short message of deepcuts.

The short form tries some values for each argument, the long one (DEEPCUTS_FAULTS=long) all of them.
"""

from __future__ import annotations

import datetime
import math
import os
import random
import warnings
from collections.abc import Callable, Iterator
from dataclasses import fields
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pytest

import deepcuts as dc
from array_checks import ArrayTypeError
from deepcuts import baselines
from deepcuts.baselines.mmr import rerank
from deepcuts.comparison import baseline, cuts_of, one_cut, run_all, tabulate, write_comparison
from deepcuts.errors import MOST_BYTES, DeepcutsError
from deepcuts.evaluation import (
    catalogue_intervals,
    compare_catalogue,
    compare_evaluations,
    describe_personas,
    evaluate_ranked,
    item_features,
    mean_intervals,
    overlap,
    persona_agreement,
    rank_lists,
    tag_features,
)
from deepcuts.history import HistoryOptions, Matcher, read_history
from deepcuts.ingest import Columns, ReadOptions, TimeRules
from deepcuts.recommendation.settings import ListSettings
from deepcuts.tuning.settings import TuningSettings
from faults.limits import time_limit
from faults.table import add_row

LONG = os.environ.get("DEEPCUTS_FAULTS") == "long"
N_SHORT = 6  # values for each argument
MOST_SECONDS = 20.0
LARGE = range(1_000, 10**12)  # sizes of a world that take long and are no fault

Call = Callable[[Any], Any]


class Silent:
    """What cannot be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")


class Text(str):
    __slots__ = ()


class Number(int):
    pass


class Scene:
    """What calls refer to: plays with labels, a model, its lists, and an id of each kind."""

    def __init__(self, folder: Path) -> None:
        plays = dc.generate_world(40, 60, items_per_user=6, seed=1).plays
        items = plays.item_ids.values
        tags = pa.table({"item_id": items, "tag": [f"tag {n % 5}" for n in range(len(items))]})
        self.folder, self.plays = folder, plays.with_labels({items[0].as_py(): "A name"}, tags)
        self.train, self.holdout = dc.split_holdout(self.plays)
        self.model = dc.PersonaNMF(n_factors=4, base_epochs=2, persona_epochs=1).fit(self.train)
        self.lists = self.model.recommend(k=5)
        self.user, self.item = self.model.user_ids.values[0].as_py(), self.model.item_ids.values[0].as_py()
        (folder / "plays.csv").write_text("user,item,plays\na,x,1\nb,y,2\na,y,3\n")


def values(scene: Scene) -> list[Any]:
    """Values of all kinds; generators are made anew for each call."""
    user, item = scene.user, scene.item
    numbers = [0, -1, 1, 2, 3.0, 1.5, -0.5, 1e9, -1e300, math.nan, math.inf, -math.inf, 10**400, 2**63, 2**70]
    numbers += [np.int8(3), np.uint64(2**63), np.float16(2), np.float32(0.5), np.longdouble(2), np.bool_(True)]
    numbers += [Decimal("0.5"), Decimal("NaN"), Fraction(1, 3), 1j, Number(3), np.array(3), np.ma.masked]
    texts = ["", " ", "x", "auto", "nan", "1", "\0", "\ud800", "é" * 3_000, b"x", b"\xff", bytearray(b"x"), Text(user)]
    ids = [user, item, [user], [None], [user, user], {user}, pa.array([user]), pa.scalar(user), np.array([user])]
    mappings = [{item: count} for count in (1.0, -1, math.nan, 10**400, "3", None, True, np.float32(2))]
    mappings += [{}, {1: 5, "1": 3}, {"nobody": 1.0}, {None: 1}, {("a",): 1}]
    sequences = [[], range(3), np.array([1, 2]), np.array([]), np.array([[1]]), np.array([None]), np.array([99_999])]
    sequences += [np.ones(scene.plays.n_pairs), np.ones(scene.plays.n_pairs, bool), pa.array([1.5])]
    tables = [pa.table({"a": [1]}), pa.table({}), scene.plays, scene.model, scene.lists, *of_libraries(user, item)]
    times = [datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 1), datetime.timedelta(1), np.datetime64("NaT")]
    others = [None, True, False, object(), Silent(), print, int, ..., slice(1), UUID(int=3), memoryview(b"abc")]
    others += [Path("/none/x"), Path("/"), lambda: (each for each in [user, None])]
    return [*numbers, *texts, *ids, *mappings, *sequences, *tables, *times, *others]


def of_libraries(user: str, item: str) -> Iterator[Any]:
    columns = {"user_id": [user], "item_id": [item], "rank": [1]}
    try:
        import pandas
    except ImportError:
        pass
    else:
        yield from (pandas.NA, pandas.NaT, pandas.Series([user]), pandas.Index([user]), pandas.DataFrame(columns))
        yield from (pandas.Categorical([user]), pandas.Timestamp("2020-01-01"))
    try:
        import polars
    except ImportError:
        pass
    else:
        yield from (polars.Series([user]), polars.DataFrame(columns))


class Calls(dict[str, Call]):
    """A call for each argument of some functions, with good values for all others."""

    def add(self, function: Callable[..., Any], good: dict[str, Any], name: str = "") -> None:
        for argument in good:
            self[f"{name or function.__qualname__}.{argument}"] = partial(called, function, good, argument)


def calls(scene: Scene) -> Calls:
    made = Calls()
    for add_calls in (add_data, add_settings, add_model, add_evaluation, add_intervals, add_comparison, add_training):
        add_calls(made, scene)
    return made


def add_data(made: Calls, scene: Scene) -> None:
    plays, add = scene.plays, made.add
    world = {"n_users": 20, "n_items": 60, "items_per_user": 6, "n_scenes": 3, "n_personas": 2, "stray_share": 0.1}
    add(dc.generate_world, {**world, "seed": 0})
    add(dc.split_holdout, {"plays": plays, "fraction": 0.2, "seed": 0})
    add(dc.split_users, {"plays": plays, "users": 0.1, "fraction": 0.2, "min_items": 5, "seed": 0})
    add(dc.split_folds, {"plays": plays, "k": 3, "seed": 0})
    add(dc.split_last, {"plays": plays, "n": 1})
    add(dc.split_at, {"plays": plays, "moment": "2020"})
    add(dc.prune, {"plays": plays, "min_users": 1, "min_items": 1})
    add(dc.drop_known, {"holdout": scene.holdout, "train": scene.train})
    add(dc.load, {"path": "none"})
    add(dc.Interactions.load, {"path": "none"}, "Interactions.load")
    matrix = {"matrix": plays.to_csr(), "user_ids": plays.user_ids.values, "item_ids": plays.item_ids.values}
    add(dc.Interactions.from_csr, {**matrix, "dislikes": False})
    add(plays.keep_pairs, {"mask": np.ones(plays.n_pairs, bool)})
    add(plays.align_items, {"item_ids": scene.model.item_ids})
    add(plays.to_arrow, {"ids": "text"})
    add(plays.with_labels, {"names": None, "tags": None})
    made["name of an item"] = lambda value: plays.with_labels({scene.item: value})
    for column in ("item_id", "tag", "weight", "tagger"):
        made[f"{column} of a tag"] = partial(tagged, scene, column)
    columns = {"source": scene.folder / "plays.csv", "user": "user", "item": "item", "plays": None, "time": None}
    options = {field.name: getattr(ReadOptions(), field.name) for field in fields(ReadOptions)}
    add(dc.read_plays, {**columns, "min_users": 1, "min_items": 1, **options})


def add_settings(made: Calls, scene: Scene) -> None:
    for kind in (HistoryOptions, TimeRules, TuningSettings, ReadOptions):
        made.add(kind, {field.name: getattr(kind(), field.name) for field in fields(kind)})
    made.add(Columns, {"user": "a", "item": "b", "plays": None, "time": None})
    made.add(read_history, {"paths": scene.folder / "plays.csv"})
    ids = scene.model.item_ids
    matcher = Matcher(ids, ids.values, scene.model.item_listeners)
    made.add(matcher.match, {"artists": ["a"], "plays": None})
    counts = scene.model.item_listeners
    made.add(Matcher, {"item_ids": ids, "names": ids.values, "listeners": counts, "min_score": 90.0})


def add_model(made: Calls, scene: Scene) -> None:
    model, add = scene.model, made.add
    add(model.save, {"path": scene.folder / "model.safetensors", "force": True})
    lists: dict[str, Any] = {"k": 5, "names": False, "ids": "text"}
    chosen = {field.name: getattr(ListSettings(), field.name) for field in fields(ListSettings)}
    add(model.recommend, {"users": None, **chosen, **lists})
    add(model.recommend_batches, {"users": None, **lists})
    add(model.to_mips, chosen)
    add(model.explain, {"user": scene.user, "item": scene.item, "persona": None, "base_lean": 0.0, **lists})
    add(model.personas, {"user": scene.user, "n_items": 5, "ids": "text"})
    add(model.similar_items, {"item": scene.item, **lists})
    add(model.factors, {"n_items": 5})
    add(model.persona_names, {"user": scene.user})
    add(model.fold_in, {"plays": {scene.item: 2.0}, "refused": (), "keep_personas_of": None})
    add(model.extend, {"plays": scene.plays})
    add(model.diagnostics, {"holdout": scene.holdout})
    add(model.without, {"users": scene.user}, "PersonaModel.without")
    add(scene.plays.without, {"users": scene.user})


def add_evaluation(made: Calls, scene: Scene) -> None:
    model, add = scene.model, made.add
    judged = {"lists": scene.lists, "train": scene.train, "holdout": scene.holdout}
    add(dc.evaluate, {**judged, "cutoffs": None, "features": None, "personas": None})
    add(item_features, {"labels": {scene.item: "a"}, "item_ids": model.item_ids, "n_labels": 5})
    again = {"lists": scene.lists, "item_ids": model.item_ids, "item_vectors": model.item_factors}
    add(rerank, {**again, "k": 3, "diversity": 0.3})


def add_intervals(made: Calls, scene: Scene) -> None:
    judged = {"train": scene.train, "holdout": scene.holdout}
    ranked = rank_lists(scene.lists, **judged)
    evaluation, add = evaluate_ranked(ranked), made.add
    draws: dict[str, Any] = {"n_resamples": 5, "level": 0.9, "seed": 0}
    add(rank_lists, {"lists": scene.lists, **judged, "features": None, "personas": None})
    add(evaluate_ranked, {"ranked": ranked, "cutoffs": None, "metrics": ()})
    add(mean_intervals, {"evaluation": evaluation, **draws})
    add(compare_evaluations, {"a": evaluation, "b": evaluation, **draws})
    add(catalogue_intervals, {"lists": ranked, "cutoffs": None, **draws})
    add(compare_catalogue, {"a": ranked, "b": ranked, "cutoffs": None, **draws})
    add(overlap, {"lists": ranked, "others": ranked, "k": 3})
    personas = np.zeros(scene.train.n_pairs, np.int8)
    add(describe_personas, {"train": scene.train, "personas": personas, "features": None})
    add(persona_agreement, {"train": scene.train, "personas": personas, "others": personas})
    add(tag_features, {"labels": scene.plays.labels, "item_ids": scene.model.item_ids, "n_labels": 5})


def add_comparison(made: Calls, scene: Scene) -> None:
    add, popularity = made.add, baseline("popularity")
    add(baseline, {"name": "popularity", "values": None, "title": None})
    add(cuts_of, {"plays": scene.plays, "fraction": 0.2, "seeds": [0]})
    add(one_cut, {"train": scene.train, "holdout": scene.holdout, "seeds": [0]})
    cuts = list(one_cut(scene.train, scene.holdout, [0]))
    few: dict[str, Any] = {"n_resamples": 5}
    cutoffs = {"recall": [3]}
    add(run_all, {"contenders": [popularity], "cuts": cuts, "cutoffs": cutoffs, "labels": None, **few})
    runs = run_all([popularity, baseline("ease")], cuts, cutoffs, **few)
    compared = {"runs": runs, "contenders": ["popularity", "ease"], "reference": "ease", **few}
    add(tabulate, {**compared, "level": 0.9, "seed": 0})
    add(write_comparison, {"path": scene.folder / "c.csv", "comparison": tabulate(**compared), "force": True})


def add_training(made: Calls, scene: Scene) -> None:
    train, add = scene.train, made.add
    settings = dc.PersonaNMF(n_factors=3, base_epochs=1, persona_epochs=1)
    add(settings.fit, {"plays": train, "seed": 0, "on_interrupt": "raise", "start": None})
    known = {field.name: getattr(settings, field.name) for field in fields(settings)}
    add(dc.PersonaNMF, known)
    add(settings.set_params, known)
    tried = {
        "plays": dc.generate_world(4, 60, items_per_user=5, n_scenes=3, n_personas=2).plays,
        "budget": -1,
        "any_sign": False,
    }
    add(dc.PersonaNMF.tuned, {**tried, "most_factors": None, "seed": 0, "study": None})
    for kind in (baselines.EASE, baselines.PFP, baselines.MaxMF, baselines.RandomPersonas, dc.Popularity):
        add(kind, {field.name: getattr(kind(), field.name) for field in fields(kind)})
        add(kind().fit, {"plays": train, "seed": 0}, f"{kind.__name__}.fit")


def called(function: Callable[..., Any], good: dict[str, Any], argument: str, value: Any) -> None:
    # An instance of a subclass would be sought among all numbers of the range, one by one.
    if function is dc.generate_world and isinstance(value, int) and int(value) in LARGE:
        return
    result = function(**{**good, argument: value})
    if isinstance(result, Iterator):
        list(result)


def tagged(scene: Scene, column: str, value: Any) -> None:
    """Give a tag to an item; one of the columns has a value that Arrow has a type for."""
    row = {"item_id": scene.item, "tag": "a", "weight": 1.0, "tagger": 1}
    try:
        table = pa.table({name: [value if name == column else good] for name, good in row.items()})
    except Exception:
        return
    scene.plays.with_labels(tags=table)


def wrong(call: Call, value: Any) -> str | None:
    """Say what is wrong with how a call ends: an error that is not of deepcuts, a long message, a hang."""
    given = value() if getattr(value, "__name__", "") == "<lambda>" else value
    try:
        with time_limit(MOST_SECONDS), warnings.catch_warnings():
            warnings.simplefilter("error")
            call(given)
    except DeepcutsError as error:
        length = len(str(error).encode("utf-8", "replace"))
        return f"a message of {length:,} bytes" if length > MOST_BYTES else None
    except ArrayTypeError:
        return None  # where an array is meant, the suite itself looks at what is given
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:200]}"
    return None


def test_odd_values_are_taken_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    scene = Scene(tmp_path)
    odd, n_tried, found = values(scene), 0, []
    for name, call in calls(scene).items():
        for value in odd if LONG else random.Random(name).sample(odd, N_SHORT):
            n_tried += 1
            if problem := wrong(call, value):
                found.append(f"{name}, {type(value).__name__}: {problem}")
    add_row("commands: arguments in Python", "odd values for each", n_tried, len(found))
    assert not found, "\n".join(found[:60])
