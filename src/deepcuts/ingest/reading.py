"""From files and tables to `Interactions`."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeAlias, Unpack

import duckdb
import numpy as np
from scipy import sparse

from deepcuts.checks import instance
from deepcuts.data.arrow_columns import ArrowTable
from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError, SettingsError
from deepcuts.ingest.aggregation import count_rows, number_ids, sum_plays, warn_of_old_times
from deepcuts.ingest.bad_rows import handle_bad_rows
from deepcuts.ingest.pruning import prune
from deepcuts.ingest.tabular.arrow_tables import scan_table
from deepcuts.ingest.tabular.columns import Column, Columns
from deepcuts.ingest.tabular.database import plain_errors, workspace
from deepcuts.ingest.tabular.files import find_files, take_sample
from deepcuts.ingest.tabular.json_files import scan_json
from deepcuts.ingest.tabular.keywords import ReadKeywords
from deepcuts.ingest.tabular.options import IngestReport, ReadOptions
from deepcuts.ingest.tabular.parquet_files import scan_parquet
from deepcuts.ingest.tabular.scan import Scan
from deepcuts.ingest.tabular.tar_files import unpacked
from deepcuts.ingest.tabular.text_files import scan_text
from deepcuts.ingest.tabular.time_rules import NO_RULES, TimeRules, faded_before
from deepcuts.storage import StrPath, check_outputs

logger = logging.getLogger(__name__)

_DEFAULTS = ReadOptions()

Source: TypeAlias = StrPath | Sequence[StrPath] | ArrowTable


def read_plays(
    source: Source,
    *,
    user: Column,
    item: Column,
    plays: Column | None = None,
    time: Column | None = None,
    min_users: int = 1,
    min_items: int = 1,
    **options: Unpack[ReadKeywords],
) -> Interactions:
    """Read play counts of users and items.

    Rows of the same user and item are summed. Ids become text by one rule (docs/ids.md): whole numbers and decimals by
    their digits. The same rows give the same object, in whatever order and from whatever source they come.

    Parameters
    ----------
    source
        A path, a glob pattern or a list of these: delimited text (CSV, TSV and the like), JSON (one array of objects,
        or one object a line; by the endings .json, .jsonl and .ndjson) or Parquet, text also compressed by gzip or
        zstd. Or a table with the Arrow PyCapsule interface: of pandas, polars or pyarrow, or a relation of DuckDB.
    user, item
        Columns of user and item ids: a whole number is a position, counted from 1; text is a name, or, of digits
        alone and where no column has that name, a position.
    plays
        Column of play counts, numbers above 0 (below 0 with ``dislikes=True``); None counts every row as one play.
    time
        Column of times, for `Interactions.last_played`: seconds since 1970, or timestamps (ISO 8601; UTC where they
        name no zone).
    min_users, min_items
        The fewest users of an item and items of a user, at least 1: `prune` leaves out others.
    **options
        How to read: the parameters of `deepcuts.ingest.ReadOptions`, such as ``trim=True``, or
        ``times=TimeRules(half_life=365)``.

    Returns
    -------
    Interactions

    Raises
    ------
    DataError
        If there is no such file or column, a row is bad, ids differ in surrounding blanks only, or nothing is left.
    FileFormatError
        If a file is truncated, damaged or binary.
    OutputError, SettingsError
        If bad rows cannot be listed, or an option is out of its range.

    Examples
    --------
    >>> import pyarrow as pa
    >>> table = pa.table({"user": ["ada", "ada", "bob"], "artist": ["Grouper", "Grouper", "J Dilla"]})
    >>> read_plays(table, user="user", item="artist")
    Interactions(2 users × 2 items, 2 pairs)
    """
    read = ingest(source, Columns(user, item, plays, time), ReadOptions(**options))[0]
    return prune(read, min_users, min_items)


def ingest(source: Source, columns: Columns, options: ReadOptions = _DEFAULTS) -> tuple[Interactions, IngestReport]:
    """Read play counts of users and items, and report what was left out; `read_plays` documents the arguments.

    The source is read twice by DuckDB, within `options.memory_limit`: once to find its ids, once to sum the plays of
    each pair. Where text has bad rows, a third and slower reading finds their line numbers.
    """
    instance("columns", columns, Columns, "Pass Columns(user=..., item=...).")
    instance("options", options, ReadOptions, "Pass ReadOptions(...).")
    if options.bad_rows is not None:  # before the first pass, which may take minutes
        if options.on_bad_rows == "error":
            raise SettingsError('bad_rows is for rows that are skipped, and none are. Pass on_bad_rows="skip" as well.')
        read = [] if isinstance(source, ArrowTable) else _as_paths(source)
        check_outputs([options.bad_rows], read, force=options.force)
    rules = options.times or NO_RULES
    if rules.active and columns.time is None:
        raise SettingsError("Plays can be counted by when they were heard only with times. Pass time=... as well.")
    where = _name(source)
    with workspace(options) as connection, plain_errors(where, options):
        scans = [replace(scan, dislikes=options.dislikes) for scan in _scans(connection, source, columns, options)]
        scans, counts = count_rows(connection, scans, options)
        if not counts.n_rows:
            raise DataError(f"There are no rows in {where}.")
        report = handle_bad_rows(connection, scans, counts, options)
        warn_of_old_times(connection)
        how = {"trim": options.trim, "normalize": options.normalize}
        users, items = (number_ids(connection, kind, **how) for kind in ("user", "item"))
        # Dislikes are set apart after the sum: a pair may have rows above and below 0.
        plays = sum_plays(connection, users, items, timed="time" in columns.wanted, rules=rules)
        _warn_of_fading(plays, rules)
        plays = _drop_dislikers(plays, where) if options.dislikes else plays
        if not plays.n_pairs:
            raise DataError(f"None of the plays in {where} counts by {rules}. Ask for a longer time.")
    logger.info("Read %s rows of %s: %r", f"{counts.n_rows:,}", where, plays)
    return plays, report


def _warn_of_fading(plays: Interactions, rules: TimeRules) -> None:
    """Warn of pairs whose plays have all faded to the least that they can count."""
    oldest = faded_before(rules)
    if oldest is None or plays.last_played is None:
        return
    n_faded = int(np.count_nonzero(plays.last_played < oldest))
    if n_faded:
        logger.warning(
            "%s of %s pairs were last played so long ago that they count a millionth. If the plays end long ago, pass "
            "now=... (--now) with the day after the last of them, or a longer half_life.",
            f"{n_faded:,}",
            f"{plays.n_pairs:,}",
        )


def _drop_dislikers(plays: Interactions, where: str) -> Interactions:
    """Set dislikes apart, and leave out users and items that have nothing but dislikes.

    Raises
    ------
    DataError
        If there are no plays above 0.
    """
    plays = plays.set_dislikes_apart()
    if not plays.n_pairs:
        raise DataError(f"There are only dislikes in {where}. Give it plays above 0 as well.")
    return plays.keep_pairs(plays.plays > 0)


def _scans(
    connection: duckdb.DuckDBPyConnection, source: Source, columns: Columns, options: ReadOptions
) -> Iterator[Scan]:
    if isinstance(source, ArrowTable):
        yield scan_table(connection, source, columns)
        return
    ((folder,),) = connection.execute("SELECT current_setting('temp_directory')").fetchall()
    paths = [path for given in find_files(_as_paths(source)) for path in unpacked(given, folder)]
    samples = [take_sample(path, options.encoding) for path in paths]
    kinds = {kind: [sample for sample in samples if sample.kind == kind] for kind in ("text", "json", "parquet")}
    yield from scan_text(connection, kinds["text"], columns, options)
    yield from scan_json(kinds["json"], columns)
    yield from scan_parquet(connection, kinds["parquet"], columns)


def _as_paths(source: Any) -> list[StrPath]:
    """Paths of a source that is no table.

    Raises
    ------
    DataError
        If it is something else.
    """
    if sparse.issparse(source):
        raise DataError(
            "A SciPy matrix has no ids. Pass it to Interactions.from_csr(matrix, user_ids, item_ids), with one id for "
            "every row and every column."
        )
    paths = list(source) if isinstance(source, list | tuple) else [source]
    if not all(isinstance(path, str | os.PathLike) for path in paths):
        raise DataError(
            f"Plays cannot be read from an object of type {type(source).__name__}. Pass paths, or a table with the "
            "Arrow PyCapsule interface: of pandas, polars (a LazyFrame collected) or pyarrow, or a relation of DuckDB."
        )
    return paths


def _name(source: Source) -> str:
    """Name of the source, for messages."""
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    return f"{source[0]} and {len(source) - 1:,} more" if isinstance(source, list | tuple) and source else "the table"
