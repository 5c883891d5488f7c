"""Paths beside the page: the service answers on its own, whatever the page makes of other paths."""

from __future__ import annotations

import httpx
import pytest

import asking

pytestmark = pytest.mark.slow

TAKEN = {
    "/popular": "GET, HEAD",
    "/items": "GET, HEAD",
    "/recommend": "POST",
    "/recommend/batch": "POST",
    "/personas/x": "GET, HEAD",
    "/v1/models": "GET, HEAD",
    "/v1/models/some/recommend": "POST",
    "/docs": "GET, HEAD",
    "/openapi.json": "GET, HEAD",
    "/healthz": "GET, HEAD",
    "/metrics": "GET, HEAD",
    "/explore/map.json": "GET, HEAD",
    "/explore/upload": "POST",
    "/": "GET, HEAD",
}
NOWHERE = ("/popular/", "/popular/x", "/v1", "/v1/nothing", "/v1/models/some/nothing", "//popular", "/explore/nothing")


def problem_of(answer: httpx.Response) -> tuple[int, int]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text[:200]
    return answer.status_code, answer.json()["status"]


@pytest.mark.parametrize("path", TAKEN)
def test_other_methods_are_refused_with_those_that_are_taken(address, path):
    for method in ("DELETE", "PUT", "OPTIONS", "SAUNTER"):
        answer = asking.request(method, address + path)
        assert problem_of(answer) == (405, 405)
        assert answer.headers["allow"] == TAKEN[path]


@pytest.mark.parametrize("path", NOWHERE)
def test_paths_that_are_none_of_the_service_are_not_found(address, path):
    for method in ("GET", "POST"):
        assert problem_of(asking.request(method, address + path)) == (404, 404)
    assert asking.head(address + path).status_code == 404


def test_the_page_itself_and_what_it_loads_are_as_they_were(address):
    document = asking.get(address)
    assert document.headers["content-type"].startswith("text/html")
    assert asking.get(f"{address}/nothing").status_code == 404
    gone = asking.post(f"{address}/explore/upload?visit=nobody", content=b"x")
    assert problem_of(gone) == (404, 404)
    assert gone.json()["detail"].startswith("This page is not open any more.")


def test_to_this_machine_nothing_is_compressed(address):
    answer = asking.get(f"{address}/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert len(answer.content) > 10_000
    assert "content-encoding" not in answer.headers
