"""Output: results on stdout, everything else on stderr, and control characters only as escapes."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from deepcuts.errors import shortened

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.console import Console
    from rich.table import Table

_MOST_BYTES = 1_800  # of a line that is said
_LONGEST_CELL = 200  # characters; the whole text is in what --json and files hold
_PIPED_WIDTH = 120  # what reads a pipe cuts lines itself

_FORMATS = {"share": "{:.1%}", "plays": "{:,.0f}"}


def printable(text: str) -> str:
    """Replace the characters of a text that control a terminal by their escapes."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def cell_text(text: str) -> str:
    """Make a name, or another text from outside, fit for a cell: printable, and cut where it would fill the screen."""
    return printable(text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 1]}…")


def stdout() -> Console:
    """Return where results go."""
    return _console(sys.stdout.isatty(), stderr=False)


def stderr() -> Console:
    """Return where remarks, progress, warnings and errors go."""
    return _console(sys.stderr.isatty(), stderr=True)


def _console(is_terminal: bool, *, stderr: bool) -> Console:
    from rich.console import Console

    width = None if is_terminal or "COLUMNS" in os.environ else _PIPED_WIDTH
    return Console(stderr=stderr, width=width, highlight=False, markup=False, emoji=False)


def say_line(text: str, style: str = "", label: str = "") -> None:
    """Print a line of plain text to stderr, with a coloured label in front, such as "Error: "."""
    from rich.text import Text

    console = stderr()
    # A name from outside must not move the cursor or set the title of the window.
    safe = shortened("\n".join(map(printable, text.splitlines())), _MOST_BYTES)
    console.print(Text.assemble((label, style), safe), soft_wrap=not console.is_terminal)


def show_json(value: Any) -> None:
    """Print a value to stdout as JSON, in ASCII, so that no locale can spoil it."""
    print(json.dumps(value, indent=2), flush=True)  # also where the command goes on, as a service does


def show_table(table: pa.Table, title: str, *, as_json: bool) -> None:
    """Print an Arrow table to stdout: for people, or its rows as JSON."""
    if as_json:
        show_json(table.to_pylist())
        return
    shown = ruled_table(title)
    for name, column in zip(table.column_names, table.columns, strict=True):
        is_text = str(column.type) == "string"
        shown.add_column(name.removesuffix("_id"), justify="left" if is_text else "right", overflow="fold")
    for row in table.to_pylist():
        shown.add_row(*(_cell(name, value) for name, value in row.items()))
    print_table(shown)


def print_table(table: Table) -> None:
    """Print a table to stdout, and a blank line after it; where it is too wide, text is folded, and no number is.

    The title may be wider than the table.
    """
    console = stdout()
    if table.title is not None:
        console.print(table.title, style="bold")
        table.title = None
    for column in table.columns:
        if column.justify == "right":  # else digits would be cut off
            cells = (column.header, *column.cells)
            column.no_wrap, column.min_width = True, max(console.measure(cell).maximum for cell in cells)
    console.print(table)
    console.print()


def ruled_table(title: str) -> Table:
    """Return an empty table with a title and a line under its header."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    return Table(
        title=Text(printable(title)),
        title_style="bold",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        collapse_padding=True,
    )


def _cell(name: str, value: str | float | None) -> str:
    if isinstance(value, str):
        return cell_text(value)
    if value is None:
        return "–"
    return _FORMATS.get(name, "{:,}" if isinstance(value, int) else "{:.4f}").format(value)
