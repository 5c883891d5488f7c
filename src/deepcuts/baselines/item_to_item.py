"""Models of the extra `peers` that weigh items by items: a score is a sum over what the user has played."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy import sparse

from deepcuts.baselines.matrices import check_dense_items, played
from deepcuts.baselines.peers import import_peer
from deepcuts.baselines.scored import ItemWeights, ScoredModel
from deepcuts.checks import check_ranges
from deepcuts.data.interactions import Interactions
from deepcuts.data.play_checks import check_plays
from deepcuts.ingest import PlaysLike, as_plays
from deepcuts.setting_names import refusing_unknown

MOST_NEIGHBOURS = 1_000_000


@refusing_unknown
@dataclass(frozen=True, kw_only=True)
class RP3beta:
    """`irspack.RP3betaRecommender`: random walks of three steps, the popular held back (Paudel et al. 2017).

    *Updatable, accurate, diverse, and scalable recommendations for interactive applications*, doi:10.1145/2955101.
    The score of item i is Σ_j 1/f_j Σ_v 1/n_v / f_i^β over the items j of the user and the users v who played both j
    and i; f_i is the number of listeners of i, and n_v that of the items of v.

    Parameters
    ----------
    popularity_exponent
        β, 0 to 2.
    n_neighbours
        The most items that speak for an item, at least 1.

    Raises
    ------
    SettingsError
        If a value is out of its range.
    """

    popularity_exponent: float = 0.6
    n_neighbours: int = 200
    draws: ClassVar[bool] = False  # the seed changes nothing

    def __post_init__(self) -> None:
        check_ranges(self, popularity_exponent=(0, 2), n_neighbours=(1, MOST_NEIGHBOURS))

    def fit(self, plays: PlaysLike, *, seed: int = 0) -> ScoredModel:
        """Count walks; `seed` changes nothing.

        Raises
        ------
        MissingExtraError
            If the library is not installed.
        DataError
            If there are fewer than two users or items.
        """
        plays = as_plays(plays)
        check_plays(plays)
        neighbours = min(self.n_neighbours, plays.n_items)
        return _learn("RP3betaRecommender", plays, beta=self.popularity_exponent, top_k=neighbours)


@refusing_unknown
@dataclass(frozen=True, kw_only=True)
class SLIM:
    """`irspack.SLIMRecommender`: every item a sparse sum of the others by the elastic net (Ning and Karypis 2011).

    *SLIM: sparse linear methods for top-N recommender systems*, doi:10.1109/ICDM.2011.134. Weights are not negative.

    Parameters
    ----------
    regularization
        Of both penalties, for every user, above 0. The library calls it alpha.
    l1_share
        Share of the absolute values in it, 0 to 1.
    n_neighbours
        The most items that speak for an item, at least 1.
    n_epochs
        The most sweeps of coordinate descent, at least 1.

    Raises
    ------
    SettingsError
        If a value is out of its range.
    """

    regularization: float = 0.01
    l1_share: float = 0.01
    n_neighbours: int = 500
    n_epochs: int = 20
    draws: ClassVar[bool] = False  # the seed changes nothing

    def __post_init__(self) -> None:
        check_ranges(
            self,
            regularization=(1e-12, 1e9),
            l1_share=(0, 1),
            n_neighbours=(1, MOST_NEIGHBOURS),
            n_epochs=(1, 10_000),
        )

    def fit(self, plays: PlaysLike, *, seed: int = 0) -> ScoredModel:
        """Descend; `seed` changes nothing.

        Raises
        ------
        MissingExtraError
            If the library is not installed.
        DataError
            If there are fewer than two users or items.
        """
        plays = as_plays(plays)
        check_plays(plays)
        neighbours = min(self.n_neighbours, plays.n_items)
        settings = {"alpha": self.regularization, "l1_ratio": self.l1_share, "n_iter": self.n_epochs}
        return _learn("SLIMRecommender", plays, top_k=neighbours, **settings)


@refusing_unknown
@dataclass(frozen=True, kw_only=True)
class EDLAE:
    """`irspack.EDLAERecommender`: EASE with dropout of the plays, in closed form (Steck 2020).

    *Autoencoders that don't overfit towards the identity*, NeurIPS 2020. The ridge of item i is
    λ + p / (1 − p) · f_i, f_i its listeners.

    Parameters
    ----------
    regularization
        λ, above 0.
    dropout
        p, share of the plays left out, 0 to 0.99.
    most_gigabytes
        Memory that the items × items matrix may take, above 0.

    Raises
    ------
    SettingsError
        If a value is out of its range.
    """

    regularization: float = 50.0
    dropout: float = 0.3
    most_gigabytes: float = 8.0
    draws: ClassVar[bool] = False  # the seed changes nothing

    def __post_init__(self) -> None:
        check_ranges(self, regularization=(1e-9, 1e12), dropout=(0, 0.99), most_gigabytes=(1e-9, 1e6))

    def fit(self, plays: PlaysLike, *, seed: int = 0) -> ScoredModel:
        """Invert the Gram matrix; `seed` changes nothing.

        Raises
        ------
        SettingsError
            If the matrix needs more memory than `most_gigabytes`.
        MissingExtraError
            If the library is not installed.
        DataError
            If there are fewer than two users or items.
        """
        plays = as_plays(plays)
        check_plays(plays)
        check_dense_items("EDLAE", plays.n_items, bytes_each=4, most_gigabytes=self.most_gigabytes)
        return _learn("EDLAERecommender", plays, reg=self.regularization, dropout_p=self.dropout)


def _learn(name: str, plays: Interactions, **settings: Any) -> ScoredModel:
    """Train a model of irspack that has item weights."""
    recommender = getattr(import_peer("irspack"), name)
    users = played(plays)
    weights = recommender(sparse.csr_matrix(users), **settings).learn().W
    # Its dense weights are a numpy.matrix; sparse ones become rows, so that a user's rows are picked quickly.
    weights = sparse.csr_array(weights, dtype=np.float32) if sparse.issparse(weights) else np.asarray(weights)
    return ScoredModel.of_users(plays, ItemWeights(users, weights))
