"""Plays and a shelf that the tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import deepcuts as dc
from deepcuts.blas_threads import one_blas_thread
from shelf.small import N_USERS, few_rows_a_block, put_on_shelf


@pytest.fixture(scope="module", autouse=True)
def small_blocks() -> Iterator[None]:
    """Few rows a block, and one thread of BLAS, as engines are to have it; for the tests of this folder alone."""
    with few_rows_a_block(), one_blas_thread():
        yield


@pytest.fixture(scope="session")
def plays() -> dc.Interactions:
    return dc.generate_world(n_users=N_USERS, n_items=240, items_per_user=12, seed=3).plays


@pytest.fixture(scope="session")
def shelf(plays: dc.Interactions, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shelf of these plays."""
    folder = tmp_path_factory.mktemp("shelf") / "shelf"
    with few_rows_a_block():
        put_on_shelf(plays, str(folder))
    return folder
