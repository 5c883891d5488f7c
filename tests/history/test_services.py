"""Exports of services and programs: a small one of each, made up, and what its rules make of it."""

from __future__ import annotations

import io
import json
import plistlib
import zipfile
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepcuts.errors import DeepcutsError, FileFormatError
from deepcuts.history import History, HistoryOptions, read_upload

T0 = 1_600_000_000


def read(data: bytes | str | list | dict, **options: object) -> History:
    text = data if isinstance(data, bytes) else (data if isinstance(data, str) else json.dumps(data)).encode()
    return read_upload("export", text, HistoryOptions(**options))


def plays(data: bytes | str | list | dict, **options: object) -> dict[str, float]:
    counts = read(data, **options).counts
    return dict(zip(counts["artist"].to_pylist(), counts["plays"].to_pylist(), strict=True))


def packed(members: dict[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def track(artist: str, n: int, key: str = "#text") -> dict[str, object]:
    date = {"uts": str(T0 + 300 * n), "#text": "13 Sep 2020, 12:26"}
    return {"artist": {key: artist, "mbid": ""}, "name": f"track {n}", "album": {"#text": "x"}, "date": date}


NOW = {"artist": {"#text": "Muse"}, "name": "now", "album": {"#text": ""}, "@attr": {"nowplaying": "true"}}
TRACKS = [track("Muse", 0), track("Muse", 1), track("Björk", 2), NOW]
LASTFM = [
    [{"track": TRACKS[:2]}, {"track": TRACKS[2:]}],
    [TRACKS[:2], TRACKS[2:]],
    {"recenttracks": {"track": TRACKS, "@attr": {"page": "1"}}},
    [{"recenttracks": {"track": TRACKS[:2]}}, {"recenttracks": {"track": TRACKS[2:]}}],
    TRACKS,
    [track("Muse", 0, "name"), track("Muse", 1, "name"), track("Björk", 2, "name")],
    {"username": "ada", "scrobbles": [
        {"track": str(n), "artist": artist, "album": "x", "albumId": "", "date": (T0 + 300 * n) * 1000}
        for n, artist in enumerate(["Muse", "Muse", "Björk"])
    ]},
]  # fmt: skip


@pytest.mark.parametrize(
    "export", LASTFM, ids=["pages", "lists", "one page", "answers", "flat", "extended", "lastfmstats"]
)
def test_lastfm_json(export):
    for text in (json.dumps(export), json.dumps(export, indent=2)):
        assert plays(text) == {"Muse": 2, "Björk": 1}
        assert read(text).last_played == T0 + 600


def test_artists_of_lastfm_with_their_plays():
    artists = [{"name": "Muse", "playcount": "12", "mbid": ""}, {"name": "Björk", "playcount": "3"}]
    assert plays({"topartists": {"artist": artists, "@attr": {"user": "ada"}}}) == {"Muse": 12, "Björk": 3}


@pytest.mark.parametrize(
    "text",
    [
        f"\ufeffArtist;Album;AlbumId;Track;Date#ada\nMuse;x;;a;{T0}000\nMuse;x;;b;{T0 + 300}000\nBjörk;x;;c;{T0 + 600}000\n",  # noqa: E501
        f"unixtime\tartist name\ttrack name\n{T0}\tMuse\ta\n{T0 + 300}\tMuse\tb\n{T0 + 600}\tBjörk\tc\n",
        f"{T0}\ta\tMuse\tx\t\t\t\n{T0 + 300}\tb\tMuse\tx\t\t\t\n{T0 + 600}\tc\tBjörk\tx\t\t\t\n",
        '"Muse","a","x","2020-09-13 12:26:40","Muse","200"\n"Muse","b","x","2020-09-13 12:31:40","Muse","200"\n'
        '"Björk","c","x","2020-09-13 12:36:40","Björk","200"\n',
        "entry_date,track_title,artist_name,album_name,stream_duration_ms,product_type\n2020-09-13 12:26:40,a,Muse,x,200000,y\n"  # noqa: E501
        "2020-09-13 12:31:40,b,Muse,x,200000,y\n2020-09-13 12:36:40,c,Björk,x,200000,y\n",
        f"timeHuman,timeMs,artist,track,album,albumArtist,durationMs,event\n-,{T0}000,Muse,a,x,Muse,1,scrobble\n"
        f"-,{T0 + 300}000,Muse,b,x,Muse,1,scrobble\n-,{T0 + 600}000,Björk,c,x,,1,scrobble\n-,{T0}000,Blur,c,x,,1,love\n",  # noqa: E501
    ],
    ids=["lastfmstats", "archive", "lastexport", "Universal Scrobbler", "Tidal", "Pano Scrobbler"],
)
def test_tables_of_programs(text):
    history = read(text)
    assert dict(zip(history.counts["artist"].to_pylist(), history.counts["plays"].to_pylist(), strict=True)) == {
        "Muse": 2,
        "Björk": 1,
    }
    assert (history.last_played, history.n_bad) == (T0 + 600, 0)


def test_pano_scrobbler_as_lines_of_json():
    rows = [("Muse", "scrobble"), ("Muse", "scrobble"), ("Blur", "love")]
    lines = [
        json.dumps({"timeMs": (T0 + n) * 1000, "artist": artist, "track": "x", "event": event, "durationMs": 1000})
        for n, (artist, event) in enumerate(rows)
    ]
    assert plays("\n".join(lines)) == {"Muse": 2}


def watched(n: int, **fields: object) -> dict[str, object]:
    return {
        "header": "YouTube Music",
        "title": f"Watched song {n}",
        "titleUrl": f"https://music.youtube.com/watch?v={n}",
        "subtitles": [{"name": "Muse - Topic", "url": "https://www.youtube.com/channel/x"}],
        "time": f"2023-11-14T22:{n:02}:00.123Z",
        "products": ["YouTube"],
        **fields,
    }


YOUTUBE = [
    watched(1),
    watched(
        2, header="YouTube", details=[{"name": "From YouTube Music"}], titleUrl="https://www.youtube.com/watch?v=2"
    ),
    watched(3, subtitles=[{"name": "Release - Topic"}]),
    watched(4, header="YouTube", titleUrl="https://www.youtube.com/watch?v=4", subtitles=[{"name": "Somebody"}]),
    {key: value for key, value in watched(5).items() if key != "subtitles"},
    watched(6, header="YouTube", subtitles=[{"name": "Björk"}]),
]


def test_youtube_music():
    history = read(YOUTUBE)
    assert plays(YOUTUBE) == {"Muse": 2, "Björk": 1}
    assert sum(history.sources[0].dropped.values()) == 3
    assert plays(packed({"Takeout/YouTube und YouTube Music/Verlauf/Wiedergabeverlauf.json": json.dumps(YOUTUBE)})) == {
        "Muse": 2,
        "Björk": 1,
    }


DAILY = (
    "Country,Track Identifier,Media type,Date Played,Hours,Play Duration Milliseconds,Play Count,Skip Count,Track Description\n"  # noqa: E501
    'DE,1,AUDIO,20231114,"20, 21",400000,2,0,Muse - Uprising - Live\nDE,2,AUDIO,20231115,1,200000,1,0,Björk - Jóga\n'
    "DE,3,VIDEO,20231115,1,200000,1,0,Blur - Song 2\nDE,4,AUDIO,20231115,1,2000,0,1,Pulp - Babies\n"
)
ACTIVITY = (
    "Artist Name,Container Artist Name,Song Name,Event Type,Event Start Timestamp,Event End Timestamp,End Reason Type,"
    "Play Duration Milliseconds,Media Type,Item Type\n"
    "Muse,,a,PLAY_END,2023-11-14T20:00:00Z,2023-11-14T20:03:00Z,NATURAL_END_OF_TRACK,20000,AUDIO,ITUNES_STORE_CONTENT\n"
    "Muse,,b,,2023-11-14T20:10:00Z,2023-11-14T20:13:00Z,,180000,AUDIO,\n"
    "Muse,,c,LYRIC_DISPLAY,2023-11-14T20:20:00Z,2023-11-14T20:23:00Z,,180000,AUDIO,\n"
    "Muse,,d,PLAY_END,2023-11-14T20:30:00Z,2023-11-14T20:33:00Z,TRACK_SKIPPED_FORWARDS,2000,AUDIO,\n"
    "Muse,,e,PLAY_END,2023-11-14T20:40:00Z,2023-11-14T20:43:00Z,NATURAL_END_OF_TRACK,-5,AUDIO,\n"
    "Muse,,f,PLAY_END,2023-11-14T20:50:00Z,2023-11-14T20:53:00Z,NATURAL_END_OF_TRACK,180000,VIDEO,\n"
    ",Björk,g,PLAY_END,2023-11-14T21:00:00Z,2023-11-14T21:03:00Z,NATURAL_END_OF_TRACK,180000,AUDIO,\n"
    "Radio,,h,PLAY_END,2023-11-14T21:10:00Z,2023-11-14T21:13:00Z,NATURAL_END_OF_TRACK,180000,AUDIO,STREAM\n"
)
HISTORY = "Country,Track Name,Last Played Date,Is User Initiated\nDE,Muse - a,1700000000000,true\nDE,Blur - b,1700000300000,true\n"  # noqa: E501
LIBRARY = [
    {"Artist": "Muse", "Title": "a", "Track Play Count": 7, "Content Type": "Song"},
    {"Artist": "Pulp", "Title": "b", "Track Play Count": 0},
]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (DAILY, {"Muse": 2, "Björk": 1}),
        (ACTIVITY, {"Muse": 2, "Björk": 1}),
        (HISTORY, {"Muse": 1, "Blur": 1}),
        (json.dumps(LIBRARY), {"Muse": 7}),
    ],
    ids=["daily", "activity", "history", "library"],
)
def test_apple_music(data, expected):
    assert plays(data) == expected


def test_of_the_files_of_apple_music_one_is_taken_and_said():
    inner = packed({"Apple Music Activity/Apple Music - Track Play History.csv": HISTORY,
                    "Apple Music Activity/Apple Music Play Activity.csv": ACTIVITY,
                    "Apple Music Activity/Apple Music - Play History Daily Tracks.csv": DAILY,
                    "Apple Music Activity/Apple Music Library Tracks.json": json.dumps(LIBRARY)})  # fmt: skip
    history = read(packed({"Apple Media Services information/Apple_Media_Services.zip": inner}))
    assert dict(zip(*history.counts.select(["artist", "plays"]).to_pydict().values(), strict=True)) == {
        "Muse": 2,
        "Björk": 1,
    }
    kept = {source.format: source.n_kept for source in history.sources if source.n_kept}
    assert kept == {"Apple Music Daily Tracks": 2}
    left_out = [source.dropped for source in history.sources if not source.n_kept]
    assert all("the same listens as in Apple Music Daily Tracks, which is taken" in each for each in left_out)


TRACKS_OF_LIBRARY = {
    "1": {"Artist": "Muse", "Name": "a", "Play Count": 7, "Play Date UTC": datetime(2023, 11, 14, 22, 10)},
    "2": {"Artist": "Björk", "Name": "b", "Play Count": 2},
    "3": {"Artist": "Pulp", "Name": "c"},
    "4": {"Artist": "Somebody", "Name": "d", "Play Count": 9, "Podcast": True},
    "5": {"Artist": "Blur", "Name": "e", "Play Count": 9, "Has Video": True},
}
XML = plistlib.dumps({"Major Version": 1, "Tracks": TRACKS_OF_LIBRARY, "Playlists": []})


def test_library_of_itunes():
    history = read(XML)
    assert plays(XML) == {"Muse": 7, "Björk": 2}
    assert history.last_played == 1_699_999_800
    text = "Name\tArtist\tAlbum\tTime\tTrack Number\tYear\tPlays\tLast Played\na\tMuse\tx\t245\t1\t1999\t7\t14/11/2023 22:10\n"  # noqa: E501
    text += "b\tBjörk\tx\t3:10\t2\t1997\t2\t\nc\tPulp\tx\t200\t3\t1995\t\t\n"
    assert plays(text.replace("\n", "\r").encode("utf-16")) == {"Muse": 7, "Björk": 2}
    with pytest.raises(FileFormatError, match="damaged or truncated property list"):
        read(XML[:-300])


def alias(*names: str, primary: int = 0) -> dict[str, object]:
    return {"aliases": [{"alias": name, "is_primary": n == primary} for n, name in enumerate(names)]}


KOITO = {
    "version": "1",
    "user": "ada",
    "listens": [
        {"listened_at": "2023-11-14T22:10:00Z", "track": alias("x"), "artists": [alias("björk", "Björk", primary=1)]},
        {"listened_at": "2023-11-14T23:10:00+01:00", "track": alias("y"), "artists": [alias("Muse"), alias("Blur")]},
    ],
}


def test_koito():
    assert plays(KOITO) == {"Björk": 1, "Muse": 1, "Blur": 1}
    assert read(KOITO).last_played == 1_699_999_800


def listen(n: int, **info: object) -> dict[str, object]:
    metadata = {"artist_name": "A feat. B & C", "track_name": f"x{n}", "additional_info": info}
    return {"listened_at": T0 + 300 * n, "track_metadata": metadata}


LISTENS = [listen(0, artist_names=["A", "B", "C"]), listen(1)]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"payload": {"count": 2, "listens": LISTENS}}),
        json.dumps({"listen_type": "import", "payload": LISTENS}, indent=2),
        "\n".join(json.dumps({"listen_type": "single", "payload": [each]}) for each in LISTENS),
        "\n".join(json.dumps(each, indent=4) for each in LISTENS),
        json.dumps(LISTENS, indent=1),
        "\n".join(map(json.dumps, LISTENS)),
    ],
    ids=["answer", "submission", "a submission a line", "indented objects", "indented array", "lines"],
)
def test_listenbrainz_in_every_wrapping(text):
    assert plays(text) == {"A": 1, "B": 1, "C": 1, "A feat. B & C": 1}


def test_the_list_of_maloja():
    scrobbles = [{"time": T0, "track": {"artists": ["A", "B"], "title": "x", "album": None}, "duration": None}]
    assert plays({"status": "ok", "list": scrobbles}) == {"A": 1, "B": 1}


@pytest.mark.parametrize(
    "data",
    [
        [{"artist": "Muse", "playCount": 12}, {"artist": "Björk", "playCount": 3}],
        {"data": {"items": [{"artistName": "Muse", "plays": "12"}, {"artistName": "Björk", "plays": "3"}]}},
        '{"Artist": "Muse", "Count": 12}\n{"Artist": "Björk", "Count": 3}\n',
    ],
)
def test_plain_objects_are_read_like_a_table(data):
    assert plays(data) == {"Muse": 12, "Björk": 3}


@pytest.mark.parametrize(
    "why", ["logout", "remote", "popup", "unexpected-exit", "unexpected-exit-while-paused", "endplay", None]
)
def test_under_the_least_seconds_only_a_track_that_was_done_counts(why):
    def play(n: int, seconds: int, reason: str | None) -> dict[str, object]:
        return {
            "ts": f"2021-03-01T10:{n:02}:00Z",
            "ms_played": seconds * 1000,
            "master_metadata_album_artist_name": "Muse",
            "reason_end": reason,
            "skipped": None,
        }

    assert plays([play(1, 12, why), play(2, 12, "trackdone"), play(3, 40, why)]) == {"Muse": 2}


SAMPLES = [json.dumps(each, ensure_ascii=False).encode() for each in [*LASTFM, YOUTUBE, KOITO, LISTENS, LIBRARY]]
SAMPLES += [
    DAILY.encode(),
    ACTIVITY.encode(),
    HISTORY.encode(),
    XML,
    "\n".join(json.dumps(listen(n)) for n in range(3)).encode(),
]
edits = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), st.binary(max_size=8)), min_size=1, max_size=6)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SAMPLES), edits)
def test_damage_is_refused_or_read_and_every_row_is_accounted_for(sample, changes):
    for where, n_lost, put_in in changes:
        offset = int(where * len(sample))
        sample = sample[:offset] + put_in + sample[offset + n_lost :]
    try:
        history = read_upload("export", sample)
    except DeepcutsError:
        return
    for source in history.sources:
        assert source.n_kept + sum(source.dropped.values()) + source.n_bad == source.n_rows
    assert all(0 < each < 1e12 for each in history.counts["plays"].to_pylist())
