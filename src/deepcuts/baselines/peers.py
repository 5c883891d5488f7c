"""Models of other libraries behind the interface of this one; they come with the extra `peers`."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import threading
import warnings
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

import numpy as np
from scipy import sparse

from deepcuts.baselines.matrices import played
from deepcuts.baselines.scored import DotProduct, ScoredModel
from deepcuts.blas_threads import one_blas_thread
from deepcuts.checks import check_ranges, seed_number
from deepcuts.data.play_checks import check_plays
from deepcuts.errors import MissingExtraError
from deepcuts.ingest import PlaysLike, as_plays
from deepcuts.setting_names import refusing_unknown

_one_output = threading.Lock()
_threads_are_lost = False  # in a process that was forked after implicit may have started threads, by GNU OpenMP


def _note_fork() -> None:
    _one_output.release()
    global _threads_are_lost  # noqa: PLW0603  # a fork copies the team's book-keeping, and none of its threads
    _threads_are_lost = "implicit" in sys.modules


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_one_output.acquire, after_in_parent=_one_output.release, after_in_child=_note_fork)


@refusing_unknown
@dataclass(frozen=True, kw_only=True)
class ImplicitALS:
    """`implicit.als.AlternatingLeastSquares`: weighted least squares, solved by conjugate gradients.

    Parameters
    ----------
    n_factors
        Length of the vectors, 1 to 4096.
    regularization
        Ridge of every row, above 0.
    confidence
        Weight of an observed pair, above 0; that of any other pair is 1. The library calls it alpha.
    n_epochs
        Epochs, at least 1.

    Raises
    ------
    SettingsError
        If a value is out of its range.
    """

    n_factors: int = 128
    regularization: float = 40.0
    confidence: float = 20.0
    n_epochs: int = 15

    def __post_init__(self) -> None:
        check_ranges(
            self, n_factors=(1, 4096), regularization=(1e-9, 1e9), confidence=(1e-9, 1e9), n_epochs=(1, 10_000)
        )

    def fit(self, plays: PlaysLike, *, seed: int = 0) -> ScoredModel:
        """Train.

        Raises
        ------
        MissingExtraError
            If the library is not installed.
        DataError
            If there are fewer than two users or items.
        """
        plays = as_plays(plays)
        check_plays(plays)
        als = import_peer("implicit.als")
        with one_blas_thread():  # the library warns of BLAS threads beside its own
            model = als.AlternatingLeastSquares(
                factors=self.n_factors,
                regularization=self.regularization,
                alpha=self.confidence,
                iterations=self.n_epochs,
                random_state=seed_number(seed, most=2**32 - 1),
                use_gpu=False,
                num_threads=int(_threads_are_lost),  # 0 stands for all
            )
            model.fit(sparse.csr_matrix(played(plays)), show_progress=False)
        return ScoredModel.of_users(plays, DotProduct(model.user_factors, model.item_factors))


@refusing_unknown
@dataclass(frozen=True, kw_only=True)
class IrspackIALS:
    """`irspack.IALSRecommender`: weighted least squares with the frequency-scaled ridge of Rendle et al. (2022).

    Parameters
    ----------
    n_factors
        Length of the vectors, 1 to 4096.
    regularization
        Ridge of a row, for every unit of its weight, above 0.
    unobserved_weight
        Weight of a pair that was not observed, above 0; that of an observed one is 1. The library calls it alpha0.
    n_epochs
        Epochs, at least 1.

    Raises
    ------
    SettingsError
        If a value is out of its range.
    """

    n_factors: int = 128
    regularization: float = 0.02
    unobserved_weight: float = 0.05
    n_epochs: int = 16

    def __post_init__(self) -> None:
        check_ranges(
            self, n_factors=(1, 4096), regularization=(1e-9, 1e9), unobserved_weight=(1e-9, 1e9), n_epochs=(1, 10_000)
        )

    def fit(self, plays: PlaysLike, *, seed: int = 0) -> ScoredModel:
        """Train.

        Raises
        ------
        MissingExtraError
            If the library is not installed.
        DataError
            If there are fewer than two users or items.
        """
        plays = as_plays(plays)
        check_plays(plays)
        irspack = import_peer("irspack")
        model = irspack.IALSRecommender(
            sparse.csr_matrix(played(plays)),
            n_components=self.n_factors,
            alpha0=self.unobserved_weight,
            reg=self.regularization,
            train_epochs=self.n_epochs,
            random_seed=seed_number(seed, most=2**32 - 1),
        )
        # Its progress bar has no switch; what is redirected is the process's, so by one thread at a time.
        with _one_output, contextlib.redirect_stdout(io.StringIO()):
            model.learn()
        return ScoredModel.of_users(plays, DotProduct(model.get_user_embedding(), model.get_item_embedding()))


@refusing_unknown
@dataclass(frozen=True, kw_only=True)
class SklearnNMF:
    """`sklearn.decomposition.NMF`: absent pairs count as much as observed ones.

    Parameters
    ----------
    n_factors
        Length of the vectors, 1 to 4096.
    regularization
        Ridge of both sides, at least 0, in the library's scale.
    n_epochs
        The most epochs, at least 1.

    Raises
    ------
    SettingsError
        If a value is out of its range.
    """

    n_factors: int = 128
    regularization: float = 0.0
    n_epochs: int = 100

    def __post_init__(self) -> None:
        check_ranges(self, n_factors=(1, 4096), regularization=(0, 1e9), n_epochs=(1, 10_000))

    def fit(self, plays: PlaysLike, *, seed: int = 0) -> ScoredModel:
        """Train.

        Raises
        ------
        MissingExtraError
            If the library is not installed.
        DataError
            If there are fewer than two users or items.
        """
        plays = as_plays(plays)
        check_plays(plays)
        decomposition = import_peer("sklearn.decomposition")
        model = decomposition.NMF(
            n_components=self.n_factors,
            init="nndsvda",
            alpha_W=self.regularization,
            max_iter=self.n_epochs,
            random_state=seed_number(seed, most=2**32 - 1),
        )
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Maximum number of iterations")  # epochs are a budget here
            users = model.fit_transform(sparse.csr_matrix(played(plays)))
        return ScoredModel.of_users(plays, DotProduct(users, np.ascontiguousarray(model.components_.T)))


def import_peer(name: str, extra: str = "peers") -> ModuleType:
    """Import a module of another library.

    Parameters
    ----------
    name
        Of the module.
    extra
        The extra of this package that installs it.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        library = name.partition(".")[0]
        raise MissingExtraError.of(library, extra) from error
