"""Exceptions of endpoints, turned into problem details."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from deepcuts.errors import DeepcutsError
from deepcuts.web.problems import Problem, ProblemError, problem_of
from deepcuts.web.service.requests import ALTERNATIVES
from deepcuts.wording import counted

_MOST_ERRORS = 20
_IN_JSON = {  # what the library of checks says in words of Python, by the type of the error
    "dict_type": "Input should be an object",
    "model_type": "Input should be an object",
    "model_attributes_type": "Input should be an object",
    "list_type": "Input should be an array",
    "too_short": "Input should have at least {min_length:,} of them",
    "too_long": "Input should have at most {max_length:,} of them",
    "extra_forbidden": "There is no such field",
    "string_pattern_mismatch": "A key should be the number of a persona, from 0 to 127",
}
_MOST_LOCATION = 100  # characters: a location may hold a key of the request, of any length


def add_problem_handlers(app: FastAPI) -> None:
    """Turn the exceptions that endpoints may raise into problem details; `Observation` does so for all others."""
    handlers: dict[Any, Any] = {
        ProblemError: _of_problem,
        RequestValidationError: _of_validation,
        HTTPException: _of_http,
        DeepcutsError: _of_library,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


async def _of_problem(request: Request, error: ProblemError) -> Response:
    return error.problem.response(request.scope)


async def _of_validation(request: Request, error: RequestValidationError) -> Response:
    """List where and why values were refused, but not the values: they may be secret, or no JSON."""
    found = error.errors()
    errors = [{"where": _location(entry["loc"]), "message": _message(entry)} for entry in found[:_MOST_ERRORS]]
    n_values = counted(len(found), "value is", "values are")
    detail = f"{n_values} not as expected; 'errors' tells where and why, and /docs what is."
    return Problem(422, detail, "invalid", errors).response(request.scope)


def _message(error: Mapping[str, Any]) -> str:
    in_json = _IN_JSON.get(error.get("type", ""))
    return str(error["msg"]) if in_json is None else in_json.format(**error.get("ctx", {}))


async def _of_http(request: Request, error: HTTPException) -> Response:
    return problem_of(error).response(request.scope)


async def _of_library(request: Request, error: DeepcutsError) -> Response:
    return Problem(422, str(error), "setting").response(request.scope)


def _location(location: tuple[str | int, ...]) -> str:
    parts = [str(part) for part in location if part not in ALTERNATIVES]
    # Half a surrogate pair in a key cannot be sent.
    return ".".join(parts)[:_MOST_LOCATION].encode(errors="replace").decode()
