"""Ranked lists from the scores of personas: rarity, mix, filters, top k. It knows scores, not models."""

from typing import TYPE_CHECKING

from deepcuts.lazy import names_on_demand, public_names

if TYPE_CHECKING:
    from deepcuts.recommendation.lists import recommend, recommend_batches
    from deepcuts.recommendation.settings import ListOptions, ListSettings
    from deepcuts.recommendation.source import ScoreSource

_HOMES = {
    "ListOptions": "settings",
    "ListSettings": "settings",
    "ScoreSource": "source",
    "recommend": "lists",
    "recommend_batches": "lists",
}

__all__ = ["ListOptions", "ListSettings", "ScoreSource", "recommend", "recommend_batches"]

__getattr__ = names_on_demand(__name__, _HOMES)

__dir__ = public_names(__name__)
