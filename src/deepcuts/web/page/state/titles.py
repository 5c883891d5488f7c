"""Short names of personas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from deepcuts.web.page.state.view_models import Card


def titles_of(cards: Sequence[Card]) -> list[str]:
    """Return short names: those that were given, or else the tags found; with artists too where tags agree."""
    short = [card.wish.name or card.name.partition(" · ")[0] for card in cards]
    counted = Counter(short)
    return [title if counted[title] == 1 else card.name for title, card in zip(short, cards, strict=True)]
