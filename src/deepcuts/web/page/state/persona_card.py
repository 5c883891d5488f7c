"""A picture of a visitor's tastes to share: names, shares and artists of the personas, and some deep cuts."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from unicodedata import east_asian_width
from xml.sax.saxutils import escape

from deepcuts.web.page.state.view_models import ListRow, PersonaCard, card_titles

WIDTH = 1080  # pixels of the picture
_MARGIN = 72
_MOST_PERSONAS, _MOST_CUTS = 6, 6
_COLOURS = ("#0072b2", "#c9550a", "#008863", "#b0558a", "#9a6a00", "#2f86b8", "#77700a", "#555555")
_PAPER, _INK, _MUTED, _ACCENT = "#f5f1e9", "#211c16", "#6b6257", "#a8431b"
_FONT = "Roboto, 'Helvetica Neue', Arial, sans-serif"
_GAP = 6  # between the parts of the bar
# Width of a letter over the size of its font: no narrower than in the widest of the fonts that a browser may take, as
# a picture cannot bring one along.
_LETTER, _BOLD_LETTER, _SQUARE = 0.6, 0.68, 1.0
_CAPITAL, _WIDEST = 1.25, 1.65  # of that width
_BOLD = 700
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what no XML document may hold
_PERSONA_HEIGHT, _CUT_HEIGHT = 132, 50


def persona_card(cards: Sequence[PersonaCard], rows: Sequence[ListRow]) -> str:
    """Draw the picture as SVG, which holds no script, no link and nothing from elsewhere.

    Parameters
    ----------
    cards
        The personas; the six largest are drawn.
    rows
        The list; its six artists with the fewest listeners are told, those first.
    """
    drawn = list(zip(cards, card_titles(cards), strict=True))[:_MOST_PERSONAS]
    cuts = sorted(rows, key=lambda row: (row.listeners, row.rank))[:_MOST_CUTS]
    top = 300
    parts = [*_head(cards)]
    for number, (card, title) in enumerate(drawn):
        parts += _persona(card, title, top + number * _PERSONA_HEIGHT)
    below = top + len(drawn) * _PERSONA_HEIGHT + 34
    if cuts:
        parts.append(_text("Deep cuts for me", _MARGIN, below, 30, _ACCENT, weight=700))
        parts += [line for number, row in enumerate(cuts) for line in _cut(row, below + 52 + number * _CUT_HEIGHT)]
    height = below + (52 + len(cuts) * _CUT_HEIGHT if cuts else 0) + 30
    title = escape(_clean("My tastes: " + ", ".join(title for _, title in drawn)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img"><title>{title}</title><rect width="{WIDTH}" height="{height}" fill="{_PAPER}"/>'
        f"{''.join(parts)}</svg>"
    )


def _head(cards: Sequence[PersonaCard]) -> list[str]:
    """The name of the page, and the shares as one bar."""
    disc = (
        f'<circle cx="{_MARGIN + 24}" cy="92" r="24" fill="{_INK}"/><circle cx="{_MARGIN + 24}" cy="92" r="10" '
        f'fill="{_ACCENT}"/><circle cx="{_MARGIN + 24}" cy="92" r="2.5" fill="{_PAPER}"/>'
    )
    parts = [disc, _text("deepcuts", _MARGIN + 64, 104, 38, _INK, weight=900)]
    parts.append(_text("My tastes", _MARGIN, 200, 64, _INK, weight=300))
    total, left = sum(card.share for card in cards) or 1.0, float(_MARGIN)
    for card in cards:
        width = (WIDTH - 2 * _MARGIN + _GAP) * card.share / total
        shown = max(1.0, width - _GAP)
        parts.append(
            f'<rect x="{left:.1f}" y="228" width="{shown:.1f}" height="16" rx="8" fill="{_colour(card.number)}"/>'
        )
        left += width
    return parts


def _persona(card: PersonaCard, title: str, top: int) -> list[str]:
    """One persona: letter, name, share and artists."""
    return [
        f'<circle cx="{_MARGIN + 26}" cy="{top + 26}" r="26" fill="{_colour(card.number)}"/>',
        _text(chr(65 + card.number % 26), _MARGIN + 26, top + 35, 25, "#ffffff", weight=700, anchor="middle"),
        _text(_cut_off(title, 760, 36, _BOLD_LETTER), _MARGIN + 76, top + 38, 36, _INK, weight=_BOLD),
        _text(percent(card.share), WIDTH - _MARGIN, top + 38, 36, _INK, weight=300, anchor="end"),
        _text(_cut_off(", ".join(card.artists), 850, 25), _MARGIN + 76, top + 80, 25, _MUTED),
    ]


def percent(share: float) -> str:
    """Return a share in whole percent, rounded as the page does, which is half up."""
    return f"{math.floor(100 * share + 0.5)}\u00a0%"


def _cut(row: ListRow, y: int) -> list[str]:
    listeners = f"{row.listeners:,} listener{'' if row.listeners == 1 else 's'}"
    return [
        _text(_cut_off(row.name, 690, 29), _MARGIN, y, 29, _INK),
        _text(listeners, WIDTH - _MARGIN, y, 24, _MUTED, anchor="end"),
    ]


def _text(text: str, x: int, y: int, size: int, colour: str, *, weight: int = 400, anchor: str = "start") -> str:
    return (
        f'<text x="{x}" y="{y}" font-family="{_FONT}" font-size="{size}" font-weight="{weight}" fill="{colour}" '
        f'text-anchor="{anchor}">{escape(_clean(text))}</text>'
    )


def _cut_off(text: str, width: int, size: int, letter: float = _LETTER) -> str:
    """Shorten a text so that it is no wider than there is room, in pixels, as letters are wide on average."""
    ends = list(accumulate(size * _width(one, letter) for one in text))
    if not ends or ends[-1] <= width:
        return text
    most = bisect_right(ends, width - size * letter)  # leaves room for the mark
    return text[:most].rstrip(" ,") + "…"


def _width(one: str, letter: float) -> float:
    """Width of a letter over the size of its font, where most have the width `letter`."""
    if east_asian_width(one) in "WF":
        return _SQUARE
    return letter * (_WIDEST if one in "MWmw@%" else _CAPITAL if one.isupper() else 1.0)


def _clean(text: str) -> str:
    return _NO_XML.sub("", text)


def _colour(persona: int) -> str:
    return _COLOURS[persona % len(_COLOURS)]
