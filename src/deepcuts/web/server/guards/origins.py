"""Pages of other origins: those that may read responses are told so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.middleware.cors import CORSMiddleware

from deepcuts.web.problems import Problem

if TYPE_CHECKING:
    from starlette.datastructures import Headers
    from starlette.responses import Response


class CrossOrigin(CORSMiddleware):
    """Starlette's answers to browsers that ask whether a page may; a refusal is a problem as any other."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer whether a request may follow."""
        response = super().preflight_response(request_headers)
        if response.status_code == 200:
            return response
        what = bytes(response.body).decode().removeprefix("Disallowed CORS ")
        detail = f"This may not be asked from there: {what}. Start the service with --cors-origin for pages that may."
        kept = {name: value for name, value in response.headers.items() if not name.startswith("content-")}
        return Problem(response.status_code, detail, headers=kept).response({})
