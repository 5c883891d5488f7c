"""The page on the application of the service."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from deepcuts.errors import MissingExtraError
from deepcuts.web.page.nonces import ScriptNonces, page_policy
from deepcuts.web.problems import problem_of

if TYPE_CHECKING:
    from fastapi import FastAPI, Request, Response

    from deepcuts.data.interactions import Interactions

PAGE_POLICY = page_policy()
_AWAY = 30.0  # seconds that a page may be out of reach, as on a phone that sleeps, before it has to load again
_FIRST_PAGE_SECONDS = 1.0  # that kernels wait for a page to be opened
_SETTLING_SECONDS = 0.3  # and then for what it asks for at once
_HERE = Path(__file__).parent


def mount_page(app: FastAPI, *, holdout: Interactions | None = None, report: Path | None = None) -> None:
    """Add the page to an application of `create_app`, which was made with `PAGE_POLICY`.

    Parameters
    ----------
    app
        The application; its state holds the model and the threads, and gets ``views``, ``visits`` and ``sessions``.
    holdout
        Plays that were held out of training, to judge the model by.
    report
        An HTML file to link to.

    Raises
    ------
    MissingExtraError
        If NiceGUI is not installed.
    """
    try:
        from nicegui import app as page_app
        from nicegui import ui
    except ImportError:
        raise MissingExtraError.of("NiceGUI", "app") from None
    from deepcuts.web.page.opening import open_page
    from deepcuts.web.page.routes import router
    from deepcuts.web.page.state.shared_views import CurrentViews
    from deepcuts.web.page.state.visit import Visit
    from deepcuts.web.page.state.visits import Visits
    from deepcuts.web.server.guards.headers import first_segment
    from deepcuts.web.server.unanswered import Unanswered

    state = app.state
    state.views = CurrentViews(state.store, with_users=state.settings.on_loopback or state.settings.token is not None)
    state.visits = Visits(lambda: Visit(lambda: state.store.model))
    state.sessions = {}
    state.is_open = asyncio.Event()
    state.rehearse, state.let_pass = partial(_rehearse, page_app), partial(let_first_page_pass, state.is_open)
    # The index of names is made at once, beside all else: search is what visitors begin with, and needs no kernel.
    Thread(target=state.store.current.make_searchable, name="search-index", daemon=True).start()
    routes = router(report)
    app.include_router(routes)
    app.router.routes.append(Unanswered(routes.routes, {first_segment(routes.prefix)}, has_page=True))
    page_app.add_exception_handler(405, _refuse_method)
    page_app.add_middleware(ScriptNonces)
    ui.add_css(_HERE / "theme.css", shared=True)

    @ui.page("/", title="deepcuts", favicon=_HERE / "disc.svg")
    async def page() -> None:
        await open_page(app, holdout, has_report=report is not None)

    ui.run_with(
        app,
        title="deepcuts",
        dark=None,
        tailwind=False,
        show_welcome_message=False,
        language="en-US",
        reconnect_timeout=_AWAY,
        gzip_middleware_factory=None,  # the application compresses, and faster, where there is a network
    )


async def let_first_page_pass(is_open: asyncio.Event) -> None:
    """Wait a moment for somebody who opens the page at once: it and kernels that compile would slow each other down."""
    with suppress(TimeoutError):
        await asyncio.wait_for(is_open.wait(), _FIRST_PAGE_SECONDS)
        await asyncio.sleep(_SETTLING_SECONDS)


async def _rehearse(page_app: Callable[..., Awaitable[None]]) -> None:
    """Build a page that nobody sees: what is compiled and imported for the first one, no visitor waits for."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [],
        "client": ("localhost", 0),
    }

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        pass

    await page_app(scope, receive, send)


async def _refuse_method(request: Request, error: Any) -> Response:
    """Answer as the service does where the page does not take a method."""
    return problem_of(error).response(request.scope)
