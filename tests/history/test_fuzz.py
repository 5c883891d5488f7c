"""Samples of all formats, damaged at random: read or refused, but never a crash, and every row accounted for."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepcuts.errors import DeepcutsError
from deepcuts.history import HistoryOptions, read_upload
from deepcuts.ingest import TimeRules

TIMED = HistoryOptions(times=TimeRules(since="2001", half_life=30, session_cap=2, day_cap=3))


def packed(name: str, text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return buffer.getvalue()


def nameless(archive: bytes) -> bytes:
    """An archive whose only file has no name: in the directory, its single letter is called an extra field."""
    data = bytearray(archive)
    entry = data.index(b"PK\x01\x02")
    data[entry + 28], data[entry + 30] = 0, 1
    return bytes(data)


SPOTIFY = json.dumps(
    [
        {
            "ts": f"2021-03-0{day}T10:00:00Z",
            "ms_played": 100_000,
            "master_metadata_track_name": "x",
            "master_metadata_album_artist_name": f"Ärtist {day}",
            "skipped": None,
            "reason_end": "trackdone",
            "incognito_mode": False,
        }
        for day in range(1, 6)
    ],
    indent=1,
)
LISTENS = "".join(
    json.dumps(
        {
            "listened_at": 1_600_000_000 + 200 * offset,
            "track_metadata": {
                "artist_name": "A & B",
                "track_name": "x",
                "mbid_mapping": {"artists": [{"artist_credit_name": name} for name in "AB"]},
            },
        }
    )
    + "\n"
    for offset in range(5)
)
SAMPLES = [
    SPOTIFY.encode(),
    json.dumps(
        [{"endTime": "2021-03-01 10:00", "artistName": f"A{n}", "trackName": "x", "msPlayed": 40_000} for n in "123"]
    ).encode(),
    LISTENS.encode(),
    json.dumps({"scrobbles": [{"time": 1_600_000_000, "track": {"artists": ["A", "B"], "title": "x"}}] * 3}).encode(),
    b"uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\r\n" + b'1600000000,,"A ""b""",,,,x,\r\n' * 4,
    b'Grouper,Ruins,Holding,"01 Jan 2012 10:10"\n' * 4,
    b"Artist,Track,Album,Time\n" + b"A,x,y,1600000000\n" * 4,
    b"#AUDIOSCROBBLER/1.1\n#TZ/UTC\n" + b"A\tx\ty\t1\t200\tL\t1600000000\t\nA\tx\ty\t1\t200\tS\t1600000900\t\n" * 3,
    "Björk\t40\nJ Dilla\t12\n".encode(),
    "artist,plays\nBjörk,40\n".encode("utf-16"),
    "Artist;Plays;Listeners\nBjörk;12.345;99\nMuse;3;99\nTotal;12.348;\n\nAlbum;Plays;\nx;3;\n".encode(),
    b"user,Artists,Track,Time,ms_played,skipped,event\n"
    + b'ada,"A, B",x,1.6E+09,200000,false,play\nada,A; B,x,1600000300,9,true,play\n' * 3,
    json.dumps(
        {
            "items": [
                {"track": {"name": "x", "artists": [{"name": "A"}, {"name": "B"}]}, "played_at": "2023-11-14T22:13:20Z"}
            ]
            * 3
        }
    ).encode(),
    json.dumps(
        {"toptracks": {"track": [{"name": "x", "playcount": "7", "artist": {"name": "BjÃ¶rk &amp; A"}}] * 3}}
    ).encode(),
    json.dumps([{"artist": {"name": "A"}, "plays": 3, "stats": {"x": [1, {"y": 2}]}}] * 3, indent=1).encode(),
    packed("endsong_0.json", SPOTIFY),
    packed("listens/2020/9.jsonl", LISTENS),
]
BITS = [b"\0", b"\xff", b"\xef\xbb\xbf", b'"', b"\n", b"\r", b",", b"\t", b"{", b"}", b"[", b"]", b"\\", b"\\u0000"]
BITS += [
    b"null",
    b"1e999",
    b"-1",
    b"true",
    b"99999999999999999999",
    b"\\ud800",
    b"#",
    b"2021-02-30T25:61:00Z",
    b"",
    b" ",
]

edits = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 12), st.one_of(st.sampled_from(BITS), st.binary(max_size=8))),
    min_size=1,
    max_size=6,
)


def damaged(data: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
    for where, n_lost, put_in in changes:
        offset = int(where * len(data))
        data = data[:offset] + put_in + data[offset + n_lost :]
    return data


def check(data: bytes, options: HistoryOptions) -> bool:
    """Read, and check what came out; return whether it could be read."""
    try:
        history = read_upload("export", data, options)
    except DeepcutsError as error:
        return "Please report it" in str(error) and pytest.fail(str(error))
    for source in history.sources:
        assert source.n_kept + sum(source.dropped.values()) + source.n_bad == source.n_rows
        assert all(bad.first_rows == tuple(sorted(bad.first_rows)) and bad.first_rows[0] >= 1 for bad in source.bad)
    plays = history.counts["plays"].to_numpy()
    assert np.all(np.isfinite(plays))
    assert np.all(plays > 0)
    assert all(artist.strip() for artist in history.counts["artist"].to_pylist())
    return True


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_samples_themselves_are_fine(sample):
    assert check(sample, HistoryOptions())


@pytest.mark.parametrize(
    "found",
    [
        b"Artist,Track,Album,Time\n\t,x,y,1600000000\nA,x,y,1600000000\n",  # an artist of blanks other than spaces
        b"artist,plays\nA,1\n\xff,\xff\n",
        nameless(packed("x", SPOTIFY)),
        b'{"\\u0000": [{"artist": "A", "plays": 3}]}',  # a key that SQL cannot name
        b'{"data": {"artists": {"B": 3}}}',  # data is a word for dates, and an object here
        b'{}\n{"Artist": "A", "Title": "b", "Track Play Count": 1.7e229}',
        b'{[{"Artist": "Muse", "Title": "a", "Track Play Count": 7}]',
        # DuckDB's own message cut this letter in two, and could not be read itself
        SAMPLES[1].replace(b'"artistName": "A1"', b'"artistName":\xf1\xab\x8f\x86f "A1"'),
    ],
)
def test_what_was_found_before(found):
    check(found, HistoryOptions())


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SAMPLES), edits, st.sampled_from([HistoryOptions(), TIMED]))
def test_damaged_samples(sample, changes, options):
    check(damaged(sample, changes), options)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))))
def test_anything_at_all(data):
    check(data, HistoryOptions())
