"""HTTP requests to services of this machine, none of which is given up before a busy machine has come to it."""

from __future__ import annotations

from functools import partial

import httpx

from waiting import PATIENCE

get, post, head, request = (
    partial(ask, timeout=PATIENCE) for ask in (httpx.get, httpx.post, httpx.head, httpx.request)
)
Client = partial(httpx.Client, timeout=PATIENCE)
