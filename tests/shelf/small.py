"""Small blocks, so that few users are many units, and an engine without machines."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.dataset
import pytest

import deepcuts as dc
from deepcuts.data.forgetting import select_users
from deepcuts.kernels import threads
from deepcuts.model.training import user_sums
from deepcuts.shelf import parts
from deepcuts.shelf.files import Shelf
from deepcuts.shelf.numbering import shelve
from deepcuts.shelf.parts import Parts

Result = TypeVar("Result")

N_USERS = 2_000
BLOCK = 256  # users of a block, in place of 8,192
PAIRS_OF_READER = 10_000  # in place of four millions
SETTINGS = {"n_factors": 8, "n_personas": 3, "base_epochs": 4, "tolerance": 0.0}


@contextmanager
def few_rows_a_block() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in (threads, user_sums):
            patch.setattr(module, "BLOCK_ROWS", BLOCK)
        patch.setattr(parts, "_PAIRS_OF_READER", PAIRS_OF_READER)
        yield


class Loop:
    """An engine that runs tasks one by one, in any order and some of them again, as where machines are lost.

    Attributes
    ----------
    sent, returned
        Bytes of every task, and of every result.
    """

    def __init__(self, seed: int = 0) -> None:
        self.rng, self.sent, self.returned = np.random.default_rng(seed), list[int](), list[int]()

    def each(self, n: int, task: Callable[[int], Result]) -> list[Result]:
        sent, order = pickle.dumps(task), self.rng.permutation(n).tolist()
        results = {number: pickle.dumps(pickle.loads(sent)(number)) for number in [*order, *order[: n // 4]]}
        self.sent.append(len(sent))
        self.returned += map(len, results.values())
        return [pickle.loads(results[number]) for number in range(n)]


class PartOf:
    """A task: plays of the users whose index is that of the part, by a divisor."""

    def __init__(self, plays: dc.Interactions, n: int) -> None:
        self.plays, self.n = plays, n

    def __call__(self, number: int) -> dc.Interactions:
        return select_users(self.plays, np.arange(number, self.plays.n_users, self.n))


def put_on_shelf(plays: dc.Interactions | Callable[[int], dc.Interactions], url: str, n_parts: int = 3) -> None:
    """Put plays onto a shelf that come in parts, or are dealt out among these as ingest does."""
    loop, part = Loop(), PartOf(plays, n_parts) if isinstance(plays, dc.Interactions) else plays
    n_pairs = sum(part(number).n_pairs for number in range(n_parts))
    shelve(loop, Parts.made(loop, Shelf.at(url), "pairs", n_parts, n_pairs, part), lambda ids: None)


def has_lists(folder: object, expected: pa.Table, **where: object) -> bool:
    """Whether a folder of Parquet has these lists, in whatever order, as rows on a shelf lie in that of units."""
    lists = pyarrow.dataset.dataset(folder, format="parquet", **where).to_table()
    keys = [("user_id", "ascending"), ("rank", "ascending")]
    return bool(lists.sort_by(keys).equals(expected.sort_by(keys)))
