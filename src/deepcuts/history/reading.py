"""Exports read into a `History`."""

from __future__ import annotations

import io
import logging
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.errors import DataError, FileFormatError
from deepcuts.history import archives
from deepcuts.history.counting import count_plays
from deepcuts.history.database import sealed_database
from deepcuts.history.documents import Allowance, Document, counted, opened, shortened
from deepcuts.history.formats import KNOWN, detect
from deepcuts.history.listens import BadRows, Source, create_tables, read_document
from deepcuts.history.options import HistoryOptions
from deepcuts.storage import StrPath

logger = logging.getLogger(__name__)

_DEFAULTS = HistoryOptions()
_DAMAGED_SHOWN = 5
_PACKED = {b"\x1f\x8b": "gunzip", b"\x28\xb5\x2f\xfd": "unzstd", b"7z\xbc\xaf": "7-Zip", b"Rar!": "unrar"}


@dataclass(frozen=True, eq=False)
class History:
    """The listening history of one person.

    Parameters
    ----------
    counts
        artist (string), plays (float32, above 0, as counted by the time rules), n_listens (int64: rows that they come
        from) and last_played (int64, seconds since 1970; null where no time is known), most plays first.
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


def read_history(paths: StrPath | Sequence[StrPath], options: HistoryOptions = _DEFAULTS) -> History:
    r"""Read the listening history of one person from files of any known format, detected by their content.

    Parameters
    ----------
    paths
        One or several files: archives as they were downloaded, or what was in them.
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
    each = [os.fspath(path) for path in ([paths] if isinstance(paths, str | os.PathLike) else paths)]
    if not each:
        raise DataError("No files are given. Name an export, or several.")
    return _read(_files(list(dict.fromkeys(each))), options)


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
    return _read([(name, io.BytesIO(data))], options)


def _files(paths: Sequence[str]) -> Iterator[tuple[str, BinaryIO]]:
    for path in paths:
        with opened(path) as file:  # open only until the next file is asked for
            yield path, file


def _read(files: Iterable[tuple[str, BinaryIO]], options: HistoryOptions) -> History:
    allowance, passed_over = Allowance(options.limits), []
    sources: list[Source] = []
    with sealed_database() as connection:
        create_tables(connection)
        for name, file in files:
            found, others = _read_file(connection, name, file, allowance, options)
            sources += found
            passed_over += others
        counts, n_duplicates, n_outside = count_plays(connection, options.times)
    history = History(counts, tuple(sources), n_duplicates, n_outside, tuple(passed_over))
    if not history.n_artists:
        raise DataError(_nothing_left(history))
    _warn_of_bad_rows(history.sources)
    logger.info("Read %s listens to %s artists", f"{history.n_kept:,}", f"{history.n_artists:,}")
    return history


def _read_file(
    connection: duckdb.DuckDBPyConnection, name: str, file: BinaryIO, allowance: Allowance, options: HistoryOptions
) -> tuple[list[Source], list[str]]:
    """Read a file or an archive: the sources in it, and the names of documents that hold no listens."""
    if not file.seekable():
        raise DataError(f"{name} is a pipe, and an export may have to be read from its end. Save it to a file first.")
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    start = file.read(4)
    file.seek(0)
    is_archive = start in archives.MAGICS
    _check_start(name, start)
    sources, others = [], []
    for document in archives.members(file, name, allowance) if is_archive else [Document(name, file, allowance, size)]:
        known = detect(document, options)
        if known is None:
            others.append(document.name)
        else:
            sources.append(read_document(connection, document, known))
    if not sources:
        raise FileFormatError(_unknown(name, others, is_archive=is_archive))
    return sources, others


def _check_start(name: str, start: bytes) -> None:
    """Refuse files that are empty or packed in ways that are not read."""
    if not start:
        raise FileFormatError(f"{name} is empty.")
    tool = next((tool for magic, tool in _PACKED.items() if start.startswith(magic)), None)
    if tool:
        raise FileFormatError(
            f"{name} is packed. Unpack it first, with {tool}; only zip archives are read as they are."
        )


def _unknown(name: str, others: Sequence[str], *, is_archive: bool) -> str:
    looked_at = f", nor do the text files in it, such as {shortened(others, 3)}" if others else ""
    holds = f"{name} holds no listens in a format that is known" + (looked_at if is_archive else "")
    advice = " An archive within an archive is not unpacked: unpack the outer one." if is_archive else ""
    return f"{holds}.{advice} Known are: {KNOWN}."


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


def _warn_of_bad_rows(sources: Sequence[Source]) -> None:
    """Warn of the rows of a few documents that cannot be used: how many, why, and where the first are."""
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


def _row_numbers(source: Source, bad: BadRows) -> str:
    """Numbers of the first of some bad rows, for a message."""
    rows = ", ".join(f"{row:,}" for row in bad.first_rows)
    return f"{source.unit}{'s' * (bad.n_rows > 1)} {rows}" + (", …" if bad.n_rows > len(bad.first_rows) else "")


def _first_row(source: Source, bad: BadRows) -> str:
    return f"{source.name}, {source.unit} {bad.first_rows[0]:,}"
