"""PFP: every user projects the items before comparing them (Zhao, McAuley, King 2015).

*Improving latent factor models via personalized feature projection for one class recommendation*, CIKM 2015,
pp. 821–830, doi:10.1145/2806416.2806511. What follows is from the paper unless it says "chosen".

User u has a projection Pᵘ, K × K*, that turns the vector of an item into ṽ_i = v_i Pᵘ: an opinion in several numbers.
An item is liked as far as it agrees with the mean opinion of the user's items S_u, in the form chosen here

    f_u(i) = ṽ_i · mean_{j ∈ S_u} ṽ_j = v_i · w_u,    w_u = Pᵘ Pᵘᵀ mean_{j ∈ S_u} v_j,

and an item that was played is to score above one that was not. With K* = 1, w_u is a multiple of Pᵘ, and the model is
the ordinary latent factor model.

Of the paper's losses (AUC by a pairwise sigmoid, WARP, KL divergence) this is the first, by stochastic gradient
descent: −ln σ(f_u(i) − f_u(j)) for i ∈ S_u and j drawn evenly from the rest. Where our knowledge of the paper ends,
chosen: this formula of the sigmoid loss; a ridge on what a sample touches; the gradient goes through the mean of the
vectors as well, once per user and epoch; the steps shrink evenly to nothing; item vectors start as normal numbers of
length about one, the columns of Pᵘ of about three. Zero is a saddle of this loss: from a shorter start, the ridge may
hold training there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcuts.array_types import AnyArray, FloatMatrix
from deepcuts.baselines.matrices import played
from deepcuts.baselines.sampling import descend, random_vectors
from deepcuts.baselines.scored import DotProduct, ScoredModel
from deepcuts.checks import check_ranges, seed_number
from deepcuts.data.interactions import Interactions
from deepcuts.data.play_checks import check_plays
from deepcuts.ingest import PlaysLike, as_plays
from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.baselines.pfp import projection_epoch
from deepcuts.setting_names import refusing_unknown

START_LENGTH = np.float32(3.0)  # of the columns of the projections


@refusing_unknown
@dataclass(frozen=True, kw_only=True)
class PFP:
    """A projection of the item space for every user, learned by a pairwise loss.

    Parameters
    ----------
    n_factors
        K, length of the item vectors, 1 to 4096.
    n_projected
        K*, numbers in an opinion, 1 to 4096.
    learning_rate
        Length of the first step, above 0.
    regularization
        Ridge on the vectors that a sample touches, at least 0.
    n_epochs
        Epochs, at least 1.

    Raises
    ------
    SettingsError
        If a value is out of its range.
    """

    n_factors: int = 128
    n_projected: int = 4
    learning_rate: float = 0.1
    regularization: float = 0.03
    n_epochs: int = 100

    def __post_init__(self) -> None:
        check_ranges(
            self,
            n_factors=(1, 4096),
            n_projected=(1, 4096),
            learning_rate=(1e-9, 1e3),
            regularization=(0, 1e3),
            n_epochs=(1, 10_000),
        )

    def fit(self, plays: PlaysLike, *, seed: int = 0) -> ScoredModel:
        """Train; the same vectors for the same seed and data.

        Raises
        ------
        DataError
            If there are fewer than two users or items.
        """
        plays = as_plays(plays)
        check_plays(plays)
        seed = seed_number(seed)
        rng = np.random.default_rng(seed)
        items = random_vectors(rng, plays.n_items, self.n_factors)
        projections = START_LENGTH * random_vectors(rng, plays.n_users, self.n_projected, self.n_factors)
        losses = self._train(plays, projections, items, seed)
        return ScoredModel.of_users(plays, DotProduct(user_vectors(plays, projections, items), items), losses)

    def _train(self, plays: Interactions, projections: AnyArray, items: FloatMatrix, seed: int) -> tuple[float, ...]:
        def run(rng: np.random.Generator, stream: np.uint64, rate: np.float32) -> float:
            order = read_only(rng.permutation(plays.n_users))
            loss = projection_epoch(order, *data, rate, ridge, stream, projections, items)
            return float(loss) / plays.n_pairs

        data, ridge = (read_only(plays.indptr), read_only(plays.indices)), np.float32(self.regularization)
        return descend("projections", self.n_epochs, self.learning_rate, seed, run)


def user_vectors(plays: Interactions, projections: AnyArray, items: FloatMatrix) -> FloatMatrix:
    """Return w_u = Pᵘ Pᵘᵀ mean_{j ∈ S_u} v_j of every user, float32, (n_users, n_factors).

    Parameters
    ----------
    plays
        S_u.
    projections
        The transposed Pᵘ, float32, (n_users, n_projected, n_factors).
    items
        float32, (n_items, n_factors).
    """
    # played(…) @ items is Σ_{j ∈ S_u} v_j; a user without items keeps zeros.
    means = (played(plays) @ items) / np.maximum(np.diff(plays.indptr), 1)[:, None].astype(np.float32)
    opinions = np.einsum("usf,uf->us", projections, means)  # Pᵘᵀ mean; the next line multiplies by Pᵘ
    return np.asarray(np.einsum("usf,us->uf", projections, opinions), np.float32)
