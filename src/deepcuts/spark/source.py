"""Rows of a DataFrame as users, items and plays, by the rules of `deepcuts.ingest`; what is bad is counted."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numba
import pyarrow as pa
import pyarrow.dataset

from deepcuts.errors import DataError
from deepcuts.ingest.aggregation import RowCounts
from deepcuts.ingest.bad_rows import refuse_bad_rows
from deepcuts.ingest.tabular.arrow_tables import scan_table
from deepcuts.ingest.tabular.columns import Columns
from deepcuts.ingest.tabular.database import plain_errors, workspace
from deepcuts.ingest.tabular.options import ReadOptions
from deepcuts.ingest.tabular.rules import bad_rows, good_rows, without_blanks
from deepcuts.shelf.files import location
from deepcuts.spark.session import Batches, Task
from deepcuts.wording import counted

_WHERE = "the DataFrame"
_TEXT = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
_JSON = (".json", ".jsonl", ".ndjson")
CLEAN = "user string, item string, plays double, part short, note string"
_ROWS = 500_000  # of Parquet at once
_ALL = "rows"  # the note of how many there are


def cleaning(session: Any, source: Any, columns: Columns, options: ReadOptions, n_parts: int) -> tuple[Any, Task]:
    """Return a DataFrame, and what makes rows of `CLEAN` of its batches: user, item, plays, part of the users, note.

    Parquet is read by the tasks themselves, as rows would cost more on their way through Java than all that is done to
    them here. Rows with a note have no user, but as plays the number of rows that the note is about: the reason why
    they are bad, or all.

    Raises
    ------
    DataError
        If the source cannot be read, there are no such columns, or their types do not fit.
    """
    frame, none, read = _parquet(session, source, columns) if _is_parquet(source) else _rows(session, source, columns)
    known = Columns(**{role: role for role in none.column_names})
    with workspace(options) as connection:  # types are looked at before all work
        scan_table(connection, none, known)
    return frame, partial(_cleaned, known, options, n_parts, read)


def files_of(source: Any) -> list[str]:
    """Paths or addresses of all that is read of a DataFrame, or of a path."""
    return [source] if isinstance(source, str) else list(source.inputFiles())


def _is_parquet(source: Any) -> bool:
    return isinstance(source, str) and not source.lower().removesuffix(".gz").endswith((*_TEXT, *_JSON))


def _rows(session: Any, source: Any, columns: Columns) -> tuple[Any, pa.Table, Task]:
    """Rows that Spark reads: a DataFrame, the columns without rows, and what makes the columns of its batches."""
    frame, name = source, source.lower().removesuffix(".gz") if isinstance(source, str) else None
    if name is not None:
        is_json, sep = name.endswith(_JSON), _TEXT.get(name[name.rfind(".") :])
        frame = session.read.json(source) if is_json else session.read.csv(source, header=True, sep=sep)
    quoted = {role: name.replace("`", "``") for role, name in _chosen(columns, frame.columns).items()}
    frame = frame.selectExpr(*(f"`{name}` AS {role}" for role, name in quoted.items()))
    return frame, frame.limit(0).toArrow(), iter


def _parquet(session: Any, url: str, columns: Columns) -> tuple[Any, pa.Table, Task]:
    """Row groups of a file or a folder, likewise: a DataFrame of their numbers."""
    system, path = location(url)
    try:
        found = pyarrow.dataset.dataset(path, filesystem=system, format="parquet", partitioning="hive")
        groups = [group for file in found.get_fragments() for group in file.split_by_row_group()]
    except (pa.ArrowException, OSError) as error:
        named = ", ".join((*_TEXT, *_JSON))
        reason = f"{url} cannot be read as Parquet. Names of other tables end in {named}, or these and .gz: {error}"
        raise DataError(reason) from error
    chosen = _chosen(columns, found.schema.names)
    none = found.schema.empty_table().select(list(chosen.values())).rename_columns(list(chosen))
    return session.range(len(groups)), none, partial(_read_groups, groups, found.schema, chosen)


def _chosen(columns: Columns, names: list[str]) -> dict[str, str]:
    return {role: names[index] for role, index in columns.find(names, len(names), _WHERE).items()}


def _read_groups(groups: list[Any], schema: pa.Schema, chosen: dict[str, str], numbers: Batches) -> Batches:
    for number in (number for batch in numbers for number in batch["id"].to_pylist()):
        rows = groups[number].to_table(schema, columns=list(chosen.values())).rename_columns(list(chosen))
        yield from rows.combine_chunks().to_batches(_ROWS)


def _cleaned(columns: Columns, options: ReadOptions, n_parts: int, read: Task, batches: Batches) -> Batches:
    for batch in read(batches):
        with workspace(options) as connection, plain_errors(_WHERE, options):
            connection.execute(f"SET threads = {numba.get_num_threads()}")  # or each task would take all of its machine
            scan = replace(scan_table(connection, pa.table(batch), columns), dislikes=options.dislikes)
            user, item = (without_blanks(name) if options.trim else name for name in ("user_id", "item_id"))
            # Users that differ in blanks only are of one part, which is to find them.
            rows = connection.sql(f"""
                SELECT {user} AS "user", {item} AS item, plays,
                       (hash({without_blanks("user_id")}) % {n_parts})::SMALLINT AS part, NULL::VARCHAR AS note
                FROM ({good_rows(scan)})""").to_arrow_table()
            notes = [(len(batch), _ALL)]
            if rows["user"].null_count:  # so this second look at all rows is a rare one
                rows = rows.filter(rows["user"].is_valid())
                notes += connection.sql(f"SELECT count(*), reason FROM ({bad_rows(scan)}) GROUP BY reason").fetchall()
        yield from rows.combine_chunks().to_batches()
        yield pa.RecordBatch.from_pylist([{"plays": float(n), "note": note} for n, note in notes], rows.schema)


def count_notes(notes: dict[str, int], options: ReadOptions) -> RowCounts:
    """Count the rows, and refuse bad ones; `notes` says how many there are for each reason, and in all.

    Raises
    ------
    DataError
        If rows are bad and not to be skipped, or none is left.
    """
    n_rows = notes.pop(_ALL, 0)
    if not n_rows:
        raise DataError(f"There are no rows in {_WHERE}.")
    counts = RowCounts(n_rows, sum(notes.values()))
    by_number = sorted(notes, key=lambda reason: (-notes[reason], reason))
    refuse_bad_rows(counts, "; ".join(f"{reason} ({counted(notes[reason], 'row')})" for reason in by_number), options)
    return counts
