"""MaxMF: a user has several vectors, an item one, and their best match is the score (Weston, Weiss, Yee 2013).

*Nonlinear latent factorization by embedding multiple user interests*, RecSys 2013, pp. 65–68,
doi:10.1145/2507157.2507209. What follows is from the paper unless it says "chosen".

Score: f(u, d) = max_t Û_ut · V_d; entries may have any sign.

Losses, over users u, their items d and all other items d̄:

- AUC:  Σ max(0, 1 + f(u, d̄) − f(u, d));
- WARP: Σ L(rank_d(u)) max(0, 1 + f(u, d̄) − f(u, d)), where rank_d(u) counts the d̄ with f(u, d̄) > f(u, d) − 1.
  Negatives are drawn until one violates the margin; after N draws the rank is taken to be ⌊(items − 1) / N⌋. The paper
  leaves L open; chosen, as in the authors' earlier work on WARP: L(r) = Σ_{j ≤ r} 1 / j.

Algorithm 1 is stochastic gradient descent over (u, d, d̄): the step moves the vector of u that scores d best, the one
that scores d̄ best, V_d and V_d̄, then shortens each to ‖·‖ ≤ C. The two-stage training first learns V with
f₁(u, d) = (1/|D(u)|) Σ_{i ∈ D(u)} V_i · V_d, then holds V fixed and learns the vectors of each user on their own.

Where our knowledge of the paper ends, chosen: the norm of users is bounded as that of items; L is divided by
L(items − 1), so that learning rates of both losses compare; in stage one the gradient goes through the mean as well,
once per user and epoch; the steps shrink evenly to nothing; draws of WARP are limited; the vectors of stage two start
as all others do, at random with mean 0 and standard deviation 1 / √n_factors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from deepcuts.array_types import AnyArray, FloatMatrix, FloatVector, Indices, Indptr
from deepcuts.baselines.sampling import descend, random_vectors
from deepcuts.baselines.scored import DotProduct, ScoredModel, UserRows
from deepcuts.checks import check_choices, check_ranges, seed_number
from deepcuts.data.interactions import Interactions
from deepcuts.data.play_checks import check_plays
from deepcuts.ingest import PlaysLike, as_plays
from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.baselines import maxmf as kernels
from deepcuts.setting_names import refusing_unknown

RankingLoss = Literal["warp", "auc"]
Training = Literal["two-stage", "joint"]


@refusing_unknown
@dataclass(frozen=True, kw_only=True)
class MaxMF:
    """Several vectors per user, learned by ranking losses.

    Parameters
    ----------
    n_factors
        Length of the vectors, 1 to 4096.
    n_personas
        T, vectors of every user, 1 to 100.
    loss
        "warp" or "auc".
    training
        "two-stage": items first, with users as the mean of their items, then users on fixed items. "joint": both at
        once, Algorithm 1.
    learning_rate
        Length of the first step, above 0.
    max_norm
        C, the longest a vector may be, above 0.
    item_epochs
        Epochs of stage one, or of the joint training, at least 1.
    persona_epochs
        Epochs of stage two, at least 1.
    most_draws
        The most negatives that WARP draws for a sample, at least 1.

    Raises
    ------
    SettingsError
        If a value is out of its range.
    """

    n_factors: int = 128
    n_personas: int = 3
    loss: RankingLoss = "warp"
    training: Training = "two-stage"
    learning_rate: float = 0.1
    max_norm: float = 2.0
    item_epochs: int = 30
    persona_epochs: int = 30
    most_draws: int = 100

    def __post_init__(self) -> None:
        check_ranges(
            self,
            n_factors=(1, 4096),
            n_personas=(1, 100),
            learning_rate=(1e-9, 1e3),
            max_norm=(1e-9, 1e6),
            item_epochs=(1, 10_000),
            persona_epochs=(1, 10_000),
            most_draws=(1, 1_000_000),
        )
        check_choices(self, loss=RankingLoss, training=Training)

    def fit(self, plays: PlaysLike, *, seed: int = 0) -> ScoredModel:
        """Train; the same vectors for the same seed and data, whatever the number of threads.

        Raises
        ------
        DataError
            If there are fewer than two users or items.
        """
        plays = as_plays(plays)
        check_plays(plays)
        seed = seed_number(seed)
        rng = np.random.default_rng(seed)
        items = within(random_vectors(rng, plays.n_items, self.n_factors), self.max_norm)
        personas = within(random_vectors(rng, plays.n_users, self.n_personas, self.n_factors), self.max_norm)
        if self.training == "joint":
            losses = self._train_both(plays, personas, items, seed)
        else:
            losses = self._train_items(plays, items, seed) + self._train_personas(plays, personas, items, seed)
        return model_of_personas(plays, personas, items, losses)

    def _train_items(self, plays: Interactions, items: FloatMatrix, seed: int) -> tuple[float, ...]:
        def run(rng: np.random.Generator, stream: np.uint64, rate: np.float32) -> float:
            order = read_only(rng.permutation(plays.n_users))
            step = self._step(plays, rate)
            return float(kernels.mean_user_epoch(order, *data, *step, stream, items)) / plays.n_pairs

        data = _arrays(plays)
        return descend("items", self.item_epochs, self.learning_rate, seed, run)

    def _train_personas(
        self, plays: Interactions, personas: AnyArray, items: FloatMatrix, seed: int
    ) -> tuple[float, ...]:
        def run(rng: np.random.Generator, stream: np.uint64, rate: np.float32) -> float:
            kernels.persona_epoch(*data, read_only(items), *self._step(plays, rate), stream, personas, of_users)
            return float(of_users.sum()) / plays.n_pairs

        data, of_users = _arrays(plays), np.empty(plays.n_users)  # one sum per user: threads add to none together
        return descend("personas", self.persona_epochs, self.learning_rate, seed, run)

    def _train_both(self, plays: Interactions, personas: AnyArray, items: FloatMatrix, seed: int) -> tuple[float, ...]:
        def run(rng: np.random.Generator, stream: np.uint64, rate: np.float32) -> float:
            order = read_only(rng.permutation(plays.n_pairs))
            step = self._step(plays, rate)
            loss = kernels.joint_epoch(order, user_of_pair, *data, *step, stream, personas, items)
            return float(loss) / plays.n_pairs

        data, user_of_pair = _arrays(plays), read_only(plays.user_of_pair())
        return descend("joint", self.item_epochs, self.learning_rate, seed, run)

    def _step(self, plays: Interactions, rate: np.float32) -> tuple[FloatVector, np.float32, np.float32]:
        weights = warp_weights(plays.n_items, self.most_draws) if self.loss == "warp" else auc_weights()
        return read_only(weights), rate, np.float32(self.max_norm)


def auc_weights() -> FloatVector:
    """One negative is drawn; if it violates the margin, it counts 1. float32, (2,), by number of draws."""
    return np.array([0, 1], np.float32)


def warp_weights(n_items: int, most_draws: int) -> FloatVector:
    """L(⌊(items − 1) / N⌋) / L(items − 1) of a violator found at the N-th draw, float32, (most_draws + 1,)."""
    n_draws = np.arange(1, min(most_draws, n_items - 1) + 1)  # N ≤ items − 1, so that no rank is 0
    harmonic = np.cumsum(1 / np.arange(1, n_items))  # L(r) at index r − 1, up to L(items − 1)
    weights = np.zeros(len(n_draws) + 1, np.float32)
    weights[1:] = harmonic[(n_items - 1) // n_draws - 1] / harmonic[-1]
    return weights


def within(vectors: AnyArray, max_norm: float) -> AnyArray:
    """Shorten vectors to the ball ‖·‖ ≤ max_norm, along the last axis."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors * np.minimum(1, max_norm / np.maximum(lengths, 1e-30)), np.float32)


def _arrays(plays: Interactions) -> tuple[Indptr, Indices]:
    return read_only(plays.indptr), read_only(plays.indices)


def model_of_personas(
    plays: Interactions, personas: AnyArray, items: FloatMatrix, losses: tuple[float, ...]
) -> ScoredModel:
    """Take users of several vectors; a vector's share is that of the user's items which it scores highest.

    Parameters
    ----------
    plays
        What they were learned from.
    personas
        float32, (n_users, n_personas, n_factors).
    items
        float32, (n_items, n_factors).
    losses
        Mean loss of the samples of every epoch.
    """
    n_users, n_personas, n_factors = personas.shape
    shares = np.empty((n_users, n_personas), np.float32)
    kernels.persona_shares(*_arrays(plays), read_only(items), read_only(personas), shares)
    rows = DotProduct(personas.reshape(n_users * n_personas, n_factors), items)  # row u · T + t is vector t of user u
    return ScoredModel(plays, rows, UserRows(np.arange(n_users + 1) * n_personas, shares.ravel()), losses)
