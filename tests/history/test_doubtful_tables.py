"""Tables whose rows or columns are not what they seem: left out by a rule that is said, asked about, or refused."""

from __future__ import annotations

import json

import pytest

from deepcuts.errors import DataError, FileFormatError
from deepcuts.history import History, HistoryOptions, read_upload

T0 = 1_600_000_000  # 2020-09-13T12:26:40Z
BOTH = {"Radiohead": 12, "Muse": 5}
HEAD = "Artist,Plays\nRadiohead,12\nMuse,5\n"


def read(data: str | bytes, **options: object) -> History:
    return read_upload("export", data if isinstance(data, bytes) else data.encode(), HistoryOptions(**options))


def plays(data: str | bytes, **options: object) -> dict[str, float]:
    counts = read(data, **options).counts
    return dict(zip(counts["artist"].to_pylist(), counts["plays"].to_pylist(), strict=True))


def refused(data: str, message: str, **options: object) -> None:
    with pytest.raises((FileFormatError, DataError), match=message):
        read(data, **options)


@pytest.mark.parametrize(
    "text",
    [
        *(
            HEAD + f"{word},17\n"
            for word in ("Total", "TOTAL:", "Grand Total", "Gesamt", "Summe", "Итого", "合計", "Σ")
        ),
        "Artist,Plays\nTotal,17\nRadiohead,12\nMuse,5\n",
        HEAD + "Total,420\n",  # the artists below the first fifty count too
        HEAD + "Average,8.5\nCount,2\nTotal,17\n",
        "Radiohead\t12\nMuse\t5\nTotal\t17\n",
        "Artist,Title,Plays\nRadiohead,x,12\nRadiohead Total,,12\nMuse,z,5\nMuse Total,,5\nGrand Total,,17\n",
        "Row Labels,Sum of Plays\nRadiohead,12\nMuse,5\n(blank),3\nGrand Total,20\n",
        "| Artist | Plays |\n|:--|--:|\n| Radiohead | 12 |\n| Muse | 5 |\n| **Total** | 17 |\n",
        json.dumps([{"artist": name, "plays": n} for name, n in [*BOTH.items(), ("Total", 17)]]),
    ],
)
def test_rows_that_sum_up_others_are_no_artists(text):
    history = read(text)
    assert dict(zip(history.counts["artist"].to_pylist(), history.counts["plays"].to_pylist(), strict=True)) == BOTH
    assert history.n_bad == 0


@pytest.mark.parametrize("name", ["Total", "Sum", "Average", "Count"])
def test_an_artist_with_such_a_name_stays_one(name):
    assert plays(HEAD + f"{name},3\n") == BOTH | {name: 3}


def test_a_second_table_and_remarks_below_the_first_are_left_out():
    assert plays(HEAD + "\nAlbum,Plays\nOK Computer,7\nAbsolution,2\n") == BOTH
    assert plays(HEAD + "Artist,Plays\nBlur,1\n") == BOTH | {"Blur": 1}
    assert plays(HEAD + "Source: some site,2023\n") == BOTH


@pytest.mark.parametrize(
    "text",
    [
        "Artist,xyz\nRadiohead,12\nMuse,5\n",
        "Artist,Concerts attended\nRadiohead,12\nMuse,5\n",
        "Artist,\nRadiohead,12\nMuse,5\n",
        "Artist,2023\nRadiohead,12\nMuse,5\n",
        "foo,bar\nRadiohead,12\nMuse,5\n",
        "Izvođač;Slušanja\nRadiohead;12\nMuse;5\n",
        json.dumps([{"artist": "Radiohead", "xyz": 12}, {"artist": "Muse", "xyz": 5}]),
    ],
)
def test_a_column_of_numbers_that_is_not_known_to_hold_plays_is_asked_about(text):
    refused(text, 'call the column that holds them "plays", or name it with plays_column=.* \\(--plays-column')
    assert plays(text, plays_column="2") == BOTH


def test_columns_are_taken_as_somebody_says():
    text = "Who,Was,xyz\nx,Radiohead,12\nx,Muse,5\n"
    assert plays(text, artist_column="Was", plays_column="XYZ") == BOTH
    assert plays("Artist,Band,Plays\nx,Radiohead,12\ny,Muse,5\n", artist_column="band") == BOTH
    refused(text, "has no column 'abc'", plays_column="abc")
    assert plays("Artist,Rank\nRadiohead,12\nMuse,5\n", plays_column="rank") == BOTH


@pytest.mark.parametrize(
    "text",
    [
        "Artist,Playcount,User Playcount\nRadiohead,900000,12\nMuse,700000,5\n",
        "Artist,playcount,userplaycount\nRadiohead,900000,12\nMuse,700000,5\n",
        "Artist,Views,Plays\nRadiohead,900,12\nMuse,700,5\n",
        "Artist,Count,Plays\nRadiohead,3,12\nMuse,1,5\n",
        "Artist,Plays,Total Plays\nRadiohead,12,12\nMuse,5,5\n",
    ],
)
def test_plays_of_ones_own_come_before_those_of_everybody(text):
    assert plays(text) == BOTH


def test_columns_of_plays_that_differ_are_asked_about():
    text = "Artist,Plays (2023),Plays (2024)\nRadiohead,12,40\nMuse,5,1\n"
    refused(text, r"several columns of plays, 'Plays \(2023\)', 'Plays \(2024\)'.*--plays-column")
    assert plays(text, plays_column="Plays (2024)") == {"Radiohead": 40, "Muse": 1}


@pytest.mark.parametrize(
    "text",
    [
        "Artist,Playcount,Listeners\nRadiohead,900000,4000\nMuse,700000,3000\n",
        json.dumps({"artists": {"artist": [{"name": "Muse", "playcount": "900000", "listeners": "100"}]}}),
    ],
)
def test_plays_of_a_whole_site_are_refused(text):
    refused(text, "plays of all listeners")


def test_plays_beside_more_listeners_are_ones_own():
    assert plays("Artist,Playcount,Listeners\nRadiohead,12,4000\nMuse,5,3000\n") == BOTH


@pytest.mark.parametrize(
    "text",
    [
        "user,artist,plays\nada,Radiohead,12\nbob,Radiohead,7\n",
        f"user_id,artist,track,time\nada,Radiohead,x,{T0}\nbob,Radiohead,x,{T0}\n",
        "".join(
            json.dumps(
                {"user_name": name, "listened_at": T0, "track_metadata": {"artist_name": "Muse", "track_name": "x"}}
            )
            + "\n"
            for name in ("ada", "bob")
        ),
    ],
)
def test_listens_of_several_people_are_refused(text):
    refused(text, "the listens of several people, 2 or more.*deepcuts ingest")


def test_a_column_of_one_user_is_passed_over():
    assert plays("user,artist,plays\nada,Radiohead,12\nada,Muse,5\n") == BOTH


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ts,artist,track,ms_played\n{0},Muse,x,200000\n{0},Blur,y,900\n", "cut off before 30 s"),
        ("Date,Artist,Song Title,Listening Time\n{0},Muse,x,200\n{0},Blur,y,29\n", "cut off before 30 s"),
        ("Date,Artist,Song Title,Listening Time\n{0},Muse,x,-1\n{0},Blur,y,0\n", "not heard at all"),
        ("endTime,artistName,trackName,msPlayed\n{0},Muse,x,200000\n{0},Blur,y,900\n", "cut off before 30 s"),
        (
            "ts,ms_played,master_metadata_track_name,master_metadata_album_artist_name,reason_end,skipped,incognito_mode\n"
            "{0},900,x,Muse,trackdone,False,False\n{0},900,y,Blur,fwdbtn,True,False\n",
            "cut off before 30 s",
        ),
        ("artist,track,time,skipped\nMuse,x,{0},false\nBlur,y,{0},true\n", "skipped"),
        ("Timestamp,Product Name,Artist,Event Type\n{0},x,Muse,PLAY\n{0},y,Blur,SKIP\n", "no scrobble"),
        ("artist,track,time,incognito_mode\nMuse,x,{0},False\nBlur,y,{0},True\n", "private session"),
    ],
)
def test_columns_that_tell_of_a_skip_are_heeded(text, reason):
    history = read(text.replace("{0}", "2023-11-14T10:00:00Z"))
    assert history.counts["artist"].to_pylist() == ["Muse"]
    assert history.sources[0].dropped == {reason: 1}


@pytest.mark.parametrize("time", ["1.60E+09", "1.6E+12"])
def test_times_that_a_spreadsheet_has_rounded_tell_no_listens_apart(time):
    assert plays("Artist,Track,Time\n" + f"Radiohead,x,{time}\n" * 4) == {"Radiohead": 4}


def test_whole_hours_tell_no_listens_apart():
    rows = "Radiohead,x,2023-11-14 22:00:00\n" * 2 + "Radiohead,x,2023-11-14 23:00:00\n"
    assert plays("Artist,Track,Time\n" + rows) == {"Radiohead": 3}


def test_a_cell_that_says_never_is_no_wrong_time():
    history = read("Artist,Playcount,Last played\nRadiohead,12,2023-01-01 10:00:00\nMuse,5,N/A\n")
    assert (history.n_bad, history.counts["plays"].to_pylist()) == (0, [12, 5])


@pytest.mark.parametrize(
    "text",
    [
        "date,artist,venue,city\n14-11-2023,Radiohead,x,y\n",
        json.dumps({"lovedtracks": {"track": [{"name": "x", "artist": {"name": "Muse"}, "date": {"uts": str(T0)}}]}}),
        json.dumps([{"score": 1, "track_metadata": {"artist_name": "Muse", "track_name": "x"}}]),
        json.dumps({"payload": {"listens": [{"track_metadata": {"artist_name": "Muse", "track_name": "x"}}]}}),
    ],
    ids=["concerts", "loved tracks", "feedback", "playing now"],
)
def test_dates_and_tracks_that_are_no_listens(text):
    refused(text, "concerts|loved|no time")


@pytest.mark.parametrize("what", ["track", "album"])
def test_tracks_and_albums_played_most_count_for_their_artists(what):
    rows = [{"name": "x", "playcount": "7"}, {"name": "y", "playcount": "5"}]
    export = {f"top{what}s": {what: [row | {"artist": {"name": "Radiohead", "mbid": ""}} for row in rows]}}
    assert plays(json.dumps(export)) == {"Radiohead": 12}


@pytest.mark.parametrize(
    "name",
    ["(null)", "NULL", "#N/A", "nan", "-", "—", "Various Artists (2)", "Unknown Artist 1", "VariousArtists", "(blank)"],
)
def test_what_programs_write_for_nothing_is_no_artist(name):
    assert plays(HEAD + f"{name},99\n") == BOTH


def test_letters_of_a_wrong_encoding_and_entities_are_what_they_were():
    history = read("Artist,Plays\nBjÃ¶rk,3\nBjörk,2\nSimon &amp; Garfunkel,1\nGuns N&#39; Roses,1\n")
    assert history.counts["artist"].to_pylist() == ["Björk", "Guns N' Roses", "Simon & Garfunkel"]
    assert "1 name had letters that were stored in a wrong encoding" in history.sources[0].remarks[0]


def test_several_artists_in_one_cell_are_several():
    assert plays("Artist,Plays\nMuse; Blur,3\n") == {"Muse": 3, "Blur": 3}
    text = 'Artists,Track,Time\n"Muse, Blur",x,{0}\nMuse,y,{1}\nBlur,z,{2}\n"Tyler, The Creator",t,{3}\n'
    for n in range(4):
        text = text.replace(f"{{{n}}}", str(T0 + 300 * n))
    assert plays(text) == {"Muse": 2, "Blur": 2, "Tyler, The Creator": 1}
