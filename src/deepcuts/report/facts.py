"""What a report tells, as plain data: numbers and names, without a model, a plot or a page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any


@dataclass(frozen=True)
class Estimate:
    """A mean over users and how sure it is.

    Parameters
    ----------
    mean, low, high
        The mean and its 95 % bootstrap interval; NaN where no user has a value. A figure of all lists together has no
        interval, and NaN bounds.
    n_users
        Users that have a value.
    """

    mean: float
    low: float
    high: float
    n_users: int


@dataclass(frozen=True)
class PlaysFacts:
    """The data: sizes, how popularity and history lengths are spread.

    Parameters
    ----------
    n_users, n_items, n_pairs, n_plays
        Of train.
    n_held, n_judged
        Held-out pairs of users in train, and these users.
    popularity
        (rank, listeners), the item with the most listeners first, thinned out towards the tail.
    n_head
        Items that have half of all pairs between them, the most listened to first.
    history_edges, history_counts
        Users by their number of items in train: bounds of the bars, and the users between them.
    history_median
        Median number of items of a user.
    label_source
        Where the labels that calibration is measured on come from; empty without labels.
    n_labels, n_labelled
        Labels, and items that have one.
    """

    n_users: int
    n_items: int
    n_pairs: int
    n_plays: float
    n_held: int
    n_judged: int
    popularity: tuple[tuple[int, int], ...]
    n_head: int
    history_edges: tuple[float, ...]
    history_counts: tuple[int, ...]
    history_median: float
    label_source: str
    n_labels: int
    n_labelled: int


@dataclass(frozen=True)
class Turn:
    """Lists at one turn of the rarity dial: the figures of the frontiers, by name."""

    rarity: float
    figures: Mapping[str, Estimate]


@dataclass(frozen=True)
class ExposureFacts:
    """How often the items are listed, by exposure rank: 1 is the item in the most lists.

    Parameters
    ----------
    edges
        Bounds of the bars, in exposure ranks.
    shares
        Share of all list places that fall into each bar.
    places
        (share of the catalogue, share of list places that its most listed items have), from 0 to 1.
    fitted_lambda
        1 / mean exposure rank of a list place: the rate of the fitted exponential.
    """

    edges: tuple[float, ...]
    shares: tuple[float, ...]
    places: tuple[tuple[float, float], ...]
    fitted_lambda: float


@dataclass(frozen=True)
class Band:
    """Accuracy among some users, or for some items."""

    name: str
    accuracy: Estimate


@dataclass(frozen=True)
class Difference:
    """A figure of a contender less that of the first one, paired by user: interval and p value as in evaluation."""

    difference: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True)
class ContenderFacts:
    """Whatever makes lists: a model, a variant of it, or a baseline.

    Parameters
    ----------
    name
        As in the legend.
    about
        What it is, in a line.
    figures
        At the neutral dial, with intervals where they are means over users.
    differences
        From the first contender, by figure; empty for the first.
    turns
        The dial, rarity ascending.
    exposure
        Of its lists at the neutral dial.
    by_history, by_popularity
        Accuracy by the length of the user's history, and by the popularity of the held-out items.
    """

    name: str
    about: str
    figures: Mapping[str, Estimate]
    differences: Mapping[str, Difference]
    turns: tuple[Turn, ...]
    exposure: ExposureFacts
    by_history: tuple[Band, ...]
    by_popularity: tuple[Band, ...]


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
        Pairs of personas whose cosine is above .98, and pairs in all.
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
    """An item in a listener's list; `was_held` says that the listener did play it."""

    name: str
    listeners: int
    persona: int
    was_held: bool


@dataclass(frozen=True)
class PersonaSummary:
    """A persona of a listener: its name, share, and most played items."""

    name: str
    share: float
    items: tuple[str, ...]


@dataclass(frozen=True)
class ListenerFacts:
    """A listener's personas, and lists at some turns of the dial."""

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
        stage, number, the terms of the loss, seconds and loss of every epoch.
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


@dataclass(frozen=True, repr=False)
class Report:
    """All that a page shows.

    Parameters
    ----------
    accuracy, novelty, calibration
        Names of the figures on the axes, such as "recall@20"; `calibration` is None where items have no labels.
    plays, contenders, models
        See there; the first contender is the one that others are compared with.
    settings
        Of the report itself.
    versions
        Of Python, of this package and of those it worked with.
    """

    accuracy: str
    novelty: str
    calibration: str | None
    plays: PlaysFacts
    contenders: tuple[ContenderFacts, ...]
    models: tuple[ModelFacts, ...]
    settings: Mapping[str, Any]
    versions: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values; what is not a number is None."""
        values: dict[str, Any] = _plain(self)
        return values

    def __repr__(self) -> str:
        names = ", ".join(one.name for one in self.contenders)
        return f"Report({names}; {self.plays.n_judged:,} users judged)"


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
