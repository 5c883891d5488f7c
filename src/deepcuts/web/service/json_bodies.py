"""Routes whose requests are read strictly, and bodies: JSON of which nothing is left out."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from deepcuts.errors import shortened
from deepcuts.storage.nested_text import distinct_keys, parse_json
from deepcuts.web.service.queries import check_query

_NO_JSON = "The body is no JSON that can be parsed."
_MOST_BYTES = 200  # of a message, which may hold a key of any length


class JsonRoute(APIRoute):
    """A route whose requests are read by `_JsonRequest`, with a query that it knows all of."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        answer = super().get_route_handler()
        names = [parameter.alias for parameter in self.dependant.query_params]

        async def answer_strictly(request: Request) -> Response:
            check_query(request, names)
            return await answer(_JsonRequest(request.scope, request.receive))

        return answer_strictly


class _JsonRequest(Request):
    """A request of which a key that stands twice is refused, as in files: one of its values would be left out."""

    async def json(self) -> Any:
        """Parse the body.

        Raises
        ------
        HTTPException
            If it is no JSON, is nested too deeply, or an object has a key twice.
        """
        try:
            return parse_json(await self.body(), distinct_keys)
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise HTTPException(400, _NO_JSON) from None
        except ValueError as error:
            raise HTTPException(400, shortened(f"The body cannot be taken: {error}.", _MOST_BYTES)) from None
