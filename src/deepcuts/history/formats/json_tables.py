"""JSON of plain objects: a table whose columns are their keys, by the same rules as delimited text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import duckdb

from deepcuts.history.documents import Document
from deepcuts.history.formats.format import Format, Head, Refusal
from deepcuts.history.formats.json_fields import field_of, template_of
from deepcuts.history.formats.json_paths import Path, Shape
from deepcuts.history.formats.json_records import NOT_READ, Records, load_records
from deepcuts.history.formats.listen_json import json_shape
from deepcuts.history.formats.sample_table import NOT_STATED, Roles, Table
from deepcuts.history.formats.table_roles import roles_by_cells, roles_by_name
from deepcuts.history.formats.table_rows import stated_columns, table_format

NAMES = ("the same as objects (.json, .jsonl)",)


def recognise(head: Head) -> Format | Refusal | None:
    """Objects with a key that names an artist, and one that names plays or a time."""
    shape = json_shape(head)
    if shape is None:
        return None
    refused: Refusal | None = None
    for path in sorted(shape.samples, key=len):
        names, table = _table(shape, path, head)
        roles = roles_by_name(table, timeless=head.options.dates == "none", stated=stated_columns(head.options))
        roles = _of_two_keys(table, head) if roles is None else roles
        if isinstance(roles, Roles):
            return _format(shape, path, names, roles, head)
        refused = refused or roles
    return refused


def _of_two_keys(table: Table, head: Head) -> Roles | None:
    """Artists and plays under two keys that name neither, if the file was given as such; as of delimited text."""
    if head.in_archive or stated_columns(head.options) != NOT_STATED or len(table.names or ()) != 2:
        return None
    found = roles_by_cells(table)
    return found if isinstance(found, Roles) and found.counts else None


def _table(shape: Shape, path: Path, head: Head) -> tuple[list[str], Table]:
    objects = shape.samples[path]
    names = list(dict.fromkeys(key for each in objects for key in each))
    return names, Table(names, [[each.get(name, "") for name in names] for each in objects], head.are_moments)


def _format(shape: Shape, path: Path, names: list[str], roles: Roles, head: Head) -> Format:
    keys = {role: names[index] for role, index in roles.columns.items()}
    records = Records.of(shape, path)
    load = partial(_load, keys=keys, records=records)
    name = "table of artists and plays" if roles.counts else "scrobbles"
    return table_format(f"{name} in JSON", "line" if records.by_line else "record", roles, load, head.options)


def _load(
    connection: duckdb.DuckDBPyConnection, document: Document, *, keys: Mapping[str, str], records: Records
) -> Iterator[None]:
    """Put the objects into `raw` as load_delimited does with lines."""
    template = template_of(dict.fromkeys(keys.values(), "VARCHAR"))
    columns = "".join(f", {field_of(key)} AS {role}" for role, key in keys.items())
    for _ in load_records(connection, document, template=template, records=records):
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE raw AS
            SELECT row, {NOT_READ} AS problem{columns} FROM raw""")
        yield
