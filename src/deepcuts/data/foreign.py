"""What is given where plays are wanted, and is something else: a sentence that says what to call."""

from __future__ import annotations

from typing import Any

from deepcuts.checks import kind_of, shown
from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError

_MOST_COLUMNS = 12
_COMPUTING = ("toArrow", "collect", "compute")  # of tables of Spark, polars and Dask that are still to be computed
_USUAL = {  # parts of names that columns of each role often have, the most telling first
    "user": ("user", "listener"),
    "item": ("item", "artist", "song", "track"),
    "plays": ("plays", "playcount", "count", "listens", "weight"),
}


def check_interactions(plays: Any) -> None:
    """Refuse what is not `Interactions`.

    Raises
    ------
    DataError
        With what to call.
    """
    if not isinstance(plays, Interactions):
        raise DataError(what_to_call(plays))


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
    computing = [call for call in _COMPUTING if hasattr(plays, call) and not hasattr(plays, "__arrow_c_stream__")]
    if computing:  # first: a LazyFrame warns when its columns are asked for
        made = f"plays.{computing[0]}()"
        return f"The plays are {kind_of(plays)}, which holds no rows yet. Pass the table that {made} makes."
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


def _roles(names: list[str]) -> str:
    """Arguments of `read_plays`: for each role the first column that is named as such columns often are, or dots."""
    return ", ".join(f"{role}={_usual(names, parts)}" for role, parts in _USUAL.items())


def _usual(names: list[str], parts: tuple[str, ...]) -> str:
    found = (name for part in parts for name in names if part in name.lower())
    return next((shown(name) for name in found), "...")
