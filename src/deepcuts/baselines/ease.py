"""EASE: every item as a weighted sum of the others, in closed form (Steck 2019).

*Embarrassingly shallow autoencoders for sparse data*, WWW 2019, doi:10.1145/3308558.3313710.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import linalg

from deepcuts.array_types import DoubleMatrix, FloatMatrix
from deepcuts.baselines.matrices import check_dense_items, played
from deepcuts.baselines.scored import ItemWeights, ScoredModel
from deepcuts.checks import check_ranges
from deepcuts.data.interactions import Interactions
from deepcuts.data.play_checks import check_plays
from deepcuts.ingest import PlaysLike, as_plays
from deepcuts.setting_names import refusing_unknown

_BLOCK_ITEMS = 1_024  # whose sparse products become rows of a dense matrix at a time


@refusing_unknown
@dataclass(frozen=True, kw_only=True)
class EASE:
    """Linear regression of every item on all others, X ≈ X B with diag(B) = 0.

    B_ij = −P_ij / P_jj off the diagonal, with P = (XᵀX + λ I)⁻¹ and X = 1 where there are plays. Scores are X B.

    Parameters
    ----------
    regularization
        λ, above 0.
    most_gigabytes
        Memory that the items × items matrix may take, above 0.

    Raises
    ------
    SettingsError
        If a value is out of its range.
    """

    regularization: float = 200.0
    most_gigabytes: float = 8.0
    draws: ClassVar[bool] = False  # the seed changes nothing

    def __post_init__(self) -> None:
        check_ranges(self, regularization=(1e-9, 1e12), most_gigabytes=(1e-9, 1e6))

    def fit(self, plays: PlaysLike, *, seed: int = 0) -> ScoredModel:
        """Invert the Gram matrix; `seed` changes nothing.

        Raises
        ------
        SettingsError
            If the matrix needs more memory than `most_gigabytes`.
        DataError
            If there are fewer than two users or items.
        """
        plays = as_plays(plays)
        check_plays(plays)
        # Of float64, before B becomes float32.
        check_dense_items("EASE", plays.n_items, bytes_each=8, most_gigabytes=self.most_gigabytes)
        return ScoredModel.of_users(plays, ItemWeights(played(plays), self.item_weights(plays)))

    def item_weights(self, plays: PlaysLike) -> FloatMatrix:
        """B, float32, (n_items, n_items)."""
        plays = as_plays(plays)
        gram = shared_listeners(plays)
        np.einsum("ii->i", gram)[:] += self.regularization  # a view of the diagonal: λ I is added in place
        inverse = linalg.inv(gram, overwrite_a=True, check_finite=False)  # in place: memory is what limits EASE
        inverse /= -np.diag(inverse)  # column j by −P_jj
        np.fill_diagonal(inverse, 0)
        return np.asarray(inverse, np.float32)


def shared_listeners(plays: Interactions) -> DoubleMatrix:
    """XᵀX: how many users have played both of two items, float64, (n_items, n_items)."""
    by_user = played(plays)
    by_item = by_user.T.tocsr()
    shared = np.empty((plays.n_items, plays.n_items))
    for start in range(0, plays.n_items, _BLOCK_ITEMS):
        block = slice(start, start + _BLOCK_ITEMS)
        shared[block] = (by_item[block] @ by_user).toarray()
    return shared
