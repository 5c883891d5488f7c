"""Tables of listens and of plays, however they are written: the right plays, or a refusal that says what to do."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcuts.errors import DataError, FileFormatError, SettingsError
from deepcuts.history import History, HistoryOptions, read_upload
from deepcuts.history.column_words import plain_word

T0 = 1_600_000_000  # 2020-09-13T12:26:40Z
COUNTS = {"Radiohead": 12345.0, "Björk": 8.0, "Muse": 3.0}


def read(data: bytes | str, **options: object) -> History:
    return read_upload("export", data if isinstance(data, bytes) else data.encode(), HistoryOptions(**options))


def plays(data: bytes | str, **options: object) -> dict[str, float]:
    counts = read(data, **options).counts
    return dict(zip(counts["artist"].to_pylist(), counts["plays"].to_pylist(), strict=True))


def refused(data: bytes | str, message: str, **options: object) -> None:
    with pytest.raises((FileFormatError, DataError), match=message):
        read(data, **options)


@given(st.text(st.characters(codec="ascii")))
def test_names_of_columns_in_ascii_are_words_like_those_with_accents(name):
    assert plain_word(f"{name} e") == plain_word(f"{name} é")


@pytest.mark.parametrize(
    "text",
    [
        "artist,count,date\nA,12,2024-01-02\nB,5,2024-01-02\nA,3,2024-01-03\n",
        "Künstler;Wiedergaben;Zuletzt gespielt\nA;12;02.01.2024 10:00\nB;5;02.01.2024 10:00\nA;3;03.01.2024 11:00\n",
        "Name\tArtist\tAlbum\tTime\tPlays\nx\tA\tq\t245\t12\ny\tB\tq\t3:10\t5\nz\tA\tq\t12:01\t3\nu\tC\tq\t200\t\n",
        "artist,last_played,scrobbles\nA,1704189600,15\nB,1704189600,5\n",
    ],
    ids=["dates", "another language", "a time that is a length", "seconds"],
)
def test_a_column_of_plays_wins_over_one_of_times(text):
    assert plays(text) == {"A": 15, "B": 5}


def test_the_date_beside_a_count_is_when():
    history = read("artist,count,date\nA,12,2024-01-02\nB,5,20240103\n")
    assert history.counts["last_played"].to_pylist() == [1704153600, 1704240000]


@pytest.mark.parametrize(
    "text",
    [
        'Artist,Plays\nRadiohead,"12,345"\nBjörk,8\nMuse,3\n',
        "Artist;Plays\nRadiohead;12.345\nBjörk;8\nMuse;3\n",
        "Artist;Plays\nRadiohead;12 345\nBjörk;8\nMuse;3\n",
        "Artist\tPlays\nRadiohead\t12\u202f345\nBjörk\t8\nMuse\t3\n",
        "Artist\tPlays\nRadiohead\t12\u00a0345\nBjörk\t8\nMuse\t3\n",
        "Artist\tPlays\nRadiohead\t12'345\nBjörk\t8\nMuse\t3\n",
        "Artist\tPlays\nRadiohead\t12’345\nBjörk\t8\nMuse\t3\n",
        "Artist;Plays\nRadiohead;12.345,0\nBjörk;8,0\nMuse;3,0\n",
        'Artist,Plays\nRadiohead,"12,345.0"\nBjörk,8.0\nMuse,3.0\n',
        "Radiohead;12.345\nBjörk;8\nMuse;3\n",
        '"Radiohead","12,345"\n"Björk","8"\n"Muse","3"\n',
        "12345\tRadiohead\n8\tBjörk\n3\tMuse\n",
    ],
)
def test_marks_that_group_thousands(text):
    assert plays(text) == COUNTS


def test_numbers_that_can_be_read_in_two_ways_are_refused_until_somebody_says():
    text = "Artist;Plays\nA;12.345\nB;1234\n"
    refused(text, r"numbers such as 12\.345 may be thousands or fractions.*--decimal")
    assert plays(text, decimal=",") == {"A": 12345, "B": 1234}
    assert plays(text, decimal=".") == {"B": 1234, "A": pytest.approx(12.345)}
    refused("Artist;Plays\nA;12.345.678\nB;12.5\n", "some numbers have a fraction where others have groups")
    with pytest.raises(SettingsError, match="decimal is 'x'"):
        HistoryOptions(decimal="x")


def test_what_is_read_as_thousands_is_said():
    assert "numbers such as 12.345 are read as thousands" in read("Artist;Plays\nA;12.345\n").sources[0].remarks[0]


@pytest.mark.parametrize(
    "text", ["Artist;Plays\nA;12,5\nB;3,25\n", "A;12,5\nB;3,25\n", "Artist\tPlays\nA\t12,5\nB\t3,25\n"]
)
def test_a_comma_of_decimals(text):
    assert plays(text) == {"A": 12.5, "B": 3.25}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Artist,Date\n" + "Radiohead,2023-11-14\n" * 20, 20),
        ("Radiohead,2023-11-14\n" * 20, 20),
        ("Artist,Date\n" + "Radiohead,14.11.2023\n" * 20, 20),
        ("Artist,Date\n" + "Radiohead,2023-11-14 00:00:00\n" * 20, 20),
        ("Artist,Date\n" + "Radiohead,2023-11-14 10:05\n" * 20, 20),
        ("Artist,Song Title,Date\n" + "Radiohead,x,2023-11-14 10:05\n" * 20, 1),
        ("Artist,song name,Date\n" + "Radiohead,x,2023-11-14 10:05\nRadiohead,y,2023-11-14 10:05\n" * 2, 2),
        ("Artist,track title,Date\n" + "Radiohead,x,2023-11-14 10:05:07\nRadiohead,y,2023-11-14 10:05:07\n" * 2, 2),
        ("Artist,Song Title,Date\n" + "Radiohead,x,20231114\n" * 20, 20),
        (f"Artist,Time\nRadiohead,{T0}\nRadiohead,{T0}\n", 1),
    ],
)
def test_only_moments_that_are_exact_enough_tell_that_a_listen_is_listed_twice(text, expected):
    assert plays(text) == {"Radiohead": expected}


NAMELESS = [
    "Various Artists",
    "[unknown]",
    "<Untagged>",
    "Release - Topic",
    "Unknown Artist",
    "VARIOUS ARTISTS",
    "[no artist]",
]
NAMELESS += [
    "Verschiedene Interpreten",
    "Artistes divers",
    "Неизвестный исполнитель",
    "(unknown artist)",
    "[traditional]",
]


@pytest.mark.parametrize("name", NAMELESS)
def test_names_that_stand_for_no_artist_are_left_out_and_counted(name):
    history = read(f"artist,plays\n{name},12\nThe Unknown,3\n")
    assert history.counts["artist"].to_pylist() == ["The Unknown"]
    assert history.sources[0].dropped == {"no artist of its own (various, unknown, untagged)": 1}
    assert plays(f"Artist,Track,Time\n{name},x,{T0}\nMuse,x,{T0}\n") == {"Muse": 1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#1 Dads,12\nMuse,3\n", {"#1 Dads": 12, "Muse": 3}),
        ("artist,plays\nMuse,3\n#1 Dads,12\n# a remark\n", {"#1 Dads": 12, "Muse": 3}),
        ("#,Artist,Scrobbles\n1,Muse,30\n2,Björk,20\n", {"Muse": 30, "Björk": 20}),
        (f"#1 Dads,x,y,{T0}\nMuse,x,y,{T0}\n", {"#1 Dads": 1, "Muse": 1}),
        ("# made by a script\n# in 2020\n#1 Dads\t12\nMuse\t3\n", {"#1 Dads": 12, "Muse": 3}),
        ("#artist,plays\nMuse,3\n", {"Muse": 3}),
    ],
)
def test_a_line_that_begins_with_a_hash_is_a_row_if_it_has_the_cells_of_one(text, expected):
    assert plays(text) == expected


@pytest.mark.parametrize(
    "preamble", ["My scrobbles\n\n", "user: ada\nexported, by, a, script\non 2024-01-01\n\n", "a\n" * 18]
)
def test_lines_above_the_header_are_passed_over(preamble):
    history = read(preamble + f"Artist,Track,Album,Time\nMuse,x,y,{T0}\nBjörk,x,y,{T0}\n")
    assert history.counts["artist"].to_pylist() == ["Björk", "Muse"]
    assert history.n_bad == 0


@pytest.mark.parametrize(
    "text",
    [
        "Artist,Rank\nMuse,1\nBjörk,2\n",
        "artist,year\nMuse,1999\nBjörk,1993\n",
        "Künstler;Platz\nMuse;1\nBjörk;2\n",
        "artist,mbid\nMuse,9c9f1380-2516-4fc9-a3e6-f9f61941d090\n",
        "position,artist\n1,Muse\n2,Björk\n",
        "Artist,Title,Time\nMuse,x,245\nBjörk,y,3:10\n",
        "artist,listeners\nMuse,4000000\n",
        "Muse,1\nBjörk,2\nBlur,3\n",
        "Muse\t1999\nBjörk\t1993\nBlur\t1988\n",
        "who,rank\nMuse,10\nBjörk,20\n",
        "artist,track,year\nMuse,x,1999\n",
        "artist,minutes listened\nMuse,120\nBlur,50\n",
    ],
)
def test_numbers_that_are_no_plays_are_refused(text):
    refused(text, "plays|whose times cannot be read")


@pytest.mark.parametrize(
    "column", ["20231114", "2023-11-14", "20231114T000000Z", "20231114000000", "14.11.2023", "11/14/2023"]
)
def test_dates_are_read_as_the_day_that_they_are(column):
    assert read(f"Artist,Track,Date\nMuse,x,{column}\n").last_played == 1699920000


@pytest.mark.parametrize("column", ["45244.92", "2023", "19.5"])
def test_numbers_that_are_no_moments_are_refused(column):
    text = f"Artist,Track,Date\nMuse,x,{column}\nMuse,y,{column}\n"
    refused(text, "without moments in it: numbers of a spreadsheet")
    history = read(text, dates="none")
    assert (history.counts["plays"].to_pylist(), history.last_played) == ([2], None)


@pytest.mark.parametrize(
    "moment",
    [
        "14.11.2023 22:10",
        "11/14/2023 10:10 PM",
        "11/14/2023 10:10\u202fPM",
        "14/11/2023 22:10",
        "14-11-2023 22:10",
        "November 14, 2023 at 10:10PM",
        "14 Nov 2023, 22:10",
        "14. November 2023 um 22:10 Uhr",
        "14 novembre 2023 à 22:10",
        "2023-11-14T22:10:00+00:00",
        "20231114T2210",
        "1699999800",
        "1699999800000",
        "1699999800000000",
        "Tue, 14 Nov 2023 22:10:00 GMT",
        "Tue Nov 14 22:10:00 2023",
        "Tue Nov 14 22:10:00 UTC 2023",
        "Tue Nov 14 23:10:00 +0100 2023",
        "2023年11月14日 22:10",
    ],
)
def test_moments_of_every_kind(moment):
    assert read(f'Artist,Track,Date\nMuse,x,"{moment}"\nBlur,y,"{moment}"\n').last_played == 1_699_999_800


def test_the_order_of_day_and_month_is_that_of_the_column():
    early = 'Artist,Track,Date\nMuse,x,"03/04/2023 10:00"\n'
    assert read(early + 'Blur,x,"25/04/2023 10:00"\n').counts["last_played"].to_pylist() == [1682416800, 1680516000]
    assert read(early + 'Blur,x,"04/25/2023 10:00"\n').counts["last_played"].to_pylist() == [1682416800, 1677924000]
    refused(early, r"dates such as 3/4/2024 can be read in two ways.*--dates")
    refused(early + "A,x,25/04/2023\nA,x,04/25/2023\n", "some have the day first and some the month")
    assert read(early, dates="mdy").last_played == 1677924000
    assert read(early, dates="none").last_played is None


def test_date_and_time_of_day_may_be_two_columns():
    assert (
        read("Artist,Title,Date,Time\nMuse,x,2023-11-14,22:10\nBlur,x,2023-11-14,21:10\n").last_played == 1_699_999_800
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_and_every_line_end(encoding, end):
    rows = [f"Sigur Rós {n};{n}" for n in range(1, 300)]
    assert len(plays(end.join(["Künstler;Anzahl", *rows]).encode(encoding))) == 299


def test_cp1252_is_said_and_other_encodings_are_asked_for():
    assert "was read as cp1252" in read("artist,plays\nBjörk,3\n".encode("cp1252")).sources[0].remarks[0]
    refused("artist,plays\nКино,3\nСплин,4\n".encode("cp1251"), r"neither UTF-8 nor Western.*--encoding")
    assert plays("artist,plays\nКино,3\n".encode("cp1251"), encoding="cp1251") == {"Кино": 3}
    with pytest.raises(SettingsError, match="encoding is 'cp0'"):
        HistoryOptions(encoding="cp0")


@pytest.mark.slow
@pytest.mark.parametrize(("encoding", "end"), [("utf-8", "\r"), ("utf-16", "\n"), ("utf-16", "\r"), ("cp1252", "\r")])
def test_large_text_is_normalised_like_small(encoding, end):
    rows = [f"Björk {n % 97},{n:0100},{T0 + n}" for n in range(20_000)]
    data = end.join(["Artist,Track,Time", *rows]).encode(encoding)
    assert len(data) > 2 << 20
    history = read(data)
    assert (history.n_kept, history.n_bad, history.n_artists) == (20_000, 0, 97)


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\nArtist;Plays\nMuse;3\nBlur;2\n",
        '"sep=,"\nArtist,Plays\nMuse,3\nBlur,2\n',
        "Artist,Plays,\nMuse,3,\nBlur,2,\n",
        "Artist,Plays\nMuse,3,,\nBlur,2,,\n",
        "Artist,Plays\n\n,\nMuse,3\n   \nBlur,2\n\n",
        "Artist|Plays\nMuse|3\nBlur|2\n",
        '"Artist"\t"Plays"\n"Muse"\t"3"\n"Blur"\t"2"\n',
        "Muse,3,\nBlur,2,\n",
    ],
)
def test_marks_of_spreadsheets_and_empty_lines_pass_silently(text):
    history = read(text)
    assert dict(zip(history.counts["artist"].to_pylist(), history.counts["plays"].to_pylist(), strict=True)) == {
        "Muse": 3,
        "Blur": 2,
    }
    assert history.n_bad == 0


def test_rows_that_were_not_played_are_a_rule():
    history = read("Artist,Plays\nMuse,3\nBlur,0\nPulp,\n")
    assert (history.n_bad, history.sources[0].dropped) == (0, {"not played": 2})


def test_one_artist_in_several_spellings_of_unicode_is_one():
    text = "artist,plays\nBj\u00f6rk,3\nBjo\u0308rk,2\nBj\u00f6rk\u200b,1\n\u200eBj\u00f6rk,1\nSigur\u00a0R\u00f3s,1\n"
    assert plays(text) == {"Björk": 7, "Sigur Rós": 1}


def test_plays_to_come_are_bad_rows():
    history = read(f"Artist,Track,Time\nMuse,x,{T0}\nBlur,x,2145916800\n")
    assert history.counts["artist"].to_pylist() == ["Muse"]
    assert history.sources[0].bad[0].reason == "its time is in the future"


TABLE = b"artist,plays\nMuse,3\nBlur,2\n"


def tarred(name: str, data: bytes, mode: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(TABLE),
        bz2.compress(TABLE),
        lzma.compress(TABLE),
        pa.compress(TABLE, "zstd", asbytes=True),
        tarred("a/plays.csv", TABLE, "w"),
        tarred("plays.csv", TABLE, "w:gz"),
        tarred("plays.csv", TABLE, "w:xz"),
        tarred("plays.csv.gz", gzip.compress(TABLE), "w"),
        pa.compress(tarred("plays.csv", TABLE, "w"), "zstd", asbytes=True),
    ],
    ids=["gz", "bz2", "xz", "zst", "tar", "tar.gz", "tar.xz", "gz in tar", "tar.zst"],
)
def test_packed_files_are_opened(data):
    assert plays(data) == {"Muse": 3, "Blur": 2}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"SQLite format 3\0" + bytes(100), "is a database .SQLite"),
        (b"<!DOCTYPE html><html><a href='https://music.youtube.com/watch'>", "web page .HTML.*JSON in place of HTML"),
        (b"<html><body>hello</body></html>", "is a web page"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(50), "is a spreadsheet"),
        (b"#EXTM3U\n#EXTINF:1,A\na.mp3\n", "is a playlist"),
        (b'<?xml version="1.0"?>\n<!-- mine -->\n<playlist version="1"><trackList/></playlist>', "is a playlist"),
        (b'{"playlist": {"title": "mine", "track": [{"creator": "A", "title": "B"}]}}', "is a playlist"),
        (b"<?wpl version='1.0'?><smil/>", "is a playlist"),
        (b"[]", "is JSON with nothing in it"),
        (b"[{}, {}]\n", "is JSON with nothing in it"),
        (b" null ", "is JSON with nothing in it"),
        (b'[{"endTime": "2024-01-01 00:00", "podcastName": "p", "msPlayed": 90000}]', "holds podcasts or audiobooks"),
        (b'[{"endTime": "2024-01-01 00:00", "audiobookName": "b", "msPlayed": 90000}]', "holds podcasts or audiobooks"),
        (b"PAR1" + bytes(50), "is a Parquet table"),
    ],
)
def test_strangers_are_named(data, message):
    refused(data, message)


# The first bytes of files of these names, as programs write them.
PICTURES = {
    "png": b"\x89PNG\r\n\x1a\n",
    "jpg": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "gif": b"GIF89a(\0\x1e\0",
    "heic": b"\0\0\0\x24ftypheic\0\0\0\0mif1heic",
    "heif": b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic",
    "avif": b"\0\0\0\x20ftypavif\0\0\0\0avifmif1",
    "cr3": b"\0\0\0\x18ftypcrx \0\0\0\1crx isom",
    "webp": b"RIFF\x24\1\0\0WEBPVP8 ",
    "jp2": b"\0\0\0\x0cjP  \r\n\x87\n",
    "jxl": b"\0\0\0\x0cJXL \r\n\x87\n",
    "bmp": b"BM\x36\x0e\0\0\0\0\0\0\x36\0\0\0",
    "tif": b"II*\0\x08\0\0\0",
    "psd": b"8BPS\0\1\0\0",
    "ico": b"\0\0\1\0\1\0",
    "svg": b'<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="http://www.w3.org/2000/svg">',
}
MUSIC = {
    "mp3": b"\xff\xfb\x90\x64",
    "id3": b"ID3\3\0\0",
    "wav": b"RIFF\x24\1\0\0WAVEfmt ",
    "m4a": b"\0\0\0\x1cftypM4A \0\0\2\0",
    "flac": b"fLaC\0\0\0\x22",
}
FILMS = {
    "mp4": b"\0\0\0\x20ftypisom\0\0\2\0",
    "mov": b"\0\0\0\x14ftypqt  ",
    "avi": b"RIFF\x24\1\0\0AVI LIST",
    "mkv": b"\x1aE\xdf\xa3",
}


@pytest.mark.parametrize(
    ("name", "beginning", "what"),
    [
        *((name, beginning, "a picture") for name, beginning in PICTURES.items()),
        *((name, beginning, "a piece of music") for name, beginning in MUSIC.items()),
        *((name, beginning, "a film") for name, beginning in FILMS.items()),
    ],
)
def test_pictures_music_and_films_are_named_whatever_they_are_called(name, beginning, what):
    refused(beginning + bytes(range(256)) * 4, f"is {what} and holds no listens. Give the data file")


@pytest.mark.parametrize(
    "artist", ["BM", "BMX Bandits", "II", "MMM", "ID3", "GIF", "RIFF", "icns", "DDS ", "FORM", "OK Go"]
)
def test_artists_that_begin_as_pictures_do_are_artists(artist):
    assert plays(f"{artist},3\nMuse,2\n".encode()) == {artist.strip(): 3, "Muse": 2}


def test_a_history_is_shown_on_one_line():
    assert repr(read("artist,plays\nMuse,3\nBlur,2\n")) == "History(2 names from 2 rows of 1 document)"
