"""Queries of addresses: parameters of which nothing is left out."""

from __future__ import annotations

from collections.abc import Collection

from fastapi import Request
from fastapi.exceptions import RequestValidationError


def check_query(request: Request, names: Collection[str]) -> None:
    """Refuse parameters that the path does not have, and those that stand twice: one would do nothing, unnoticed.

    Parameters
    ----------
    request
        The request.
    names
        Parameters that the path has.

    Raises
    ------
    RequestValidationError
        If there is one, which is refused like any other value.
    """
    given = [name for name, _ in request.query_params.multi_items()]
    there = ", ".join(names) or "none"
    unknown = [
        (name, f"There is no such parameter. This path takes {there}.")
        for name in dict.fromkeys(given)
        if name not in names
    ]
    twice = [(name, "It stands more than once.") for name in names if given.count(name) > 1]
    if unknown or twice:
        raise RequestValidationError([{"loc": ("query", name), "msg": why} for name, why in unknown + twice])
