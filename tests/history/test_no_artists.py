"""Tables whose columns hold something else than artists are refused; names within titles and formulas are found."""

from __future__ import annotations

import json

import pytest

from deepcuts.errors import FileFormatError
from deepcuts.history import HistoryOptions, read_upload


def plays(data: object, **options: object) -> dict[str, float]:
    text = data if isinstance(data, str) else json.dumps(data)
    counts = read_upload("export", text.encode(), HistoryOptions(**options)).counts
    return dict(zip(counts["artist"].to_pylist(), counts["plays"].to_pylist(), strict=True))


OTHERS = [
    "Song,Plays\nUprising,2\nJóga,1\n",
    "Genre,Plays\nrock,2\npop,1\n",
    "Weekday,Plays\nMonday,12\nTuesday,13\n",
    "Date,Plays\n2023-11-14,12\n2023-11-15,13\n",
    "Year,Plays\n2022,12\n2023,13\n",
    "artist_id,plays\n123,12\n456,7\n",
    "2023-11-14,12\n2023-11-15,13\n",
    "spotify:artist:1abc,12\nspotify:artist:2abc,7\n",
    "2023-11-14 22:10:00\tada\t0123456789abcdef0123\tx\ty\n2023-11-14 22:20:00\tada\t1123456789abcdef0123\tx\ty\n",
    {"plays": {"2022": 5, "2023": 7}},
    {"2023-11-14": 5, "2023-11-15": 7},
    {"minutes": 500, "hours": 7},
    {"volume": 7, "fadeSeconds": 3},
    [[52.5, 13.4], [48.1, 11.5]],
    [["2022", 120], ["2023", 130]],
    {"seconds_by_artist": {"Muse": 200, "Blur": 100}},
]


@pytest.mark.parametrize("data", OTHERS)
def test_what_holds_something_else_than_artists_is_refused(data):
    with pytest.raises(FileFormatError, match=r"--artist-column|holds no listens|are no plays|no plays that"):
        plays(data)


@pytest.mark.parametrize("name", ["name", "who"])
def test_two_keys_are_read_as_two_columns_are(name):
    rows = [{name: "Radiohead", "plays": 120}, {name: "Nas", "plays": 33}]
    as_lines, as_text = "".join(f"{json.dumps(row)}\n" for row in rows), f"{name},plays\nRadiohead,120\nNas,33\n"
    for data in (rows, as_lines, as_text):
        assert plays(data) == {"Radiohead": 120, "Nas": 33}


@pytest.mark.parametrize(
    "keys", [("song", "plays"), ("genre", "plays"), ("name", "year"), ("id", "plays"), ("name", "rank")]
)
def test_two_keys_of_something_else_are_refused(keys):
    values = ("12", 1993) if keys[0] == "id" else ("Muse", 1993)
    with pytest.raises(FileFormatError):
        plays([dict(zip(keys, values, strict=True)), dict(zip(keys, ("14", 1994), strict=True))])


def test_the_last_time_of_each_track_says_nothing_of_how_often():
    rows = "Muse,a,{}2023-11-14 22:10\nMuse,b,{}2023-11-14 22:10\n"
    with pytest.raises(FileFormatError, match="of the last time that each track was played, and none of how often"):
        plays("Artist,Title,Last Played\n" + rows.format("", ""))
    assert plays("Artist,Title,Last Played\n" + rows.format("", ""), dates="none") == {"Muse": 2}
    assert plays("Artist,Title,Played #,Last Played\n" + rows.format("2,", "3,")) == {"Muse": 5}


def test_somebody_can_say_that_it_does_hold_artists():
    assert plays("Genre,Plays\nMuse,2\n", artist_column="Genre") == {"Muse": 2}
    assert plays("311,2\n1975,1\n", artist_column="1") == {"311": 2, "1975": 1}


@pytest.mark.parametrize(
    "text",
    [
        "Track,Plays\nMuse - a,1\nMuse - b,1\nBlur - c - d,1\n",
        "Muse - a\t1\nMuse - b\t1\nBlur – c\t1\n",
        "2023-11-14 22:10:00\tMuse - a\n2023-11-14 22:14:00\tMuse - b\n2023-11-15 22:14:00\tBlur - c\n",
        "Time,Song\n2023-11-14 22:10:00,Muse - a\n2023-11-14 22:14:00,Muse - b\n2023-11-15 22:14:00,Blur - c\n",
    ],
)
def test_where_all_cells_are_artist_and_title_the_artist_is_taken(text):
    assert plays(text) == {"Muse": 2, "Blur": 1}
    assert plays("Muse\t2\nA - B\t1\n") == {"Muse": 2, "A - B": 1}


def test_ranks_artists_and_plays_without_names():
    assert plays("1\tMuse\t2,001 plays\n2\tBlur\t7 plays\n") == {"Muse": 2001, "Blur": 7}
    assert plays("1,Muse,50\n2,Blur,40\n") == {"Muse": 50, "Blur": 40}


def test_formulas_that_keep_text_as_text_are_the_text():
    assert plays('Artist,Plays\n"=""Muse""","=""2"""\n"=""311""","=""1"""\n') == {"Muse": 2, "311": 1}


@pytest.mark.parametrize("cell", ['"Weird Al" Yankovic', r'"\"Weird Al\" Yankovic"'])
def test_a_quote_within_a_cell_is_said_and_not_taken_as_it_comes(cell):
    history = read_upload("export", f"Artist,Plays\n{cell},2\nMuse,1\n".encode())
    assert history.counts["artist"].to_pylist() == ["Muse"]
    assert history.sources[0].bad[0].reason == "it has a quote without its pair"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"artist": {"0": "Muse", "1": "Blur"}, "plays": {"0": 2, "1": 1}}, {"Muse": 2, "Blur": 1}),
        ({"artist": ["Muse", "Blur"], "plays": [2, 1]}, {"Muse": 2, "Blur": 1}),
        ({"artist": ["Muse", "Muse"], "track": ["a", "b"], "time": [1700000000, 1700000300]}, {"Muse": 2}),
        ({"columns": ["artist", "plays"], "index": [0, 1], "data": [["Muse", 2], ["Blur", 1]]}, {"Muse": 2, "Blur": 1}),
    ],
)
def test_json_by_columns(data, expected):
    assert plays(data) == expected


@pytest.mark.parametrize("ending", ["- Topic", "– Thema", "- Tema", "- トピック", "- 주제", "– тема"])
def test_channels_of_youtube_in_other_languages(ending):
    record = {
        "header": "YouTube Music",
        "title": "x",
        "titleUrl": "https://music.youtube.com/watch?v=1",
        "subtitles": [{"name": f"Muse {ending}"}],
        "time": "2023-11-14T22:01:00Z",
    }
    assert plays([record]) == {"Muse": 1}


@pytest.mark.parametrize(
    "header",
    [
        "藝人,歌曲,播放次數",
        "Artist,Melodie,Redări",
        "Καλλιτέχνης,Τραγούδι,Αναπαραγωγές",
        "Виконавець,Трек,Прослуховування",
        "الفنان,الأغنية,مرات التشغيل",
        "אמן,שיר,השמעות",
        "Nghệ sĩ,Bài hát,Lượt phát",
        "%artist%,%title%,%play_count%",
    ],
)
def test_headers_of_more_languages(header):
    assert plays(f"{header}\nMuse,a,2\nBlur,b,1\n") == {"Muse": 2, "Blur": 1}


NAMES = ["Radiohead\nNas\nBjörk\n", "artist\nRadiohead\nNas\n", "Radiohead, Nas, Muse\n", '["Radiohead", "Nas", "Bj']


@pytest.mark.parametrize("text", NAMES)
def test_names_alone_are_told_to_be_names(text):
    with pytest.raises(FileFormatError, match=r"export is a list of names, and does not say how often"):
        plays(text)


@pytest.mark.parametrize(
    "text",
    [
        '[{"artist": "Muse", "plays": 12, "plays": 5}, {"artist": "Nas", "plays": 3}]',
        '{"artist": "Muse", "plays": 12, "plays": 5}\n{"artist": "Nas", "plays": 3}\n',
        '[{"ts": "2024-01-01T00:00:00Z", "ts": "2025-01-01T00:00:00Z", "ms_played": 9}]',
    ],
)
def test_records_with_a_key_twice_are_refused(text):
    with pytest.raises(FileFormatError, match=r"export has the key '(plays|ts)' twice in one object\."):
        plays(text)


def test_an_object_of_artists_may_have_one_twice():
    assert plays('{"Muse": 12, "Nas": 3, "Muse": 5}') == {"Muse": 17, "Nas": 3}


def test_parts_of_names_that_stand_for_no_artist_are_artists_and_so_are_several_in_one():
    names = [
        "nknown artis",
        "various artists unknown",
        "vario",
        "<nto>",
        "[vuo]",
        "Various Arti (2)",
        "various\nunknown",
    ]
    read = plays([{"artist": name, "plays": 3} for name in [*names, "unknown", "<vuoto>", "Various Artists (2)"]])
    assert read == {" ".join(name.split()): 3 for name in names}
