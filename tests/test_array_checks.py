"""Arrays are what their types say, and the checks of that see when they are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from array_checks import ArrayTypeError, checked, fault
from deepcuts.array_types import FloatMatrix, Indptr
from deepcuts.data.csr import UserItems, indptr_of
from deepcuts.data.interactions import Interactions


@pytest.mark.parametrize("wrong", [np.zeros(3), np.zeros((3, 2)), np.zeros((3, 2, 1), np.float32), [[1.0]], None])
def test_another_array_is_seen(wrong):
    assert fault(FloatMatrix, wrong)
    assert fault(FloatMatrix | float, np.zeros(2))
    assert fault(tuple[int, FloatMatrix], (1, wrong))


def test_the_right_array_passes():
    right = np.zeros((3, 2), np.float32)
    assert fault(FloatMatrix, right) is None
    assert fault(FloatMatrix | None, None) is None
    assert fault(FloatMatrix | float, 1.0) is None
    assert fault(tuple[int, FloatMatrix], (1, right)) is None


def test_arguments_and_results_are_checked():
    @checked
    def doubled(indptr: Indptr, *, wrong: bool = False) -> Indptr:
        return indptr / 2 if wrong else 2 * indptr

    assert doubled(np.arange(3))[2] == 4
    with pytest.raises(ArrayTypeError, match="doubled, indptr: float64"):
        doubled(np.zeros(3))
    with pytest.raises(ArrayTypeError, match="doubled, return: float64"):
        doubled(np.arange(3), wrong=True)


def test_what_was_right_once_does_not_hide_what_is_wrong():
    @checked
    def taken(pair: tuple[int, FloatMatrix], *, matrix: FloatMatrix | None = None) -> None:
        """Return nothing."""

    right = np.zeros((3, 2), np.float32)
    for matrix in (None, right):
        taken((1, right), matrix=matrix)
    for wrong in (np.zeros((3, 2)), np.zeros(3, np.float32), [[1.0]]):
        with pytest.raises(ArrayTypeError, match="taken, pair"):
            taken((1, wrong))
        with pytest.raises(ArrayTypeError, match="taken, matrix"):
            taken((1, right), matrix=wrong)


def test_the_library_is_checked():
    assert hasattr(indptr_of, "__wrapped__")
    with pytest.raises(ArrayTypeError, match="items: int64"):
        UserItems(np.arange(3), np.arange(2))


def test_fields_that_a_dataclass_inherits_are_checked():
    plays = Interactions.from_csr(sparse.csr_array([[1, 2]]), ["u"], ["a", "b"])
    with pytest.raises(ArrayTypeError, match="Interactions, indices: int64"):
        replace(plays, indices=plays.indices.astype(np.int64))
