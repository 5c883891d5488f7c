"""Names and tags of items from tables: CSV, TSV or Parquet."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from deepcuts.errors import DataError, FileFormatError, SettingsError
from deepcuts.ingest.tabular.columns import listed
from deepcuts.ingest.tabular.files import Sample, take_sample
from deepcuts.storage import StrPath

NAME_COLUMNS = ("item_id", "name")
TAG_COLUMNS = ("item_id", "tag", "weight", "tagger")
_N_NEEDED = 2  # of those columns


def read_names(path: StrPath, columns: Sequence[str] = NAME_COLUMNS) -> pa.Table:
    """Read a table of names.

    Parameters
    ----------
    path
        A file with a header: CSV with commas or semicolons, TSV (without quotes), text also as .gz or .zst, or Parquet.
    columns
        Its columns of item ids and of names.

    Returns
    -------
    pyarrow.Table
        item_id and name, both strings.

    Raises
    ------
    DataError, FileFormatError
        If there is no such file or column, or it cannot be read.
    """
    return _strings(_read(path, columns, NAME_COLUMNS, "--names"))


def read_label_table(path: StrPath, columns: Sequence[str], roles: Sequence[str], option: str) -> pa.Table:
    """Read two columns of a table as strings, under the names of their roles; see `read_names`."""
    return _strings(_read(path, columns, roles, option))


def read_tags(path: StrPath, columns: Sequence[str] = TAG_COLUMNS) -> pa.Table:
    """Read a table of tags.

    Parameters
    ----------
    path
        A file like that of `read_names`.
    columns
        Its columns of item ids, of tags and, where it has them, of weights and of who gave each tag; an empty name
        stands for one that it has not. Without weights, every row weighs 1.

    Returns
    -------
    pyarrow.Table
        item_id and tag, both strings; weight, float64, where there are weights, a missing one is 0; tagger, strings,
        where it says who gave the tags.

    Raises
    ------
    DataError, FileFormatError
        If there is no such file or column, it cannot be read, or a weight is no number.
    """
    table = _strings(_read(path, columns, TAG_COLUMNS, "--tags"))
    if "weight" not in table.column_names:
        return table
    weights = table["weight"]
    if pa.types.is_string(weights.type):
        weights = pc.if_else(pc.equal(weights, ""), None, weights)  # text comes without nulls: a missing weight is ""
    try:
        weights = weights.cast(pa.float64())
    except pa.ArrowInvalid as error:
        raise DataError(f"A weight of {path} is no number: {error}.") from error
    return table.set_column(table.column_names.index("weight"), "weight", pc.fill_null(weights, 0.0))


def _strings(table: pa.Table) -> pa.Table:
    """All columns but weights as text: an id of 7 is "7"; a tagger of no name is none."""
    for index, name in enumerate(table.column_names):
        if name != "weight":
            texts = table[name].cast(pa.string())
            if name == "tagger":
                texts = pc.if_else(pc.equal(texts, ""), None, texts)
            table = table.set_column(index, name, texts)
    return table


def _read(path: StrPath, columns: Sequence[str], roles: Sequence[str], option: str) -> pa.Table:
    """The columns asked for, under the names of their roles."""
    sample = take_sample(str(path))
    if sample.kind == "json":
        raise DataError(f"{path} is JSON. {option} takes CSV, TSV or Parquet.")
    try:
        table = pq.read_table(path) if sample.kind == "parquet" else _read_text(sample)
        names = table.column_names  # which need not be UTF-8
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        raise FileFormatError(f"{path}, given as {option}, cannot be read: {error}.") from error
    given = _columns_by_role(columns, roles, option, names)
    for column in given.values():
        if column not in names:
            raise DataError(
                f"{path}, given as {option}, has no column {column!r}. Its columns are {listed(names)}; "
                f"name those to take with {option}-columns, such as {','.join(given)}."
            )
    return table.select(list(given.values())).rename_columns(list(given))


def _columns_by_role(
    columns: Sequence[str], roles: Sequence[str], option: str, existing: Sequence[str]
) -> dict[str, str]:
    """Name the column of each role that has one: of the default names, those that exist."""
    wanted = [column.strip() for column in columns]
    if not (_N_NEEDED <= len(wanted) <= len(roles) and all(wanted[:_N_NEEDED])):
        raise SettingsError(f"{option}-columns is {','.join(columns)!r}. Name columns such as {','.join(roles)}.")
    optional = set(existing) if tuple(wanted) == TAG_COLUMNS else set(wanted) - {""}
    by_role = dict(zip(roles, wanted, strict=False))
    needed = roles[:_N_NEEDED]
    return {role: column for role, column in by_role.items() if role in needed or column in optional}


def _read_text(sample: Sample) -> pa.Table:
    """All cells as text; between tabs a quote is an ordinary character."""
    first = sample.text.partition("\n")[0]
    delimiter = max("\t,;", key=first.count)
    quote = False if delimiter == "\t" else '"'
    parse = pa_csv.ParseOptions(delimiter=delimiter, quote_char=quote, newlines_in_values=bool(quote))
    # The header alone, for the names: every column is text, so that ids such as 007 keep their zeros.
    names = pa_csv.read_csv(io.BytesIO(f"{first}\n".encode()), parse_options=parse).column_names
    convert = pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
    with pa.input_stream(Path(sample.path), compression=sample.compression) as stream:
        return pa_csv.read_csv(stream, parse_options=parse, convert_options=convert)
