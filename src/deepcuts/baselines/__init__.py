"""Simple rivals and controls with the interface of the model."""

from deepcuts.baselines.popularity import Popularity, PopularityModel

__all__ = ["Popularity", "PopularityModel"]
