"""Comparisons of real models on a small world, in Python and on the command line."""

from __future__ import annotations

import csv
import json
import resource

import pytest

import deepcuts as dc
from command_line import run
from deepcuts.comparison import BASELINES, Contender, baseline, cuts_of, model, one_cut, run_all, tabulate
from deepcuts.errors import SettingsError
from deepcuts.model import PersonaNMF

SMALL = {"n_factors": 4, "base_epochs": 3}
CUTOFFS = {"recall": (20,), "gini": (20,)}


@pytest.fixture(scope="module")
def plays():
    return dc.generate_world(n_users=100, n_items=120, items_per_user=12, seed=0).plays


def test_runs_are_what_one_would_get_by_hand(plays):
    contenders = [model("personas", {**SMALL, "rarity": 0.5}), baseline("popularity")]
    runs = run_all(contenders, cuts_of(plays, 0.2, [0, 3]), CUTOFFS, n_resamples=20)
    assert [(run.contender, run.seed) for run in runs] == [
        ("personas", 0), ("popularity", 0), ("personas", 3), ("popularity", 3),
    ]  # fmt: skip
    train, holdout = dc.split_holdout(plays, 0.2, seed=3)
    lists = dc.PersonaNMF(**SMALL).fit(train, seed=3).recommend(k=20, rarity=0.5)
    assert runs[2].evaluation.figures == dc.evaluate(lists, train, holdout, CUTOFFS).figures


def test_contenders_with_the_same_settings_share_one_training(plays):
    n_fits = 0

    class Counting(PersonaNMF):
        def fit(self, plays, **options):
            nonlocal n_fits
            n_fits += 1
            return super().fit(plays, **options)

    contenders = [Contender(f"rarity {r}", Counting(**SMALL), {"rarity": r}) for r in (0.0, 1.0)]
    runs = run_all(contenders, one_cut(*dc.split_holdout(plays), [0]), {"novelty": (20,)}, n_resamples=5)
    assert n_fits == 1
    assert runs[0].evaluation.figures["novelty@20"] < runs[1].evaluation.figures["novelty@20"]


@pytest.mark.parametrize("name", ["popularity", "ease", "one-persona", "random-personas"])
def test_baselines_go_by_name(plays, name):
    own = SMALL if name.endswith(("persona", "personas")) else {}
    (found,) = run_all([baseline(name, own)], one_cut(*dc.split_holdout(plays), [0]), CUTOFFS, n_resamples=5)
    assert 0 < found.evaluation.figures["recall@20"] < 1


def test_every_baseline_can_be_made():
    assert {baseline(name).name for name in BASELINES} == set(BASELINES)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: baseline("als"), "There is no baseline 'als'. Choose from popularity, ease"),
        (lambda: baseline("ease", {"n_factors": 3}), "ease has no setting 'n_factors'"),
        (lambda: model("a", {"mix": "loud"}), "^a: mix is 'loud'"),
        (lambda: model("a", {"n_factors": 0}), "^a: n_factors is 0"),
        (lambda: Contender("a\nb", PersonaNMF()), r"is called 'a\\nb'\. Give it a name that fits on one line"),
        (lambda: Contender(" ", PersonaNMF()), "A contender is called ' '"),
        (lambda: Contender("a", PersonaNMF(), {"k": 3}), "a has no setting 'k' of lists"),
    ],
)
def test_contenders_that_cannot_be_are_refused(make, message):
    with pytest.raises(SettingsError, match=message):
        make()


def test_names_have_to_differ(plays):
    with pytest.raises(SettingsError, match=r"Two contenders are called 'a'\. Give each a name of its own"):
        run_all([model("a"), model("a")], [], CUTOFFS)


def test_the_command_prints_and_writes_the_table(plays, tmp_path):
    plays.save(tmp_path / "plays.safetensors")
    (tmp_path / "s.toml").write_text("n_factors = 4\nbase_epochs = 3\n")
    words = ["compare", tmp_path / "plays.safetensors", "--seeds", "0,1", "--resamples", 50]
    words += ["--model", f"ours={tmp_path / 's.toml'}", "--model", f"max={tmp_path / 's.toml'}:mix=max:lean=2"]
    words += [
        "--baseline",
        f"popularity,ease:regularization=50,random-personas={tmp_path / 's.toml'}",
        "--reference",
        "popularity",
    ]
    words += ["--metrics", "recall@20,gini"]
    result = run(*words, "-o", tmp_path / "t.csv")
    rows = list(csv.DictReader((tmp_path / "t.csv").read_text().splitlines()))
    assert [row["model"] for row in rows[::2]] == [
        "ours", "max", "popularity", "ease:regularization=50", f"random-personas={tmp_path / 's.toml'}",
    ]  # fmt: skip
    assert [row["p_value"] for row in rows if row["model"] == "popularity"] == ["", ""]
    assert f"{float(rows[0]['mean']):.4f}" in result.stdout
    assert "Holm's correction" in result.stdout
    contenders = [model("ours", SMALL), baseline("popularity")]
    runs = run_all(contenders, cuts_of(plays, 0.2, [0, 1]), CUTOFFS, n_resamples=50)
    expected = tabulate(runs, ["ours", "popularity"], "popularity", n_resamples=50).figures["ours", "recall@20"]
    assert float(rows[0]["mean"]) == pytest.approx(expected.mean)
    assert float(rows[0]["difference"]) == pytest.approx(expected.difference)


def test_the_command_judges_by_a_holdout_that_is_there(plays, tmp_path):
    train, holdout = dc.split_holdout(plays, 0.3, seed=9)
    train.save(tmp_path / "train.safetensors")
    holdout.save(tmp_path / "holdout.safetensors")
    words = ("compare", tmp_path / "train.safetensors", "--holdout", tmp_path / "holdout.safetensors", "--seeds", "0")
    shown = json.loads(run(*words, "--baseline", "popularity", "--model", "x=default:n_factors=4", "--json").stdout)
    figures = dc.evaluate(dc.Popularity().fit(train).recommend(k=100), train, holdout).figures
    means = {row["metric"]: row["mean"] for row in shown if row["model"] == "popularity"}
    assert means == pytest.approx({name: figures[name] for name in means})


def test_a_table_that_cannot_be_saved_is_shown(plays, tmp_path):
    plays.save(tmp_path / "plays.safetensors")
    words = ("compare", tmp_path / "plays.safetensors", "--seeds", 0, "--baseline", "popularity", "--model")
    words += ("ours=default:n_factors=2:base_epochs=1", "-o", tmp_path / "table.csv")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        result = run(*words, code=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "table.csv cannot be written: File too large. Nothing was changed there." in result.stderr
    assert "recall@20" in result.stdout
    assert not (tmp_path / "table.csv").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--model", "x"), "--model is 'x'. Give a name and a settings file"),
        (("--baseline", "knn"), "There is no baseline 'knn'"),
        ((), "There is nothing to compare"),
        (("--baseline", "ease", "--seeds", "0,0"), "--seeds is '0,0'"),
        (("--baseline", "ease", "--reference", "nmf"), "The reference 'nmf' does not take part"),
        (("--baseline", "ease", "-o", "t.txt"), "has to end in .csv or .md or .tex"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_work(plays, tmp_path, options, message):
    plays.save(tmp_path / "plays.safetensors")
    result = run("compare", tmp_path / "plays.safetensors", *options, code=2)
    assert message in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    "cuts", [lambda plays, seeds: cuts_of(plays, 0.2, seeds), lambda p, seeds: one_cut(p, p, seeds)]
)
def test_a_seed_is_given_once(cuts):
    plays = dc.generate_world(40, 60, items_per_user=6, seed=1).plays
    with pytest.raises(SettingsError, match=r"^seeds is \[0, 1, 0\]\. Give each seed once\.$"):
        list(cuts(plays, [0, 1, 0]))


def test_something_is_given_to_run_and_to_sum_up():
    train, holdout = dc.split_holdout(dc.generate_world(40, 60, items_per_user=6, seed=1).plays)
    contenders, cutoffs = [Contender("popular", dc.Popularity())], {"recall": (5,)}
    with pytest.raises(SettingsError, match=r"^seeds is empty\. Give one seed at least, such as \[0\]\.$"):
        run_all(contenders, one_cut(train, holdout, []), cutoffs)
    with pytest.raises(SettingsError, match=r"^cuts is empty\. Give what cuts_of or one_cut returns\.$"):
        run_all(contenders, [], cutoffs)
    with pytest.raises(SettingsError, match=r"^runs is empty\. Give what run_all\(contenders, cuts, cutoffs\) returns"):
        tabulate([], ["popular"], "popular")
