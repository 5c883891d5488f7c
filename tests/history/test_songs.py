"""A model whose items are songs: histories are counted by song, and lists are playlists."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

import deepcuts as dc
from command_line import run
from deepcuts.errors import DataError
from deepcuts.history import HistoryOptions, read_upload
from deepcuts.history.names import spaced_form


def counted(text: str) -> dict[str, float]:
    counts = read_upload("export", text.encode(), HistoryOptions(by="song")).counts
    return dict(zip(counts["artist"].to_pylist(), counts["plays"].to_pylist(), strict=True))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A model of songs, called "artist – title", and an export of somebody who heard some of them."""
    folder = tmp_path_factory.mktemp("songs")
    plays = dc.generate_world(150, 120, items_per_user=12, seed=0).plays
    songs = {name: f"{name} feat. Guest – Title {n}" for n, name in enumerate(plays.item_ids.values.to_pylist())}
    plays = plays.with_labels(names=songs)
    dc.PersonaNMF(n_factors=8, n_personas=2).fit(plays, seed=0).save(folder / "songs.safetensors")
    heard = plays.item_names(plays.user_items(3)[0]).to_pylist()
    rows = [song.partition(" – ") for song in heard]
    lines = [
        f'"{artist.partition(" feat.")[0].upper()}","{title}",{n + 1}' for n, (artist, _, title) in enumerate(rows)
    ]
    (folder / "plays.csv").write_text("\n".join(["Artist,Track,Plays", *lines]), encoding="utf-8")
    return folder


def me(folder: Path, *arguments: object, code: int = 0) -> str:
    base = ("me", folder / "plays.csv", "--model", folder / "songs.safetensors", "--min-listeners", 0)
    return run(*base, *arguments, code=code).output


def test_listens_are_counted_by_song():
    rows = "Muse,a,1600000000\nMuse,a,1600000300\nMuse,b,1600000600\nBlur,,1600000900\n"
    assert counted(f"Artist,Track,Time\n{rows}") == {"Muse – a": 2, "Muse – b": 1}
    assert counted("Track,Plays\nMuse - a,2\nMuse - b,1\n") == {"Muse – a": 2, "Muse – b": 1}
    with pytest.raises(DataError, match="2: no title, and songs are counted"):
        counted("Artist,Plays\nMuse,2\nBlur,1\n")


def test_guests_of_an_artist_do_not_hide_the_title():
    assert spaced_form("Muse feat. Blur – The Uprising") == "muse uprising"
    assert spaced_form("Muse – Uprising (feat. Blur)") == "muse uprising"


def tracks_of(path: Path) -> list[tuple[str, str]]:
    """Creator and title of every track of a playlist."""
    if path.suffix == ".jspf":
        return [(each["creator"], each["title"]) for each in json.loads(path.read_bytes())["playlist"]["track"]]
    listed = ElementTree.parse(path).getroot().iter("{http://xspf.org/ns/0/}track")
    return [
        tuple(each.findtext(f"{{http://xspf.org/ns/0/}}{name}") for name in ("creator", "title")) for each in listed
    ]


@pytest.mark.parametrize("ending", [".jspf", ".xspf"])
def test_a_model_of_songs_gives_a_playlist(folder, tmp_path, ending):
    path = tmp_path / f"list{ending}"
    result = json.loads(me(folder, "-k", 7, "--rarity", 0, "--json", "-q", "--output", path))
    names = [row["name"] for row in result["recommendations"]]
    assert [f"{creator} – {title}" for creator, title in tracks_of(path)] == names
    assert len(names) == 7
    assert {row["how"] for row in result["matches"]} == {"normalised"}


def test_what_is_said_is_said_of_songs(folder, tmp_path):
    assert "15 songs saved in" in me(folder, "--output", tmp_path / "list.txt", "-k", 5).replace("\n", " ")
