"""Numbers at the edge: extreme plays with extreme settings end in finite factors, the same on any number of threads."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from itertools import product
from typing import Any

import numba
import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from deepcuts import Interactions, PersonaModel, PersonaNMF
from deepcuts.errors import DeepcutsError
from faults.table import add_row

N_SHORT = 12


def plays_of(matrix: Any, *, dislikes: bool = False) -> Interactions:
    matrix = csr_array(matrix)
    ids = [[f"{row:04}" for row in range(size)] for size in matrix.shape]
    return Interactions.from_csr(matrix, *ids, dislikes=dislikes)


def sparse_plays(seed: int, scale: Callable[[np.ndarray], np.ndarray] = np.ceil) -> csr_array:
    rng = np.random.default_rng(seed)
    matrix = random_array((60, 40), density=0.15, rng=rng, format="csr")
    matrix.data = scale(rng.pareto(1.0, matrix.nnz) + 1)
    return csr_array(matrix)


def one_for_all() -> np.ndarray:
    """Everybody plays one item, and one user plays everything."""
    matrix = np.zeros((50, 30))
    matrix[:, 3] = 1
    matrix[7] = 1e6
    return matrix


def liked_and_not() -> csr_array:
    matrix = sparse_plays(5)
    matrix.data[::3] *= -1
    return matrix


DATA: dict[str, Callable[[], Interactions]] = {
    "two of each": lambda: plays_of([[1.0, 0], [0, 1]]),
    "all alike": lambda: plays_of(np.ones((40, 20))),
    "heavy tail": lambda: plays_of(sparse_plays(0)),
    "huge plays": lambda: plays_of(sparse_plays(1, lambda plays: np.minimum(plays, 9) * 1e29)),
    "tiny plays": lambda: plays_of(sparse_plays(2, lambda plays: plays * 1e-30)),
    "huge and tiny": lambda: plays_of(sparse_plays(3, lambda plays: np.where(plays > 2, 1e30, 1e-30))),
    "one for all": lambda: plays_of(one_for_all()),
    "one pair each": lambda: plays_of(np.eye(30)),
    "blocks": lambda: plays_of(np.kron(np.eye(3), np.full((10, 8), 1e4))),
    "dislikes": lambda: plays_of(liked_and_not(), dislikes=True),
}

SETTINGS: dict[str, dict[str, Any]] = {
    "usual": {},
    "signed factors": {"nonnegative": False},
    "signed users": {"nonnegative": "items", "unobserved_exponent": 0.5},
    "hardly regularized": {"user_regularization": 1e-9, "item_regularization": 1e-9},
    "much regularized": {"user_regularization": 1e9, "item_regularization": 1e9},
    "no unobserved weight": {"unobserved_ratio": 0.0, "nonnegative": False},
    "much unobserved weight": {"unobserved_ratio": 1e6},
    "unobserved weight by popularity": {"unobserved_ratio": 1e6, "unobserved_exponent": 1.0, "diversity": 1e6},
    "signed targets": {"target": "signed_log", "nonnegative": False, "user_normalization": False},
    "strong confidence": {"confidence_scale": 1e6},
    "binary": {"confidence": "binary", "frequency_exponent": 0.0},
    "steep ridge": {"frequency_exponent": 2.0, "persona_regularization_scale": 1e3},
    "no lean": {"lean": 0.0, "persona_unobserved_scale": 0.0},
    "much lean": {"lean": 1e6, "lean_history": 1e-9},
    "diverse": {"diversity": 1e6},
    "diverse and signed": {"diversity": 1e6, "nonnegative": False, "persona_epochs": 2},
    "distinct": {"distinction": 1e6, "distinction_floor": 1e-6},
    "distinct and signed": {"distinction": 1e6, "nonnegative": False, "user_regularization": 1e-9},
    "copied": {"start": "copy", "reassignment": "score", "persona_epochs": 2},
    "moving": {"reassignment": "cosine", "merge_cosine": 0.5, "persona_epochs": 2},
    "many personas": {"n_personas": 100, "persona_count": "all"},
    "one factor": {"n_factors": 1, "n_personas": 1, "nonnegative": False, "unobserved_ratio": 0.0},
}

CASES = list(product(DATA, SETTINGS))


def fitted(plays: Interactions, settings: dict[str, Any], n_threads: int) -> PersonaModel | str:
    """The model, or the error with which deepcuts refuses."""
    before = numba.get_num_threads()
    numba.set_num_threads(n_threads)
    try:
        return PersonaNMF(**{"n_factors": 8, "base_epochs": 4, **settings}).fit(plays, seed=3)
    except DeepcutsError as error:
        return str(error)
    finally:
        numba.set_num_threads(before)


def faults_of(data: str, setting: str) -> list[str]:
    """What is wrong with training on one kind of data with one setting; nothing, or one refusal for both threads."""
    plays = DATA[data]()
    one, two = (
        fitted(plays, SETTINGS[setting], n_threads) for n_threads in (1, min(2, numba.config.NUMBA_NUM_THREADS))
    )
    if isinstance(one, str) or isinstance(two, str):
        return [] if one == two else [f"1 thread: {one}; 2 threads: {two}"]
    return [*differences(one, two), *infinities(one), *faults_of_use(one, plays)]


def differences(one: PersonaModel, two: PersonaModel) -> list[str]:
    names = ("item_factors", "base_factors", "persona_factors", "persona_shares", "persona_indptr")
    return [f"{name} differs" for name in names if getattr(one, name).tobytes() != getattr(two, name).tobytes()]


def infinities(model: PersonaModel) -> list[str]:
    arrays = {name: getattr(model, name) for name in ("item_factors", "base_factors", "persona_factors")}
    arrays["losses"] = np.array([epoch.loss for epoch in model.epochs])
    return [f"{name} is not finite" for name, values in arrays.items() if not np.all(np.isfinite(values))]


def faults_of_use(model: PersonaModel, plays: Interactions) -> list[str]:
    faults = []
    for rarity in (0.0, 4.0):
        scores = model.recommend(k=5, rarity=rarity)["score"].to_numpy()
        faults += [] if np.all(np.isfinite(scores)) else [f"scores with rarity {rarity} are not finite"]
    item = plays.item_ids.values[0].as_py()
    for count in (1e30, 1e-30):
        try:
            visitor = model.fold_in({item: count})
        except DeepcutsError:
            continue
        if not np.all(np.isfinite(visitor.persona_factors)):
            faults.append(f"fold-in of {count} plays is not finite")
    return faults


@pytest.mark.filterwarnings("error")
def test_extreme_numbers_give_finite_factors_or_an_error():
    long = os.environ.get("DEEPCUTS_FAULTS") == "long"
    # A step that shares no divisor with either number meets all data and settings in turn.
    cases = CASES if long else [CASES[number * 17 % len(CASES)] for number in range(N_SHORT)]
    failed = {}
    for case in cases:
        try:
            found = faults_of(*case)
        except (Exception, warnings.WarningMessage) as error:  # an error of another library is a fault
            found = [f"{type(error).__name__}: {error}"]
        if found:
            failed[case] = found
    add_row("numbers", "data × settings, on one thread and two", len(cases), len(failed))
    assert not failed
