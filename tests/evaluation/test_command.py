"""What `deepcuts evaluate` prints and writes."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import deepcuts as dc
from command_line import run
from deepcuts.evaluation import compare_evaluations, item_features, mean_intervals


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """Train, holdout, tags, and lists of two models; and the words that name the files."""
    folder = tmp_path_factory.mktemp("case")
    world = dc.generate_world(n_users=120, n_items=150, items_per_user=14, seed=0)
    train, holdout = dc.split_holdout(world.plays, 0.3, seed=0)
    model = dc.PersonaNMF(n_factors=8).fit(train)
    tags = pa.table(
        {"item_id": world.plays.item_ids.values, "tag": [world.scene_names[scene] for scene in world.item_scenes]}
    )
    lists = {name: model.recommend(k=50, rarity=rarity) for name, rarity in (("a", 0.0), ("b", 1.5))}
    for name, one in lists.items():
        pq.write_table(one, folder / f"{name}.parquet")
    pa.csv.write_csv(tags, folder / "tags.csv")
    train.save(folder / "train.safetensors")
    holdout.save(folder / "holdout.safetensors")
    words = (folder / "a.parquet", "--train", folder / "train.safetensors", "--holdout", folder / "holdout.safetensors")
    features = item_features(tags.rename_columns(["item_id", "label"]), train.item_ids)
    return folder, words, [dc.evaluate(one, train, holdout, features=features) for one in lists.values()]


def test_the_main_figures_are_few_and_all_are_all(case):
    folder, words, (expected, _) = case
    main, every = (json.loads(run("evaluate", *words, *more, "--json").stdout) for more in ((), ("--all",)))
    assert len(main) - 2 == 8
    with_tags = json.loads(run("evaluate", *words, "--tags", folder / "tags.csv", "--json").stdout)
    assert set(with_tags) - set(main) == {"calibration_kl@20", "ild@20"}
    assert with_tags == pytest.approx({name: expected.to_dict()[name] for name in with_tags})
    assert len(every) > 20


def test_tags_that_travel_with_train_are_used(case, tmp_path):
    folder, words, (expected, _) = case
    train = dc.Interactions.load(folder / "train.safetensors")
    train.with_labels(tags=pyarrow.csv.read_csv(folder / "tags.csv")).save(tmp_path / "train.safetensors")
    words = (words[0], "--train", tmp_path / "train.safetensors", *words[3:])
    figures = json.loads(run("evaluate", *words, "--metrics", "ild@20,calibration_kl", "--json").stdout)
    assert figures["ild@20"] == pytest.approx(expected.figures["ild@20"])
    assert figures["calibration_kl@20"] == pytest.approx(expected.figures["calibration_kl@20"])


def test_intervals(case):
    _, words, (expected, _) = case
    shown = json.loads(run("evaluate", *words, "--intervals", "--resamples", 200, "--json").stdout)["figures"]
    wanted = {row["metric"]: row for row in mean_intervals(expected, n_resamples=200).to_pylist()}
    for name in ("recall@20", "novelty@20"):
        assert shown[name] == pytest.approx({"figure": wanted[name]["mean"], **_bounds(wanted[name])})
    assert shown["gini@20"]["low"] < shown["gini@20"]["figure"] < shown["gini@20"]["high"]


def test_against_other_lists(case):
    folder, words, (a, b) = case
    words = (*words, "--against", folder / "b.parquet", "--resamples", 200)
    shown = json.loads(run("evaluate", *words, "--json").stdout)["figures"]
    (wanted,) = [row for row in compare_evaluations(a, b, n_resamples=200).to_pylist() if row["metric"] == "novelty@20"]
    assert shown["novelty@20"] == pytest.approx(
        {
            "figure": wanted["mean_a"],
            "other": wanted["mean_b"],
            "difference": wanted["difference"],
            **_bounds(wanted),
            "p": wanted["p_value"],
        }
    )
    difference = b.figures["coverage@20"] - a.figures["coverage@20"]
    assert shown["coverage@20"]["difference"] == pytest.approx(difference)
    assert shown["coverage@20"]["p"] is None
    assert 0 < shown["overlap@20"]["figure"] < 1
    printed = run("evaluate", *words).stdout
    assert f"+{wanted['difference']:.4f}" in printed
    assert "less is better" in printed


@pytest.mark.parametrize("ending", ["arrow", "parquet", "csv"])
def test_values_of_every_user(case, tmp_path, ending):
    _, words, (expected, _) = case
    file = tmp_path / f"users.{ending}"
    run("evaluate", *words, "--per-user", file)
    read = {
        "arrow": lambda: pa.ipc.open_file(pa.OSFile(str(file))).read_all(),
        "parquet": lambda: pq.read_table(file),
        "csv": lambda: pyarrow.csv.read_csv(file),
    }
    found = read[ending]()
    assert found["user_id"].to_pylist() == expected.per_user["user_id"].to_pylist()
    assert found["recall@20"].to_pylist() == pytest.approx(expected.per_user["recall@20"].to_pylist())
    assert "already" not in run("evaluate", *words, "--per-user", file, "--force").stderr
    assert "exists already" in run("evaluate", *words, "--per-user", file, code=1).stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--all", "--metrics", "recall"), "Give one of the two"),
        (("--metrics", "recal"), "There is no metric 'recal'"),
        (("--metrics", "recall@"), "has no cut-off after its @"),
        (("--metrics", "ild"), "The metric 'ild' needs labels of the items"),
        (("--per-user", "users.xlsx"), "has to end in .parquet or .csv or .jsonl or .arrow"),
    ],
)
def test_what_cannot_be_meant_is_refused(case, options, message):
    _, words, _ = case
    assert message in " ".join(run("evaluate", *words, *options, code=2).stderr.split())


def test_a_holdout_that_overlaps_train_names_an_example(case):
    folder, words, _ = case
    message = " ".join(run("evaluate", *words[:3], "--holdout", folder / "train.safetensors", code=1).stderr.split())
    train = dc.Interactions.load(folder / "train.safetensors")
    user, item = train.user_ids.values[0].as_py(), train.item_ids.values[int(train.indices[0])].as_py()
    assert f"{train.n_pairs:,} pairs of the holdout are in train too" in message
    assert f"user {user!r} with item {item!r}" in message


def _bounds(row):
    return {"low": row["low"], "high": row["high"]}
