"""Ranked lists from the scores of personas: rarity, mix, filters, top k. It knows scores, not models."""

from deepcuts.recommendation.lists import ScoreSource, recommend, recommend_batches
from deepcuts.recommendation.settings import ListSettings

__all__ = ["ListSettings", "ScoreSource", "recommend", "recommend_batches"]
