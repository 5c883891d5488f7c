"""The Taste Profile: from songs to artists, with sums worked by hand, and what is refused on the way."""

from __future__ import annotations

import gzip
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import deepcuts as dc
from deepcuts.cli.main import app
from deepcuts.datasets import load_taste_profile, read_taste_profile
from deepcuts.datasets.companions import (
    kind_of_lines,
    parse_mismatch,
    parse_song_to_tracks,
    parse_unique_tracks,
)
from deepcuts.errors import DataError, FileFormatError, SettingsError
from deepcuts.ingest import ReadOptions

ADA, BOB, EVE = (letter * 40 for letter in "abe")


def song(n: int) -> str:
    return f"SO{n:016d}"


def track(n: int) -> str:
    return f"TR{n:016d}"


# Song 1 has three tracks, two of Grouper; 2 has a track of each of two artists; 3 has a mismatch and a sound one;
# 4 has a mismatch only; 5 has no track at all; 6 is Grouper's again, otherwise spelt.
TRACKS = [
    (track(1), song(1), "Grouper", "Clearing"),
    (track(2), song(1), "grouper ", "Clearing (live)"),
    (track(3), song(1), "J Dilla", "Clearing"),
    (track(4), song(2), "Zola Jesus", "Night"),
    (track(5), song(2), "J Dilla", "Night"),
    (track(6), song(3), "Wrong", "Mistake"),
    (track(7), song(3), "J Dilla", "Donuts"),
    (track(8), song(4), "Wrong", "Mistake"),
    (track(9), song(6), "GROUPER", "Holding"),
]
MISMATCHES = [(song(3), track(6)), (song(4), track(8))]
PLAYS = [(ADA, 1, 5), (ADA, 2, 1), (ADA, 6, 2), (BOB, 3, 4), (BOB, 4, 9), (BOB, 2, 3), (EVE, 4, 1), (EVE, 5, 7)]
BY_ARTIST = {(ADA, "grouper"): 7, (ADA, "j dilla"): 1, (BOB, "j dilla"): 7}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A Taste Profile of eight rows."""
    (tmp_path / "train_triplets.txt").write_text("".join(f"{user}\t{song(n)}\t{k}\n" for user, n, k in PLAYS))
    (tmp_path / "unique_tracks.txt").write_text("".join("<SEP>".join(cells) + "\n" for cells in TRACKS))
    lines = (f"ERROR: <{a} {b}> Wrong  -  Mistake  !=  Right  -  Song\n" for a, b in MISMATCHES)
    (tmp_path / "sid_mismatches.txt").write_text("".join(lines))
    return tmp_path


def counts(plays: dc.Interactions) -> dict[tuple[str, str], float]:
    return {(row["user_id"], row["item_id"]): row["plays"] for row in plays.to_arrow().to_pylist()}


def files(folder: Path) -> tuple[Path, list[Path], Path]:
    return folder / "train_triplets.txt", [folder / "unique_tracks.txt"], folder / "sid_mismatches.txt"


def test_songs_are_summed_to_artists_by_the_rule(folder):
    plays, report = read_taste_profile(*files(folder))
    assert counts(plays) == BY_ARTIST
    assert dict(zip(plays.item_ids.values.to_pylist(), plays.labels.names.to_pylist(), strict=True)) == {
        "grouper": "GROUPER",  # three spellings, once each: the first in the order of bytes
        "j dilla": "J Dilla",
    }
    assert (report.n_rows, report.n_songs, report.n_kept, report.n_items) == (8, 6, 4, 2)
    assert (report.n_mismatched, report.n_rows_mismatched) == (1, 2)
    assert (report.n_unknown, report.n_rows_unknown) == (1, 1)
    assert (report.n_several, report.n_disputed) == (2, 2)
    assert (report.n_users, report.n_users_dropped) == (3, 1)
    assert "Of 6 songs, 4 are kept, merged into 2 artists." in report.sentences()


def test_without_mismatches_every_track_counts(folder):
    triplets, tracks, _ = files(folder)
    plays, _ = read_taste_profile(triplets, tracks)
    # the tracks of song 3 are one of J Dilla's and one of Wrong's: as many, and j comes before w
    assert counts(plays) == {**BY_ARTIST, (BOB, "wrong"): 9, (EVE, "wrong"): 1}


def test_by_song_only_mismatches_drop_out(folder):
    plays, report = read_taste_profile(*files(folder), by="song")
    assert counts(plays) == {(user, song(n)): k for user, n, k in PLAYS if n != 4}
    names = dict(zip(plays.item_ids.values.to_pylist(), plays.labels.names.to_pylist(), strict=True))
    assert names[song(1)] == "Grouper – Clearing"
    assert names[song(3)] == "J Dilla – Donuts"
    assert names[song(5)] == song(5)
    assert (report.n_kept, report.n_mismatched, report.n_unknown) == (5, 1, 0)


def test_by_song_without_tracks_a_mismatch_is_all_that_is_known(folder):
    triplets, _, mismatches = files(folder)
    plays, _ = read_taste_profile(triplets, [], mismatches, by="song")
    assert counts(plays) == {(user, song(n)): k for user, n, k in PLAYS if n not in (3, 4)}


def test_a_list_of_songs_and_tracks_decides_which_tracks_a_song_has(folder):
    triplets, tracks, mismatches = files(folder)
    listed = folder / "taste_profile_song_to_tracks.txt"
    listed.write_text(f"{song(1)}\t{track(3)}\n{song(2)}\t{track(4)}\t{track(5)}\n{song(5)}\n{song(6)}\t{track(9)}\n")
    plays, report = read_taste_profile(triplets, [*tracks, listed], mismatches)
    assert counts(plays) == {(ADA, "j dilla"): 6, (ADA, "grouper"): 2, (BOB, "j dilla"): 3}
    assert (report.n_kept, report.n_mismatched, report.n_unknown) == (3, 2, 1)
    assert counts(load_taste_profile(folder)) == counts(plays)
    with pytest.raises(DataError, match=r"Artists are wanted, and .*song_to_tracks.txt names none"):
        read_taste_profile(triplets, [listed])


def test_a_folder_without_the_triplets_is_told(tmp_path):
    with pytest.raises(
        DataError, match=r"^There is no train_triplets\.txt in .*\. Name the folder that holds the unpacked"
    ):
        load_taste_profile(tmp_path)
    with pytest.raises(
        DataError, match=r"nowhere is no folder\. Name the one that holds the unpacked files of the set"
    ):
        load_taste_profile(tmp_path / "nowhere")


def test_a_database_of_tracks_brings_ids_of_artists(folder):
    triplets, _, mismatches = files(folder)
    path = folder / "track_metadata.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE songs (track_id, title, song_id, release, artist_id, artist_name, year)")
        ids = {"grouper": "AR2", "j dilla": "AR1", "zola jesus": "AR0", "wrong": ""}
        rows = [(t, title, s, "", ids[a.strip().lower()], a, 2000) for t, s, a, title in TRACKS]
        database.executemany("INSERT INTO songs VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    database.close()
    plays, _ = read_taste_profile(triplets, [path], mismatches)
    # of song 2, one track is AR0's and one AR1's: AR0 comes first
    assert counts(plays) == {(ADA, "AR2"): 7, (ADA, "AR0"): 1, (BOB, "AR1"): 4, (BOB, "AR0"): 3}
    assert "Zola Jesus" in plays.labels.names.to_pylist()
    odd = path.rename(folder / "a?b#c%41.db")
    again, _ = read_taste_profile(triplets, [odd], mismatches)
    assert counts(again) == counts(plays)
    odd.rename(path)
    content = path.read_bytes()
    path.write_bytes(content[:5000])
    with pytest.raises(FileFormatError, match=r"track_metadata.db is truncated: it has 5,000 of 8,192 bytes"):
        read_taste_profile(triplets, [path], mismatches)
    path.write_bytes(content[:100] + bytes(len(content) - 100))
    with pytest.raises(FileFormatError, match=r"track_metadata.db cannot be read as track_metadata.db"):
        read_taste_profile(triplets, [path], mismatches)


@pytest.mark.parametrize("dress", ["bom", "crlf", "gzip"])
def test_files_may_be_dressed_otherwise(folder, dress):
    for path in folder.iterdir():
        content = path.read_bytes()
        if dress == "bom" and path.name != "train_triplets.txt":
            content = b"\xef\xbb\xbf" + content
        if dress == "crlf":
            content = content.replace(b"\n", b"\r\n")
        path.write_bytes(gzip.compress(content) if dress == "gzip" else content)
    assert counts(read_taste_profile(*files(folder))[0]) == BY_ARTIST


def test_malformed_lines_of_companions_are_left_out_with_a_warning(folder, caplog):
    _, (tracks,), _ = files(folder)
    with tracks.open("ab") as file:
        file.write(b"TRACK<SEP>no song\n" + f"{track(99)}<SEP>{song(9)}<SEP>".encode() + b"Bj\xf6rk<SEP>Latin 1\n")
        file.write(b"TR000000000000")  # cut off here
    assert counts(read_taste_profile(*files(folder))[0]) == BY_ARTIST
    assert "Left out 3 malformed lines of" in caplog.text
    assert "the first is line 10: 'TRACK<SEP>no song'" in caplog.text


@pytest.mark.parametrize(
    ("option", "content", "message"),
    [
        ("triplets", "unique_tracks.txt", "looks like unique_tracks.txt (track, song, artist name and title), which "),
        ("triplets", "sid_mismatches.txt", "which belongs to --mismatches. Pass train_triplets.txt as --triplets."),
        ("tracks", "train_triplets.txt", "looks like train_triplets.txt (user, song and plays), which belongs to --tr"),
        ("tracks", "sid_mismatches.txt", "which belongs to --mismatches. Pass unique_tracks.txt or track_metadata.db"),
        ("mismatches", "unique_tracks.txt", "which belongs to --tracks. Pass sid_mismatches.txt as --mismatches."),
        ("tracks", b"<!DOCTYPE html>\n<html>404</html>\n", "is a web page, perhaps of a failed download."),
        ("triplets", b"PK\x03\x04zipped", "is a zip archive. Unpack it, and pass train_triplets.txt."),
        ("tracks", b"a,b,c\n1,2,3\n", "does not look like unique_tracks.txt or "),
        ("tracks", b"", "is empty"),
        ("tracks", b"x" * 3_000_000, "does not look like unique_tracks.txt"),
        (
            "tracks",
            f"{track(1)}<SEP>{song(1)}<SEP>A<SEP>B\n".encode() * 3 + b"x" * (17 << 20),
            "unique_tracks.txt is longer than 16,777,216 characters.",
        ),
        ("tracks", f"{track(1)}<SEP>{song(1)}<SEP>A<SEP>B\n".encode() + b"\0" * 99, "is not text"),
        ("triplets", f"{ADA}\t{song(1)}\t5\n{BOB}\tSO00".encode(), "line 2: line has 2 cells where 3 are expected"),
        ("triplets", f"{ADA}\t{song(1)}\tmany\n".encode(), "plays are not a number: 'many'"),
        ("triplets", f"{ADA}\tSOZZZZZZZZZZZZZZZZ\t5\n".encode(), "None of 1 song of"),
        ("triplets", None, "cannot be opened: No such file or directory"),
    ],
)
def test_wrong_and_broken_files_are_refused_and_nothing_is_written(folder, option, content, message):
    paths = {"triplets": "train_triplets.txt", "tracks": "unique_tracks.txt", "mismatches": "sid_mismatches.txt"}
    if isinstance(content, str):
        paths[option] = content
    elif content is None:
        (folder / paths[option]).unlink()
    else:
        (folder / paths[option]).write_bytes(content)
    options = [word for name, file in paths.items() for word in (f"--{name}", str(folder / file))]
    before = sorted(folder.iterdir())
    command = ["ingest", "taste-profile", *options, "-o", str(folder / "plays.safetensors"), "-q"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())
    assert sorted(folder.iterdir()) == before


def test_the_command_writes_plays_and_says_what_became_of_the_songs(folder):
    triplets, (tracks,), mismatches = files(folder)
    output = folder / "plays.safetensors"
    options = ("--triplets", triplets, "--tracks", tracks, "--mismatches", mismatches, "--memory", "500MB")
    result = CliRunner().invoke(app, ["ingest", "taste-profile", *map(str, options), "-o", str(output)])
    assert result.exit_code == 0, result.output
    assert "Dropped, as every known track is a mismatch: 1 song, with 2 rows." in result.stderr
    assert "8 rows hold 3 pairs of 2 users and 2 artists." in result.stderr
    assert counts(dc.Interactions.load(output)) == BY_ARTIST
    assert dc.Interactions.load(output).item_names(np.array([1])).to_pylist() == ["J Dilla"]


def test_ingest_of_files_stays_what_it_was(folder):
    triplets, _, _ = files(folder)
    columns = ("--user", "1", "--item", "2", "--plays", "3", "-o", str(folder / "plays.safetensors"))
    assert CliRunner().invoke(app, ["ingest", str(triplets), *columns]).exit_code == 0
    assert dc.Interactions.load(folder / "plays.safetensors").n_pairs == len(PLAYS)
    shown = CliRunner().invoke(app, ["ingest", "taste-profile", "--help"])
    assert shown.exit_code == 0
    assert "--mismatches" in shown.stdout


def test_bad_rows_can_be_skipped(folder):
    triplets, tracks, mismatches = files(folder)
    with triplets.open("a") as file:
        file.write(f"{ADA}\t{song(1)}\n{ADA}\t{song(1)}\t-3\n")
    plays, report = read_taste_profile(triplets, tracks, mismatches, options=ReadOptions(on_bad_rows="skip"))
    assert (counts(plays), report.n_skipped) == (BY_ARTIST, 2)


def test_by_must_be_known(folder):
    with pytest.raises(SettingsError, match="by is 'album'"):
        read_taste_profile(*files(folder), by="album")


def test_the_real_head_by_song_and_by_a_made_up_map(shared_data, tmp_path):
    head = shared_data / "tasteprofile-heads" / "train_triplets_head.txt"
    rows = [line.split("\t") for line in head.read_text().splitlines()]
    plays, _ = read_taste_profile(head, by="song")
    assert counts(plays) == {(user, item): float(n) for user, item, n in rows}

    songs = sorted({item for _, item, _ in rows})
    artist_of = {item: f"artist {n % 7}" for n, item in enumerate(songs)}
    lines = (f"{track(n)}<SEP>{item}<SEP>{artist_of[item]}<SEP>x\n" for n, item in enumerate(songs))
    (tmp_path / "unique_tracks.txt").write_text("".join(lines))
    expected: dict[tuple[str, str], float] = {}
    for user, item, n in rows:
        expected[user, artist_of[item]] = expected.get((user, artist_of[item]), 0) + float(n)
    plays, report = read_taste_profile(head, [tmp_path / "unique_tracks.txt"])
    assert counts(plays) == expected
    assert (report.n_songs, report.n_items) == (7849, 7)


def test_every_line_of_the_real_mismatches_is_understood(shared_data):
    lines = (shared_data / "tasteprofile-heads" / "sid_mismatches.txt").read_text().rstrip("\n").split("\n")
    assert len(lines) == 19_094
    assert all(map(parse_mismatch, lines))


pieces = st.one_of(
    st.sampled_from(["<SEP>", "\t", "ERROR: <", "> ", " ", song(1), track(1), ADA, "<html>", "\0"]), st.text(max_size=9)
)


@settings(max_examples=300, deadline=None)
@given(st.lists(pieces, max_size=9).map("".join))
def test_whatever_a_line_holds_it_is_understood_or_malformed(line):
    kind_of_lines([line])
    for parse, n_cells in ((parse_unique_tracks, 4), (parse_song_to_tracks, 2), (parse_mismatch, 2)):
        for row in parse(line) or ():
            assert len(row) == n_cells
            assert all(isinstance(cell, str) for cell in row)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(st.binary(max_size=300))
def test_whatever_bytes_follow_the_tracks_are_read_or_refused(tmp_path_factory, tail):
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "train_triplets.txt").write_text(f"{ADA}\t{song(1)}\t5\n")
    (folder / "unique_tracks.txt").write_bytes(f"{track(1)}<SEP>{song(1)}<SEP>A<SEP>B\n".encode() * 9 + tail)
    try:
        plays, _ = read_taste_profile(folder / "train_triplets.txt", [folder / "unique_tracks.txt"])
    except (DataError, FileFormatError):
        return
    assert counts(plays) == {(ADA, "a"): 5}
