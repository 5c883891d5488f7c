"""Vectors of `to_mips` in an index of a real library: what it finds are the lists of personas, dial folded in."""

from __future__ import annotations

import numpy as np
import pytest

import deepcuts as dc

usearch = pytest.importorskip("usearch.index", reason="needs an index of inner products: pip install usearch")

K = 15


@pytest.fixture(scope="module")
def model() -> dc.PersonaModel:
    plays = dc.generate_world(n_users=80, n_items=600, items_per_user=20, seed=0).plays
    return dc.PersonaNMF(n_factors=12, n_personas=3).fit(plays, seed=0)


def unseen(near: np.ndarray, model: dc.PersonaModel) -> list[list[int]]:
    """Items of each persona that its user has not played, the best first, of what an index finds."""
    lists = []
    for user in range(len(model.user_ids)):
        seen = set(model.seen.user_items(user)[0].tolist())
        for row in near[model.persona_indptr[user] : model.persona_indptr[user + 1]]:
            lists.append([item for item in row.tolist() if item not in seen][:K])
    return lists


def listed_by(model: dc.PersonaModel, **settings: object) -> list[tuple[list[int], np.ndarray]]:
    """Items and scores of the list of each persona alone."""
    lists = []
    for user, name in enumerate(model.user_ids):
        for persona in range(int(np.diff(model.persona_indptr[user : user + 2])[0])):
            table = model.recommend(name, k=K, pick=[persona], base_weight=0.0, **settings)
            lists.append((model.item_ids.indexes_of(table["item_id"]).tolist(), table["score"].to_numpy()))
    return lists


def n_wanted(model: dc.PersonaModel) -> int:
    """As many as are left when the longest history is left out."""
    return K + int(np.diff(model.seen.indptr).max())


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"rarity": 0.7, "base_lean": 0.0},
        {"rarity": -0.5, "dial": "power"},
        {"rarity": 0.5, "dial": "shift", "base_lean": 0.25},
        {"base_lean": 0.5},
    ],
)
def test_an_exact_index_finds_the_lists(model, settings):
    items, personas, _ = model.to_mips(**settings)
    near = usearch.search(items, personas.astype(items.dtype), n_wanted(model), "ip", exact=True).keys
    for found, (listed, scores) in zip(unseen(near, model), listed_by(model, **settings), strict=True):
        # Scores that are alike but for rounding may change places; what is clearly better may not.
        clearly = [rank for rank in range(len(listed)) if np.all(np.abs(scores[rank] - np.delete(scores, rank)) > 1e-5)]
        assert [listed[rank] for rank in clearly] == [found[rank] for rank in clearly]
        assert len(set(found[: len(listed)]) & set(listed)) >= len(listed) - 1


def test_an_approximate_index_finds_nearly_all(model):
    items, personas, _ = model.to_mips(rarity=0.5, base_lean=0.0)  # that of a persona that is heard alone
    index = usearch.Index(ndim=items.shape[1], metric="ip", dtype="f32", connectivity=32, expansion_search=256)
    index.add(np.arange(len(items)), items)
    near = index.search(personas, n_wanted(model)).keys
    pairs = list(zip(unseen(near, model), listed_by(model, rarity=0.5, base_lean=0.0), strict=True))
    hits = sum(len(set(found) & set(listed)) for found, (listed, _) in pairs)
    assert hits >= 0.95 * sum(len(listed) for _, (listed, _) in pairs)
