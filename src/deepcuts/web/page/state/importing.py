"""A listening export that a visitor has dropped in: read in memory, matched to the catalogue, and not kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepcuts.web.page.state.own_artists import replace_artists
from deepcuts.web.page.state.visit import UnmatchedArtist, Visit
from deepcuts.wording import counted

if TYPE_CHECKING:
    from deepcuts.history import Matcher

_MOST_UNMATCHED_OF_FILE = 30  # the most played ones
_MOST_UNMATCHED = 60  # of all files together
_DOCUMENT_BYTES, _TOTAL_BYTES = 128 << 20, 1 << 30  # unpacked; less than on the command line, as others may send files


@dataclass(frozen=True)
class Imported:
    """What was read of an export: plays by item id, in words where from, and what was not found."""

    plays: dict[str, float]
    source: str
    unmatched: list[UnmatchedArtist]
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
    history = read_upload(name, data, HistoryOptions(limits=limits, by=matcher.by))
    matches = matcher.match(history.counts["artist"], history.counts["plays"])
    unmatched = matches.found("none")
    most_played = [
        UnmatchedArtist(row["artist"], [(s["item_id"], s["name"]) for s in row["suggestions"] or ()])
        for row in unmatched.slice(0, _MOST_UNMATCHED_OF_FILE).to_pylist()
    ]
    n_found = history.n_artists - unmatched.num_rows
    remarks = dict.fromkeys(remark for each in history.sources for remark in each.remarks)
    source = " ".join([f"{name}: {n_found:,} of {counted(history.n_artists, matcher.by)} found", *remarks])
    return Imported(matches.plays(), source, most_played, unmatched.num_rows)


def take_import(visit: Visit, imported: Imported, *, more: bool) -> None:
    """Take the plays of an export in place of the artists so far.

    Parameters
    ----------
    visit
        The visit.
    imported
        What was read.
    more
        Whether its plays are added to those so far, which stay where the catalogue has none of its artists either way.
    """
    plays, unmatched, n_unmatched = dict(imported.plays), list(imported.unmatched), imported.n_unmatched
    if more:
        for item_id, known in visit.plays.items():
            plays[item_id] = plays.get(item_id, 0.0) + known
        unmatched, n_unmatched = [*visit.unmatched, *unmatched], visit.n_unmatched + n_unmatched
    if plays:
        replace_artists(visit, plays, imported.source)
        visit.source = imported.source
    visit.unmatched, visit.n_unmatched = unmatched[:_MOST_UNMATCHED], n_unmatched
