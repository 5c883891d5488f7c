"""Ranked lists from the scores of personas: rarity, mix, filters, top k. It knows scores, not models."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepcuts.recommendation.lists import recommend, recommend_batches
    from deepcuts.recommendation.settings import ListSettings
    from deepcuts.recommendation.source import ScoreSource

_HOMES = {
    "ListSettings": "settings",
    "ScoreSource": "source",
    "recommend": "lists",
    "recommend_batches": "lists",
}

__all__ = ["ListSettings", "ScoreSource", "recommend", "recommend_batches"]


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for: the command reads the settings, and needs no numerics for that."""
    if name not in _HOMES:
        raise AttributeError(f"module 'deepcuts.recommendation' has no attribute {name!r}")
    return getattr(import_module(f"deepcuts.recommendation.{_HOMES[name]}"), name)
