"""What is given where plays are wanted, and is something else: a sentence that says what to call."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import import_module
from typing import Any, TypeAlias

from deepcuts.checks import kind_of, shown
from deepcuts.data.arrow_columns import ArrowTable, advice_for_column, call_for_rows
from deepcuts.data.interactions import Interactions

PlaysLike: TypeAlias = Interactions | ArrowTable

_MOST_COLUMNS = 12
# The room that reads tables stands on this one: it is entered by name, when a table comes.
_TABLES = "deepcuts.ingest"
_USUAL = {  # parts of names that columns of each role often have, the most telling first
    "user": ("user", "listener"),
    "item": ("item", "artist", "song", "track"),
}
_COUNTS = frozenset(("plays", "playcount", "playcounts", "count", "counts", "listens", "scrobbles", "weight", "rating"))


def taken(plays: PlaysLike) -> Interactions:
    """Take plays as they are, or read them from a table with the columns that our own tables have.

    Raises
    ------
    DataError
        If it is anything else; the message says what to call.
    """
    if isinstance(plays, Interactions):
        return plays
    read: Interactions = import_module(_TABLES).as_plays(plays)
    return read


def what_to_call(plays: Any) -> str:
    """Say how to make plays of something else."""
    kind = type(plays).__name__  # as a table of it is called, without an article
    if hasattr(plays, "tocsr"):
        return (
            f"The plays are a SciPy matrix ({kind}), which has no ids. Pass "
            "Interactions.from_csr(matrix, user_ids, item_ids), with one id for every row and every column."
        )
    if isinstance(plays, str) or hasattr(plays, "__fspath__"):
        return (
            f"The plays are the name of a file, {shown(str(plays))}. Read it first: "
            "read_plays(path, user=..., item=..., plays=...), or Interactions.load(path)."
        )
    if call := call_for_rows(plays):  # first: a LazyFrame warns when its columns are asked for
        return f"The plays are {kind_of(plays)}, which holds no rows yet. Pass the table that plays.{call}() makes."
    if advice := advice_for_column(plays):
        return f"The plays are {kind_of(plays)}: {advice}"
    names = [str(name) for name in getattr(plays, "column_names", getattr(plays, "columns", ()))]
    if hasattr(plays, "__arrow_c_stream__") and names:
        more = " …" if len(names) > _MOST_COLUMNS else ""
        return (
            f"The plays are a table ({kind}) with the columns {', '.join(names[:_MOST_COLUMNS])}{more}. Say what "
            f"they are: read_plays(table, {_roles(names)})."
        )
    return (
        f"The plays are {kind_of(plays)}. Pass Interactions, such as read_plays(table, user=..., item=..., plays=...) "
        "makes of a table or a file."
    )


def named_as_plays(names: Iterable[str]) -> list[str]:
    """Those of the names of columns that have a word by which play counts often go, such as play_count."""
    return [name for name in names if _COUNTS & set(re.split("[^a-z]+", name.lower()))]


def _roles(names: list[str]) -> str:
    """Arguments of `read_plays`: for each role the first column that is named as such columns often are, or dots."""
    roles = [f"{role}={_usual(names, parts)}" for role, parts in _USUAL.items()]
    return ", ".join([*roles, *(f"plays={shown(name)}" for name in named_as_plays(names)[:1])])


def _usual(names: list[str], parts: tuple[str, ...]) -> str:
    found = (name for part in parts for name in names if part in name.lower())
    return next((shown(name) for name in found), "...")
