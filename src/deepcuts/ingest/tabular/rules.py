"""The conditions of a good row, in SQL: what ids, play counts and times are, and why a row is bad."""

from __future__ import annotations

from collections.abc import Mapping

from deepcuts.data.id_twins import BLANKS
from deepcuts.ingest.tabular.database import quoted
from deepcuts.ingest.tabular.moments import latest_moment
from deepcuts.ingest.tabular.numbers import NumberForm, number_shape, number_sql, plain_digits
from deepcuts.ingest.tabular.scan import TEXTS, Cell, Scan

ROLES = ("user", "item", "plays", "time")
# Soft hyphens, zero-width blanks and joiners, marks of direction, byte-order marks, selectors of variants.
INVISIBLE = (
    r"\x{00AD}\x{034F}\x{061C}\x{180E}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{2066}-\x{206F}"
    r"\x{FE00}-\x{FE0F}\x{FEFF}"
)

# Sums of up to a hundred million of these stay within float32, and none is rounded to 0.
_LEAST_PLAYS, _MOST_PLAYS = "1e-30", "1e30"
# What cells of these roles say, in columns of their own: DuckDB plans every copy of an expression anew.
_WRITTEN = {"plays": "deepcuts_plays_written", "time": "deepcuts_time_written"}
_BITS = {"FLOAT": 24, "DOUBLE": 53}  # of the significand: whole numbers of more bits are rounded
_END_OF_TIME = 253_402_300_799  # the last second of the year 9999; larger numbers are milliseconds


def good_rows(scan: Scan) -> str:
    """SELECT of user_id, item_id, plays and played_at of every row; where the row is bad, both ids are null.

    `shape` is that of the number of plays where this is text, else null (`deepcuts.ingest.tabular.numbers`).
    """
    return f"""
        SELECT CASE WHEN is_good THEN user_id END AS user_id, CASE WHEN is_good THEN item_id END AS item_id,
               plays, played_at, {_shape(scan)} AS shape
        FROM (SELECT *, {_is_good(scan)} AS is_good FROM ({_values(scan)}))"""


def bad_rows(scan: Scan) -> str:
    """SELECT of file, row and reason of every bad row, of its cells as text, and of lines that could not be split."""
    cells = ", ".join(f"{_text(scan.cells.get(role))} AS {role}_text" for role in ROLES)
    return f"""
        SELECT {scan.file} AS file, {scan.row} AS row, {_reason(scan)} AS reason, {cells}, {scan.line} AS line
        FROM ({_values(scan)}) WHERE NOT coalesce({_is_good(scan)}, false)"""


def without_blanks(text: str) -> str:
    """SQL of a text without blanks around it, by Unicode's notion of a blank."""
    # Few texts need the slow search: CASE, unlike OR, makes it for those alone.
    return f"""(CASE WHEN {_begins_plain(text)} AND {_begins_plain(f"right({text}, 1)")} THEN {text}
                     ELSE trim({text}, {quoted(BLANKS)}) END)"""


def spelt_once(text: str) -> str:
    """SQL of a text in the one spelling of what looks alike: composed, without invisible marks, blanks single."""
    seen = f"regexp_replace(nfc_normalize({text}), '[{INVISIBLE}]', '', 'g')"
    return f"nullif(trim(regexp_replace({seen}, '[{quoted(BLANKS)[1:-1]}]+', ' ', 'g')), '')"


def _is_good(scan: Scan) -> str:
    """SQL of whether a row of `_values` is good: true, or else false or null, where a cell could not be cast."""
    good = [f"{scan.problem} IS NULL"]
    for name in ("user", "item"):
        good += [_is_given(f"{name}_id"), f"NOT {_has_nul(f'{name}_id', scan.cells[name])}"]
    if "plays" in scan.cells:  # refuses NaN too, which DuckDB orders last
        good.append(f"{_size(scan)} BETWEEN {_LEAST_PLAYS} AND {_MOST_PLAYS}")
    if "time" in scan.cells:
        good.append(f"played_at BETWEEN -{_END_OF_TIME} AND {latest_moment()}")
    return " AND ".join(good)


def _reason(scan: Scan) -> str:
    """SQL of why a row of `_values` is bad, of one that is."""
    cells = scan.cells
    reasons = [scan.problem, _id_reason("user", cells["user"]), _id_reason("item", cells["item"])]
    if "plays" in cells:
        reasons.append(_plays_reason(cells["plays"], _size(scan)))
    if "time" in cells:
        reasons.append(_time_reason(cells["time"]))
    return f"coalesce({', '.join(reasons)})"


def _values(scan: Scan) -> str:
    """SELECT of all rows, with the values of their cells: null for those that cannot be cast."""
    cells = scan.cells
    written = [f", {_written(cells[role])} AS {name}" for role, name in _WRITTEN.items() if _is_text(cells, role)]
    plays = _number(cells["plays"], scan.numbers) if "plays" in cells else "1.0::DOUBLE"
    played_at = _seconds(cells["time"], scan.date_order) if "time" in cells else "NULL::BIGINT"
    return f"""
        SELECT *, {_id(cells["user"])} AS user_id, {_id(cells["item"])} AS item_id,
               {plays} AS plays, {played_at} AS played_at
        FROM (SELECT *{"".join(written)} FROM {scan.source})"""


def _shape(scan: Scan) -> str:
    return number_shape(_WRITTEN["plays"]) if _is_text(scan.cells, "plays") else "NULL::VARCHAR"


def _is_text(cells: Mapping[str, Cell], role: str) -> bool:
    """Whether a column that is asked for holds text."""
    return role in cells and cells[role].family in TEXTS


def _written(cell: Cell) -> str:
    """SQL of what a cell says, in digits of ASCII and without blanks around it."""
    return f"trim({plain_digits(_text(cell))})"


def _text(cell: Cell | None) -> str:
    if cell is None:
        return "NULL::VARCHAR"
    return f"({cell.sql} ->> '$')" if cell.type == "JSON" else f"{cell.sql}::VARCHAR"


def _id(cell: Cell) -> str:
    """SQL of an id as text, by the rule of `deepcuts.data.id_text`; null for what is no id."""
    if cell.type == "JSON":
        text = _text(cell)
        return f"""CASE WHEN json_type({cell.sql}) = 'VARCHAR' THEN {text}
                        WHEN {text} = '-0' THEN '0'
                        WHEN regexp_full_match({text}, '-?[0-9]+') THEN {text}
                        WHEN json_type({cell.sql}) = 'DOUBLE' THEN {_exact(f"TRY_CAST({text} AS DOUBLE)")} END"""
    if cell.family == "BLOB":
        return f"TRY(decode({cell.sql}))"
    if cell.family == "DECIMAL" and not cell.is_whole:
        digits = rf"regexp_replace({cell.sql}::VARCHAR, '^(-?)\.', '\10.')"  # DuckDB may leave out the 0 before it
        return f"rtrim(rtrim({digits}, '0'), '.')"
    return _exact(cell.sql, _BITS[cell.family]) if cell.family in _BITS else _text(cell)


def _exact(number: str, bits: int = 53) -> str:
    """SQL of the digits of a whole float that stands for one number alone; null for others."""
    return f"""CASE WHEN {number} = trunc({number}) AND abs({number}) < {1 << bits}
                    THEN TRY_CAST({number} AS BIGINT)::VARCHAR END"""


def _number(cell: Cell, form: NumberForm) -> str:
    return f"{cell.sql}::DOUBLE" if cell.is_number else number_sql(_WRITTEN["plays"], form)


def _seconds(cell: Cell, order: str | None) -> str:
    """Seconds since 1970 of numbers, timestamps or text that holds either; a zone that is not named is UTC.

    Numbers of eight digits that are a date are that date.
    """
    if cell.is_number:
        digits = f"date_of_digits({cell.sql}::VARCHAR)"
        return f"coalesce({digits}, {_whole(f'{cell.sql}::DOUBLE')})"
    if cell.family.startswith(("DATE", "TIMESTAMP")):
        return _whole(f"epoch({cell.sql}::TIMESTAMPTZ)")
    text = _WRITTEN["time"]
    number = _whole(f"TRY_CAST({text} AS DOUBLE)")
    other = f"CASE WHEN {text} IS NOT NULL THEN seconds_of({text}, {'NULL' if order is None else quoted(order)}) END"
    return f"coalesce(date_of_digits({text}), {number}, {other})"


def _whole(number: str) -> str:
    return f"TRY_CAST(floor({number}) AS BIGINT)"


def _is_given(name: str) -> str:
    """SQL of whether an id is not null and not blank."""
    return f"(CASE WHEN {_begins_plain(name)} THEN true ELSE {without_blanks(name)} <> '' END)"


def _begins_plain(text: str) -> str:
    """SQL of whether the first character of a text is one of ASCII and no blank."""
    return f"({text} BETWEEN '!' AND '~')"


def _has_nul(name: str, cell: Cell) -> str:
    """SQL of whether an id holds a NUL character, as only text can."""
    return f"contains({name}, chr(0))" if cell.family in {"VARCHAR", "ENUM", "JSON", "BLOB"} else "false"


def _id_reason(role: str, cell: Cell) -> str:
    missing = f"isnan({cell.sql})" if cell.family in _BITS else "false"
    other = f"'{role} is neither text nor a number'"
    if cell.type == "JSON":
        other = f"CASE WHEN json_type({cell.sql}) = 'DOUBLE' THEN {_inexact(role)} ELSE {other} END"
    elif cell.family in _BITS:
        other = _inexact(role)
    elif cell.family == "BLOB":
        other = f"'{role} is not UTF-8 text'"
    return f"""CASE WHEN coalesce({without_blanks(f"coalesce({role}_id, {_text(cell)})")}, '') = '' OR {missing}
                    THEN '{role} is empty'
                    WHEN {_has_nul(f"{role}_id", cell)} THEN '{role} holds a NUL character'
                    WHEN {role}_id IS NULL THEN {other} END"""


def _inexact(role: str) -> str:
    return f"'{role} is a fraction, or a floating-point number too large to stand for one number'"


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
                    WHEN played_at BETWEEN 0 AND {_END_OF_TIME} THEN 'time is in the future'
                    ELSE 'time is after the year 9999, as milliseconds would be; give seconds' END"""
