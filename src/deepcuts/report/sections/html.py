"""The few pieces that a page is made of; every text from outside goes through `text`."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from deepcuts.report.facts import Difference, Estimate


def text(value: object) -> str:
    """Return a text from outside as HTML: nothing in it is markup, nor reverses the text around it."""
    return f"<bdi>{plain(value)}</bdi>"


def plain(value: object) -> str:
    """Return a text from outside for where no element may stand, such as an attribute or the title."""
    shown = "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cs") else c for c in str(value))
    return escape(shown, quote=True)


def embedded_json(value: Any) -> str:
    """Return JSON that cannot end the element it stands in."""
    found = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return found.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def number(value: float, beside: float = 0.0) -> str:
    """Return a figure with as many digits as it deserves; a dash where it is undefined.

    Parameters
    ----------
    value
        The figure.
    beside
        The largest of its column, which has the digits that all of them get; 0 for a figure on its own.
    """
    if not math.isfinite(value):
        return "–"
    size = abs(beside) or abs(value)
    # About four significant ones.
    digits = 0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 10 else 3 if size >= 0.1 else 4
    return f"{value:,.{digits}f}".replace("-", "−")


def estimates(column: Sequence[Estimate]) -> list[str]:
    """Return means with their intervals below them, with equal digits."""
    most = _largest(one.mean for one in column)
    return [_estimate(one, most) for one in column]


def with_spreads(cells: Sequence[str], spreads: Sequence[float]) -> list[str]:
    """Add to each cell the standard deviation over seeds, where there is one."""
    return [
        f"{cell}<small>± {number(spread) if spread else 0}</small>" if math.isfinite(spread) else cell
        for cell, spread in zip(cells, spreads, strict=True)
    ]


def _estimate(value: Estimate, beside: float) -> str:
    shown = number(value.mean, beside)
    if not math.isfinite(value.low):
        return shown
    return f"{shown}<small>{number(value.low, beside)} to {number(value.high, beside)}</small>"


def differences(column: Sequence[Difference]) -> list[str]:
    """Return differences with their intervals and p values below them, with equal digits."""
    most = _largest(one.difference for one in column)
    most = most if most >= 10 else min(most, 0.05)  # one rival far behind must not blur the others
    return [_difference(one, most) for one in column]


def _difference(value: Difference, beside: float) -> str:
    if not math.isfinite(value.difference):
        return "–"
    sign = "+" if value.difference > 0 else ""
    p = "p &lt; .001" if value.p_value < 0.001 else f"p = {value.p_value:.3f}".replace("0.", ".", 1)
    bounds = f"{number(value.low, beside)} to {number(value.high, beside)}"
    return f"{sign}{number(value.difference, beside)}<small>{bounds}</small><small>{p}</small>"


def _largest(values: Iterable[float]) -> float:
    return max((abs(value) for value in values if math.isfinite(value)), default=0.0)


def rows_of(heads: Sequence[str], columns: Sequence[Sequence[str]]) -> list[list[str]]:
    """Turn columns of cells into rows, each with its head in front."""
    return [[head, *cells] for head, cells in zip(heads, zip(*columns, strict=True), strict=True)]


def table(header: Sequence[str], rows: Iterable[Sequence[str]], caption: str, kind: str = "") -> str:
    """Return a table that scrolls within itself where the window is narrow; cells are HTML."""
    head = "".join(f'<th scope="col">{cell}</th>' for cell in header)
    body = "\n".join(
        "<tr>" + f'<th scope="row">{row[0]}</th>' + "".join(f"<td>{cell}</td>" for cell in row[1:]) + "</tr>"
        for row in rows
    )
    attribute = f' class="{kind}"' if kind else ""
    above = f'<p class="caption">{caption}</p>' if caption else ""  # a caption would be as wide as the table
    return (
        f'{above}<div class="scroll" role="group" aria-label="Table" tabindex="0"><table{attribute}>'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def marked(cell: str) -> str:
    """Mark a cell as the best of its row, for those who see it and for those who hear it."""
    return f'<strong class="best">{cell}<span class="hidden"> best</span></strong>'


def seconds(value: float) -> str:
    """Return a time with its unit."""
    return (
        f"{value * 1e3:,.0f}&nbsp;ms"
        if value < 1
        else f"{value:,.1f}&nbsp;s"
        if value < 100
        else f"{value:,.0f}&nbsp;s"
    )


def figure(title: str, svg: str, caption: str) -> str:
    """Return a plot with its title, and how to read it."""
    return f"<figure><h3>{title}</h3>{svg}<figcaption>{caption}</figcaption></figure>"


def figures(parts: Sequence[str]) -> str:
    """Set figures beside each other where there is room: three, or two a row."""
    kind = "figures three" if len(parts) == 3 else "figures"
    return f'<div class="{kind}">{"".join(parts)}</div>'


def percent(share: float, digits: int = 0) -> str:
    """Return a share as a percentage."""
    return f"{share:.{digits}%}".replace("%", "&nbsp;%")


def section(key: str, title: str, parts: Sequence[str]) -> str:
    """Return a section that the links at the top lead to."""
    return f'<section id="{key}"><h2>{title}</h2>\n' + "\n".join(parts) + "\n</section>"


def details(summary: str, content: str) -> str:
    """Return content that opens when it is asked for."""
    return f"<details><summary>{summary}</summary>{content}</details>"
