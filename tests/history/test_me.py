"""`deepcuts me`: from an export to personas and a list."""

from __future__ import annotations

import json
import re
import socket
import zipfile
from pathlib import Path

import numpy as np
import pyarrow.csv
import pytest

import deepcuts
import deepcuts as dc
from command_line import run
from deepcuts.cli.own_lists import COLOURS, POSITIONS
from deepcuts.history import read_history

ALBUM_ARTIST = "master_metadata_album_artist_name"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A model whose items have numbers for ids and names beside them, and an export of somebody with its artists."""
    folder = tmp_path_factory.mktemp("me")
    plays = dc.generate_world(150, 120, items_per_user=12, seed=0).plays
    ids = {name: f"{number:03}" for number, name in enumerate(plays.item_ids.values.to_pylist())}
    table = plays.to_arrow()
    numbered = table.set_column(1, "item_id", [[ids[name] for name in table["item_id"].to_pylist()]])
    plays = dc.read_plays(numbered, user="user_id", item="item_id", plays="plays")
    plays = plays.with_labels(names={number: name for name, number in ids.items()})
    dc.PersonaNMF(n_factors=8, n_personas=3).fit(plays, seed=0).save(folder / "model.safetensors")
    first = [plays.item_names(plays.user_items(user)[0]).to_pylist()[:8] for user in (3, 4)]
    artists = list(dict.fromkeys([*first[0], *first[1]]))
    records = [
        {
            "ts": f"2022-{1 + n % 12:02}-{1 + n // 12 % 28:02}T{n % 24:02}:00:00Z",
            "ms_played": 200_000,
            "ip_addr": "203.0.113.9",
            "master_metadata_track_name": f"track {n}",
            ALBUM_ARTIST: artists[n % len(artists)].upper() if n % 2 else artists[n % len(artists)],
        }
        for n in range(300)
    ]
    records.append({**records[0], "ts": "2022-05-05T05:05:05Z", ALBUM_ARTIST: "A Total Stranger"})
    with zipfile.ZipFile(folder / "my_spotify_data.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("MyData/Streaming_History_Audio_2022_0.json", json.dumps(records))
    return folder


@pytest.fixture
def arguments(folder) -> tuple[object, ...]:
    return ("me", folder / "my_spotify_data.zip", "--model", folder / "model.safetensors")


def test_from_an_export_to_a_list(folder, arguments, monkeypatch):
    monkeypatch.setattr(socket, "socket", lambda *_: pytest.fail("nothing may leave the machine"))
    result = run(*arguments, "-k", 7)
    assert "Spotify extended history, records: 301 in 1 file, 301 kept." in result.stderr
    titles = ("Your artists in the catalogue", "Not in the catalogue", "Your personas", *POSITIONS)
    for title in titles:
        assert title in result.stdout
    assert "A Total Stranger" in result.stdout
    assert "203.0.113.9" not in result.output


def test_as_json_it_is_what_the_library_says(folder, arguments):
    shown = json.loads(run(*arguments, "-k", 7, "--rarity", 0, "--min-listeners", 0, "--json", "--quiet").stdout)
    model = dc.load(folder / "model.safetensors")
    plays = {row["item_id"]: 0.0 for row in shown["matches"] if row["item_id"]}
    for row in shown["matches"]:
        if row["item_id"]:
            plays[row["item_id"]] += row["plays"]
    assert sum(plays.values()) == 300
    visitor = model.fold_in(plays)
    expected = visitor.recommend(k=7)
    assert [row["item_id"] for row in shown["recommendations"]] == expected["item_id"].to_pylist()
    assert len(shown["recommendations"]) == 7
    assert {row["how"] for row in shown["matches"]} == {"exact", "normalised", "none"}
    assert shown["sources"][0]["n_kept"] == 301


def test_counts_can_be_kept_and_read_again(folder, arguments, tmp_path):
    path = tmp_path / "counts.csv"
    first = run(*arguments, "--save", path, "-k", 5)
    assert f"saved in {path}" in first.stderr.replace("\n", "")
    saved = pyarrow.csv.read_csv(path)
    assert saved.column_names[:4] == ["artist", "plays", "n_listens", "last_played"]
    again = read_history(path).counts
    assert again.select(["artist", "plays"]).to_pydict() == saved.select(["artist", "plays"]).to_pydict()
    listed = run("me", path, "--model", folder / "model.safetensors", "-k", 5).stdout
    assert listed.split("Your personas")[1] == first.stdout.split("Your personas")[1]
    refused = run(*arguments, "--save", path, code=1)
    assert "exists already" in refused.stderr
    run(*arguments, "--save", path, "--force")
    run(*arguments, "--save", tmp_path / "counts.txt", code=2)


def test_rules_of_time_reach_the_reading(arguments):
    everything = run(*arguments, "--json", "-q").stdout
    less = json.loads(run(*arguments, "--since", "2022-07", "--half-life", 30, "--json", "-q").stdout)
    assert sum(row["plays"] for row in json.loads(everything)["matches"]) == 301
    assert 0 < sum(row["plays"] for row in less["matches"]) < 150


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--since", "soon"), 2, "since is 'soon'"),
        (("--min-score", "0"), 2, "--min-score is 0.0"),
        (("--since", "2031"), 1, "No listen counts, of 301 rows"),
        (("--rarity", "much"), 2, "--rarity is 'much'"),
    ],
)
def test_what_is_out_of_range_is_said(arguments, options, code, message):
    assert message in run(*arguments, *options, code=code).stderr.replace("\n", " ")


def test_strangers_alone_make_no_list(folder, tmp_path):
    (tmp_path / "plays.tsv").write_text("Nobody\t3\n")
    result = run("me", tmp_path / "plays.tsv", "--model", folder / "model.safetensors", code=1)
    assert "No artist of yours is in the catalogue of 120 items." in result.stderr


def test_three_short_lists_come_by_default_and_no_artist_twice(folder, arguments):
    rows = json.loads(run(*arguments, "-k", 5, "--json", "-q").stdout)["recommendations"]
    lists = {title: [row for row in rows if row["list"] == title] for title in POSITIONS}
    assert list(lists) == list(dict.fromkeys(row["list"] for row in rows))
    assert {len(own) for own in lists.values()} == {5}
    assert len({row["item_id"] for row in rows}) == 15
    medians = [np.median([row["listeners"] for row in own]) for own in lists.values()]
    assert medians[0] > medians[2]
    assert all(row["listeners"] >= 3 and row["rarity"] == POSITIONS[row["list"]] for row in rows)
    model = dc.load(folder / "model.safetensors")
    neutral = [row["item_id"] for row in lists["As you are"]]
    rare = model.item_ids.take(np.flatnonzero(model.item_listeners < 3)).to_pylist()
    plays = json.loads(run(*arguments, "--json", "-q").stdout)["matches"]
    visitor = model.fold_in(sum_by_item(plays))
    assert neutral == visitor.recommend(k=5, deny=rare)["item_id"].to_pylist()


def sum_by_item(matches: list[dict]) -> dict[str, float]:
    plays: dict[str, float] = {}
    for row in matches:
        if row["item_id"]:
            plays[row["item_id"]] = plays.get(row["item_id"], 0.0) + row["plays"]
    return plays


def test_rows_say_because_of_whom_and_for_which_persona(folder, arguments):
    shown = json.loads(run(*arguments, "-k", 5, "--json", "-q").stdout)
    own = {row["name"] for row in shown["matches"]}
    for row in shown["recommendations"]:
        assert {each["name"] for each in row["because"]} <= own
        assert all(0.05 <= each["share"] <= 1 for each in row["because"])
        assert row["badge"] in (-1, row["persona"])
    text = run(*arguments, "-k", 5, "--rarity", "0.3").stdout
    assert "For you   dial at 0.3, half have at most" in text
    assert "because of" in text
    assert " A " in text


def test_personas_have_the_colours_of_the_page():
    theme = (Path(deepcuts.__file__).parent / "web" / "page" / "theme.css").read_text("utf-8")
    page = re.findall(r"--p\d: (#[0-9a-f]{3,6});", theme)[: len(COLOURS)]
    assert [c if len(c) == 7 else "#" + "".join(2 * digit for digit in c[1:]) for c in page] == list(COLOURS)


def test_a_folder_is_an_export(folder, arguments, tmp_path):
    inner = tmp_path / "export" / "MyData"
    inner.mkdir(parents=True)
    with zipfile.ZipFile(folder / "my_spotify_data.zip") as archive:
        archive.extractall(inner)
    (inner / "readme.txt").write_text("no listens here\n")
    (inner / "empty.json").write_text("")
    (inner / "cover.jpg").write_bytes(b"\xff\xd8")
    (inner / ".hidden.csv").write_text("artist,plays\nSomebody,9\n")
    result = run("me", tmp_path / "export", *arguments[2:], "--json")
    assert "301 in 1 file, 301 kept" in result.stderr
    assert "Passed over 2 other files, without listens." in result.stderr
    assert json.loads(result.stdout)["matches"] == json.loads(run(*arguments, "--json", "-q").stdout)["matches"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "holds no file that an export could be, such as .zip, .json or .csv."),
        ({"cover.jpg": "x"}, "holds no file that an export could be"),
        (
            {"readme.txt": "no listens here"},
            "The folder holds no listens in a format that is known, nor do the text",
        ),
    ],
)
def test_a_folder_without_listens_is_refused(arguments, tmp_path, files, message):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert message in " ".join(run("me", tmp_path, *arguments[2:], code=1).stderr.split())


@pytest.mark.parametrize("ending", ["txt", "csv", "lbradio"])
def test_the_list_as_a_file_for_other_programs(arguments, tmp_path, ending):
    path = tmp_path / f"list.{ending}"
    shown = json.loads(run(*arguments, "-k", 7, "--rarity", 0, "--output", path, "--json", "-q").stdout)[
        "recommendations"
    ]
    text = path.read_text(encoding="utf-8")
    assert all(row["name"] in text for row in shown)
    assert "exists already" in run(*arguments, "--output", path, code=1).stderr
    run(*arguments, "--output", tmp_path / "list.m3u", code=2)
    assert "ids of MusicBrainz" in run(*arguments, "--output", tmp_path / "list.lidarr", code=2).stderr.replace(
        "\n", " "
    )
