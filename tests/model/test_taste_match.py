"""How alike two people are: the figure by hand, its laws, and the personas they share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import deepcuts as dc
from deepcuts.model.taste_match import match_tastes, match_vectors, usual_matches

POSITIVE = st.floats(0.015625, 8, width=32)


def shares(n: int) -> np.ndarray:
    return np.full(n, 1 / n, np.float32)


def test_the_figure_by_hand():
    mine = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
    theirs = np.array([[0, 3, 0], [0, 0, 2], [3, 4, 0]], np.float32)
    found = match_vectors(mine, np.array([0.75, 0.25], np.float32), theirs, np.array([0.5, 0.25, 0.25], np.float32))
    # Mine: .75 · .6 + .25 · 1 = .7; theirs: .5 · 1 + .25 · 0 + .25 · .8 = .7
    assert found.match == pytest.approx(0.7)
    assert found.shared == [(1, 0, pytest.approx(1)), (0, 2, pytest.approx(0.6))]


@given(st.data(), st.integers(1, 4), st.integers(1, 4))
def test_laws_of_the_figure(data, n_mine, n_theirs):
    mine = data.draw(arrays(np.float32, (n_mine, 3), elements=POSITIVE))
    theirs = data.draw(arrays(np.float32, (n_theirs, 3), elements=POSITIVE))
    found = match_vectors(mine, shares(n_mine), theirs, shares(n_theirs))
    back = match_vectors(theirs, shares(n_theirs), mine, shares(n_mine))
    assert 0 <= found.match <= 1
    assert found.match == pytest.approx(back.match, abs=1e-5)
    assert match_vectors(mine, shares(n_mine), mine, shares(n_mine)).match == pytest.approx(1, abs=1e-5)
    assert (
        len({row for row, _, _ in found.shared}) == len({column for _, column, _ in found.shared}) == len(found.shared)
    )


def test_people_of_one_scene_are_more_alike_than_others():
    world = dc.generate_world(200, 160, items_per_user=20, seed=0)
    model = dc.PersonaNMF(n_factors=12).fit(world.plays, seed=0)
    ids = np.array(model.item_ids.values.to_pylist())
    scenes = np.asarray(world.item_scenes)
    one, same, other = (
        model.fold_in(dict.fromkeys(chosen.tolist(), 20.0))
        for chosen in (ids[scenes == 0][:8], ids[scenes == 0][8:16], ids[scenes == 1][:8])
    )
    assert match_tastes(one, one).match == pytest.approx(1, abs=1e-5)
    assert match_tastes(one, same).match > match_tastes(one, other).match
    assert match_tastes(one, same).shared != []
    usual = usual_matches(model, 50, seed=0)
    assert len(usual) == 50
    assert np.all(np.diff(usual) >= 0)
    assert match_tastes(one, same).match > np.median(usual)
