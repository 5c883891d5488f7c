"""Check of the secret token."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Collection
from typing import TYPE_CHECKING

from deepcuts.web.problems import Problem
from deepcuts.web.server.guards.headers import first_segment
from deepcuts.web.server.guards.hosts import PROBES, header_values

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class TokenGuard:
    """Refuse requests without the token.

    Programs send ``Authorization: Bearer TOKEN``. Browsers ask their users: any name, and the token as the password.

    Parameters
    ----------
    app
        What is guarded.
    token
        The secret; None lets everyone in.
    service_paths
        First segments of the paths of the service, where the challenge is the one for programs.
    """

    def __init__(self, app: ASGIApp, token: str | None, service_paths: Collection[str]) -> None:
        self.app = app
        self.digest = None if token is None else _digest(token.encode())
        self.service_paths = frozenset(service_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if self.digest is None or scope["type"] == "lifespan" or self._may_pass(scope, self.digest):
            await self.app(scope, receive, send)
            return
        is_service = first_segment(scope["path"]) in self.service_paths
        challenge = 'Bearer realm="deepcuts"' if is_service else 'Basic realm="deepcuts", charset="UTF-8"'
        problem = Problem(
            401,
            "This service wants a token. Send the header Authorization: Bearer TOKEN.",
            "token",
            headers={"WWW-Authenticate": challenge},
        )
        await problem.refuse(scope, receive, send)

    def _may_pass(self, scope: Scope, digest: bytes) -> bool:
        if first_segment(scope["path"]) in PROBES:
            return True
        values = header_values(scope, b"authorization")
        secret = _secret(values[0]) if len(values) == 1 else b""
        return hmac.compare_digest(_digest(secret), digest)  # takes equally long however much of it is right


def _secret(authorization: str) -> bytes:
    """Take the token out of an Authorization header."""
    scheme, _, value = authorization.partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer":
        return value.encode()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).partition(b":")[2]
        except ValueError:
            return b""
    return b""


def _digest(secret: bytes) -> bytes:
    """Digests are of one length, so that comparing them does not tell how long the token is."""
    return hashlib.sha256(secret).digest()
