"""Accuracy by the length of a user's history, and by the popularity of what was held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepcuts.array_types import CountVector, DoubleMatrix, IndexVector, NumberMatrix
from deepcuts.data.csr import quotient
from deepcuts.data.interactions import Interactions
from deepcuts.evaluation import RankedLists, evaluate_ranked
from deepcuts.evaluation.intervals import bootstrap_interval
from deepcuts.report.facts import Band, Estimate
from deepcuts.report.seeds import mean_of_defined
from deepcuts.report.settings import ReportSettings

_N_BANDS = 4


@dataclass(frozen=True)
class Bands:
    """Users by history length and items by popularity, some bands of each.

    Parameters
    ----------
    history_edges
        Ascending numbers of items: a band of users is above one and up to the next.
    item_bands
        int64, (n_items,): band of each item, 0 the most popular; each band has about as many pairs of train.
    item_names
        Names of these bands.
    """

    history_edges: CountVector
    item_bands: IndexVector
    item_names: tuple[str, ...]

    @classmethod
    def of(cls, train: Interactions) -> Bands:
        """Cut users into quarters by the length of their history, and items into bands of about as many pairs."""
        lengths = np.diff(train.indptr)
        # Edges are lengths that occur; equal ones are joined, where many users have the same length.
        quantiles = np.quantile(lengths, np.linspace(0, 1, _N_BANDS + 1), method="inverted_cdf")
        edges = np.unique(np.concatenate([[lengths.min() - 1], quantiles[1:]])).astype(int)
        return cls(edges, *_item_bands(train))

    def by_history(self, of_seeds: Sequence[RankedLists], settings: ReportSettings) -> tuple[Band, ...]:
        """Accuracy of users with short and with long histories, the mean over seeds."""
        cutoffs = {settings.accuracy: [settings.k]}
        values = mean_of_defined([evaluate_ranked(one, cutoffs).per_user.column(1).to_numpy() for one in of_seeds])
        lengths = of_seeds[0].seen.sizes
        band = np.searchsorted(self.history_edges, lengths) - 1
        columns = [np.where(band == number, values, np.nan) for number in range(len(self.history_edges) - 1)]
        bounds = zip(self.history_edges[:-1] + 1, self.history_edges[1:], strict=True)
        names = [_range(low, high) for low, high in bounds]
        return _bands(names, np.column_stack(columns), settings.seed)

    def by_popularity(self, of_seeds: Sequence[RankedLists], settings: ReportSettings) -> tuple[Band, ...]:
        """Share of the held-out items of a band that are within the first k, over the users who have some there."""
        first = of_seeds[0]
        hits = mean_of_defined([self._count(*one.hit_items(settings.k), one.n_users) for one in of_seeds])
        held_out = self._count(first.holdout.rows, first.holdout.items, first.n_users)
        return _bands(self.item_names, quotient(hits, held_out), settings.seed)

    def _count(self, users: IndexVector, items: IndexVector, n_users: int) -> NumberMatrix:
        """How many of some pairs each user has in each band of items, (n_users, n_bands)."""
        n_bands = len(self.item_names)
        keys = users * n_bands + self.item_bands[items]  # one number for user and band, so that one bincount counts all
        return np.bincount(keys, minlength=n_users * n_bands).reshape(n_users, n_bands)


def _item_bands(train: Interactions) -> tuple[IndexVector, tuple[str, ...]]:
    """Cut items by their listeners into bands of about as many pairs; return the band of each item, and names."""
    listeners = train.item_listeners
    _, of_item = np.unique(-listeners, return_inverse=True)  # items alike in listeners share a band
    pairs = np.bincount(of_item, listeners)
    # By the pairs before a group of items, so that items alike in listeners stay together.
    bands = ((np.cumsum(pairs) - pairs) * _N_BANDS // max(train.n_pairs, 1)).astype(np.int64)[of_item]
    _, numbers = np.unique(bands, return_inverse=True)
    own = [listeners[numbers == band] for band in range(int(numbers.max()) + 1)]
    return numbers, tuple(_range(int(some.min()), int(some.max())) for some in own)


def _range(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"


def _bands(names: Sequence[str], values: DoubleMatrix, seed: int) -> tuple[Band, ...]:
    low, high = bootstrap_interval(values, seed=seed)
    n_users = np.count_nonzero(~np.isnan(values), axis=0)
    means = quotient(np.nansum(values, axis=0), n_users)
    columns = zip(names, means.tolist(), low.tolist(), high.tolist(), n_users.tolist(), strict=True)
    return tuple(Band(name, Estimate(*numbers)) for name, *numbers in columns)
