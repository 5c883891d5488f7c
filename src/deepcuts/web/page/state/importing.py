"""A listening export that a visitor has dropped in: read in memory, matched to the catalogue, and not kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepcuts.history import Matcher

_MOST_UNMATCHED = 30  # shown; the most played ones
_DOCUMENT_BYTES, _TOTAL_BYTES = 128 << 20, 1 << 30  # unpacked; less than on the command line, as others may send files


@dataclass(frozen=True)
class Unmatched:
    """An artist of the export that the catalogue does not have, and a few it has: (item id, name)."""

    artist: str
    suggestions: list[tuple[str, str]]


@dataclass(frozen=True)
class Imported:
    """What an export came to: plays by item id, in words where from, and what was not found."""

    plays: dict[str, float]
    source: str
    unmatched: list[Unmatched]
    n_unmatched: int


def import_export(name: str, data: bytes, matcher: Matcher) -> Imported:
    """Read an export of any known format.

    Parameters
    ----------
    name
        Name of the file, for messages.
    data
        Its content.
    matcher
        Finder of artists in the catalogue.

    Raises
    ------
    DataError, FileFormatError
        If it cannot be read, or holds no listens.
    """
    from deepcuts.history import HistoryOptions, read_upload
    from deepcuts.history.limits import Limits

    limits = Limits(document_bytes=_DOCUMENT_BYTES, total_bytes=_TOTAL_BYTES)
    history = read_upload(name, data, HistoryOptions(limits=limits))
    matches = matcher.match(history.counts["artist"], history.counts["plays"])
    lost = matches.found("none")
    unmatched = [
        Unmatched(row["artist"], [(s["item_id"], s["name"]) for s in row["suggestions"] or ()])
        for row in lost.slice(0, _MOST_UNMATCHED).to_pylist()
    ]
    n_found = history.n_artists - lost.num_rows
    source = f"{name}: {n_found:,} of {history.n_artists:,} artists found"
    return Imported(matches.plays(), source, unmatched, lost.num_rows)
