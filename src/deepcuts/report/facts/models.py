"""What a report tells of the inside of a model: its training, personas, factors and some listeners."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deepcuts.report.published import published_as


@dataclass(frozen=True)
class PersonaFacts:
    """How many personas the users of a model have, how even and how distinct they are.

    Parameters
    ----------
    users_by_number
        (personas, users).
    effective
        exp(entropy of shares): quantiles of the users, from the least to the most in even steps.
    mean_effective
        Its mean.
    mean_shares
        Mean share of the user's largest persona, the second, and so on, over all users.
    cosine_edges, cosine_counts
        Pairs of personas of the same user, by the cosine of their vectors.
    base_cosine
        Mean cosine of a persona and the base vector of its user.
    n_collapsed, n_pairs
        Pairs of personas whose cosine is at least 0.98, and pairs in all.
    n_hardly_split
        Users with several personas of whom the effective number is below 1.5.
    purity, purity_of_one
        Mean purity of personas by label, and of all of a user's items taken as one; NaN without labels.
    """

    users_by_number: tuple[tuple[int, int], ...]
    effective: tuple[float, ...]
    mean_effective: float
    mean_shares: tuple[float, ...]
    cosine_edges: tuple[float, ...]
    cosine_counts: tuple[int, ...]
    base_cosine: float
    n_collapsed: int
    n_pairs: int
    n_hardly_split: int
    purity: float
    purity_of_one: float


@dataclass(frozen=True)
class FactorFacts:
    """A factor, the share of all scores that comes through it, and the items that stand for it: name, loading."""

    number: int
    name: str
    share: float
    items: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class ListedItem:
    """An item in a listener's list; those in the holdout the listener did play."""

    name: str
    listeners: int
    persona: int
    is_held_out: bool = field(metadata=published_as("was_held"))


@dataclass(frozen=True)
class PersonaSummary:
    """A persona of a listener: its name, share, and most played items."""

    name: str
    share: float
    items: tuple[str, ...]


@dataclass(frozen=True)
class ListenerFacts:
    """A listener's personas, and lists at some rarities."""

    user_id: str
    n_items: int
    personas: tuple[PersonaSummary, ...]
    lists: tuple[tuple[float, tuple[ListedItem, ...]], ...]


@dataclass(frozen=True)
class ModelFacts:
    """What there is to see inside a model.

    Parameters
    ----------
    name
        As in the legend.
    settings
        Hyperparameters.
    seed
        Seed of its training.
    interrupted
        Whether its training ended at the keyboard.
    epochs
        stage, number, the terms of the loss, seconds, validation_ndcg and loss of every epoch.
    personas, factors, listeners
        See there. `personas` is None for a model with one persona for everyone.
    """

    name: str
    settings: Mapping[str, Any]
    seed: int
    interrupted: bool
    epochs: tuple[Mapping[str, Any], ...]
    personas: PersonaFacts | None
    factors: tuple[FactorFacts, ...]
    listeners: tuple[ListenerFacts, ...]
