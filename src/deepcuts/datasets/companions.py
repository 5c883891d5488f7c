"""The files of the Million Song Dataset: recognised by their contents, and parsed line by line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from deepcuts.datasets.lines import Parse
from deepcuts.errors import DataError
from deepcuts.ingest.tabular.files import take_sample
from deepcuts.storage import StrPath, check_input

_SONG, _TRACK, _ARTIST = (rf"{letters}[0-9A-Z]{{16}}" for letters in ("SO", "TR", "AR"))
_is_song, _is_track = re.compile(_SONG).fullmatch, re.compile(_TRACK).fullmatch
_mismatch = re.compile(rf"ERROR: <({_SONG}) ({_TRACK})>").match
_triplet = re.compile(rf"[0-9a-f]{{40}}\t{_SONG}\t").match
_unique_artist = re.compile(rf"{_ARTIST}<SEP>[^<]*<SEP>{_TRACK}<SEP>").match
_SEPARATOR = "<SEP>"
_SQLITE = b"SQLite format 3\0"
_ZIP = b"PK\x03\x04"
_LOOKED_AT = 20  # lines


def parse_unique_tracks(line: str) -> list[Sequence[str]] | None:
    """Track, song, artist name and title of a line of unique_tracks.txt; None where it is malformed."""
    cells = line.split(_SEPARATOR, 3)
    return [cells] if len(cells) == 4 and _is_track(cells[0]) and _is_song(cells[1]) else None


def parse_song_to_tracks(line: str) -> list[Sequence[str]] | None:
    """Song and track, once for each track of the song, of a line of taste_profile_song_to_tracks.txt."""
    song, *tracks = line.rstrip("\t").split("\t")
    return [(song, track) for track in tracks] if _is_song(song) and all(map(_is_track, tracks)) else None


def parse_mismatch(line: str) -> list[Sequence[str]] | None:
    """Song and track that do not belong together, of a line of sid_mismatches.txt."""
    found = _mismatch(line)
    return [found.groups()] if found else None


@dataclass(frozen=True)
class Kind:
    """A file of the Million Song Dataset.

    Parameters
    ----------
    name
        Its file name there.
    holds
        What its lines hold.
    option
        The option it belongs to, or what else to do with it.
    fits
        Whether a line may be one of its own.
    """

    name: str
    holds: str
    option: str
    fits: Callable[[str], object]


TRIPLETS = Kind("train_triplets.txt", "user, song and plays", "--triplets", _triplet)
UNIQUE_TRACKS = Kind("unique_tracks.txt", "track, song, artist name and title", "--tracks", parse_unique_tracks)
SONG_TO_TRACKS = Kind("taste_profile_song_to_tracks.txt", "songs and their tracks", "--tracks", parse_song_to_tracks)
MISMATCHES = Kind("sid_mismatches.txt", "songs and tracks that do not belong together", "--mismatches", parse_mismatch)
UNIQUE_ARTISTS = Kind("unique_artists.txt", "artists with one track of each", "no option", _unique_artist)
METADATA = Kind("track_metadata.db", "an SQLite database of tracks", "--tracks", lambda line: False)
_BY_LINE = (TRIPLETS, UNIQUE_TRACKS, MISMATCHES, UNIQUE_ARTISTS, SONG_TO_TRACKS)


def expect(path: StrPath, option: str, *kinds: Kind) -> Kind:
    """Find the kind of a file, which has to be one of `kinds`.

    Raises
    ------
    DataError
        If it is none of them; the message says what it looks like, and which option that belongs to.
    """
    names = " or ".join(kind.name for kind in kinds)
    kind = _kind_of(path, option, names)
    if kind in kinds:
        return kind
    advice = f"Pass {names} as {option}"
    if kind is None:
        raise DataError(f"{path}, given as {option}, does not look like {names}. {advice}.")
    raise DataError(
        f"{path}, given as {option}, looks like {kind.name} ({kind.holds}), which belongs to {kind.option}. {advice}."
    )


def _kind_of(path: StrPath, option: str, names: str) -> Kind | None:
    check_input(path)
    try:
        with open(path, "rb") as file:
            start = file.read(len(_SQLITE))
    except OSError as error:
        raise DataError(f"{path}, given as {option}, cannot be opened: {error.strerror}.") from error
    if start == _SQLITE:
        return METADATA
    if start.startswith(_ZIP):
        raise DataError(f"{path}, given as {option}, is a zip archive. Unpack it, and pass {names}.")
    lines = take_sample(str(path)).text.split("\n")
    if re.match(r"\s*<(!doctype|html)", lines[0], re.IGNORECASE):
        raise DataError(f"{path}, given as {option}, is a web page, perhaps of a failed download. Fetch {names} again.")
    return kind_of_lines(lines)


def kind_of_lines(lines: Sequence[str]) -> Kind | None:
    """Kind of file that half of the first lines fit, or more; None where there is no such kind."""
    filled = list(islice((line.rstrip("\r") for line in lines if line.strip()), _LOOKED_AT))
    found = Counter(kind for line in filled for kind in _BY_LINE if kind.fits(line))
    kind, n_lines = found.most_common(1)[0] if found else (None, 0)
    return kind if n_lines * 2 >= len(filled) else None


LINE_PARSERS: dict[str, tuple[tuple[str, ...], Parse]] = {
    UNIQUE_TRACKS.name: (("track_id", "song_id", "artist_name", "title"), parse_unique_tracks),
    SONG_TO_TRACKS.name: (("song_id", "track_id"), parse_song_to_tracks),
    MISMATCHES.name: (("song_id", "track_id"), parse_mismatch),
}
