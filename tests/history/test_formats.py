"""Every format of export: a sample of it, and what its rules make of that."""

from __future__ import annotations

import io
import json
import logging
import zipfile

import pytest

from deepcuts.history import History, HistoryOptions, read_history, read_upload
from deepcuts.history.documents import HEAD_BYTES

T0 = 1_600_000_000  # 2020-09-13T12:26:40Z


def read(data: bytes | str, name: str = "export", **options: object) -> History:
    return read_upload(name, data if isinstance(data, bytes) else data.encode(), HistoryOptions(**options))


def plays(history: History) -> dict[str, float]:
    return dict(zip(history.counts["artist"].to_pylist(), history.counts["plays"].to_pylist(), strict=True))


def extended(artist: str | None, at: str, **fields: object) -> dict[str, object]:
    """A record of Spotify's extended history, with the fields that must not be looked at."""
    return {
        "ts": at,
        "username": "somebody",
        "platform": "Android OS 9 API 28",
        "ms_played": 200_000,
        "ip_addr_decrypted": "203.0.113.7",
        "user_agent_decrypted": "unknown",
        "master_metadata_track_name": "a track",
        "master_metadata_album_artist_name": artist,
        "reason_end": "trackdone",
        "skipped": None,
        "incognito_mode": False,
        **fields,
    }


def test_spotify_extended_history():
    records = [
        extended("Grouper", "2021-03-01T10:00:00Z"),
        extended("Grouper", "2021-03-02T10:00:00Z"),
        extended("Grouper", "2021-03-03T10:00:00Z", incognito_mode=True),
        extended("Grouper", "2021-03-04T10:00:00Z", ms_played=29_999, skipped=True),
        extended("Grouper", "2021-03-05T10:00:00Z", ms_played=29_999, reason_end="fwdbtn"),
        extended("J Dilla", "2021-03-06T10:00:00Z", ms_played=29_999),  # a short track, heard to its end
        extended("J Dilla", "2021-03-07T10:00:00Z", ms_played=30_000, skipped=True),
        extended("J Dilla", "2021-03-07T11:00:00Z", ms_played=0),
        extended(None, "2021-03-08T10:00:00Z", episode_name="a podcast"),
    ]
    history = read(json.dumps(records, indent=2))
    assert plays(history) == {"Grouper": 2, "J Dilla": 2}
    assert history.counts["last_played"].to_pylist() == [1614679200, 1615111200]
    (source,) = history.sources
    assert (source.format, source.unit, source.n_rows, source.n_kept) == ("Spotify extended history", "record", 9, 4)
    assert source.dropped == {
        "cut off before 30 s": 2,
        "no artist (podcast, audiobook)": 1,
        "not heard at all": 1,
        "private session": 1,
    }
    assert plays(read(json.dumps(records), min_seconds=20)) == {"Grouper": 4, "J Dilla": 2}


def test_spotify_account_export():
    rows = [("Grouper", "10:00", 60_000), ("Grouper", "10:01", 29_000), ("Grouper", "10:05", 30_000)]
    records = [
        {"endTime": f"2021-03-01 {minute}", "artistName": artist, "trackName": "x", "msPlayed": ms}
        for artist, minute, ms in rows
    ]
    history = read(json.dumps(records))
    assert plays(history) == {"Grouper": 2}
    assert history.sources[0].dropped == {"heard for less than 30 s": 1}
    assert history.last_played == 1614593100


def listen(artist: str, at: int, credited: list[str] | None = None) -> str:
    mapping = {"artists": [{"artist_credit_name": name, "join_phrase": " & "} for name in credited or []]}
    metadata = {"artist_name": artist, "track_name": "a track", "mbid_mapping": mapping if credited else None}
    return json.dumps({"listened_at": at, "track_metadata": metadata})


def test_listenbrainz_counts_every_artist_that_is_credited():
    lines = [listen("A & B", T0), listen("A & B", T0 + 300, ["A", "B"]), listen("C", 0)]
    history = read("\n".join(lines) + "\n")
    assert plays(history) == {"A & B": 1, "A": 1, "B": 1, "C": 1}
    assert history.counts["last_played"].to_pylist()[-1] is None  # 1970 is a clock that was never set
    assert history.n_kept == 3
    assert plays(read("[" + ",".join(lines) + "]")) == plays(history)  # as older exports have it


def test_maloja():
    scrobbles = [{"time": T0, "track": {"artists": ["A", "B"], "title": "x"}, "origin": "client:x"}]
    assert plays(read(json.dumps({"maloja": {"export_time": T0}, "scrobbles": scrobbles}))) == {"A": 1, "B": 1}


def test_lastfm_scrobbles_with_a_header():
    text = (
        "\ufeffuts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\r\n"
        f'"{T0}","13 Sep 2020, 12:26","Godspeed You! Black Emperor","","F♯, A♯ ∞","","x",""\r\n'
        f'{T0 + 300},,"Earth, Wind & Fire",,,,y,\r\n'
    )
    history = read(text)
    assert plays(history) == {"Earth, Wind & Fire": 1, "Godspeed You! Black Emperor": 1}
    assert history.sources[0].format == "Last.fm scrobbles"
    assert history.last_played == T0 + 300


def test_lastfm_scrobbles_without_a_header():
    text = 'Grouper,Ruins,Holding,"01 Jan 2012 10:10"\nGrouper,"Ruins, live",Clearing,02 Jan 2012 10:10\n'
    history = read(text)
    assert plays(history) == {"Grouper": 2}
    assert history.last_played == 1325499000


@pytest.mark.parametrize(
    "text",
    [
        f"Artist,Track,Album,Time\nGrouper,x,y,{T0}\nGrouper,z,y,2020-09-14 12:00:00\n",
        f"# by a script\n# in 2020\nArtist,Track,Time\nGrouper,x,{T0}\n# half\nGrouper,z,2020-09-14T12:00:00Z\n",
        f"Grouper,x,y,{T0}\nGrouper,z,y,{T0 + 84_800}\n",
        f"Artist\tTrack\tTime\nGrouper\tx\t{T0}\nGrouper\tz\t2020-09-14 12:00\n",
    ],
    ids=["header", "comments, no album", "no header", "tabs"],
)
def test_librefm_and_maloja_scrobbles(text):
    history = read(text)
    assert plays(history) == {"Grouper": 2}
    assert history.last_played == T0 + 84_800
    assert history.sources[0].format == "Libre.fm or Maloja scrobbles"


def test_log_of_a_portable_player():
    text = (
        "#AUDIOSCROBBLER/1.1\n#TZ/UNKNOWN\n#CLIENT/Rockbox\n"
        f"Grouper\tRuins\tHolding\t2\t480\tL\t{T0}\t\nGrouper\tRuins\tClearing\t3\t280\tS\t{T0 + 480}\t\n"
        f"J Dilla\tDonuts\tWorkinonit\t2\t177\tL\t0\n"
    )
    history = read(text)
    assert plays(history) == {"Grouper": 1, "J Dilla": 1}
    assert history.sources[0].dropped == {"skipped": 1}
    assert history.counts["last_played"].to_pylist() == [T0, None]


@pytest.mark.parametrize(
    "text",
    [
        "Grouper\t40\nEarth, Wind & Fire\t12.5\n",
        'artist,plays\n"Earth, Wind & Fire",12.5\nGrouper,40\n',
        'who,how often\n"Earth, Wind & Fire",12.5\nGrouper,40\n',
        'rank;artist;playcount\n1;Grouper;40\n2;"Earth, Wind & Fire";12.5\n',
    ],
    ids=["tabs", "header", "other names", "more columns"],
)
def test_table_of_artists_and_plays(text):
    assert plays(read(text)) == {"Grouper": 40, "Earth, Wind & Fire": 12.5}


def test_an_archive_is_read_as_the_files_in_it(tmp_path):
    parts = {
        "MyData/Streaming_History_Audio_2020_0.json": json.dumps([extended("A", "2020-01-01T00:00:00Z")]),
        "MyData/Streaming_History_Audio_2021_1.json": json.dumps([extended("B", "2021-01-01T00:00:00Z")]),
        "MyData/Userdata.json": '{"email": "a@b.example"}',
        "MyData/ReadMeFirst.pdf": "%PDF",
    }
    with zipfile.ZipFile(tmp_path / "my_spotify_data.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    history = read_history(tmp_path / "my_spotify_data.zip")
    assert plays(history) == {"A": 1, "B": 1}
    assert history.passed_over == (f"{tmp_path / 'my_spotify_data.zip'}: MyData/Userdata.json",)
    for name, text in list(parts.items())[:2]:
        (tmp_path / name.rpartition("/")[2]).write_text(text)
    files = sorted(tmp_path.glob("*.json"))
    assert read_history(files).counts.equals(history.counts)
    upload = read_upload("up.zip", (tmp_path / "my_spotify_data.zip").read_bytes())
    assert upload.counts.equals(history.counts)


def test_a_listen_that_is_listed_twice_counts_once():
    records = [extended("A", "2020-01-01T00:00:00Z")] * 3 + [extended("A", "2020-01-01T00:05:00Z")]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("one.json", json.dumps(records))
        archive.writestr("two.json", json.dumps(records[::-1]))
    history = read(buffer.getvalue())
    assert plays(history) == {"A": 2}
    assert (history.n_kept, history.n_duplicates) == (8, 6)
    assert plays(read("A\t2\nA\t2\n")) == {"A": 4}  # without times nothing tells that it is the same


def test_copies_of_one_document_count_once(tmp_path):
    texts = {"counts.tsv": "A\t2\nB\t1\n", "copy.tsv": "A\t2\nB\t1\n", "other.tsv": "B\t1\nA\t2\n"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        archive.writestr("counts.tsv", texts["counts.tsv"])
    history = read_history([tmp_path / name for name in ("counts.tsv", "copy.tsv", "packed.zip", "other.tsv")])
    assert plays(history) == {"A": 4, "B": 2}
    assert [source.n_kept for source in history.sources] == [2, 0, 0, 2]
    reason = f"the same as {tmp_path / 'counts.tsv'}, which is taken"
    assert [source.dropped for source in history.sources[1:3]] == [{reason: 2}] * 2


def test_bad_rows_are_counted_and_named(caplog):
    records = [extended("A", "2020-01-01T00:00:00Z"), 7, extended("A", "soon"), extended("A", "", ms_played=40_000)]
    with caplog.at_level(logging.WARNING, "deepcuts"):
        history = read(json.dumps(records), "endsong_0.json")
    assert [(bad.reason, bad.n_rows, bad.first_rows) for bad in history.sources[0].bad] == [
        ("it is not the object of a listen", 1, (2,)),
        ("its time cannot be read", 1, (3,)),
        ("ts is missing", 1, (4,)),
    ]
    assert (
        "3 records of endsong_0.json cannot be used: it is not the object of a listen (record 2); its time"
        in caplog.text
    )


DOUBLED = {  # of three listens or counts, one has a key twice, far below the beginning of the document
    "array": lambda filler: json.dumps(
        [extended("A", "2020-01-01T00:00:00Z"), filler, extended("B", "2020-01-01T00:00:00Z")]
    ).replace('"B"', '"B", "ts": "2021-01-01T00:00:00Z"'),
    "lines": lambda filler: f"{listen('A', 1_600_000_000)}\n{json.dumps(filler)}\n" + (
        listen("B", 1_600_000_000).replace('"artist_name"', '"artist_name": "C", "artist_name"')
    ),
    "objects": lambda filler: json.dumps([{"artist": "A", "plays": 2}, filler, {"artist": "B", "plays": 3}]).replace(
        '"B"', '"B", "plays": 4'
    ),
    "lists": lambda filler: json.dumps(
        [{"artists": ["A"], "plays": 2}, filler, {"artists": ["B"], "plays": 3}]
    ).replace('["B"]', '["B"], "plays": 4'),
}  # fmt: skip


@pytest.mark.parametrize("kind", DOUBLED)
def test_a_record_with_a_key_twice_is_bad_wherever_it_is(kind):
    history = read(DOUBLED[kind]({"other": "x" * HEAD_BYTES}))
    assert list(plays(history)) == ["A"]
    bad = {each.reason: each.first_rows for source in history.sources for each in source.bad}
    assert bad["it has a key twice"] == (3,)


def test_bad_lines_are_counted_by_their_numbers_in_the_file():
    lines = [f"A,x,{T0}", "too,few", f'"A,x,{T0 + 9}', "", f"A,x,soon,{T0}", f"\udcffA,x,{T0 + 1}", f"B,x,{T0}"]
    history = read("\n".join(["Artist,Track,Time", *lines]).encode("utf-8", "surrogateescape"))
    assert plays(history) == {"A": 1, "B": 1}
    assert {bad.reason: bad.first_rows for bad in history.sources[0].bad} == {
        "it does not have 3 cells": (3, 6),
        "it has a quote without its pair": (4,),
        "it is not UTF-8 text": (7,),
    }


def test_the_fast_reader_and_the_careful_one_agree():
    rows = "".join(f'"{T0 + 60 * i}",,"Artist ""{i % 7}"", the",,,,track {i},\r\n' for i in range(500))
    header = "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\r\n"
    fast, careful = read(header + rows), read(header + rows + "one line that has too few cells\r\n")
    assert careful.n_bad == 1
    assert careful.counts.equals(fast.counts)
    assert 'Artist "3", the' in plays(fast)


def test_lines_are_numbered_through_all_blocks(monkeypatch):
    monkeypatch.setattr("deepcuts.history.documents._BLOCK_BYTES", 64)
    monkeypatch.setattr("deepcuts.history.documents.HEAD_BYTES", 100)
    lines = [listen(f"Artist {i}", T0 + i) if i != 30 else "{" for i in range(40)]
    history = read("\n".join(lines))
    assert history.n_kept == 39
    assert history.sources[0].bad[0].first_rows == (31,)


def test_utf16_is_read_too():
    assert plays(read("artist,plays\nBjörk,3\n".encode("utf-16"))) == {"Björk": 3}
