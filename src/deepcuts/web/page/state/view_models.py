"""What a visitor sees of a visit: rows of the list, cards of personas."""

from __future__ import annotations

from dataclasses import dataclass

from deepcuts.web.page.state.persona_options import Wish


@dataclass(frozen=True)
class Row:
    """One row of the list; `reasons` are the visitor's own artists that speak for it, and their shares."""

    rank: int
    item_id: str
    name: str
    persona: int
    listeners: int
    kept: bool
    reasons: list[tuple[str, float]]


@dataclass(frozen=True)
class Listed:
    """The list, and how widely known its artists are: their mean listeners, and mean novelty in bits."""

    rows: list[Row]
    mean_listeners: float
    novelty: float


@dataclass(frozen=True)
class Card:
    """One persona; `number` is its place, and `artists` those that made it, the most played first."""

    number: int
    name: str
    share: float
    artists: list[str]
    n_artists: int
    wish: Wish
