"""Vectors for an index of inner products: the best items by product are the lists, dial and lean folded in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import deepcuts as dc
from deepcuts.errors import SettingsError

K = 15


@pytest.fixture(scope="module", params=[True, False], ids=["nonnegative", "signed"])
def model(request: pytest.FixtureRequest) -> dc.PersonaModel:
    plays = dc.generate_world(n_users=50, n_items=300, seed=0).plays
    return dc.PersonaNMF(n_factors=8, n_personas=3, nonnegative=request.param).fit(plays, seed=0)


@pytest.mark.parametrize("settings", [{}, {"rarity": 0.6}, {"rarity": -0.4, "frequency": "plays"}, {"base_lean": 0.5}])
@pytest.mark.parametrize("dial", ["norm", "shift", "power"])
@pytest.mark.parametrize("mix", ["share", "max"])
def test_products_are_the_scores_of_lists(
    model: dc.PersonaModel, mix: str, dial: str, settings: dict[str, Any]
) -> None:
    asked = {"mix": mix, "dial": dial, "weights": {0: 0.5}, **settings}
    items, personas, indptr = model.to_mips(**asked)
    table = model.recommend(k=K, **asked)
    users, listed = model.user_ids.indexes_of(table["user_id"]), model.item_ids.indexes_of(table["item_id"])
    rows = indptr[users] + table["persona"].to_numpy()
    products = np.einsum("ij,ij->i", personas[rows], items[listed])
    np.testing.assert_allclose(products, table["score"].to_numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dial", ["norm", "shift", "power"])
def test_an_index_finds_the_list_of_a_persona(model: dc.PersonaModel, dial: str) -> None:
    items, personas, indptr = model.to_mips(rarity=0.5, dial=dial, base_lean=0.2)  # "auto" is 0 for one persona alone
    asked: dict[str, Any] = {"pick": [0], "include_seen": True, "base_lean": 0.2}
    for user, name in enumerate(model.user_ids.values.to_pylist()[:20]):
        listed = model.recommend(name, k=K, rarity=0.5, dial=dial, base_weight=0.0, **asked)
        row = indptr[user]
        products = items @ personas[row]
        products[model.scores(np.array([row]))[0] == 0] = -np.inf
        best = np.argsort(-products, kind="stable")[:K]
        assert np.mean(best[: len(listed)] == model.item_ids.indexes_of(listed["item_id"])) > 0.9  # but for rounding


@pytest.mark.parametrize(
    "setting", [{"k": 3}, {"allow": ["x"]}, {"deny": ["x"]}, {"include_seen": True}, {"pick": [0]}, {"base_weight": 0}]
)
def test_settings_that_choose_among_items_are_refused(model: dc.PersonaModel, setting: dict[str, Any]) -> None:
    (name,) = setting
    with pytest.raises(SettingsError, match=rf"^{name} is .*, which does nothing to vectors\. Leave it out, and"):
        model.to_mips(**setting)


def test_one_strength_for_all_where_items_are_scaled(model: dc.PersonaModel) -> None:
    with pytest.raises(SettingsError, match="Pass one rarity for all personas, or dial='shift'"):
        model.to_mips(rarity={0: 0.5})
    assert model.to_mips(rarity={0: 0.5}, dial="shift").items.shape == (len(model.item_ids), 9)
