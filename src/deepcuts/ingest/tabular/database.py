"""A DuckDB database for one reading, bounded in memory, and its errors in plain words."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator

import duckdb

from deepcuts.errors import FileFormatError, OutputError, SettingsError
from deepcuts.ingest.tabular.moments import install_moments
from deepcuts.ingest.tabular.options import ReadOptions
from deepcuts.storage import temporary_folder

# Joins run as they are written, with the table of ids as the input that is kept in memory: DuckDB cannot know how long
# a text file is, and would sometimes keep all of its rows instead.
_AS_WRITTEN = "join_order,build_side_probe_side"
# The statistics of a Parquet file may be wrong, and say that there are no nulls where there are some: tests of the rows
# that they make superfluous would be left out.
_AS_FOUND = "statistics_propagation"
_DOUBLED = re.compile(
    r"(?:.*?in record/value (\d+))?.* has duplicate key (\".*\")"
)  # of DuckDB, which quotes the object


@contextlib.contextmanager
def workspace(options: ReadOptions) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory that spills to a temporary folder, and remove both afterwards.

    Raises
    ------
    OutputError
        If the folder cannot be made.
    """
    with (
        temporary_folder(options.temp_directory) as folder,
        contextlib.closing(_connect(folder, options.memory_limit)) as connection,
    ):
        yield connection


def _connect(folder: str, memory_limit: str) -> duckdb.DuckDBPyConnection:
    # Extensions are not installed on their own: a reading never downloads anything.
    settings = {"memory_limit": memory_limit, "temp_directory": folder, "autoinstall_known_extensions": "false"}
    connection = duckdb.connect(config=settings)
    connection.execute("SET TimeZone = 'UTC'")  # or times without a zone would be read in that of the machine
    connection.execute("SET enable_progress_bar = false")  # it would be printed among the output of the command
    connection.execute(f"SET disabled_optimizers = '{_AS_WRITTEN},{_AS_FOUND}'")
    install_moments(connection)
    return connection


@contextlib.contextmanager
def plain_errors(where: str, options: ReadOptions) -> Iterator[None]:
    """Turn errors of DuckDB into errors of deepcuts.

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
            "holds. Raise memory_limit, or pass a temp_directory on a larger disk."
        ) from error
    except UnicodeDecodeError as error:  # an error of DuckDB that quotes bytes which are no text
        raise FileFormatError(f"Cannot read {where}. It holds bytes that are not UTF-8 text.") from error
    except duckdb.Error as error:
        message = str(error).strip().partition("\n")[0]
        if "No space left" in message:
            raise OutputError(f"The disk is full: {message}. Pass a temp_directory on a larger disk.") from error
        if doubled := _DOUBLED.search(message):
            number, key = doubled.groups()
            which = f"Record {int(number):,}" if number else "A record"
            raise FileFormatError(f"Cannot read {where}. {which} has the key {key} twice: give it once.") from error
        raise FileFormatError(f"Cannot read {where}. DuckDB says: {message}") from error


def listed_texts(texts: Iterable[str]) -> str:
    """Texts as SQL literals with commas between them."""
    return ", ".join(map(quoted, texts))


def quoted(text: str) -> str:
    """Text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
