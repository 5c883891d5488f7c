"""The conditions of a good row, in SQL: what ids, play counts and times are, and why a row is bad."""

from __future__ import annotations

from deepcuts.ingest.tabular.database import quoted
from deepcuts.ingest.tabular.scan import Cell, Scan

ROLES = ("user", "item", "plays", "time")
BLANKS = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())

# Sums of up to a hundred million of these stay within float32, and none is rounded to 0.
_LEAST_PLAYS, _MOST_PLAYS = "1e-30", "1e30"
_END_OF_TIME = 253_402_300_799  # the last second of the year 9999; larger numbers are milliseconds


def good_rows(scan: Scan) -> str:
    """SELECT of user_id, item_id, plays and played_at of every row; where the row is bad, both ids are null."""
    return f"""
        SELECT CASE WHEN reason IS NULL THEN user_id END AS user_id,
               CASE WHEN reason IS NULL THEN item_id END AS item_id, plays, played_at
        FROM ({_checked(scan)})"""


def bad_rows(scan: Scan) -> str:
    """SELECT of file, row and reason of every bad row, of its cells as text, and of lines that could not be split."""
    cells = ", ".join(f"{_text(scan.cells.get(role))} AS {role}_text" for role in ROLES)
    return f"""
        SELECT {scan.file} AS file, {scan.row} AS row, reason, {cells}, {scan.line} AS line
        FROM ({_checked(scan)}) WHERE reason IS NOT NULL"""


def without_blanks(text: str) -> str:
    """SQL of a text without blanks around it, by Unicode's notion of a blank."""
    return f"trim({text}, {quoted(BLANKS)})"


def _checked(scan: Scan) -> str:
    """SELECT of all rows, with the values of their cells and the reason why a row is bad, null where it is good."""
    cells = scan.cells
    # A condition may be null, where a cell could not be cast: CASE then takes its ELSE, as for false. Good rows stop at
    # the first branch, so the slow reasons are found for bad rows only.
    good = [f"{scan.problem} IS NULL", _is_given("user_id"), _is_given("item_id")]
    reasons = [scan.problem, _id_reason("user", cells["user"]), _id_reason("item", cells["item"])]
    plays, played_at = "1.0::DOUBLE", "NULL::BIGINT"
    if "plays" in cells:
        plays = _number(cells["plays"])
        # Refuses NaN too, which DuckDB orders last.
        good.append(f"{_size(scan)} BETWEEN {_LEAST_PLAYS} AND {_MOST_PLAYS}")
        reasons.append(_plays_reason(cells["plays"], _size(scan)))
    if "time" in cells:
        played_at = _seconds(cells["time"])
        good.append(f"played_at BETWEEN -{_END_OF_TIME} AND {_END_OF_TIME}")
        reasons.append(_time_reason(cells["time"]))
    return f"""
        SELECT *, CASE WHEN {" AND ".join(good)} THEN NULL ELSE coalesce({", ".join(reasons)}) END AS reason
        FROM (SELECT *, {_id(cells["user"])} AS user_id, {_id(cells["item"])} AS item_id,
                     {plays} AS plays, {played_at} AS played_at FROM {scan.source})"""


def _text(cell: Cell | None) -> str:
    if cell is None:
        return "NULL::VARCHAR"
    return f"({cell.sql} ->> '$')" if cell.type == "JSON" else f"{cell.sql}::VARCHAR"


def _id(cell: Cell) -> str:
    """Text as it is, numbers in decimal, whole ones without a point; null for anything else."""
    if cell.type == "JSON":
        return f"""CASE WHEN json_type({cell.sql}) IN ('VARCHAR', 'BIGINT', 'UBIGINT') THEN {_text(cell)}
                        WHEN json_type({cell.sql}) = 'DOUBLE' THEN {_decimal(f"{_text(cell)}::DOUBLE")} END"""
    return _decimal(f"{cell.sql}::DOUBLE") if cell.is_number and not cell.is_whole else _text(cell)


def _decimal(number: str) -> str:
    # Whole doubles below 1e18 fit a BIGINT, whose text has no point and no exponent.
    return f"""CASE WHEN {number} = trunc({number}) AND abs({number}) < 1e18 THEN TRY_CAST({number} AS BIGINT)::VARCHAR
                    WHEN isfinite({number}) THEN {number}::VARCHAR END"""


def _number(cell: Cell) -> str:
    return f"{cell.sql}::DOUBLE" if cell.is_number else f"TRY_CAST({_text(cell)} AS DOUBLE)"


def _seconds(cell: Cell) -> str:
    """Seconds since 1970 of numbers, timestamps or text that holds either; a zone that is not named is UTC."""
    if cell.is_number:
        return _whole(f"{cell.sql}::DOUBLE")
    if cell.family.startswith(("DATE", "TIMESTAMP")):
        return _whole(f"epoch({cell.sql}::TIMESTAMPTZ)")
    return f"coalesce({_whole(_number(cell))}, {_whole(f'epoch(TRY_CAST({_text(cell)} AS TIMESTAMPTZ))')})"


def _whole(number: str) -> str:
    return f"TRY_CAST(floor({number}) AS BIGINT)"


def _is_given(name: str) -> str:
    """SQL of whether an id is not null and not blank; only few ids need the slow search for Unicode blanks."""
    # Between these, the first character is no blank.
    return f"(({name} BETWEEN '!' AND '~') OR {without_blanks(name)} <> '')"


def _id_reason(role: str, cell: Cell) -> str:
    return f"""CASE WHEN coalesce({without_blanks(_text(cell))}, '') = '' THEN '{role} is empty'
                    WHEN {role}_id IS NULL THEN '{role} is neither text nor a number' END"""


def _size(scan: Scan) -> str:
    """SQL of what has to be above 0: the play count, or its size where a count below 0 is a dislike."""
    return "abs(plays)" if scan.dislikes else "plays"


def _plays_reason(cell: Cell, size: str) -> str:
    return f"""CASE WHEN coalesce({without_blanks(_text(cell))}, '') = '' THEN 'plays are missing'
                    WHEN plays IS NULL THEN 'plays are not a number'
                    WHEN isnan(plays) THEN 'plays are NaN'
                    WHEN isinf(plays) THEN 'plays are infinite'
                    WHEN plays = 0 THEN 'plays are zero'
                    WHEN {size} < 0 THEN 'plays are negative'
                    WHEN {size} NOT BETWEEN {_LEAST_PLAYS} AND {_MOST_PLAYS}
                    THEN 'plays are outside {_LEAST_PLAYS} to {_MOST_PLAYS}' END"""


def _time_reason(cell: Cell) -> str:
    return f"""CASE WHEN coalesce({without_blanks(_text(cell))}, '') = '' THEN 'time is missing'
                    WHEN played_at IS NULL THEN 'time is neither a timestamp nor seconds since 1970'
                    ELSE 'time is after the year 9999, as milliseconds would be; give seconds' END"""
