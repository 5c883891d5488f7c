"""Several vectors per user by sampled softmax, their best match the score: the loss of MIND and ComiRec.

Li et al. 2019, *Multi-interest network with dynamic routing for recommendation at Tmall*, CIKM 2019,
doi:10.1145/3357384.3357814; Cen et al. 2020, *Controllable multi-interest framework for recommendation*, KDD 2020,
doi:10.1145/3394486.3403344. What follows is from the papers unless it says "chosen".

Score: f(u, i) = max_t u_t · v_i. For a pair (u, i), the vector u_t that scores i best is taken, and

    −ln ( e^{u_t · v_i} / (e^{u_t · v_i} + (m / S) Σ_s e^{u_t · v_s}) )

falls along its gradient, for S items drawn evenly from the m that u has not played.

The papers make the vectors of a user from a sequence of their items by a network. Plays have no order here, so,
chosen: the vectors are parameters, as in MaxMF, and are learned in two stages as there. The first learns items
and one vector per user together; the second holds the items fixed and learns the vectors of each user, which start at
that vector, each with random numbers of standard deviation 1 / √n_factors added. Steps shrink evenly to nothing, and a
ridge pulls on the vectors of the pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcuts.array_types import AnyArray, FloatMatrix
from deepcuts.baselines.maxmf import model_of_personas
from deepcuts.baselines.sampling import descend, random_vectors
from deepcuts.baselines.scored import ScoredModel
from deepcuts.checks import check_ranges, seed_number
from deepcuts.data.interactions import Interactions
from deepcuts.data.play_checks import check_plays
from deepcuts.ingest import PlaysLike, as_plays
from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.baselines import softmax as kernels
from deepcuts.setting_names import refusing_unknown


@refusing_unknown
@dataclass(frozen=True, kw_only=True)
class MultiInterest:
    """Several vectors per user, learned by sampled softmax.

    Parameters
    ----------
    n_factors
        Length of the vectors, 1 to 4096.
    n_personas
        Vectors of every user, 1 to 100.
    n_negatives
        S, items drawn for a sample, 1 to 100,000.
    learning_rate
        Length of the first step, above 0.
    regularization
        Ridge on the vectors of a pair, at least 0.
    item_epochs
        Epochs of stage one, at least 1.
    persona_epochs
        Epochs of stage two, at least 1.

    Raises
    ------
    SettingsError
        If a value is out of its range.
    """

    n_factors: int = 128
    n_personas: int = 3
    n_negatives: int = 32
    learning_rate: float = 0.2
    regularization: float = 0.03
    item_epochs: int = 20
    persona_epochs: int = 10

    def __post_init__(self) -> None:
        check_ranges(
            self,
            n_factors=(1, 4096),
            n_personas=(1, 100),
            n_negatives=(1, 100_000),
            learning_rate=(1e-9, 1e3),
            regularization=(0, 1e3),
            item_epochs=(1, 10_000),
            persona_epochs=(1, 10_000),
        )

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
        items = random_vectors(rng, plays.n_items, self.n_factors)
        users = random_vectors(rng, plays.n_users, self.n_factors)
        losses = self._train_both(plays, users, items, seed)
        personas = users[:, None] + random_vectors(rng, plays.n_users, self.n_personas, self.n_factors)
        losses += self._train_personas(plays, personas, items, seed)
        return model_of_personas(plays, personas, items, losses)

    def _train_both(self, plays: Interactions, users: FloatMatrix, items: FloatMatrix, seed: int) -> tuple[float, ...]:
        def run(rng: np.random.Generator, stream: np.uint64, rate: np.float32) -> float:
            order = read_only(rng.permutation(plays.n_pairs))
            loss = kernels.both_epoch(order, *data, rate, ridge, self.n_negatives, stream, users, items)
            return float(loss) / plays.n_pairs

        data = tuple(map(read_only, (plays.user_of_pair(), plays.indptr, plays.indices)))
        ridge = np.float32(self.regularization)
        return descend("items", self.item_epochs, self.learning_rate, seed, run)

    def _train_personas(
        self, plays: Interactions, personas: AnyArray, items: FloatMatrix, seed: int
    ) -> tuple[float, ...]:
        def run(rng: np.random.Generator, stream: np.uint64, rate: np.float32) -> float:
            kernels.personas_epoch(*data, rate, ridge, self.n_negatives, stream, personas, of_users)
            return float(of_users.sum()) / plays.n_pairs

        data = tuple(map(read_only, (plays.indptr, plays.indices, items)))
        ridge, of_users = np.float32(self.regularization), np.empty(plays.n_users)  # a sum per user: no thread's order
        return descend("personas", self.persona_epochs, self.learning_rate, seed, run)
