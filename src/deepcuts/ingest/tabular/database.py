"""A DuckDB of one's own for the time of one reading, bounded in memory, and its errors in plain words."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator

import duckdb

from deepcuts.errors import FileFormatError, OutputError, SettingsError
from deepcuts.ingest.tabular.options import ReadOptions

# Joins run as they are written, the dictionary of ids on the side that is kept in memory: DuckDB cannot know how long
# a text file is, and would sometimes keep all of its rows instead.
_AS_WRITTEN = "join_order,build_side_probe_side"


@contextlib.contextmanager
def workspace(options: ReadOptions) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory that spills to a folder of its own, and remove both afterwards.

    Raises
    ------
    OutputError
        If the folder cannot be made.
    """
    try:
        folder = tempfile.TemporaryDirectory(prefix="deepcuts-", dir=options.temp_directory)
    except OSError as error:
        raise OutputError(
            f"No temporary folder can be made in {options.temp_directory or tempfile.gettempdir()}: {error.strerror}. "
            "Pass another temp_directory."
        ) from error
    with folder as path, contextlib.closing(_connect(path, options.memory_limit)) as connection:
        yield connection


def _connect(folder: str, memory_limit: str) -> duckdb.DuckDBPyConnection:
    settings = {"memory_limit": memory_limit, "temp_directory": folder, "autoinstall_known_extensions": "false"}
    connection = duckdb.connect(config=settings)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")  # it would print into what the command prints
    connection.execute(f"SET disabled_optimizers = '{_AS_WRITTEN}'")
    return connection


@contextlib.contextmanager
def plain_errors(where: str, options: ReadOptions) -> Iterator[None]:
    """Say what DuckDB found wrong as an error of ours.

    Parameters
    ----------
    where
        What is read.
    options
        For advice on memory and disk.

    Raises
    ------
    FileFormatError, SettingsError, OutputError
        In place of any error of DuckDB.
    """
    try:
        yield
    except RuntimeError as error:
        if str(error) != "Query interrupted":  # so DuckDB calls Ctrl-C
            raise
        raise KeyboardInterrupt from None
    except duckdb.OutOfMemoryException as error:
        raise SettingsError(
            f"Reading {where} took more than memory_limit={options.memory_limit!r}, or than its temporary folder "
            "holds. Raise memory_limit, or pass a temp_directory with more room."
        ) from error
    except duckdb.Error as error:
        message = str(error).strip().partition("\n")[0]
        if "No space left" in message:
            raise OutputError(f"The disk is full: {message}. Pass a temp_directory with more room.") from error
        raise FileFormatError(f"Cannot read {where}. DuckDB says: {message}") from error


def quoted(text: str) -> str:
    """Text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
