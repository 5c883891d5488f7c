"""Small tables of HTML for notebooks, readable on light and dark grounds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

_BOLD = re.compile(r"\*\*([\d.,−–-]+)\*\*")
_TITLE = "font: 600 14px system-ui, sans-serif; margin: 0 0 2px"
_TEXT = "font: 13px system-ui, sans-serif; opacity: .75; margin: 0 0 6px"
_TABLE = (
    "border-collapse: collapse; font: 13px system-ui, sans-serif; font-variant-numeric: tabular-nums; margin: 4px 0"
)
_HEAD = "padding: 3px 10px 3px 0; font-weight: 600; border-bottom: 1px solid currentColor"
_LONGEST = 80  # characters of a cell
_CELL = "padding: 2px 10px 2px 0"


def html_page(title: str, text: str, *parts: str) -> str:
    """Return a title, a line of text and tables below.

    Parameters
    ----------
    title, text
        Plain text.
    parts
        HTML.
    """
    shown = [part for part in parts if part]
    head = f'<p style="{_TITLE}">{escape(title)}</p><p style="{_TEXT}">{escape(text)}</p>'
    return f'<div class="deepcuts">{head}{"".join(shown)}</div>'


def html_table(header: Sequence[str], rows: Iterable[Sequence[str]], note: str = "") -> str:
    """Return a table: the first column is text at the left, the others are at the right.

    Parameters
    ----------
    header
        Titles of the columns.
    rows
        Their cells, plain text, of which numbers between ``**`` are bold.
    note
        A line below.
    """
    head = "".join(_cell("th", title, _HEAD, number) for number, title in enumerate(header))
    body = "".join(
        "<tr>" + "".join(_cell("td", cell, _CELL, number) for number, cell in enumerate(row)) + "</tr>" for row in rows
    )
    below = f'<p style="{_TEXT}">{escape(note)}</p>' if note else ""
    return f'<table style="{_TABLE}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{below}'


def _cell(tag: str, text: str, style: str, number: int) -> str:
    align = "left" if number == 0 else "right"
    cut = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"  # a name of any length would hide the others
    shown = _BOLD.sub(r"<b>\1</b>", escape(cut))
    return f'<{tag} style="{style}; text-align: {align}; background: none">{shown}</{tag}>'
