"""Two people's music as one: how alike they are, the tastes they share, and one profile for both."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from deepcuts.array_types import FloatVector
from deepcuts.errors import DataError
from deepcuts.model.taste_match import match_tastes
from deepcuts.web.page.state.own_artists import replace_artists
from deepcuts.web.page.state.visit import Blend, Visit
from deepcuts.web.page.state.visitor_model import VisitorModel

BLENDED = "Blended with somebody's music"
MOST_COMMON = 12  # artists in common that are told


def blend(visit: Visit, theirs: Mapping[str, float], usual: FloatVector) -> None:
    """Make one profile of the visitor's artists and another person's, and say how alike the two are.

    Plays are added up, those of the other person scaled so that both count alike. Lists of the blend leave out what
    either of them plays.

    Parameters
    ----------
    visit
        The visit.
    theirs
        Plays of the other person, by item id.
    usual
        Matches of pairs of users of the model, ascending (`deepcuts.model.taste_match.usual_matches`).

    Raises
    ------
    DataError
        If the visitor has no artists.
    """
    mine = dict(visit.blend.mine if visit.blend else visit.plays)
    source = visit.blend.source if visit.blend else visit.source
    if not mine:
        raise DataError("There is nothing to blend with yet. Add some artists of yours first.")
    one, other = (VisitorModel.solve(visit.model, plays, (), None) for plays in (mine, theirs))
    found = match_tastes(one.model, other.model)
    common = sorted(set(mine) & set(theirs), key=lambda item: (-min(mine[item], theirs[item]), item))[:MOST_COMMON]
    names = visit.model.item_names(visit.model.item_ids.indexes_of(common)).to_pylist() if common else []
    closer = float(np.searchsorted(usual, found.match) / len(usual)) if len(usual) else 0.0
    pairs = [(_short(one.names[row]), _short(other.names[column])) for row, column, _ in found.shared]
    _take(visit, _together(mine, theirs), "both of you")
    visit.blend = Blend(mine, source, len(theirs), found.match, closer, pairs, names)


def leave_blend(visit: Visit) -> None:
    """Go back to the visitor's own artists."""
    if visit.blend is not None:
        _take(visit, visit.blend.mine, visit.blend.source)


def _take(visit: Visit, plays: Mapping[str, float], source: str) -> None:
    """Take plays in their order, and keep what was refused, unless it is played."""
    refused = dict(visit.refused)
    replace_artists(visit, plays, source)
    visit.plays = {item_id: visit.plays[item_id] for item_id in plays if item_id in visit.plays}
    visit.refused = {item_id: name for item_id, name in refused.items() if item_id not in visit.plays}


def _together(mine: Mapping[str, float], theirs: Mapping[str, float]) -> dict[str, float]:
    scale = sum(mine.values()) / sum(theirs.values())
    return {item: mine.get(item, 0.0) + scale * theirs.get(item, 0.0) for item in {**mine, **theirs}}


def _short(name: str) -> str:
    return name.partition(" · ")[0]
