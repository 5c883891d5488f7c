"""What the page requests besides its own connection: the map of artists, uploads of exports, a report."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, JSONResponse, Response

from deepcuts.errors import DataError, DeepcutsError
from deepcuts.web.page.session import VisitorSession
from deepcuts.web.page.state.blend import BLENDED, blend
from deepcuts.web.page.state.importing import import_export, take_import
from deepcuts.web.page.state.map_marks import map_background
from deepcuts.web.problems import Problem
from deepcuts.wording import counted

_MOST_FILE_NAME = 120
_READING = asyncio.Semaphore(2)  # exports read at a time: unpacked, each takes memory


def router(report: Path | None) -> APIRouter:
    """Make the routes; they find sessions, shared views and threads in the state of the application.

    Parameters
    ----------
    report
        An HTML file to serve; None serves none.
    """
    routes = APIRouter(prefix="/explore", include_in_schema=False)
    routes.add_api_route("/upload", _upload, methods=["POST"], response_model=None)
    routes.add_api_route("/map.json", _item_map, response_model=None)
    if report is not None:
        path = report

        def send_report() -> Response:
            return FileResponse(path, media_type="text/html")

        routes.add_api_route("/report", send_report, response_model=None)
    return routes


async def _upload(
    request: Request, visit: str = "", more: bool = False, is_theirs: Annotated[bool, Query(alias="blend")] = False
) -> Response:
    """Take an export as the body of a request, which the guards keep within bounds; `visit` is a secret of one page."""
    session = request.app.state.sessions.get(visit)
    if session is None:
        return Problem(404, "This page is not open any more. Reload it.").response(request.scope)
    name = unquote(request.headers.get("x-file-name", ""))[:_MOST_FILE_NAME] or "the file"
    try:
        return await _import(session, name, await request.body(), more=more, as_blend=is_theirs)
    except DeepcutsError as error:
        return Problem(422, str(error)).response(request.scope)


async def _import(session: VisitorSession, name: str, data: bytes, *, more: bool, as_blend: bool) -> Response:
    """Read an export beside the event loop, and put its plays into the visit, or blend them with what is there."""
    shared = session.views.current
    async with _READING:
        # Not in the threads of `compute`: a long export must not keep lists waiting.
        imported = await asyncio.to_thread(lambda: import_export(name, data, shared.matcher))
    if not as_blend:
        await session.change(lambda: take_import(session.visit, imported, more=more), f"Imported {name}")
    elif imported.plays:
        await session.change(lambda: blend(session.visit, imported.plays, shared.usual_matches), BLENDED)
    if not imported.plays:
        raise DataError(
            f"None of {counted(imported.n_unmatched, 'artist')} of {name} is in this catalogue; yours are as they were."
        )
    return JSONResponse({"found": len(imported.plays), "lost": imported.n_unmatched})


async def _item_map(request: Request) -> Response:
    """Send the map; its address holds the version of the model, so that it may be cached."""
    shared = request.app.state.views.current
    background = await request.app.state.compute.run(lambda: map_background(shared.model, shared.item_map))
    return JSONResponse(background, headers={"Cache-Control": "private, max-age=3600"})
