"""Requests that fail get a problem document, which reveals nothing else."""

from __future__ import annotations

import gzip
import json
import logging

import httpx
import pytest

import asking
from deepcuts.web.application import create_app
from deepcuts.web.problems import MEDIA_TYPE
from deepcuts.web.server.settings import ServiceSettings
from deepcuts.web.server.store import ModelStore
from deepcuts.web.service import limits
from serving_help import USER, served, small_model

SECRET = "a favourite of mine"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    path = tmp_path_factory.mktemp("service") / "model.safetensors"
    small_model().save(path)
    settings = ServiceSettings(port=0, rate=0)
    app = create_app(ModelStore(path), settings)

    def fail() -> None:
        raise KeyError(SECRET)

    app.add_api_route("/fails", fail)
    with served(path, settings, app) as address, asking.Client(base_url=address) as client:
        yield client


@pytest.fixture(scope="module")
def user(client) -> str:
    return USER


def is_problem(response: httpx.Response, status: int) -> dict:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == MEDIA_TYPE
    document = response.json()
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    assert document["request_id"] == response.headers["x-request-id"]
    assert "Traceback" not in response.text
    return document


HISTORY = {"Abel": 1.0}
REFUSED = {
    "not an object": ("[]", "body", "Input should be an object"),
    "nothing": ("null", "body", "Input should be an object"),
    "a list of items": (json.dumps({"history": ["Abel"]}), "body.history", "Input should be an object"),
    "one item to deny": (json.dumps({"user": "a", "deny": "Abel"}), "body.deny", "Input should be an array"),
    "no subject": ("{}", "body", "give one of the two, user or history"),
    "both": (json.dumps({"user": "a", "history": HISTORY}), "body", "give one of the two, user or history"),
    "unknown member": (json.dumps({"user": "a", "colour": 1}), "body.colour", "There is no such field"),
    "half a surrogate": (r'{"user": "\ud800"}', "body.user", "unicode"),
    "empty id": (json.dumps({"user": ""}), "body.user", "at least 1"),
    "long id": (json.dumps({"user": "x" * (limits.MAX_ID + 1)}), "body.user", f"at most {limits.MAX_ID}"),
    "number as id": (json.dumps({"user": 7}), "body.user", "string"),
    "NaN": ('{"history": {"Abel": NaN}}', "body.history.Abel", "finite"),
    "infinity": ('{"history": {"Abel": 1e999}}', "body.history.Abel", "finite"),
    "no plays": (json.dumps({"history": {"Abel": 0}}), "body.history.Abel", "greater"),
    "plays in words": (json.dumps({"history": {"Abel": "1"}}), "body.history.Abel", "number"),
    "empty history": (json.dumps({"history": {}}), "body.history", "Input should have at least 1 of them"),
    "k of 0": (json.dumps({"user": "a", "k": 0}), "body.k", "greater"),
    "large k": (json.dumps({"user": "a", "k": limits.MAX_K + 1}), "body.k", "less"),
    "k is true": (json.dumps({"user": "a", "k": True}), "body.k", "integer"),
    "half a row": (json.dumps({"user": "a", "k": 1.5}), "body.k", "integer"),
    "rarity out of range": (json.dumps({"user": "a", "rarity": 4.1}), "body.rarity", "less"),
    "rarity of no persona": (json.dumps({"user": "a", "rarity": {"x": 1}}), "body.rarity.x.[key]", "from 0 to 127"),
    "unknown mix": (json.dumps({"user": "a", "mix": "stir"}), "body.mix", "'share' or 'max'"),
    "negative weight": (json.dumps({"user": "a", "weights": {"0": -1}}), "body.weights.0", "greater"),
}


@pytest.mark.parametrize(("body", "where", "message"), REFUSED.values(), ids=REFUSED)
def test_a_bad_value_is_named_by_its_location(client, body, where, message):
    response = client.post("/recommend", content=body, headers={"content-type": "application/json"})
    errors = is_problem(response, 422)["errors"]
    assert any(error["where"] == where and message in error["message"] for error in errors), errors
    assert not any("Value error" in error["message"] for error in errors)  # which is a word of Pydantic


def test_a_long_history_is_refused_as_one(client):
    history = {f"{n:05d}": "x" for n in range(limits.MAX_HISTORY + 1)}
    (error,) = is_problem(client.post("/recommend", json={"history": history}), 422)["errors"]
    assert error["where"] == "body.history"
    assert "at most 10,000" in error["message"]


def test_a_large_batch_is_refused(client):
    requests = [{"user": "a"}] * (limits.MAX_BATCH + 1)
    (error,) = is_problem(client.post("/recommend/batch", json={"requests": requests}), 422)["errors"]
    assert error["where"] == "body.requests"


def test_few_of_many_errors_are_listed(client):
    response = client.post("/recommend", json={"history": {str(n): -1 for n in range(100)}})
    document = is_problem(response, 422)
    assert len(document["errors"]) == 20
    assert "100 values" in document["detail"]


@pytest.mark.parametrize("body", [b"{", b"", b"{'user': 1}", b'{"user": "\xff"}', b"\x1f\x8b"])
def test_what_is_no_json_is_refused(client, body):
    response = client.post("/recommend", content=body, headers={"content-type": "application/json"})
    problem = is_problem(response, 400 if body else 422)
    assert not body or problem["detail"] == "The body is no JSON that can be parsed."


LONG_KEY = '{{"{0}": 1, "{0}": 2}}'.format("x" * 999)


def test_a_key_that_stands_twice_is_refused(client):
    for body in ('{"user": "a", "user": "b"}', '{"history": {"Can": 40, "Can": 3}}', LONG_KEY):
        response = client.post("/recommend", content=body, headers={"content-type": "application/json"})
        detail = is_problem(response, 400)["detail"]
        assert detail.startswith("The body cannot be taken: the key ")
        assert len(detail) <= 210


@pytest.mark.parametrize(
    ("query", "where", "message"),
    [
        ("item=Can&limit=3", "query.limit", "There is no such parameter. This path takes item, k."),
        ("item=Can&k=1&k=2", "query.k", "It stands more than once."),
    ],
)
def test_parameters_that_would_do_nothing_are_refused(client, query, where, message):
    problem = is_problem(client.get(f"/similar?{query}"), 422)
    assert problem["type"] == "urn:deepcuts:problem:invalid"
    assert problem["errors"] == [{"where": where, "message": message}]


def test_settings_of_a_list_are_refused_where_they_are_not_in_the_body(client, user):
    problem = is_problem(client.post("/recommend?k=3", json={"user": user}), 422)
    message = "There is no such parameter. This path takes none."
    assert problem["errors"] == [{"where": "query.k", "message": message}]
    long = is_problem(client.get("/items", params={"q": "x", "x" * 999: "1"}), 422)
    assert len(long["errors"][0]["where"]) <= 100


def test_bodies_that_are_compressed_are_refused(client, user):
    body = gzip.compress(json.dumps({"user": user}).encode())
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    response = client.post("/recommend", content=body, headers=headers)
    assert is_problem(response, 415)["type"] == "urn:deepcuts:problem:encoding"
    assert response.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("setting", "where"),
    [
        ({"pick": [0, 7]}, "body.pick"),
        ({"weights": {"7": 1}}, "body.weights"),
        ({"rarity": {"0": 0.1, "7": 1}}, "body.rarity"),
        ({"strength": {"7": 1}}, "body.strength"),
    ],
)
def test_personas_that_a_user_does_not_have_are_refused(client, user, setting, where):
    (error,) = is_problem(client.post("/recommend", json={"user": user, **setting}), 422)["errors"]
    assert error == {"where": where, "message": "there is no persona 7"}
    batch = client.post("/recommend/batch", json={"requests": [{"user": user, **setting}]}).json()
    assert batch["results"][0]["problem"]["status"] == 422


def test_head_has_the_headers_of_get_and_no_body(client):
    for path in ("/healthz", "/items?q=a", "/docs", "/nothing"):
        head, get = client.head(path), client.get(path)
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert head.headers["content-type"] == get.headers["content-type"]
        if path != "/nothing":  # its request_id differs, but not in length
            assert head.headers["content-length"] == get.headers["content-length"]
    assert client.head("/recommend").status_code == 405


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_deep_json_is_refused(client, opening):
    response = client.post("/recommend", content=opening * 100_000, headers={"content-type": "application/json"})
    assert is_problem(response, 400)["detail"] == "The body cannot be taken: it is nested too deeply."


def test_json_has_to_say_that_it_is(client, user):
    response = client.post("/recommend", content=json.dumps({"user": user}), headers={"content-type": "text/plain"})
    is_problem(response, 415)


def test_a_body_that_does_not_say_what_it_is_is_refused(client, user):
    response = client.post("/recommend", content=json.dumps({"user": user}), headers={"content-type": ""})
    assert is_problem(response, 415)["detail"].endswith("Send it with Content-Type: application/json.")
    bare = client.post("/recommend", content=json.dumps({"user": user}))  # httpx names no type of its own
    assert is_problem(bare, 415)["type"] == "urn:deepcuts:problem:encoding"
    is_problem(client.post("/recommend"), 422)  # without a body, a field is missing


def test_a_history_that_is_disliked_is_told_from_one_that_is_unknown(client, user):
    played = client.get(f"/personas/{user}").json()["personas"][0]["items"][:2]
    history = {item["item_id"]: 3 for item in played}
    known = client.post("/fold-in", json={"history": history, "dislikes": list(history)})
    assert is_problem(known, 422)["detail"].startswith("All items played that the catalogue has are disliked.")
    unknown = is_problem(client.post("/fold-in", json={"history": {"nothing like it": 1}}), 404)
    assert unknown["detail"].startswith("The catalogue has none of the items played.")


def test_an_unknown_user_does_not_learn_who_else_there_is(client):
    document = is_problem(client.post("/recommend", json={"user": "user 000000"}), 404)
    assert document["type"] == "urn:deepcuts:problem:unknown-user"
    assert "user 0" not in document["detail"]
    is_problem(client.get("/personas/user%20000000"), 404)


def test_unknown_items_are_named(client, user):
    is_problem(client.get("/similar", params={"item": "nobody"}), 404)
    is_problem(client.post("/explain", json={"user": user, "item": "nobody"}), 404)
    item = client.post("/recommend", json={"user": user, "k": 1}).json()["items"][0]["item_id"]
    assert is_problem(client.post("/explain", json={"user": user, "item": item, "persona": 99}), 404)["type"].endswith(
        "unknown-persona"
    )
    document = is_problem(client.post("/recommend", json={"user": user, "deny": ["nobody"]}), 404)
    assert document["errors"] == [{"where": "deny[0]", "message": "not in the catalogue"}]
    document = is_problem(client.post("/recommend", json={"history": {"nobody": 1}}), 404)
    assert document["type"] == "urn:deepcuts:problem:unknown-item"


def test_paths_lead_nowhere_else(client):
    for path in ("/nothing", "/personas", "/../../etc/passwd", "/personas/..%2f..%2fetc%2fpasswd", "/%00"):
        is_problem(client.get(path), 404)
    response = client.get("/recommend")
    is_problem(response, 405)
    assert client.delete("/popular").headers["allow"] == "GET, HEAD"
    assert response.headers["allow"] == "POST"


def test_a_failure_inside_is_reported_without_its_reason(client, caplog):
    with caplog.at_level(logging.ERROR, "deepcuts"):
        response = client.get("/fails", headers={"x-request-id": "seen-from-outside.1"})
    document = is_problem(response, 500)
    assert document["request_id"] == "seen-from-outside.1"
    assert SECRET not in response.text
    assert [record.getMessage() for record in caplog.records] == ["a request failed"]


def test_a_request_id_that_no_log_can_hold_is_replaced(client):
    for given in ("a b", "x" * 65, '{"level": "error"}'):
        response = client.get("/healthz", headers={"x-request-id": given})
        assert response.headers["x-request-id"] != given
        assert len(response.headers["x-request-id"]) == 32
