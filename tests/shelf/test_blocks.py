"""Items are dealt out to blocks by what they cost."""

from __future__ import annotations

import numpy as np
import pytest

import deepcuts as dc
from deepcuts.shelf.blocks import deal_out
from deepcuts.shelf.files import Shelf
from deepcuts.shelf.training import fit
from shelf.small import SETTINGS, Loop

N_FACTORS = 64


def loads_of(n_pairs, n_blocks):
    return np.bincount(deal_out(n_pairs, N_FACTORS, n_blocks), weights=n_pairs + N_FACTORS, minlength=n_blocks)


@pytest.mark.parametrize("exponent", [0.0, 0.5, 0.8])
def test_no_block_has_much_more_to_do_than_another(exponent):
    n_pairs = (100_000 * np.arange(1, 5_001) ** -exponent).astype(np.int64)
    loads = loads_of(n_pairs, 16)
    assert loads.max() - loads.min() <= n_pairs.min() + N_FACTORS


def test_the_block_of_an_item_that_costs_most_of_a_share_has_little_besides():
    n_pairs = np.append(np.full(640, 100), 11_000)
    loads = loads_of(n_pairs, 8)
    assert n_pairs[-1] < loads.mean()
    assert loads.max() - loads.min() <= 100 + N_FACTORS


def test_an_item_that_costs_more_than_a_share_is_alone_and_the_others_are_dealt_out_evenly():
    blocks = deal_out(np.append(np.full(64, 100), 50_000), N_FACTORS, 5)
    assert np.count_nonzero(blocks == blocks[-1]) == 1
    assert sorted(np.bincount(blocks)) == [1, 16, 16, 16, 16]


def test_no_block_is_empty_and_of_equal_ones_the_first_comes_first():
    np.testing.assert_array_equal(deal_out(np.array([3, 3, 9, 3]), N_FACTORS, 4), [1, 2, 0, 3])


def test_blocks_of_a_training_have_about_as_many_pairs_and_heavy_items_count_by_what_stands_for_them(shelf):
    fit(Loop(), str(shelf), dc.PersonaNMF(**SETTINGS), seed=6, item_blocks=12, heavy_items=500)
    (folder,) = (path for path in shelf.glob("trainings/*/blocks") if len(list(path.iterdir())) == 12)
    n_pairs = [len(Shelf.at(folder).read(path.name)["indices"]) for path in folder.iterdir()]
    assert max(n_pairs) <= 1.05 * min(n_pairs)
