"""Errors of requests as problem details (RFC 9457, https://www.rfc-editor.org/rfc/rfc9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.exceptions import HTTPException
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

MEDIA_TYPE = "application/problem+json"
REQUEST_ID = "deepcuts.request_id"  # where a request carries its id
_DETAILS = {
    404: "There is nothing at this path; /docs tells what there is.",
    405: "This path does not take this method; the Allow header says which it takes.",
}
_POLICY_VIOLATION = 1008  # the code with which a WebSocket is closed
_DENIAL = "websocket.http.response"  # of servers that answer the request for a WebSocket like any other


@dataclass(frozen=True)
class Problem:
    """One problem.

    Parameters
    ----------
    status
        HTTP status.
    detail
        What came, what was expected, what to do.
    kind
        Last part of the problem type, such as "unknown-user"; empty where the status says everything.
    errors
        The values that were refused: where each stands, and why.
    headers
        Headers of the response.
    """

    status: int
    detail: str
    kind: str = ""
    errors: Sequence[Mapping[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def document(self, request_id: str = "") -> dict[str, Any]:
        """Return the members of the problem document."""
        content: dict[str, Any] = {
            "type": f"urn:deepcuts:problem:{self.kind}" if self.kind else "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            content["errors"] = list(self.errors)
        if request_id:
            content["request_id"] = request_id
        return content

    def response(self, scope: Scope) -> Response:
        """Return the response to a request."""
        from starlette.responses import Response

        content = json.dumps(self.document(scope.get(REQUEST_ID, "")))
        return Response(content, self.status, dict(self.headers), media_type=MEDIA_TYPE)

    async def refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or that for a WebSocket; where the server cannot do the latter, it is closed unopened."""
        if scope["type"] == "websocket" and _DENIAL not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": ""})
        else:
            await self.response(scope)(scope, receive, send)


class ProblemError(Exception):
    """A request that cannot be answered."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.kind)
        self.problem = problem


def problem_of(error: HTTPException) -> Problem:
    """Turn an error of HTTP into a problem; where GET is allowed, HEAD is too (`deepcuts.web.server.heads`)."""
    detail = _DETAILS.get(error.status_code) or str(error.detail) or HTTPStatus(error.status_code).phrase
    headers = dict(error.headers or {})
    methods = headers.get("Allow", "").split(", ")
    if "GET" in methods and "HEAD" not in methods:
        headers["Allow"] = ", ".join([*methods, "HEAD"])
    return Problem(error.status_code, detail, headers=headers)


INTERNAL = Problem(500, "The service failed. Its log tells why, under this request_id.", "internal")
