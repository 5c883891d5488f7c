"""An example of a request to every endpoint, and of its answer, for the OpenAPI document and the reference page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_VERSION = "5f0c1b7a90de"
_GROUPER = {"item_id": "Grouper", "name": "Grouper"}
_ROW = {**_GROUPER, "listeners": 31, "rank": 1, "score": 0.412}
_OF_ADA = {"model": _VERSION, "user": "ada", "unknown_items": [], "named_items": {}, "is_guess": False}
_LIST = _OF_ADA | {"items": [_ROW | {"persona": 0}]}
_PERSONA = {
    "persona": 0,
    "name": "ambient / drone · Grouper, Stars of the Lid",
    "share": 0.6,
    "tags": ["ambient", "drone"],
    "items": [{**_GROUPER, "plays": 40.0}],
}
_PERSONAS = _OF_ADA | {"personas": [_PERSONA]}
_REASON = {**_GROUPER, "rank": 1, "plays": 40.0, "persona": 0, "contribution": 0.2, "share": 0.5}


@dataclass(frozen=True)
class Example:
    """A request and its answer.

    Parameters
    ----------
    answer
        The body of the response.
    parameters
        Values of the path and of the query, by name.
    body
        The body of the request; None where there is none.
    """

    answer: Any
    parameters: Mapping[str, Any] | None = None
    body: Mapping[str, Any] | None = None


EXAMPLES: Mapping[str, Example] = {
    "/recommend": Example(_LIST, body={"user": "ada", "k": 1, "rarity": 0.2}),
    "/recommend/batch": Example(
        {"model": _VERSION, "results": [{"list": _LIST}]}, body={"requests": [{"user": "ada", "k": 1}]}
    ),
    "/popular": Example({"model": _VERSION, "items": [_ROW]}, {"k": 1, "rarity": 0.2}),
    "/fold-in": Example(_PERSONAS | {"user": None}, body={"history": {"Grouper": 40, "J Dilla": 12}, "n_items": 1}),
    "/personas/{user}": Example(_PERSONAS, {"user": "ada", "n_items": 1}),
    "/explain": Example(
        _OF_ADA | {"item": _GROUPER, "reasons": [_REASON]},
        body={"user": "ada", "item": "Grouper", "k": 1},
    ),
    "/similar": Example(
        {
            "model": _VERSION,
            "item": _GROUPER,
            "items": [{"item_id": "J Dilla", "name": "J Dilla", "listeners": 29, "rank": 1, "similarity": 0.61}],
        },
        {"item": "Grouper", "k": 1},
    ),
    "/items": Example(
        {"model": _VERSION, "items": [{**_GROUPER, "listeners": 31, "score": 0.93}]}, {"q": "groupr", "k": 1}
    ),
    "/lidarr/{user}": Example([{"MusicBrainzId": "9c9f1380-2516-4fc9-a3e6-f9f61941d090"}], {"user": "ada", "k": 1}),
    "/v1/models": Example(
        {"models": [{"name": "main", "version": _VERSION, "share": 1.0, "users": 1_892, "items": 17_632}]}
    ),
    "/healthz": Example({"status": "ok"}),
    "/readyz": Example({"status": "ready", "model": _VERSION, "users": 1_892, "items": 17_632}),
    "/metrics": Example('deepcuts_requests_total{method="POST",route="/recommend",status="200"} 20.0'),
}


def add_examples(document: dict[str, Any]) -> None:
    """Add the examples to an OpenAPI document."""
    for path, methods in document["paths"].items():
        example = EXAMPLES[path]
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] in (example.parameters or {}):
                    parameter["example"] = (example.parameters or {})[parameter["name"]]
            if example.body is not None:
                operation["requestBody"]["content"]["application/json"]["example"] = example.body
            for content in operation["responses"]["200"].get("content", {}).values():
                content["example"] = example.answer
