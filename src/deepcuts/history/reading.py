"""Exports read into a `History`."""

from __future__ import annotations

import io
import logging
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.checks import instance, is_several, shown
from deepcuts.errors import DataError, FileFormatError, SettingsError
from deepcuts.history.archives import documents_in, files_in
from deepcuts.history.counting import count_plays
from deepcuts.history.database import sealed_database
from deepcuts.history.documents import Allowance, opened, shortened
from deepcuts.history.formats import KNOWN, Format, detect
from deepcuts.history.listens import BadRows, Source, create_tables, read_document
from deepcuts.history.options import HistoryOptions
from deepcuts.ingest.tabular.time_rules import faded_before
from deepcuts.storage import StrPath, each_once
from deepcuts.wording import counted

logger = logging.getLogger(__name__)

_DEFAULTS = HistoryOptions()
_DAMAGED_SHOWN = 5


@dataclass(frozen=True, eq=False)
class History:
    """The listening history of one person.

    Parameters
    ----------
    counts
        artist (string; "artist – title" where songs are counted), plays (float32, above 0, as counted by the time
        rules), n_listens (int64: rows that they come from) and last_played (int64, seconds since 1970; null where no
        time is known), most plays first.
    sources
        What was read, document by document.
    n_duplicates
        Listens that were listed twice, and count once.
    n_outside
        Listens that count nothing by the time rules.
    passed_over
        Names of files in archives that hold no listens.
    """

    counts: pa.Table
    sources: tuple[Source, ...]
    n_duplicates: int
    n_outside: int
    passed_over: tuple[str, ...]

    def __repr__(self) -> str:
        found = f"{counted(self.n_artists, 'name')} from {counted(self.n_kept, 'row')}"
        return f"History({found} of {counted(len(self.sources), 'document')})"

    @property
    def n_rows(self) -> int:
        """Rows read."""
        return sum(source.n_rows for source in self.sources)

    @property
    def n_kept(self) -> int:
        """Rows that are listens."""
        return sum(source.n_kept for source in self.sources)

    @property
    def n_bad(self) -> int:
        """Rows that could not be used."""
        return sum(source.n_bad for source in self.sources)

    @property
    def n_artists(self) -> int:
        """Number of artists."""
        return int(self.counts.num_rows)

    @property
    def plays(self) -> float:
        """Plays of all artists."""
        return float(np.sum(self.counts["plays"].to_numpy(), dtype=np.float64))

    @property
    def last_played(self) -> int | None:
        """Seconds since 1970 of the latest listen; None where no time is known."""
        latest: int | None = pc.max(self.counts["last_played"]).as_py()
        return latest


@dataclass(frozen=True)
class _Read:
    """A document that was read: what became of it, its format, and what tells whether another one is a copy of it."""

    source: Source
    format: Format
    fingerprint: bytes


def read_history(paths: StrPath | Sequence[StrPath], options: HistoryOptions = _DEFAULTS) -> History:
    r"""Read the listening history of one person from files of any known format, detected by their content.

    Parameters
    ----------
    paths
        One or several files: archives as they were downloaded, or what was in them; or a folder with these, in which
        files without listens are passed over. Of copies of one file, the first counts.
    options
        How to read.

    Raises
    ------
    DataError
        If there is no such file, or there are no listens that count.
    FileFormatError
        If a file is truncated, damaged, of no format that is known, or larger than any export is.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "plays.tsv"
    >>> _ = path.write_text("Grouper\t40\nJ Dilla\t12\n")
    >>> read_history(path).counts["artist"].to_pylist()
    ['Grouper', 'J Dilla']
    """
    each = [_path(path) for path in ([paths] if isinstance(paths, str | os.PathLike) else _several(paths))]
    if not each:
        raise DataError("No files are given. Name an export, or several.")
    return _read(_files(each, options), options)


def _several(paths: Any) -> list[Any]:
    if not is_several(paths):
        raise DataError(f"The files are {shown(paths)}. Give a path, or a list of paths.")
    return list(paths)


def _path(path: object) -> str:
    if not isinstance(path, str | os.PathLike):
        raise DataError(f"A file is {shown(path)}. Give a path.")
    return os.fspath(path)


def read_upload(name: str, data: bytes, options: HistoryOptions = _DEFAULTS) -> History:
    """Read the listening history of one person from bytes in memory; see `read_history`.

    Parameters
    ----------
    name
        What messages call the file.
    data
        Its content.
    options
        How to read.

    Raises
    ------
    DataError, FileFormatError
        As `read_history` does.
    """
    instance("name", name, str, "Give the name of the file, for messages.")
    if not isinstance(data, bytes | bytearray | memoryview):
        raise SettingsError(f"data is {shown(data)}. Give the content of the file as bytes.")
    return _read([(name, io.BytesIO(data), False)], options)


def _files(paths: Sequence[str], options: HistoryOptions) -> Iterator[tuple[str, BinaryIO, bool]]:
    """Name, content, and whether it lies in a folder that was given, of every file, once."""
    folders = {path for path in paths if os.path.isdir(path)}
    named = [path for path in paths if path not in folders]
    found = (each for path in paths for each in (files_in(path, options.limits) if path in folders else [path]))
    for each in each_once(found):
        with opened(each) as file:  # open only until the next file is asked for
            yield each, file, each not in named


def _read(files: Iterable[tuple[str, BinaryIO, bool]], options: HistoryOptions) -> History:
    instance("options", options, HistoryOptions, "Pass HistoryOptions(...).")
    allowance, passed_over = Allowance(options.limits), []
    read: list[_Read] = []
    with sealed_database() as connection:
        create_tables(connection)
        for name, file, in_folder in files:
            found, others = _read_file(connection, name, file, allowance, options, len(read), in_folder=in_folder)
            read += found
            passed_over += others
        if not read:  # of a folder; what is given by name has some, or is refused
            raise FileFormatError(_unknown("The folder", dict.fromkeys(passed_over, ""), is_archive=True))
        sources = _each_listen_once(connection, read)
        counts, n_duplicates, n_outside = count_plays(connection, options.times)
    history = History(counts, tuple(sources), n_duplicates, n_outside, tuple(passed_over))
    if not history.n_artists:
        raise DataError(_nothing_left(history))
    _warn(history.sources)
    _warn_of_fading(history, options)
    logger.info("Read %s listens to %s artists", f"{history.n_kept:,}", f"{history.n_artists:,}")
    return history


def _read_file(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    file: BinaryIO,
    allowance: Allowance,
    options: HistoryOptions,
    n_before: int,
    *,
    in_folder: bool = False,
) -> tuple[list[_Read], list[str]]:
    """Read a file or an archive: the documents in it, and the names of those without listens."""
    if not file.seekable():
        raise DataError(f"{name} is a pipe, and an export may have to be read from its end. Save it to a file first.")
    if not file.read(1):
        if in_folder:
            return [], [name]
        raise FileFormatError(f"{name} is empty.")
    read: list[_Read] = []
    others: dict[str, str] = {}
    is_archive = False
    for unpacked in documents_in(name, file, allowance, options.encoding):
        is_archive |= unpacked.in_archive
        known = detect(connection, unpacked.document, options, in_archive=unpacked.in_archive or in_folder)
        if isinstance(known, Format):
            source = read_document(connection, unpacked.document, known, n_before + len(read), by=options.by)
            read.append(_Read(source, known, unpacked.document.fingerprint))
        else:
            others[unpacked.document.name] = known.reason if known else ""
    if not read and not in_folder:
        raise FileFormatError(_unknown(name, others, is_archive=is_archive))
    return read, list(others)


def _each_listen_once(connection: duckdb.DuckDBPyConnection, read: Sequence[_Read]) -> list[Source]:
    """Keep, of copies of one document, the first alone, and of documents that hold the same listens, the best kind."""
    first: dict[bytes, int] = {}
    best: dict[str, _Read] = {}
    for number, each in enumerate(read):
        if first.setdefault(each.fingerprint, number) == number and each.format.family:
            best_yet = best.setdefault(each.format.family, each)
            best[each.format.family] = each if each.format.rank > best_yet.format.rank else best_yet
    kept: list[Source] = []
    for number, each in enumerate(read):
        taken = best.get(each.format.family, each)
        original = first[each.fingerprint]
        if original != number:
            reason = f"the same as {read[original].source.name}, which is taken"
        elif each.format.rank < taken.format.rank:
            reason = f"the same listens as in {taken.format.name}, which is taken"
        else:
            kept.append(each.source)
            continue
        connection.execute(f"DELETE FROM listens WHERE document = {number}")
        kept.append(_left_out(each.source, reason))
    return kept


def _left_out(source: Source, reason: str) -> Source:
    """A document whose listens do not count, for a reason."""
    dropped = {**source.dropped, reason: source.n_kept} if source.n_kept else source.dropped
    return replace(source, n_kept=0, dropped=dropped)


def _unknown(name: str, others: Mapping[str, str], *, is_archive: bool) -> str:
    reasons = {each: reason for each, reason in others.items() if reason}
    if reasons and not is_archive:
        return f"{name} {next(iter(reasons.values()))}."
    known = "; ".join(f"{each} {reason}" for each, reason in list(reasons.items())[:3])
    looked_at = f", nor do the text files in it, such as {shortened(list(others), 3)}" if others else ""
    holds = f"{name} holds no listens in a format that is known" + (looked_at if is_archive else "")
    return f"{holds}. {known + '. ' if known else ''}Known are: {KNOWN}."


def _nothing_left(history: History) -> str:
    """Explain that no listen is left, by the reasons why rows were left out."""
    outcomes: Counter[str] = Counter()
    for source in history.sources:
        outcomes.update(source.dropped)
        outcomes.update({f"{each.reason} (first: {_first_row(source, each)})": each.n_rows for each in source.bad})
    if history.n_outside:
        outcomes["outside the time asked for, above a cap, or without a time"] = history.n_outside
    why = "; ".join(f"{n_rows:,}: {reason}" for reason, n_rows in outcomes.most_common(5)) or "there are no rows"
    names = shortened([source.name for source in history.sources], 2)
    return f"No listen counts, of {counted(history.n_rows, 'row')} in {names}. {why[0].upper()}{why[1:]}."


def _warn(sources: Sequence[Source]) -> None:
    """Warn of how documents were read, and of the rows of a few that cannot be used: how many, why, and where."""
    for remark in dict.fromkeys(remark for source in sources for remark in source.remarks):
        logger.warning("%s", remark)
    damaged = [source for source in sources if source.bad]
    for source in damaged[:_DAMAGED_SHOWN]:
        logger.warning(
            "%s of %s cannot be used: %s.",
            counted(source.n_bad, source.unit),
            source.name,
            "; ".join(f"{each.reason} ({_row_numbers(source, each)})" for each in source.bad),
        )
    if len(damaged) > _DAMAGED_SHOWN:
        logger.warning("%s more have rows that cannot be used.", counted(len(damaged) - _DAMAGED_SHOWN, "file"))


def _warn_of_fading(history: History, options: HistoryOptions) -> None:
    """Warn of artists whose plays have all faded to the least that they can count."""
    oldest = faded_before(options.times)
    n_faded = 0 if oldest is None else pc.sum(pc.less(history.counts["last_played"], oldest)).as_py() or 0
    if n_faded:
        logger.warning(
            "%s of %s artists were last played so long ago that they count a millionth. Ask for a longer half_life, or "
            "pass now=... (--now) if the listens end long ago.",
            f"{n_faded:,}",
            f"{history.n_artists:,}",
        )


def _row_numbers(source: Source, bad: BadRows) -> str:
    """Numbers of the first of some bad rows, for a message."""
    rows = ", ".join(f"{row:,}" for row in bad.first_rows)
    return f"{source.unit}{'s' * (bad.n_rows > 1)} {rows}" + (", …" if bad.n_rows > len(bad.first_rows) else "")


def _first_row(source: Source, bad: BadRows) -> str:
    return f"{source.name}, {source.unit} {bad.first_rows[0]:,}"
