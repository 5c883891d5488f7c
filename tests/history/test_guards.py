"""Exports that are truncated, hostile or something else: refused with a message that says what to do."""

from __future__ import annotations

import io
import json
import os
import resource
import zipfile

import pytest

from deepcuts.errors import DataError, FileFormatError, SettingsError
from deepcuts.history import HistoryOptions, read_history, read_upload
from deepcuts.history.database import sealed_database
from deepcuts.history.limits import Limits

PLAY = {"ts": "2020-01-01T00:00:00Z", "ms_played": 60_000, "master_metadata_album_artist_name": "Grouper"}
EXTENDED = json.dumps([PLAY])
TABLE = "artist,plays\nGrouper,3\n"


def packed(members: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def limited(**limits: int) -> HistoryOptions:
    return HistoryOptions(limits=Limits(**limits))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "export is empty"),
        (b"\xef\xbb\xbf\n  \r\n\t\n", "export holds nothing but blanks and empty lines"),
        (b"\x1f\x8b\x08\x00", "export is packed. Unpack it first, with gunzip"),
        (
            b"dear diary, today we went to a concert and it was loud\n" * 20,
            "holds no listens in a format that is known. Known are: Spotify",
        ),
        (b"user_id,item,rating\n1,2,3\n", "holds no listens in a format that is known"),
        (b"\x7fELF\x00\x00", "holds no listens in a format that is known"),
        (b'{"playlists": []}', "holds no listens in a format that is known"),
        (b"artist,plays\n", "No listen counts, of 0 rows in export. There are no rows"),
        (b"artist,plays\nGrouper,many\n", r"No listen counts, of 1 row .*no number above 0 \(first: export, line 2\)"),
        (EXTENDED.encode()[:-3], r"export, line 1: from byte \d+ on it is not JSON .* Unpack or download it again"),
        (EXTENDED.replace("Gr", "\udcff").encode("utf-8", "surrogateescape"), "export, line 1: it is not UTF-8 text"),
        (b"\xff\xfea\x00r", "begins like UTF-16|holds no listens"),
        (packed({"one.json": EXTENDED})[:-30], "export is a truncated or damaged archive"),
        (packed({"one.json": EXTENDED})[:45] + bytes(9) + packed({"one.json": EXTENDED})[54:], "damaged archive"),
        (
            packed({"a.zip": packed({"b.zip": packed({"c.zip": packed({"d.json": EXTENDED})})})}),
            "Unpack the outer ones",
        ),
        (
            packed({"readme.pdf": b"%PDF", "mine.zip": packed({"one.txt": "dear diary"})}),
            "such as export: mine.zip: one",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(data, message):
    with pytest.raises((FileFormatError, DataError), match=message):
        read_upload("export", data)


def test_messages_never_quote_the_export():
    secret = '[{"ts": "2020", "ip_addr": "203.0.113.7", "ms_played": 1, "master_metadata_album_artist_name": "A"'
    with pytest.raises(FileFormatError) as refused:
        read_upload("endsong_0.json", secret.encode())
    assert "203.0.113.7" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_nothing_is_unpacked_to_disk(tmp_path, monkeypatch):
    inside = tmp_path / "inside"
    inside.mkdir()
    monkeypatch.chdir(inside)
    names = ["../escaped.json", str(tmp_path / "absolute.json"), "C:\\windows.json", "a/../../b.json"]
    plays = [{**PLAY, "ts": f"2020-01-0{day}T00:00:00Z"} for day in range(1, 5)]
    data = packed({name: json.dumps([play]) for name, play in zip(names, plays, strict=True)})
    history = read_upload("tricks.zip", data)
    assert history.counts["plays"].to_pylist() == [4]
    assert [source.name for source in history.sources] == [f"tricks.zip: {name}" for name in names]
    assert list(tmp_path.rglob("*")) == [inside]


@pytest.mark.slow
@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_a_zip_bomb_is_refused_before_it_goes_off(method):
    bomb = packed({"endsong_0.json": EXTENDED[:-1].encode() + b" " * (48 << 20) + b"]"}, method)
    assert len(bomb) < 64 << 10
    with pytest.raises(FileFormatError, match=r"unpacks to more than 1\d MiB, over 250 times its packed size"):
        read_upload("bomb.zip", bomb)


def test_everything_together_has_a_limit():
    data = packed({f"{n}.csv": TABLE + "x,1\n" * 1000 for n in range(10)})
    with pytest.raises(FileFormatError, match=r"4.csv: more than 20,000 bytes would have to be read"):
        read_upload("many.zip", data, limited(total_bytes=20_000))
    with pytest.raises(FileFormatError, match=r"many.zip holds 10 files, and no export does"):
        read_upload("many.zip", data, limited(members=9))


def test_a_document_of_json_has_a_limit():
    with pytest.raises(FileFormatError, match=r"endsong_0.json is larger than 1 MiB.* Split it"):
        read_upload("endsong_0.json", (EXTENDED[:-1] + " " * (2 << 20) + "]").encode(), limited(document_bytes=1 << 20))


def test_an_encrypted_archive_is_refused():
    data = bytearray(packed({"one.json": EXTENDED}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    with pytest.raises(FileFormatError, match=r"one.json is encrypted. Unpack the archive with its password"):
        read_upload("locked.zip", bytes(data))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lines", "beginning", "message"),
    [
        (TABLE + "J Dilla,2\n" * 30_000, b"x", r"line 30,003: the line is longer than 1 MiB"),
        (
            '{"listened_at": 1, "track_metadata": {"artist_name": "A"}}\n' * 6_000,
            b'{"x": "',
            r"line 6,001: the line is",
        ),
        (EXTENDED[:-1] + ("," + EXTENDED[1:-1]) * 3_000, b'{"x": "', r"larger than 512 MiB"),
    ],
    ids=["table", "lines of JSON", "array"],
)
def test_what_has_no_end_is_refused_early(lines, beginning, message, tmp_path):
    path = tmp_path / "endless"
    with path.open("wb") as file:
        file.write(lines.encode() + beginning)
        file.truncate(10 << 30)  # a hole of 10 GiB, which takes no room on disk
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(FileFormatError, match=message):
        read_history(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 << 10  # KiB


def test_the_database_can_reach_nothing(tmp_path):
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")
    for query in (f"FROM read_csv('{tmp_path}/secret.csv')", f"COPY (SELECT 1) TO '{tmp_path}/out.csv'"):
        with pytest.raises(FileFormatError, match="DuckDB raised PermissionException"), sealed_database() as database:
            database.execute(query)
    assert not (tmp_path / "out.csv").exists()


def test_the_line_that_is_too_long_is_named():
    with pytest.raises(FileFormatError, match=r"plays.csv, line 4: the line is longer than 1 MiB"):
        read_upload("plays.csv", TABLE.encode() + b"J Dilla,2\n" + b"x" * (3 << 20) + b"\n")


@pytest.mark.parametrize("depth", [1_000, 200_000])
def test_json_nested_deeply_is_no_trouble(depth):
    nested = "[" * depth + "]" * depth
    record = f'{{"ts": {nested}, "ms_played": 1, "master_metadata_album_artist_name": "A", "x": {nested}}}'
    history = read_upload("deep.json", f"[{json.dumps(PLAY)}, {record}]".encode())
    assert history.counts["artist"].to_pylist() == ["Grouper"]
    assert history.sources[0].bad[0].first_rows == (2,)
    line = f'{{"listened_at": 1, "track_metadata": {{"artist_name": {nested}}}}}\n'
    good = '{"listened_at": 1600000000, "track_metadata": {"artist_name": "A"}}\n'
    assert read_upload("deep.jsonl", (good + line).encode()).n_rows == 2


def test_a_path_that_is_none_says_so(tmp_path):
    with pytest.raises(DataError, match=r"There is no file .*nothing.zip"):
        read_history(tmp_path / "nothing.zip")
    with pytest.raises(DataError, match=r"The folder .* holds no file that an export could be"):
        read_history(tmp_path)
    with pytest.raises(DataError, match="No files are given"):
        read_history([])
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero", "/dev/urandom"):  # none is opened, which could wait without end
        with pytest.raises(DataError, match="is a pipe or a device, not a file"):
            read_history(path)
    with pytest.raises(SettingsError, match="min_seconds is -1"):
        HistoryOptions(min_seconds=-1)
