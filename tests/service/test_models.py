"""Several models in one service: by name, by version, a share of the people, and what is said of a replacement."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import asking
import deepcuts as dc
from deepcuts.cli.commands.serve import _named
from deepcuts.errors import SettingsError
from deepcuts.web.application import create_app
from deepcuts.web.server.models import MAIN, Models
from deepcuts.web.server.settings import ServiceSettings
from deepcuts.web.server.store import ModelStore
from serving_help import USER, served, small_model

PAGE = "https://music.example"
SETTINGS = ServiceSettings(port=0, rate=0, second="new", share=0.3, cors_origins=(PAGE,), token="a token of 16 letters")


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("service")
    found = {name: folder / f"{name}.safetensors" for name in (MAIN, "new")}
    for seed, path in enumerate(found.values()):
        small_model(seed).save(path)
    return found


@pytest.fixture(scope="module")
def client(paths: dict[str, Path]) -> Iterator[httpx.Client]:
    app = create_app(ModelStore(paths[MAIN]), SETTINGS, others={"new": ModelStore(paths["new"])})
    headers = {"authorization": f"Bearer {SETTINGS.token}"}
    with served(paths[MAIN], SETTINGS, app) as address, asking.Client(base_url=address, headers=headers) as client:
        yield client


@pytest.fixture
def versions(client: httpx.Client) -> dict[str, str]:
    return {model["name"]: model["version"] for model in client.get("/v1/models").json()["models"]}


def test_every_model_answers_under_its_name(client, versions, paths):
    assert set(versions) == {MAIN, "new"}
    for name, version in versions.items():
        response = client.post(f"/v1/models/{name}/recommend", json={"user": USER, "k": 5}).json()
        assert response["model"] == version
        assert [row["item_id"] for row in response["items"]] == dc.load(paths[name]).recommend(USER, k=5)[
            "item_id"
        ].to_pylist()
        assert client.get(f"/v1/models/{name}/personas/{USER}").json()["model"] == version
        assert client.get(f"/v1/models/{name}/items?q=a").json()["model"] == version
    assert client.get("/v1/models/nothing/popular").json()["type"] == "urn:deepcuts:problem:unknown-model"


def test_a_share_of_the_people_is_answered_by_the_second_always_the_same(client, versions, paths):
    users = dc.load(paths[MAIN]).user_ids.values.to_pylist()
    answered = [client.get(f"/personas/{user}").json()["model"] for user in users]
    assert answered == [client.post("/recommend", json={"user": user}).json()["model"] for user in users]
    assert 0.1 < sum(version == versions["new"] for version in answered) / len(users) < 0.5
    assert client.get("/popular").json()["model"] == versions[MAIN]
    shares = [model["share"] for model in client.get("/v1/models").json()["models"]]
    assert shares == pytest.approx([0.7, 0.3])


def test_visitors_behind_one_proxy_are_told_apart(client, versions):
    history = {"history": {small_model().item_ids[1]: 3.0}}

    def version(**headers: str) -> str:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.post("/fold-in", json=history, headers=names).json()["model"]

    for name in ("x_session_id", "x_forwarded_for", "x_request_id"):
        answered = [version(**{name: f"203.0.113.{n}"}) for n in range(40)]
        assert 0.1 < answered.count(versions["new"]) / 40 < 0.5
        assert answered == [version(**{name: f"203.0.113.{n}"}) for n in range(40)]
    sessions = [version(x_session_id=f"s{n}", x_forwarded_for="203.0.113.9", x_request_id=f"r{n}") for n in range(20)]
    assert sessions == [version(x_session_id=f"s{n}", x_request_id="other") for n in range(20)]
    people = [version(x_forwarded_for=f"203.0.113.{n}, 10.0.0.1", x_request_id=f"r{n}") for n in range(20)]
    assert people == [version(x_forwarded_for=f"203.0.113.{n}") for n in range(20)]
    assert len({version() for _ in range(10)}) == 1  # by the address


def test_shares_come_true_and_stay():
    models = Models(None, {"new": None}, "new", 0.25)
    names = [models.name_for(f"user {n}") for n in range(4_000)]
    assert 0.22 < names.count("new") / 4_000 < 0.28
    assert models.name_for("") == MAIN
    with pytest.raises(SettingsError, match="There is no model 'other' to give a share to"):
        Models(None, {}, "other", 0.5)
    with pytest.raises(SettingsError, match="cannot be called 'main'"):
        Models(None, {"main": None})


def test_another_version_than_wanted_does_not_answer(client, versions):
    for wanted in (versions[MAIN], f'"{versions[MAIN]}"', "*"):
        assert client.get("/similar?item=nothing", headers={"if-model": wanted}).status_code == 404
        assert client.get("/popular", headers={"if-model": wanted}).status_code == 200
    refused = client.get("/popular", headers={"if-model": "0123456789ab"})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:deepcuts:problem:model")
    assert versions[MAIN] in refused.json()["detail"]
    assert client.get("/v1/models/new/popular", headers={"if-model": versions["new"]}).status_code == 200


def test_metrics_name_the_versions(client, versions):
    text = client.get("/metrics").text
    for name, version in versions.items():
        assert f'deepcuts_model_info{{name="{name}",version="{version}"}} 1.0' in text


def test_large_answers_are_compressed(client):
    large = client.post("/recommend", json={"user": USER, "k": 150})
    assert large.headers["content-encoding"] == "gzip"
    assert int(large.headers["content-length"]) < len(large.content) / 2
    assert "content-encoding" not in client.get("/healthz").headers
    plain = client.post("/recommend", json={"user": USER, "k": 150}, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.json()["items"] == large.json()["items"]


def test_pages_of_named_origins_may_ask_and_others_not(client):
    asked = {"origin": PAGE, "access-control-request-method": "POST", "access-control-request-headers": "if-model"}
    preflight = client.options("/recommend", headers={**asked, "authorization": ""})
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == PAGE
    for name, value in {"origin": "https://elsewhere.example", "access-control-request-method": "DELETE"}.items():
        refused = client.options("/recommend", headers={**asked, "authorization": "", name: value})
        assert (refused.status_code, refused.headers["content-type"]) == (400, "application/problem+json")
        assert refused.json()["detail"].startswith(f"This may not be asked from there: {name.rpartition('-')[2]}")
    response = client.post("/recommend", json={"user": USER}, headers={"origin": PAGE})
    assert (response.status_code, response.headers["access-control-allow-origin"]) == (200, PAGE)
    other = client.post("/recommend", json={"user": USER}, headers={"origin": "https://other.example"})
    assert other.status_code == 403
    assert "access-control-allow-origin" not in other.headers


def test_origins_are_known_as_browsers_send_them():
    given = ("HTTPS://Music.Example", "http://a.example:80", "https://a.example:8443", "http://[::1]:3000", "*")
    sent = ("https://music.example", "http://a.example", "https://a.example:8443", "http://[::1]:3000", "*")
    assert ServiceSettings(cors_origins=given).cors_origins == sent
    for none in (
        "music.example",
        "https://music.example/",
        "https://me@music.example",
        "https://müsic.example",
        "null",
    ):
        with pytest.raises(SettingsError, match=rf"'{re.escape(none)}' is no origin"):
            ServiceSettings(cors_origins=(none,))


def test_a_replacement_with_few_of_the_items_is_told(tmp_path, caplog):
    path = tmp_path / "model.safetensors"
    small_model().save(path)
    store = ModelStore(path, min_overlap=0.5)
    with caplog.at_level(logging.INFO, "deepcuts"):
        small_model(1).save(path, force=True)
        assert store.refresh()
        assert [record.fields["overlap"] for record in caplog.records if hasattr(record, "fields")] == [1.0]
        caplog.clear()
        plays = dc.generate_world(n_users=80, n_items=200, items_per_user=15, seed=3).plays
        others = [f"{item} of elsewhere" for item in plays.item_ids.values.to_pylist()]
        elsewhere = dc.Interactions.from_csr(plays.to_csr(), plays.user_ids.values.to_pylist(), others)
        dc.PersonaNMF(n_factors=4, base_epochs=2).fit(elsewhere).save(path, force=True)
        assert store.refresh()
    warning, told = (record for record in caplog.records if hasattr(record, "fields"))
    assert warning.levelname == "WARNING"
    assert "few of its items" in warning.getMessage()
    assert told.fields["overlap"] == 0.0


def test_models_are_named_on_the_command_line(paths):
    assert _named([f"new={paths['new']}", "a.b=c=d"]) == (("new", paths["new"]), ("a.b", Path("c=d")))
    for wrong in ("new", "=file", "a b=file", "new="):
        with pytest.raises(SettingsError, match="Give NAME=FILE"):
            _named([wrong])
