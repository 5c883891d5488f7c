"""The format of a document, by its content; its name does not matter."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Sequence

from deepcuts.history.documents import Document
from deepcuts.history.formats import open_servers, spotify, text
from deepcuts.history.formats.delimited import Layout
from deepcuts.history.formats.format import Format
from deepcuts.history.options import HistoryOptions
from deepcuts.ingest.tabular.csv_records import read_csv_records

KNOWN = (
    "Spotify extended history (.json), Spotify account export (.json), ListenBrainz (.jsonl), Maloja (.json), "
    "scrobbles of Last.fm, Libre.fm or Maloja (.csv), .scrobbler.log, and tables of artists and plays (.csv, .tsv); "
    "also in a .zip"
)

_KEY = re.compile(r'"(\w+)"\s*:')
_DATE = re.compile(r"\d{1,2} [A-Z][a-z]{2} \d{4},? \d{2}:\d{2}")
_TIME = re.compile(r"\d{9,13}|\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*|" + _DATE.pattern)

# Names of columns, in lower case, the first that is there is taken.
_ARTIST = ("artist", "artist name", "artist_name", "artistname", "artists", "band")
_TRACK = ("track", "title", "track name", "track_name", "trackname", "song", "name")
_WHEN = ("uts", "time", "timestamp", "utc_time", "date", "played_at", "listened_at", "datetime")
_PLAYS = ("plays", "playcount", "play count", "play_count", "count", "listens", "scrobbles", "weight")


def detect(document: Document, options: HistoryOptions) -> Format | None:
    """The format of a document; None if it is none that is known."""
    head = document.head
    if b"\0" in head:
        return None
    start = head.decode("utf-8", "replace").lstrip()
    if start[:1] in ("[", "{"):
        return _json_format(start, options)
    if start.startswith(text.LOG_MARK):
        return text.player_log()
    return _text_format(head)


def _json_format(start: str, options: HistoryOptions) -> Format | None:
    """The format whose keys there are."""
    keys = set(_KEY.findall(start))
    if start[0] == "[" and {"ts", "ms_played", "master_metadata_album_artist_name"} <= keys:
        return spotify.extended(options)
    if start[0] == "[" and {"endTime", "artistName", "msPlayed"} <= keys:
        return spotify.account(options)
    if {"listened_at", "track_metadata"} <= keys:
        return open_servers.listenbrainz(lines=start[0] == "{")
    if start[0] == "{" and {"scrobbles", "track", "artists"} <= keys:
        return open_servers.maloja()
    return None


def _text_format(head: bytes) -> Format | None:
    lines = head.decode("utf-8", "replace").splitlines(keepends=True)
    complete = lines if len(lines) < 2 or lines[-1].endswith("\n") else lines[:-1]  # the head may end within a line
    for delimiter, quote in (("\t", ""), (",", '"'), (";", '"'), ("|", '"')):
        found = read_csv_records(io.StringIO("".join(complete), newline=""), delimiter, quote)
        rows = [(number, cells) for number, line, cells in found if cells and not line.startswith("#")]
        if rows and (known := _by_header(rows, delimiter, quote) or _by_cells(rows, delimiter, quote)):
            return known
    return None


def _by_header(rows: Sequence[tuple[int, list[str]]], delimiter: str, quote: str) -> Format | None:
    """The format whose columns the first line names."""
    number, first = rows[0]
    names = [name.strip().lower() for name in first]
    found = {
        role: _first_index(names, wanted)
        for role, wanted in (("artist", _ARTIST), ("track", _TRACK), ("time", _WHEN), ("plays", _PLAYS))
    }
    if found["artist"] is None:
        return None
    role = "time" if found["time"] is not None else "plays"
    if found[role] is None:
        return None
    wanted = ("artist", "track", "time") if role == "time" else ("artist", "plays")
    indexes = {each: index for each in wanted if (index := found[each]) is not None}
    layout = Layout(delimiter, quote, (len(first),), indexes, header=number)
    if role == "plays":
        return text.counts(layout)
    return text.scrobbles("Last.fm scrobbles" if "uts" in names else "Libre.fm or Maloja scrobbles", layout)


def _by_cells(rows: Sequence[tuple[int, list[str]]], delimiter: str, quote: str) -> Format | None:
    """The format that the lines look like where none names the columns."""
    (n_cells, _), *_ = Counter(len(cells) for _, cells in rows).most_common()
    alike = [cells for _, cells in rows if len(cells) == n_cells]
    if n_cells in (3, 4) and _mostly(_TIME, [cells[-1] for cells in alike]):
        # Artist, track and time, or artist, album, track and time.
        layout = Layout(delimiter, quote, (n_cells,), {"artist": 0, "track": n_cells - 2, "time": n_cells - 1})
        dated = _mostly(_DATE, [cells[-1] for cells in alike])
        return text.scrobbles("Last.fm scrobbles" if dated else "Libre.fm or Maloja scrobbles", layout)
    if n_cells == 2:
        return _counts_by_cells(rows, alike, delimiter, quote)
    return None


def _counts_by_cells(
    rows: Sequence[tuple[int, list[str]]], alike: Sequence[list[str]], delimiter: str, quote: str
) -> Format | None:
    number, first = rows[0]
    if not _mostly(re.compile(r"\d+(\.\d+)?"), [cells[1] for cells in alike]):
        return None
    # "plays" or the like above the numbers.
    named = len(first) == 2 and not any(character.isdigit() for character in first[1])
    return text.counts(Layout(delimiter, quote, (2,), {"artist": 0, "plays": 1}, header=number if named else 0))


def _mostly(pattern: re.Pattern[str], cells: Sequence[str]) -> bool:
    return sum(bool(pattern.fullmatch(cell.strip())) for cell in cells) > len(cells) / 2 if cells else False


def _first_index(names: Sequence[str], wanted: Sequence[str]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)
