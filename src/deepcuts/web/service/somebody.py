"""Whom a plain request is about, so that the same person is always answered by the same model.

Nothing of it is a question of access: whoever makes it up chooses between two models that both are open to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepcuts.web.server.guards.hosts import header_values
from deepcuts.web.server.guards.rates import client_of

if TYPE_CHECKING:
    from starlette.types import Scope

SESSION = "X-Session-ID"
_HEADERS = (SESSION, "X-Forwarded-For", "X-Request-ID")  # the nearest to one person first


def somebody_of(scope: Scope, user: str | None) -> str:
    """Return what tells people apart: the first there is of user, session, forwarded address, request, address.

    Parameters
    ----------
    scope
        Of the request.
    user
        Id of the user that it is about; None for a visitor.
    """
    if user:
        return user
    for name in _HEADERS:
        given = [value.strip() for value in header_values(scope, name.lower().encode())]
        if given and given[0]:
            return given[0].partition(",")[0].strip() if name == "X-Forwarded-For" else given[0]
    return client_of(scope)
