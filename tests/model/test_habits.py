"""What people are used to from other libraries: tables, parameters, bars, log lines, helpful refusals."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from collections import Counter, deque
from dataclasses import FrozenInstanceError
from types import ModuleType
from typing import get_type_hints

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse

import deepcuts as dc
from deepcuts.comparison import Contender, run_all
from deepcuts.errors import DataError, SettingsError
from deepcuts.ingest import ReadOptions, TimeRules
from deepcuts.ingest.tabular.keywords import ReadKeywords
from deepcuts.model import PersonaSettings
from deepcuts.model.bars import bar_html, in_notebook, reporters
from deepcuts.model.training.settings import PersonaOptions
from deepcuts.web.server.settings import ServiceSettings

SMALL = dc.PersonaNMF(n_factors=4, n_personas=2, base_epochs=2)


@pytest.fixture(scope="module")
def plays():
    world = dc.generate_world(n_users=40, n_items=80, items_per_user=8, seed=0).plays
    return world.keep_pairs(np.ones(world.n_pairs, bool))  # without items that nobody plays, which no table has


@pytest.fixture(scope="module")
def model(plays):
    return SMALL.fit(plays, seed=0)


FORMS = {
    "pandas": lambda table: table.to_pandas(),
    "polars": pl.from_arrow,
    "pyarrow": lambda table: table,
    "stream": lambda table: table.to_reader(),
    "duckdb": lambda table: duckdb.connect().from_arrow(table),
}


@pytest.mark.parametrize("form", FORMS)
def test_tables_are_taken_wherever_plays_are(plays, model, form):
    make, table = FORMS[form], plays.to_arrow()
    fitted = SMALL.fit(make(table), seed=0)
    np.testing.assert_array_equal(fitted.item_factors, model.item_factors)
    few = table.slice(0, 30)
    assert model.fold_in(make(few)).recommend().equals(model.fold_in(dc.read_plays(few, **ROLES)).recommend())
    assert model.extend(make(few)).seen.n_pairs == plays.n_pairs
    train, holdout = dc.split_holdout(plays, seed=0)
    lists = dc.Popularity().fit(train).recommend(k=20)
    found = dc.evaluate(lists, make(train.to_arrow()), make(holdout.to_arrow()))
    assert dict(found.figures) == pytest.approx(dict(dc.evaluate(lists, train, holdout).figures), nan_ok=True)
    names = make(table.select(["item_id"]).append_column("name", table["item_id"]))
    assert plays.with_labels(names).labels.names.equals(plays.item_ids.values)


ROLES = {"user": "user_id", "item": "item_id", "plays": "plays"}


def test_a_table_without_plays_counts_its_rows_and_times_come_along():
    table = pd.DataFrame({"user_id": [1, 1, 2, 2], "item_id": [7, 7, 7, 8], "last_played": [5, 9, 2, 3]})
    seen = SMALL.fit(table).seen
    assert seen.plays.tolist() == [2, 1, 1]
    assert seen.last_played.tolist() == [9, 2, 3]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            pd.DataFrame({"user": [1], "artist": [2]}),
            "a table (DataFrame) with the columns user, artist. Say what they are: "
            "read_plays(table, user='user', item='artist').",
        ),
        (
            pd.DataFrame({"userID": [1], "artistID": [2], "weight": [3]}),
            "read_plays(table, user='userID', item='artistID', plays='weight').",
        ),
        (np.eye(3), "The plays are an ndarray. Pass Interactions, such as read_plays"),
        (None, "The plays are None. Pass Interactions"),
        (
            pl.LazyFrame({"user_id": [1]}),
            "The plays are a LazyFrame, which holds no rows yet. Pass the table that plays.collect() makes.",
        ),
    ],
)
def test_other_things_are_refused_with_what_to_call(model, given, message):
    for call in (SMALL.fit, model.extend, model.fold_in, dc.split_holdout, dc.PersonaNMF.tuned):
        with pytest.raises(DataError, match=re.escape(message)):
            call(given)


@pytest.mark.parametrize("name", ["count", "play_count", "Weight", "rating"])
def test_counts_under_another_name_are_not_lost(model, name):
    table = pd.DataFrame({"user_id": [1, 1, 2], "item_id": [7, 8, 7], name: [5, 9, 2]})
    for call in (SMALL.fit, model.extend, dc.split_holdout, lambda given: model.fold_in(given.drop(columns="user_id"))):
        with pytest.raises(DataError, match=f"no column 'plays', but '{name}'. Call it plays where"):
            call(table)
    assert SMALL.fit(table.rename(columns={name: "country"})).seen.plays.tolist() == [1, 1, 1]


def test_a_file_is_read_before(model):
    for call in (SMALL.fit, model.extend, dc.split_holdout):
        with pytest.raises(
            DataError, match=r"the name of a file, 'plays\.parquet'\. Read it first: read_plays\(path, u"
        ):
            call("plays.parquet")
    for given in ("plays.parquet", b"plays.parquet", 5):
        message = (
            f"The plays are {given!r}. Pass a list of items, even of a single one, or a mapping from items to play"
        )
        with pytest.raises(DataError, match=re.escape(message) + r".* are read first: read_plays\(path"):
            model.fold_in(given)


def test_plays_of_one_person_are_taken_in_many_forms(plays, model):
    items = model.item_ids.to_pylist()[:3]
    expected = model.fold_in(dict.fromkeys(items, 1)).recommend()
    forms = {
        "list": items,
        "tuple": tuple(items),
        "set": set(items),
        "vector": np.array(items),
        "keys": dict.fromkeys(items).keys(),
        "series": pd.Series(1, index=items),
        "table": pa.table({"item_id": items}),
        "frame with plays": pd.DataFrame({"item_id": items, "plays": 1}),
        "polars": pl.DataFrame({"item_id": items}),
        "stream": pa.table({"item_id": items}).to_reader(),
        "generator": (item for item in items),
        "deque": deque(items),
        "ids": model.item_ids[:3],
        "array of Arrow": pa.array(items),
        "column of Arrow": pa.chunked_array([items]),
        "dictionary of Arrow": pa.array(items).dictionary_encode(),
        "index": pd.Index(items),
        "categorical": pd.Categorical(items),
        "column of pandas": pd.Series(items),
        "rows of a column": pd.Series(items, index=[4, 7, 9], name="artist"),
        "column of polars": pl.Series(items),
        "categories of polars": pl.Series(items, dtype=pl.Categorical),
    }
    for form, given in forms.items():
        assert model.fold_in(given).recommend().equals(expected), form
    twice = model.fold_in([items[0], *items]).recommend()
    assert twice.equals(model.fold_in({items[0]: 2, items[1]: 1, items[2]: 1}).recommend())


def test_a_series_dislikes_below_zero_and_names_each_item_once(model):
    items = model.item_ids.to_pylist()[:2]
    counts = {items[0]: 3, items[1]: -1}
    assert model.fold_in(pd.Series(counts)).recommend().equals(model.fold_in(counts).recommend())
    with pytest.raises(DataError, match=r"is more than once in the index of the plays\. Add them up first"):
        model.fold_in(pd.Series([1, 2], index=[items[0], items[0]]))


@pytest.mark.parametrize("series", [pd.Series([3, 7]), pd.Series([3, 7], index=[4, 9], name="artist")])
def test_numbers_of_a_series_that_may_be_items_or_counts_are_refused(model, series):
    with pytest.raises(
        DataError, match=r"numbers of the plays, 3 at the index \d, may be items or counts\. Pass plays\.to"
    ):
        model.fold_in(series)


def test_numbers_by_numbers_are_counts_by_id_where_the_index_is_named_or_no_table_had_them():
    plays = dc.read_plays(
        pd.DataFrame({"user_id": [1, 1, 2, 2], "item_id": [0, 3, 3, 5]}), user="user_id", item="item_id"
    )
    model = SMALL.fit(plays)
    counts = {3: 5, 5: 2}
    expected = model.fold_in(counts).recommend()
    for series in (
        pd.Series(counts),
        pd.Series(counts, dtype=object),
        pd.Series(counts, name="n").rename_axis("item_id"),
    ):
        assert model.fold_in(series).recommend().equals(expected)


@pytest.mark.parametrize(
    ("given", "entry"),
    [
        ([("a", 3)], "a tuple, ('a', 3)"),
        (Counter("a").items(), "a tuple, ('a', 1)"),
        ([{"item_id": "a", "plays": 3}], "a dict, {'item_id': 'a', 'plays': 3}"),
        ([["a"]], "a list, ['a']"),
        (np.array([("a", 3)], [("item_id", "U1"), ("plays", "i8")]), "a void"),
    ],
)
def test_pairs_and_records_are_refused_with_what_to_pass(model, given, entry):
    with pytest.raises(
        DataError, match=re.escape(f"An entry of the plays is {entry}") + r".*dict\(pairs\).*from_pylist"
    ):
        model.fold_in(given)


def test_names_and_tags_that_are_no_tables_are_told(plays):
    with pytest.raises(DataError, match=r"The names are a list\. Pass a table with the columns item_id and name\. A"):
        plays.with_labels(["a"])
    with pytest.raises(DataError, match=r"The tags are a dict\. Pass a table with the columns item_id and tag"):
        plays.with_labels(tags={"a": "b"})


def test_settings_are_read_set_and_cloned_as_in_scikit_learn(plays):
    clone = pytest.importorskip("sklearn.base").clone
    copy = clone(SMALL)
    assert copy == SMALL
    assert copy is not SMALL
    assert SMALL.get_params()["n_factors"] == 4
    grid = [clone(SMALL).set_params(**values) for values in ({"n_factors": 2, "lean": 0.1}, {"n_factors": 3})]
    assert [(one.n_factors, one.lean, one.base_epochs) for one in grid] == [(2, 0.1, 2), (3, 0.4, 2)]
    assert SMALL.n_factors == 4
    assert grid[0].fit(plays).settings.n_factors == 2


def test_settings_that_scikit_learn_sets_are_set_whether_or_not_the_result_is_kept(plays):
    clone, pipeline = pytest.importorskip("sklearn.base").clone, pytest.importorskip("sklearn.pipeline")
    estimator = clone(SMALL)
    fitted = estimator.fit(plays)
    estimator.set_params(n_factors=3)
    assert (estimator.n_factors, fitted.settings.n_factors) == (3, 4)
    steps = pipeline.Pipeline([("personas", estimator)])
    steps.set_params(personas__n_factors=2, personas__lean=0.1)
    assert (estimator.n_factors, estimator.lean, steps.get_params()["personas__n_factors"]) == (2, 0.1, 2)
    with pytest.raises(SettingsError, match=r"lean is -1"):
        estimator.set_params(n_factors=5, lean=-1)
    assert estimator.n_factors == 2


def test_pipelines_and_searches_of_scikit_learn_are_refused_with_what_to_do_instead(plays):
    pipeline, search = pytest.importorskip("sklearn.pipeline"), pytest.importorskip("sklearn.model_selection")
    clone = pytest.importorskip("sklearn.base").clone
    grid = search.GridSearchCV(SMALL, {"n_factors": [2, 4]}, scoring=lambda *_: 1.0, cv=2)
    with pytest.raises(AttributeError, match=r"no pipeline or search of scikit-learn can hold it\. Loop over"):
        grid.fit(plays.to_csr())
    steps = pipeline.Pipeline([("personas", SMALL)])
    with pytest.raises((FrozenInstanceError, AttributeError, TypeError), match=r"no pipeline or search|positional"):
        steps.fit(plays)
    assert [clone(SMALL).set_params(**one).n_factors for one in search.ParameterGrid({"n_factors": [2, 4]})] == [2, 4]


def test_settings_that_are_set_are_refused_with_what_makes_others():
    with pytest.raises(FrozenInstanceError, match=r"n_factors cannot .*replace\(settings, n_factors=…\) makes another"):
        SMALL.n_factors = 8
    with pytest.raises(FrozenInstanceError, match=r"factors cannot .* as PersonaNMF is frozen\."):
        SMALL.factors = 8
    with pytest.raises(FrozenInstanceError, match=r"k cannot be set, as ListSettings is frozen\."):
        dc.recommendation.ListSettings().k = 8
    assert SMALL.n_factors == 4


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: dc.PersonaNMF(n_factor=3),
            "PersonaNMF has no setting 'n_factor'. Did you mean 'n_factors'? It has n_fac",
        ),
        (
            lambda: dc.PersonaNMF().set_params(n_persona=3),
            "PersonaNMF has no setting 'n_persona'. Did you mean 'n_personas'?",
        ),
        (lambda: PersonaSettings(seed=3), "PersonaSettings has no setting 'seed'"),
        (lambda: ReadOptions(delimeter=";"), "ReadOptions has no setting 'delimeter'. Did you mean 'delimiter'?"),
        (
            lambda: dc.tuning.TuningSettings(trials=3),
            "TuningSettings has no setting 'trials'. Did you mean 'n_trials'?",
        ),
        (lambda: dc.tuning.AutoSettings(budgets=3), "AutoSettings has no setting 'budgets'. Did you mean 'budget'?"),
        (lambda: dc.report.ReportSettings(seeds=3), "ReportSettings has no setting 'seeds'. Did you mean 'seed'?"),
        (lambda: dc.history.HistoryOptions(date="dmy"), "HistoryOptions has no setting 'date'. Did you mean 'dates'?"),
        (
            lambda: dc.baselines.EASE(regularisation=3),
            "EASE has no setting 'regularisation'. Did you mean 'regularizat",
        ),
        (lambda: ServiceSettings(worker=3), "ServiceSettings has no setting 'worker'. Did you mean 'workers'?"),
        (lambda: TimeRules(halflife=3), "TimeRules has no setting 'halflife'. Did you mean 'half_life'?"),
        (lambda: dc.read_plays("x.csv", user=1, item=2, dislike=True), "ReadOptions has no setting 'dislike'. Did you"),
    ],
)
def test_unknown_settings_are_refused_with_what_was_meant(call, message):
    with pytest.raises(SettingsError, match=re.escape(message)):
        call()


@pytest.mark.parametrize(("settings", "keywords"), [(PersonaSettings, PersonaOptions), (ReadOptions, ReadKeywords)])
def test_the_keywords_that_type_checkers_know_are_the_settings(settings, keywords):
    assert get_type_hints(keywords) == get_type_hints(settings)


def test_reading_prunes_where_asked(plays):
    table = plays.to_arrow()
    pruned = dc.read_plays(table, **ROLES, min_users=4, min_items=3)
    assert pruned.to_arrow().equals(dc.prune(dc.read_plays(table, **ROLES), min_users=4, min_items=3).to_arrow())
    assert pruned.n_items < plays.n_items


def test_epochs_are_logged(plays, caplog):
    with caplog.at_level(logging.INFO, logger="deepcuts"):
        SMALL.fit(plays, seed=0)
    lines = [record.getMessage() for record in caplog.records if record.name == "deepcuts.model.persona_nmf"]
    assert [re.sub(r"[\d.]+(e[+-]\d+)?, [\d.]+ s", "…", line) for line in lines] == [
        "base, epoch 1: loss …",
        "base, epoch 2: loss …",
    ]


def test_a_bar_goes_to_stderr_where_it_is_asked_for(plays, model, capsys):
    again = SMALL.fit(plays, seed=0, progress=True)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "100%" in shown.err
    assert "personas of 40 of 40 users" in shown.err
    np.testing.assert_array_equal(again.persona_factors, model.persona_factors)
    SMALL.fit(plays, seed=0)
    assert capsys.readouterr().err == ""


def test_a_bar_never_goes_back_and_ends_full(plays):
    steps: list[tuple[float, str]] = []
    settings = dc.PersonaNMF(n_factors=4, n_personas=2, base_epochs=3, persona_epochs=2, tolerance=0)
    told = reporters(settings, plays.n_users, lambda share, note: steps.append((share, note)))
    settings.fit(plays, on_epoch=told.on_epoch, on_users=told.on_users)
    shares = [share for share, _ in steps]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert steps[0][1].startswith("base, epoch 1 of at most 3: loss ")


def test_a_notebook_has_a_bar_of_html():
    assert not in_notebook()
    assert 'value="0.250"' in bar_html(0.25, "<b>")
    assert "25% &lt;b&gt;" in bar_html(0.25, "<b>")


def test_public_names_packages_and_the_version_are_what_dir_shows():
    packages = {name for name in dir(dc) if isinstance(getattr(dc, name), ModuleType)}
    assert packages >= {"baselines", "comparison", "evaluation", "report", "tuning"}
    assert dir(dc) == sorted([*dc.__all__, *packages, "__version__"])
    lines = "import deepcuts as dc", "print(dc.evaluation.rank_lists.__name__)"
    fresh = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
    assert fresh.stdout == "rank_lists\n"  # where nothing else has imported it
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", dc.__version__)


def test_progress_that_cannot_be_called_is_told_before_the_work(plays, tmp_path):
    calls = {
        "on_epoch is None": lambda: SMALL.fit(plays, on_epoch=None),
        "on_users is 'print'": lambda: SMALL.fit(plays, on_users="print"),
        "on_trial is 3": lambda: dc.PersonaNMF.tuned(plays, on_trial=3),
        "on_run is []": lambda: run_all([Contender("popular", dc.Popularity())], [], {"recall": [5]}, on_run=[]),
    }
    for message, call in calls.items():
        with pytest.raises(SettingsError, match=re.escape(f"{message}. Give a function, or leave it out.")):
            call()


def test_plays_of_nothing_are_refused():
    nothing = dc.Interactions.from_csr(sparse.csr_array((3, 4)), list("abc"), list("wxyz"))
    for method in (SMALL, dc.baselines.EASE()):
        with pytest.raises(DataError, match=r"Of 3 users and 4 items, nobody plays anything: every count is 0\."):
            method.fit(nothing)
