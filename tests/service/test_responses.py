"""Responses of the service hold what the model returns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import numpy as np
import pytest

import asking
import deepcuts as dc
from deepcuts import storage
from serving_help import HOSTILE, served, small_model


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("service") / "model.safetensors"
    small_model().save(path)
    return path


@pytest.fixture(scope="module")
def model(model_path) -> dc.PersonaModel:
    return dc.load(model_path)


@pytest.fixture(scope="module")
def client(model_path) -> Iterator[httpx.Client]:
    with served(model_path) as address, asking.Client(base_url=address) as client:
        yield client


@pytest.fixture
def user(model) -> str:
    return model.user_ids.values[7].as_py()


@pytest.fixture
def history(model) -> dict[str, float]:
    items, plays = model.seen.user_items(7)
    return dict(zip(model.item_ids.take(items).to_pylist(), plays.tolist(), strict=True))


def ask(client: httpx.Client, path: str, **body: object) -> dict:
    response = client.post(path, json=body)
    assert response.status_code == 200, response.text
    return response.json()


def items_of(response: dict) -> list[str]:
    return [row["item_id"] for row in response["items"]]


def test_a_list_of_lidarr_needs_ids_of_musicbrainz(client, user):
    response = client.get(f"/lidarr/{quote(user, safe='')}")
    assert response.status_code == 409
    assert response.json()["type"] == "urn:deepcuts:problem:no-mbids"
    assert "No item of the list has an id of MusicBrainz" in response.json()["detail"]
    assert client.get("/lidarr/nobody").status_code == 404
    answers = client.get("/openapi.json").json()["paths"]["/lidarr/{user}"]["get"]["responses"]
    assert {"404", "409"} <= answers.keys()
    assert "id of MusicBrainz" in answers["409"]["description"]


def test_a_list_is_that_of_the_model(client, model, model_path, user):
    response = ask(client, "/recommend", user=user, k=7, rarity={"0": 0.4}, mix="max", weights={"1": 0.5})
    expected = model.recommend(user, k=7, rarity={0: 0.4}, mix="max", weights={1: 0.5})
    for name in ("item_id", "rank", "persona"):
        assert [row[name] for row in response["items"]] == expected[name].to_pylist()
    assert [row["score"] for row in response["items"]] == pytest.approx(expected["score"].to_pylist(), rel=1e-5)
    assert response["model"] == storage.describe(model_path).checksum[:12]
    assert response["user"] == user
    listeners = dict(zip(model.item_ids.values.to_pylist(), model.item_listeners.tolist(), strict=True))
    assert all(row["listeners"] == listeners[row["item_id"]] for row in response["items"])


def test_a_list_obeys_filters_and_picks(client, model, user, history):
    first = items_of(ask(client, "/recommend", user=user, k=10))
    assert not set(first) & set(history)
    allowed = items_of(ask(client, "/recommend", user=user, allow=first[3:5]))
    assert sorted(allowed) == sorted(first[3:5])  # shares of personas are dealt out anew: the order may differ
    assert allowed == model.recommend(user, k=10, allow=first[3:5])["item_id"].to_pylist()
    assert not set(items_of(ask(client, "/recommend", user=user, deny=first[:5]))) & set(first[:5])
    assert set(items_of(ask(client, "/recommend", user=user, k=200, include_seen=True))) & set(history)
    one = ask(client, "/recommend", user=user, pick=[1])
    assert {row["persona"] for row in one["items"]} == {1}


def test_a_visitor_is_folded_in(client, model, history):
    response = ask(client, "/recommend", history={**history, "nobody has heard of this": 3}, k=9, rarity=0.2)
    expected = model.fold_in(history).recommend(k=9, rarity=0.2)
    assert items_of(response) == expected["item_id"].to_pylist()
    assert response["unknown_items"] == ["nobody has heard of this"]
    assert response["user"] is None


def test_what_a_visitor_dislikes_is_not_listed(client, model, history):
    first = items_of(ask(client, "/recommend", history=history, k=3))
    response = ask(client, "/recommend", history=history, dislikes=first[:2], k=50)
    assert not set(items_of(response)) & set(first[:2])
    expected = model.fold_in({**history, first[0]: -1, first[1]: -1}).recommend(k=50)
    assert items_of(response) == expected["item_id"].to_pylist()


def test_items_may_be_named_and_the_response_says_what_was_taken(client, model):
    named, item = HOSTILE.upper(), model.item_ids[0]
    other = model.item_ids[5]
    by_name = ask(client, "/recommend", history={named: 4, other: 2}, k=5, deny=[named])
    assert by_name["named_items"] == {named: item}
    assert by_name["unknown_items"] == []
    by_id = ask(client, "/recommend", history={item: 4, other: 2}, k=5)
    assert (by_id["named_items"], by_id["items"]) == ({}, by_name["items"])
    similar = [client.get("/similar", params={"item": text, "k": 3}).json() for text in (named, item)]
    assert similar[0] == similar[1]
    double = client.post("/recommend", json={"history": {named: 4, item: 2}})
    assert double.status_code == 422
    assert "are the same item. Give each item once." in double.json()["detail"]


def test_the_personas_of_a_user(client, model, user):
    response = client.get(f"/personas/{quote(user)}", params={"n_items": 2}).json()
    expected = model.personas(user, n_items=2)
    found = [(persona["persona"], item["item_id"]) for persona in response["personas"] for item in persona["items"]]
    assert found == list(zip(expected["persona"].to_pylist(), expected["item_id"].to_pylist(), strict=True))
    assert [persona["name"] for persona in response["personas"]] == model.persona_names(user)
    assert sum(persona["share"] for persona in response["personas"]) == pytest.approx(1, abs=1e-4)
    assert all(tag.startswith("tag ") for persona in response["personas"] for tag in persona["tags"])
    assert any(persona["tags"] for persona in response["personas"])


def test_fold_in_returns_personas(client, model, history):
    response = ask(client, "/fold-in", history=history, n_items=3)
    expected = model.fold_in(history).personas("visitor", n_items=3)
    found = [item["item_id"] for persona in response["personas"] for item in persona["items"]]
    assert found == expected["item_id"].to_pylist()


def test_reasons(client, model, user, history):
    item = items_of(ask(client, "/recommend", user=user))[0]
    response = ask(client, "/explain", user=user, item=item, k=4)
    expected = model.explain(user, item, k=4)
    assert [row["item_id"] for row in response["reasons"]] == expected["item_id"].to_pylist()
    assert response["item"]["name"] == model.item_names(np.array([model.item_ids.index_of(item)]))[0].as_py()
    assert all(row["name"] for row in response["reasons"])
    assert [row["share"] for row in response["reasons"]] == pytest.approx(expected["share"].to_pylist(), abs=1e-4)
    assert {row["item_id"] for row in ask(client, "/explain", history=history, item=item)["reasons"]} <= set(history)


def test_reasons_of_a_row_are_those_of_its_persona(client, model, user):
    for row in ask(client, "/recommend", user=user, k=10, base_lean=0.25)["items"]:
        asked = {"persona": row["persona"], "base_lean": 0.25}
        reasons = ask(client, "/explain", user=user, item=row["item_id"], k=500, **asked)["reasons"]
        expected = model.explain(user, row["item_id"], 500, **asked)
        assert [reason["item_id"] for reason in reasons] == expected["item_id"].to_pylist()
        assert sum(reason["contribution"] for reason in reasons) == pytest.approx(row["score"], rel=1e-2)
        former = ask(client, "/explain", user=user, item=row["item_id"], k=500, persona=row["persona"], lean=0.25)
        assert former["reasons"] == reasons


def test_reasons_of_a_rare_list_are_of_personas_that_lean(client, model, user):
    turned = {"rarity": 0.8, "dial": "shift", "mix": "max"}
    for row in ask(client, "/recommend", user=user, k=3, **turned)["items"]:
        asked = {"k": 500, "persona": row["persona"]}
        reasons = ask(client, "/explain", user=user, item=row["item_id"], **asked, **turned)["reasons"]
        expected = model.explain(user, row["item_id"], **asked, **turned)
        assert [reason["contribution"] for reason in reasons] == pytest.approx(
            expected["contribution"].to_pylist(), rel=1e-3, abs=1e-4
        )
        straight = ask(client, "/explain", user=user, item=row["item_id"], **asked)["reasons"]
        assert reasons != straight
        alike = ask(client, "/explain", user=user, item=row["item_id"], **asked, **turned, base_lean="auto")["reasons"]
        assert alike == reasons


@pytest.mark.parametrize("lean", ["much", 1.5, True, None])
def test_a_lean_that_is_none_is_refused(client, user, lean):
    for path, more in (("/recommend", {}), ("/explain", {"item": "x"})):
        response = client.post(path, json={"user": user, "base_lean": lean, **more})
        assert response.status_code == 422
        assert [error["where"] for error in response.json()["errors"]] == ["body.base_lean"]


def test_neighbours(client, model):
    item = model.item_ids.values[0].as_py()
    response = client.get("/similar", params={"item": item, "k": 5}).json()
    assert items_of(response) == model.similar_items(item, 5)["item_id"].to_pylist()
    assert response["item"] == {"item_id": item, "name": HOSTILE}


def test_a_batch_answers_each(client, user, history):
    requests = [{"user": user, "k": 3}, {"user": "nobody"}, {"history": history, "k": 3}]
    results = ask(client, "/recommend/batch", requests=requests)["results"]
    assert results[0]["list"] == ask(client, "/recommend", **requests[0])
    assert results[1]["problem"]["status"] == 404
    assert results[2]["list"] == ask(client, "/recommend", **requests[2])


def test_items_are_found_by_name(client, model):
    item = model.item_ids.values[11].as_py()
    response = client.get("/items", params={"q": item[:-1].upper(), "k": 3}).json()
    assert item in items_of(response)


def test_a_name_that_is_html_stays_text(client, model):
    response = client.get("/items", params={"q": "script alert"})
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert json.loads(response.text)["items"][0]["name"] == HOSTILE


def test_the_service_tells_that_it_is_alive_and_ready(client, model):
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz").json()
    assert (ready["users"], ready["items"]) == (len(model.user_ids), len(model.item_ids))


def test_the_reference_needs_nothing_from_elsewhere(client):
    page = client.get("/docs")
    paths = client.get("/openapi.json").json()["paths"]
    assert all(path in page.text for path in paths)
    assert "<script" not in page.text
    assert "http" not in page.text.replace("http://127.0.0.1", "")
    assert "style-src 'sha256-" in page.headers["content-security-policy"]


def test_metrics_count_by_route(client, user):
    def count() -> float:
        lines = client.get("/metrics").text.splitlines()
        start = 'deepcuts_requests_total{method="GET",route="/personas/{user}",status="200"} '
        return next((float(line.removeprefix(start)) for line in lines if line.startswith(start)), 0.0)

    before = count()
    client.get(f"/personas/{quote(user)}")
    assert count() == before + 1
    assert user not in client.get("/metrics").text


def test_a_stranger_gets_a_list_under_the_same_dial(client, model):
    response = client.get("/popular", params={"k": 9, "rarity": 0.4, "least_listeners": 4}).json()
    expected = model.popular(9, rarity=0.4, least_listeners=4)
    assert items_of(response) == expected["item_id"].to_pylist()
    assert [row["listeners"] for row in response["items"]] == expected["listeners"].to_pylist()
    assert min(row["listeners"] for row in response["items"]) >= 4
    assert client.get("/popular", params={"rarity": 9}).status_code == 422
