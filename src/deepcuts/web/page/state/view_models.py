"""What a visitor sees of a visit: cards of the personas, rows of the list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from deepcuts.data.popularity import item_novelties
from deepcuts.model.state import VISITOR
from deepcuts.recommendation import ListSettings, recommend
from deepcuts.recommendation.guesses import Doubt, doubt_of
from deepcuts.recommendation.turned_personas import leans_of_user
from deepcuts.web.page.state.own_artists import MOST_ARTISTS
from deepcuts.web.page.state.persona_options import PersonaOptions
from deepcuts.web.page.state.rare_items import rarer_than
from deepcuts.web.page.state.visit import Visit
from deepcuts.web.page.state.visitor_model import ALL_OF_YOU

_N_CARD_ARTISTS = 6


@dataclass(frozen=True)
class PersonaCard:
    """One persona; `number` 0 is the largest, and `artists` are some of those that made it, the most played first."""

    number: int
    name: str
    share: float
    artists: list[str]
    n_artists: int
    options: PersonaOptions


@dataclass(frozen=True)
class ListRow:
    """One row of the list.

    Parameters
    ----------
    persona
        The persona that it stands under.
    badge
        The persona that its reasons speak for: the same one, or `ALL_OF_YOU`.
    reasons
        The visitor's own artists that speak for it, and their shares; none below 5 %.
    """

    rank: int
    item_id: str
    name: str
    persona: int
    badge: int
    listeners: int
    kept: bool
    reasons: list[tuple[str, float]]


@dataclass(frozen=True)
class RecommendedList:
    """The list, and how widely known its artists are: their median listeners, and mean novelty in bits.

    `doubt` says what it is where hardly anybody else plays what the visitor plays.
    """

    rows: list[ListRow]
    median_listeners: float
    novelty: float
    doubt: Doubt | None = None


EMPTY_LIST = RecommendedList([], 0.0, 0.0)


def persona_cards(visit: Visit) -> list[PersonaCard]:
    """Cards of the personas, the largest first; none without plays."""
    visitor = visit.visitor_model
    if visitor is None:
        return []
    table = visitor.model.personas(VISITOR, n_items=MOST_ARTISTS)
    numbers, artists = table["persona"].to_numpy(), table["name"].to_pylist()
    cards = []
    for number, (name, share) in enumerate(zip(visitor.names, visitor.model.persona_shares, strict=True)):
        own = [artists[row] for row in np.flatnonzero(numbers == number)]
        options = visit.persona_options[number]
        cards.append(PersonaCard(number, options.name or name, float(share), own[:_N_CARD_ARTISTS], len(own), options))
    return cards


def card_titles(cards: Sequence[PersonaCard]) -> list[str]:
    """Short names: those that were given, or else the tags; full names where tags agree."""
    short = [card.options.name or card.name.partition(" · ")[0] for card in cards]
    counted = Counter(short)
    return [title if counted[title] == 1 else card.name for title, card in zip(short, cards, strict=True)]


def recommended_list(visit: Visit) -> RecommendedList:
    """The list for the present choices; empty without plays, and where every persona is muted."""
    visitor = visit.visitor_model
    if visitor is None and visit.is_stranger:
        return _popular_list(visit)
    settings = _list_settings(visit)
    if visitor is None or settings is None:
        return EMPTY_LIST
    table = recommend(visitor.model, VISITOR, settings, warns=False)  # the page says what a warning would
    doubt = doubt_of(visitor.model, 0)
    if not table.num_rows:
        return replace(EMPTY_LIST, doubt=doubt)
    indexes = visitor.model.item_ids.indexes_of(table["item_id"])
    names, listeners = visitor.model.item_names(indexes).to_pylist(), visitor.model.item_listeners[indexes]
    columns = zip(table["item_id"].to_pylist(), names, table["persona"].to_pylist(), listeners.tolist(), strict=True)
    leans, rows = leans_of_user(visitor.model, 0, settings).tolist(), []
    for rank, (item_id, name, persona, n_listeners) in enumerate(columns, start=1):
        is_doubted = doubt == "popular"
        reasons, badge = ([], ALL_OF_YOU) if is_doubted else visitor.reasons(item_id, persona, leans[persona])
        rows.append(ListRow(rank, item_id, name, persona, badge, n_listeners, item_id in visit.kept, reasons))
    novelties = item_novelties(listeners, visitor.model.n_listeners)
    return RecommendedList(rows, float(np.median(listeners)), float(novelties.mean()), doubt)


def _popular_list(visit: Visit) -> RecommendedList:
    """The list for somebody without artists; nobody's artists speak for its rows."""
    options, model = visit.list_options, visit.model
    table = model.popular(
        options.k,
        least_listeners=options.least_listeners,
        rarity=options.dial_position,
        mix=options.mix,
        deny=list(visit.refused),
    )
    ids, listeners = table["item_id"].to_pylist(), table["listeners"].to_numpy()
    if not ids:
        return EMPTY_LIST
    names = model.item_names(model.item_ids.indexes_of(ids)).to_pylist()
    rows = [
        ListRow(rank, item_id, name, 0, ALL_OF_YOU, n_listeners, item_id in visit.kept, [])
        for rank, (item_id, name, n_listeners) in enumerate(zip(ids, names, listeners.tolist(), strict=True), start=1)
    ]
    novelties = item_novelties(listeners, model.n_listeners)
    return RecommendedList(rows, float(np.median(listeners)), float(novelties.mean()))


def _list_settings(visit: Visit) -> ListSettings | None:
    """Settings of the list by the visit's options; None where every persona is muted."""
    personas = visit.persona_options
    if all(options.muted for options in personas):
        return None
    return ListSettings(
        k=visit.list_options.k,
        rarity=_rarities(visit),
        mix=visit.list_options.mix,
        deny=[*visit.refused, *rarer_than(visit.model, visit.list_options.least_listeners)],
        pick=[number for number, options in enumerate(personas) if options.pinned and not options.muted] or None,
        weights={number: options.weight for number, options in enumerate(personas)},
    )


def _rarities(visit: Visit) -> dict[int, float]:
    """Rarity of each persona: the position of its own dial or else of the main one."""
    main = visit.list_options.dial_position
    positions = [main if options.dial_position is None else options.dial_position for options in visit.persona_options]
    return dict(enumerate(positions))
