"""The OpenAPI document: what FastAPI derives, and the problems that any request may meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deepcuts.web.problems import MEDIA_TYPE
from deepcuts.web.service import responses
from deepcuts.web.service.examples import add_examples
from deepcuts.web.service.somebody import SESSION

if TYPE_CHECKING:
    from fastapi import FastAPI

DESCRIPTION = (
    "Recommendations for people with several tastes, from familiar to deep cuts. "
    "Errors are problem details (RFC 9457); each has the request_id under which the log tells more."
)

_REFERENCE = "#/components/schemas/"
_ALWAYS = {
    "401": "The token is missing or wrong.",
    "422": "A value is out of its range, or of the wrong kind.",
    "429": "Too many requests from this address.",
    "503": "Busier than it can be, or still warming up.",
    "default": "Anything else that goes wrong.",
}
_WITH_BODY = {
    "400": "The body is no JSON.",
    "413": "The body is too large.",
    "415": "The body is compressed, or says that it is no JSON.",
}
_WITH_ID = {"404": "The model has no such user, or no such item."}
_UNKNOWN_IDS = frozenset({"/recommend", "/fold-in", "/explain", "/similar", "/personas/{user}", "/lidarr/{user}"})
_OF_A_MODEL = frozenset({"lists", "personas", "items"})  # tags of operations
_IF_MODEL = {
    "name": "If-Model",
    "in": "header",
    "required": False,
    "description": "Version that is to answer: another one answers 409.",
    "schema": {"type": "string"},
}
_SESSION = {
    "name": SESSION,
    "in": "header",
    "required": False,
    "description": "Any text that stays the same for one person: it decides which of several models answers a visitor.",
    "schema": {"type": "string"},
}
_OF_VISITORS = frozenset({"/recommend", "/fold-in", "/explain"})
_OTHER_VERSION = {"409": "The model that is served is of another version than If-Model names."}
_NO_MBIDS = {"409": f"{_OTHER_VERSION['409'][:-1]}, or no item of the list has an id of MusicBrainz."}
_OPEN = frozenset({"/healthz", "/readyz"})


def openapi_document(app: FastAPI, *, wants_token: bool) -> dict[str, Any]:
    """Return the document, made once.

    Parameters
    ----------
    app
        The application with the endpoints of the service.
    wants_token
        Whether requests have to bring one.
    """
    from fastapi.openapi.utils import get_openapi

    document = get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes)
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = responses.Problem.model_json_schema(ref_template=_REFERENCE + "{model}")
    for path, methods in document["paths"].items():
        for operation in methods.values():
            operation["responses"] |= _problems(path, has_body="requestBody" in operation)
            if not _OF_A_MODEL.isdisjoint(operation.get("tags", ())):
                operation.setdefault("parameters", []).append(_IF_MODEL)
                operation["responses"] |= _described(_NO_MBIDS if path == "/lidarr/{user}" else _OTHER_VERSION)
            if path in _OF_VISITORS:
                operation.setdefault("parameters", []).append(_SESSION)
            if path in _OPEN:
                operation["security"] = []
    add_examples(document)
    if wants_token:
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
    return document


def _problems(path: str, *, has_body: bool) -> dict[str, Any]:
    return _described(_ALWAYS | (_WITH_BODY if has_body else {}) | (_WITH_ID if path in _UNKNOWN_IDS else {}))


def _described(descriptions: dict[str, str]) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE + "Problem"}}}
    return {status: {"description": text, "content": content} for status, text in descriptions.items()}
