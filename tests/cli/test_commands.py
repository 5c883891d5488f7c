"""What each command does, compared with the library."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet as pq
import pytest
from scipy import sparse

import deepcuts as dc
from command_line import run
from deepcuts import storage
from deepcuts.cli.derived import flag
from deepcuts.cli.plays_files import read_interactions, write_interactions
from deepcuts.evaluation.registry import METRICS

ON_REQUEST = [metric for metric in METRICS.values() if metric.on_request]  # which --all has as well
USER, OTHER = "user 0000007", "user 0000011"
NASTY = ["[bold]loud[/bold]", "<script>alert(1)</script>", "\x1b[31mred", 'a, "b"\nc', "=1+1", "007"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Train, holdout and a model of a small world."""
    folder = tmp_path_factory.mktemp("world")
    plays = dc.generate_world(120, 150, items_per_user=15, seed=0).plays
    in_holdout = np.random.default_rng(0).random(plays.n_pairs) < 0.2
    plays.keep_pairs(~in_holdout).save(folder / "train.safetensors")
    write_interactions(folder / "holdout.parquet", plays.keep_pairs(in_holdout), force=False)
    train = dc.Interactions.load(folder / "train.safetensors")
    dc.PersonaNMF(n_factors=8).fit(train, seed=0).save(folder / "model.safetensors")
    return folder


@pytest.fixture(scope="module")
def model(folder):
    return dc.load(folder / "model.safetensors")


@pytest.fixture(scope="module")
def nasty(tmp_path_factory) -> Path:
    """A model whose ids are full of markup, control characters, quotes and new lines."""
    plays = dc.Interactions.from_csr(sparse.csr_array(np.eye(6) * 3 + 1 - np.eye(6)[::-1]), NASTY, NASTY)
    path = tmp_path_factory.mktemp("nasty") / "model.safetensors"
    dc.PersonaNMF(n_factors=2).fit(plays).save(path)
    return path


def test_the_whole_road(tmp_path):
    run("generate", "-o", tmp_path / "world", "--users", 200, "--items", 150, "--items-per-user", 15)
    raw, plays = tmp_path / "world" / "plays.parquet", tmp_path / "plays.safetensors"
    run("ingest", raw, "--user", "user", "--item", "artist", "--plays", "plays", "-o", plays)
    train, holdout = tmp_path / "train.safetensors", tmp_path / "holdout.parquet"
    run("split", plays, "--fraction", 0.2, "--seed", 0, "--train", train, "--holdout", holdout)
    fitted, lists = tmp_path / "model.safetensors", tmp_path / "lists.parquet"
    run("train", train, "-o", fitted, "--factors", 16, "--personas", 3)
    run("recommend", fitted, "-k", 100, "--rarity", 0, "--mix", "share", "-o", lists)
    figures = json.loads(run("evaluate", lists, "--train", train, "--holdout", holdout, "--all", "--json").stdout)
    assert figures["n_users"] == 200
    assert figures["recall@20"] > 0.3

    expected = dc.generate_world(200, 150, items_per_user=15).plays
    assert dc.Interactions.load(plays).to_arrow().equals(expected.to_arrow())
    train_plays, holdout_plays = dc.split_holdout(expected, fraction=0.2, seed=0)
    assert dc.Interactions.load(train).to_arrow().equals(train_plays.to_arrow())
    assert pq.read_table(holdout).equals(holdout_plays.to_arrow())
    library = dc.PersonaNMF(n_factors=16, n_personas=3).fit(train_plays, seed=0)
    assert pq.read_table(lists).equals(library.recommend(k=100))
    judged = dc.evaluate(library.recommend(k=100), train_plays, holdout_plays, metrics=ON_REQUEST)
    assert figures == judged.to_dict()


@pytest.mark.slow
def test_the_demo_can_be_run_again(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    shown = run("demo").stdout
    assert max(map(len, shown.splitlines())) <= 80
    assert "personas" in shown
    assert run("demo", "--quiet").output == shown
    files = {path.name for path in Path("demo").iterdir()}
    assert files == {"world", "plays.safetensors", "train.safetensors", "holdout.parquet", "model.safetensors"}
    user = shown.split("The personas of ")[1].splitlines()[0].strip()
    assert run("personas", "demo/model.safetensors", user).stdout.startswith(f"Personas of {user}")


def test_ingest_prunes_and_says_so(tmp_path):
    (tmp_path / "log.csv").write_text("a,x\na,y\nb,x\nb,y\nc,z\n")
    options = ("--user", 1, "--item", 2, "--no-header", "--min-users", 2, "--min-items", 2)
    result = run("ingest", tmp_path / "log.csv", *options, "-o", tmp_path / "plays.parquet")
    assert "Pruning left out 1 user and 1 item.\n5 rows hold 4 pairs of 2 users and 2 items.\n" in result.stderr
    assert read_interactions(tmp_path / "plays.parquet").n_pairs == 4


def test_split_by_time(tmp_path):
    (tmp_path / "log.csv").write_text("who,what,when\na,x,10\na,y,30\na,z,20\nb,x,1\nb,z,2\n")
    columns = ("--user", "who", "--item", "what", "--time", "when")
    run("ingest", tmp_path / "log.csv", *columns, "-o", tmp_path / "plays.safetensors")
    outputs = ("--train", tmp_path / "train.jsonl", "--holdout", tmp_path / "holdout.csv")
    run("split", tmp_path / "plays.safetensors", "--method", "last", *outputs)
    held_out = pyarrow.csv.read_csv(tmp_path / "holdout.csv").to_pylist()
    assert [(row["user_id"], row["item_id"]) for row in held_out] == [("a", "y"), ("b", "z")]
    again = ("--train", tmp_path / "again.parquet", "--holdout", tmp_path / "second.csv")
    run("split", tmp_path / "train.jsonl", "--method", "last", *again)  # tables keep times, too
    held_out = pyarrow.csv.read_csv(tmp_path / "second.csv").to_pylist()
    assert [(row["user_id"], row["item_id"]) for row in held_out] == [("a", "z")]


def test_held_out_users_are_folded_in_and_judged(folder, tmp_path):
    plays = read_interactions(folder / "train.safetensors", folder / "holdout.parquet")
    plays.save(tmp_path / "plays.safetensors")
    names = {"train": "train.safetensors", "fold-in": "fold_in.parquet", "holdout": "holdout.jsonl"}
    outputs = [word for name, file in names.items() for word in (f"--{name}", tmp_path / file)]
    run("split", tmp_path / "plays.safetensors", "--method", "users", "--users", 20, *outputs)
    train, fold_in, holdout = dc.split_users(plays, users=20)
    for file, part in zip(names.values(), (train, fold_in, holdout), strict=True):
        assert read_interactions(tmp_path / file).to_arrow().equals(part.to_arrow())

    fitted, lists = tmp_path / "model.safetensors", tmp_path / "lists.parquet"
    run("train", tmp_path / names["train"], "-o", fitted, "--factors", 8)
    run("recommend", fitted, "--fold-in", tmp_path / names["fold-in"], "-k", 100, "-o", lists)
    assert pq.read_table(lists).equals(dc.load(fitted).fold_in(fold_in).recommend(k=100))
    both = ("--train", tmp_path / names["train"], "--train", tmp_path / names["fold-in"])
    figures = run("evaluate", lists, *both, "--holdout", tmp_path / names["holdout"], "--json").stdout
    assert json.loads(figures)["n_users"] == holdout.n_users


def test_train_takes_every_setting(folder, tmp_path):
    settings = {
        "n_factors": 4, "n_personas": 2, "user_regularization": 0.1, "item_regularization": 0.2,
        "frequency_exponent": 0.5, "unobserved_ratio": 2.0, "unobserved_exponent": 0.3, "confidence": "binary",
        "item_weight_exponent": 0.4,
        "confidence_scale": 3.0, "target": "signed_log", "user_normalization": False,
        "settled_unobserved_scale": 0.5, "settled_regularization_scale": 0.6,
        "persona_unobserved_scale": 0.7, "persona_regularization_scale": 0.3, "lean": 2.0, "lean_history": 9.0,
        "diversity": 0.1,
        "distinction": 0.2, "distinction_floor": 0.3, "start": "copy", "persona_count": "all",
        "reassignment": "cosine", "join_cosine": 0.7, "merge_cosine": 0.99, "base_epochs": 3, "persona_epochs": 2,
        "tolerance": 0.0, "nonnegative": "items", "early_stopping": "off",
    }  # fmt: skip
    options = [
        word
        for name, value in settings.items()
        for word in ([f"--no-{flag(name)[2:]}"] if value is False else [flag(name), value])
    ]
    run("train", folder / "train.safetensors", "-o", tmp_path / "model.safetensors", "--seed", 5, *options)
    trained = dc.load(tmp_path / "model.safetensors")
    assert vars(trained.settings) == settings
    assert trained.item_side.seed == 5
    assert [epoch.stage for epoch in trained.epochs] == ["base"] * 3 + ["personas"] * 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--any-sign",), "--any-sign does nothing without --auto."),
        (("--budget", "12"), "--budget does nothing without --auto."),
        (("--study", "search.db"), "--study does nothing without --auto."),
        (("--most-factors", "99"), "Pass --auto as well"),
        (("--no-nonnegative", "--nonnegative", "items"), "are both given"),
    ],
)
def test_train_refuses_options_that_would_be_ignored(folder, tmp_path, options, message):
    ended = run("train", folder / "train.safetensors", "-o", tmp_path / "model.safetensors", *options, code=2)
    assert message in " ".join(ended.stderr.split())
    assert not list(tmp_path.iterdir())


def test_train_says_what_it_is_going_to_do_and_what_came_of_it(folder, tmp_path):
    said = run("train", folder / "train.safetensors", "-o", tmp_path / "model.safetensors", "--factors", 4).stderr
    before, *progress, weights, after, drawing, saved = said.splitlines()
    assert before.startswith("Training 4 factors, 4 personas at most, on 120 users, ")
    assert progress[0].startswith("Training: 3 of 30, base, loss ")
    settings = dc.load(tmp_path / "model.safetensors").settings
    assert weights.startswith(f"4 factors; regularization {settings.user_regularization:.3g} of users, ")
    assert weights.endswith(
        f"unobserved ratio {settings.unobserved_ratio:.3g}, exponent {settings.unobserved_exponent:.2g}; "
        f"item weight exponent {settings.item_weight_exponent:.2g}."
    )
    assert "effective personas a user." in after
    assert drawing == "Drawing the map …"
    assert saved == f"Saved {tmp_path / 'model.safetensors'}."


def test_train_reads_a_table_as_well(folder, model, tmp_path):
    train = dc.Interactions.load(folder / "train.safetensors")
    pq.write_table(train.to_arrow(), tmp_path / "train.parquet")
    run("train", tmp_path / "train.parquet", "-o", tmp_path / "model.safetensors", "--factors", 8)
    assert dc.load(tmp_path / "model.safetensors").recommend().equals(model.recommend())


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        ((), {}),
        (("-k", 3), {"k": 3}),
        (("--rarity", "-0.5"), {"rarity": -0.5}),
        (("--rarity", "0=0.3,2=-0.1"), {"rarity": {0: 0.3, 2: -0.1}}),
        (("--rarity", 0.2, "--dial", "power"), {"rarity": 0.2, "dial": "power"}),
        (("--strength", 0.2, "--dial", "shift"), {"strength": 0.2, "dial": "shift"}),
        (("--strength", "1=0.2"), {"strength": {1: 0.2}}),
        (("--rarity", 0.2, "--frequency", "plays"), {"rarity": 0.2, "frequency": "plays"}),
        (("--mix", "max"), {"mix": "max"}),
        (("--include-seen",), {"include_seen": True}),
        (("--pick", 0, "--pick", 1), {"pick": [0, 1]}),
        (("--mute", 0, "--boost", "1=2,2=0.5"), {"weights": {0: 0, 1: 2, 2: 0.5}}),
    ],
)
def test_recommend_gives_the_lists_of_the_library(folder, model, tmp_path, options, settings):
    run("recommend", folder / "model.safetensors", "-o", tmp_path / "lists.parquet", *options)
    assert pq.read_table(tmp_path / "lists.parquet").equals(model.recommend(**settings))


def test_recommend_filters_items_by_name_and_by_file(folder, model, tmp_path):
    first, second, third = model.recommend(USER, k=3)["item_id"].to_pylist()
    (tmp_path / "ids.txt").write_text(f"{second}\n\n{third}\n")
    named = ("--user", USER, "--json", "--deny", first, "--deny", f"@{tmp_path / 'ids.txt'}")
    denied = json.loads(run("recommend", folder / "model.safetensors", *named).stdout)
    assert denied == model.recommend(USER, deny=[first, second, third]).to_pylist()
    named = ("--user", USER, "--json", "--allow", f"@{tmp_path / 'ids.txt'}")
    allowed = json.loads(run("recommend", folder / "model.safetensors", *named).stdout)
    assert {row["item_id"] for row in allowed} == {second, third}


def test_recommend_to_some_users(folder, model, tmp_path):
    (tmp_path / "users.txt").write_text(f"{OTHER}\r\n")
    result = run("recommend", folder / "model.safetensors", "--user", USER, "--users-from", tmp_path / "users.txt")
    for row in model.recommend([USER, OTHER]).to_pylist():
        assert row["item_id"] in result.stdout
    assert f"For {USER}" in result.stdout
    assert f"For {OTHER}" in result.stdout


def test_recommend_warns_of_unknown_users(folder):
    result = run("recommend", folder / "model.safetensors", "--user", USER, "--user", "nobody", "--json")
    assert result.stderr == "Warning: Of 2 users, 1 is unknown and left out: 'nobody'\n"
    assert {row["user_id"] for row in json.loads(result.stdout)} == {USER}


def test_recommend_to_a_visitor(folder, model, tmp_path):
    items = model.item_ids.values.to_pylist()[:3]
    (tmp_path / "plays.tsv").write_text(f"item\tplays\n{items[0]}\t40\n{items[1]}\t2\n{items[2]}\n")
    options = ("--history", tmp_path / "plays.tsv", "--json")
    visitor = model.fold_in({items[0]: 40, items[1]: 2, items[2]: 1})
    lists = json.loads(run("recommend", folder / "model.safetensors", *options).stdout)
    assert lists == visitor.recommend().to_pylist()
    lists = json.loads(run("recommend", folder / "model.safetensors", *options, "--base").stdout)
    assert lists == visitor.base.recommend().to_pylist()


def test_recommend_with_the_base(folder, model, tmp_path):
    run("recommend", folder / "model.safetensors", "--base", "-o", tmp_path / "lists.parquet")
    assert pq.read_table(tmp_path / "lists.parquet").equals(model.base.recommend())


def test_recommend_says_so_where_nothing_qualifies(folder, model):
    seen = model.personas(USER)["item_id"][0].as_py()
    result = run("recommend", folder / "model.safetensors", "--user", USER, "--allow", seen)
    assert (result.stdout, result.stderr) == ("", "No item qualifies.\n")


@pytest.mark.parametrize(
    ("ending", "read"), [("parquet", pq.read_table), ("csv", pyarrow.csv.read_csv), ("jsonl", pyarrow.json.read_json)]
)
def test_lists_in_every_format_are_the_same_and_can_be_judged(folder, model, tmp_path, ending, read):
    lists, expected = tmp_path / f"lists.{ending}", model.recommend(k=20)
    run("recommend", folder / "model.safetensors", "-o", lists)
    table = read(lists)
    for column in ("user_id", "item_id", "rank", "persona"):
        assert table[column].to_pylist() == expected[column].to_pylist()
    np.testing.assert_allclose(table["score"], expected["score"])
    options = ("--train", folder / "train.safetensors", "--holdout", folder / "holdout.parquet", "--all", "--json")
    train, holdout = (read_interactions(folder / name) for name in ("train.safetensors", "holdout.parquet"))
    judged = dc.evaluate(expected, train, holdout, metrics=ON_REQUEST)
    assert json.loads(run("evaluate", lists, *options).stdout) == judged.to_dict()


def test_evaluate_prints_the_figures(folder, model, tmp_path):
    run("recommend", folder / "model.safetensors", "-k", 100, "-o", tmp_path / "lists.parquet")
    options = ("--train", folder / "train.safetensors", "--holdout", folder / "holdout.parquet", "--quiet")
    result = run("evaluate", tmp_path / "lists.parquet", *options)
    train, holdout = (read_interactions(folder / name) for name in ("train.safetensors", "holdout.parquet"))
    assert result.stderr == ""
    figures = dc.evaluate(model.recommend(k=100), train, holdout, {"recall": [20], "gini": [20]}).figures
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["recall@20", f"{figures['recall@20']:.4f}"] in lines
    assert ["gini@20", "↓", f"{figures['gini@20']:.4f}"] in lines


@pytest.mark.parametrize(
    ("arguments", "method"),
    [
        (("personas", USER), lambda model: model.personas(USER)),
        (("personas", USER, "--items", 2), lambda model: model.personas(USER, n_items=2)),
        (("similar", "ITEM"), lambda model: model.similar_items(model.item_ids.values[0].as_py())),
        (("similar", "ITEM", "-k", 3), lambda model: model.similar_items(model.item_ids.values[0].as_py(), 3)),
        (("explain", USER, "ITEM"), lambda model: model.explain(USER, model.item_ids.values[0].as_py())),
        (
            ("explain", USER, "ITEM", "--persona", 0, "--base-lean", 0.5),
            lambda model: model.explain(USER, model.item_ids.values[0].as_py(), persona=0, base_lean=0.5),
        ),
        (
            ("explain", USER, "ITEM", "--rarity", 0.7, "--dial", "shift"),
            lambda model: model.explain(USER, model.item_ids.values[0].as_py(), rarity=0.7, dial="shift"),
        ),
        (("explain", USER, "ITEM", "-k", 2), lambda model: model.explain(USER, model.item_ids.values[0].as_py(), 2)),
    ],
)
def test_looking_inside_gives_the_tables_of_the_library(folder, model, arguments, method, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")  # no name is cut in two
    item = model.item_ids.values[0].as_py()
    command, *others = (item if argument == "ITEM" else argument for argument in arguments)
    expected = method(model)
    shown = run(command, folder / "model.safetensors", *others).stdout
    assert all(name in shown for name in expected["item_id"].to_pylist()[:2])
    assert json.loads(run(command, folder / "model.safetensors", *others, "--json").stdout) == expected.to_pylist()


def test_info_of_a_model(folder, model):
    facts = json.loads(run("info", folder / "model.safetensors", "--json").stdout)
    assert facts["kind"] == "model"
    assert (facts["n_users"], facts["n_items"]) == (120, len(model.item_ids))
    assert facts["settings"] == vars(model.settings)
    assert facts["training"]["loss"] == model.epochs[-1].loss
    assert sum(facts["personas"]["users_by_number"].values()) == 120
    assert 1 <= facts["personas"]["effective_per_user"] <= 4
    assert max(facts["popularity"]["most_listeners"].values()) == model.item_listeners.max()


def test_info_of_plays(folder):
    train = dc.Interactions.load(folder / "train.safetensors")
    result = run("info", folder / "train.safetensors", "--verify")
    assert result.stderr == f"The checksum of {folder / 'train.safetensors'} matches its contents.\n"
    facts = dict(line.split() for line in result.stdout.splitlines() if len(line.split()) == 2)
    assert facts["kind"] == "interactions"
    assert facts["pairs"] == f"{train.n_pairs:,}"
    facts = json.loads(run("info", folder / "train.safetensors", "--json").stdout)
    assert facts["checksum"] == storage.describe(folder / "train.safetensors").checksum
    assert facts["has_times"] is False


def test_quiet_commands_say_nothing(folder, tmp_path):
    options = ("-o", tmp_path / "model.safetensors", "--factors", 4, "--quiet")
    result = run("train", folder / "train.safetensors", *options)
    assert result.output == ""
    result = run("recommend", folder / "model.safetensors", "-o", tmp_path / "lists.csv", "-q")
    assert result.output == ""


@pytest.mark.parametrize("name", NASTY)
def test_ids_are_shown_and_never_obeyed(nasty, name):
    for arguments in (("personas", name), ("similar", name), ("explain", name, name)):
        result = run(arguments[0], nasty, *arguments[1:])
        assert "\x1b" not in result.output
        rows = json.loads(run(arguments[0], nasty, *arguments[1:], "--json").stdout)
        assert all(row["item_id"] in NASTY for row in rows)
    assert "\x1b" not in run("info", nasty).output
    shown = run("recommend", nasty, "--user", name, "--include-seen").stdout
    assert "\x1b" not in shown
    assert all(shown_as in shown for shown_as in ("[bold]loud[/bold]", "<script>", r"\x1b[31mred", r'a, "b"\nc'))


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_nasty_ids_survive_every_format(nasty, tmp_path, ending):
    from deepcuts.cli.tables import open_table

    run("recommend", nasty, "-o", tmp_path / f"lists.{ending}", "--include-seen")
    with open_table(tmp_path / f"lists.{ending}") as reader:
        table = reader.read_all()
    expected = dc.load(nasty).recommend(include_seen=True)
    assert table.select(["user_id", "item_id"]).to_pylist() == expected.select(["user_id", "item_id"]).to_pylist()


def test_large_lists_make_few_row_groups(tmp_path):
    from deepcuts.cli.tables import write_table

    parts = (pa.table({"user_id": ["a"] * 10_000, "rank": range(10_000)}) for _ in range(150))
    assert write_table(tmp_path / "lists.parquet", parts) == 1_500_000
    assert pq.ParquetFile(tmp_path / "lists.parquet").num_row_groups <= 3


def test_tables_of_plays_without_counts_are_read_as_the_library_reads_them(tmp_path):
    rows = "user_id,item_id\na,x\na,x\na,y\nb,x\n"
    (tmp_path / "plays.csv").write_text(rows)
    with gzip.open(tmp_path / "plays.csv.gz", "wt") as file:
        file.write(rows)
    for name in ("plays.csv", "plays.csv.gz"):
        assert read_interactions(tmp_path / name).to_csr().toarray().tolist() == [[2, 1], [1, 0]]


def test_times_of_a_compressed_table_are_read(tmp_path):
    with gzip.open(tmp_path / "plays.csv.gz", "wt") as file:
        file.write("user_id,item_id,plays,last_played\na,x,2,1600000000\n")
    assert read_interactions(tmp_path / "plays.csv.gz").last_played.tolist() == [1600000000]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("user_id,item_id,count", r"has no column 'plays', but 'count'\. Call it plays where it holds play counts"),
        ("user,artist,plays", r"has no column 'user_id'\. Its columns are 'user', 'artist', 'plays'\. Read other"),
    ],
)
def test_tables_of_other_columns_are_told_what_a_command_takes(folder, tmp_path, header, message):
    (tmp_path / "new.csv").write_text(f"{header}\na,x,1\n")
    arguments = (folder / "model.safetensors", tmp_path / "new.csv", "-o", tmp_path / "grown.safetensors")
    result = run("extend", *arguments, code=1)
    assert re.search(message, result.stderr)
