"""Items by names that several have, and people of whom nothing can be said: as the library, so over HTTP."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from scipy import sparse

import asking
import deepcuts as dc
from deepcuts.web.server.store import LoadedModel
from serving_help import served

ALONE = "u150"


@pytest.fixture(scope="module")
def model() -> dc.PersonaModel:
    """A world with two artists of one name, and a listener of five artists whom nobody else plays."""
    world = dc.generate_world(n_users=150, n_items=200, items_per_user=12, seed=0).plays.to_csr()
    plays = sparse.block_diag([world, sparse.csr_array(np.ones((1, 5)))], format="csr")
    ids = [f"u{user:03}" for user in range(plays.shape[0])], [f"i{item:03}" for item in range(plays.shape[1])]
    known = dc.Interactions.from_csr(sparse.csr_array(plays), *ids)
    names = {f"i{item:03}": f"Artist {item}" for item in range(200)} | {"i007": "Low", "i011": "LOW", "i013": "low"}
    return dc.PersonaNMF(n_factors=16, base_epochs=60, tolerance=0.0).fit(known.with_labels(names), seed=0)


@pytest.fixture(scope="module")
def client(model: dc.PersonaModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    path = tmp_path_factory.mktemp("service") / "model.safetensors"
    model.save(path)
    with served(path) as address, asking.Client(base_url=address) as client:
        yield client


TEXTS = ["Low", "LOW", "low", " low ", "LoW", "artist 5", "i007", "nobody"]


def test_names_are_resolved_as_by_the_library(model):
    loaded = LoadedModel(model, "5f0c1b7a90de")
    assert loaded.item_indexes(TEXTS).tolist() == model.named_items.indexes_of(TEXTS).tolist()
    assert len(set(model.named_items.indexes_of(["Low", "LOW", "low"]).tolist())) == 3


@pytest.mark.parametrize("text", ["Low", "LOW", "low", "LoW"])
def test_filters_take_the_items_that_the_library_takes(client, model, text, caplog):
    meant = model.item_ids[model.named_items.index_of(text)]
    caplog.clear()
    body = {"user": "u003", "include_seen": True, "k": 200}
    allowed = client.post("/recommend", json={**body, "allow": [text]}).json()
    assert [row["item_id"] for row in allowed["items"]] == [meant]
    denied = client.post("/recommend", json={**body, "deny": [text]}).json()
    assert {f"i{n:03}" for n in (7, 11, 13)} - {row["item_id"] for row in denied["items"]} == {meant}
    assert allowed["named_items"] == denied["named_items"] == {text: meant}
    folded = client.post("/fold-in", json={"history": {text: 3.0}}).json()
    explained = client.post("/explain", json={"user": "u003", "item": text}).json()
    assert folded["named_items"] == explained["named_items"] == {text: meant}
    assert not [record for record in caplog.records if text in record.getMessage()]  # names of visitors are not logged


def test_lists_that_are_guesses_are_said_to_be_so(client, model, caplog):
    with caplog.at_level(logging.WARNING, "deepcuts"):
        for user in ("u003", ALONE):
            listed = client.post("/recommend", json={"user": user, "k": 3}).json()
            assert listed["is_guess"] is (user == ALONE)
            assert client.get(f"/personas/{user}").json()["is_guess"] is (user == ALONE)
        visitors = [{"i000": 3.0, "i001": 2.0}, {"i201": 4.0, "i202": 1.0}]
        answers = [client.post("/recommend", json={"history": history}).json()["is_guess"] for history in visitors]
        assert answers == [False, True]
    assert not [record for record in caplog.records if ALONE in record.getMessage()]  # nor are users
