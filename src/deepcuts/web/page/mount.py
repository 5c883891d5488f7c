"""The page on the application of the service."""

from __future__ import annotations

import secrets
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from deepcuts.errors import MissingExtraError
from deepcuts.web.page.nonces import ScriptNonces, page_policy

if TYPE_CHECKING:
    from fastapi import FastAPI
    from nicegui.element import Element

    from deepcuts.data.interactions import Interactions

PAGE_POLICY = page_policy()
MOST_CLIENTS = 200  # pages open at a time
_AWAY = 30.0  # seconds that a page may be out of reach, as on a phone that sleeps, before it has to load again
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
    from deepcuts.web.page.routes import router
    from deepcuts.web.page.state.shared_views import CurrentViews
    from deepcuts.web.page.state.visit import Visit
    from deepcuts.web.page.state.visits import Visits

    state = app.state
    state.views = CurrentViews(state.store, with_users=state.settings.on_loopback or state.settings.token is not None)
    state.visits = Visits(lambda: Visit(lambda: state.store.model))
    state.sessions = {}
    # The index of names is made at once, beside all else: search is what visitors begin with, and needs no kernel.
    Thread(target=lambda: state.store.current.matcher.search("a", 1), name="search-index", daemon=True).start()
    app.include_router(router(report))
    page_app.add_middleware(ScriptNonces)  # within the middleware of run_with, which compresses
    ui.add_css(_HERE / "theme.css", shared=True)

    @ui.page("/", title="deepcuts", favicon=_HERE / "disc.svg")
    async def page() -> None:
        await _open(app, holdout, has_report=report is not None)

    ui.run_with(
        app,
        title="deepcuts",
        dark=None,
        tailwind=False,
        show_welcome_message=False,
        language="en-US",
        reconnect_timeout=_AWAY,
    )


async def _open(app: FastAPI, holdout: Interactions | None, *, has_report: bool) -> None:
    """Build a page, once the browser has sent the id of its tab."""
    from nicegui import html, ui

    from deepcuts.web.page.layout import PageLayout
    from deepcuts.web.page.sections.toast import Toast
    from deepcuts.web.page.session import VisitorSession

    state, client = app.state, ui.context.client
    if len(state.sessions) >= MOST_CLIENTS:
        html.p("Everybody is here already. Come back in a while.").classes("dc-full")
        return
    loading = _loading()
    await client.connected(timeout=30)  # tab_id is known from then on
    key = secrets.token_urlsafe(16)
    visit, steps = state.visits.visit_of(client.tab_id)
    toast = Toast()
    session = state.sessions[key] = VisitorSession(
        visit, state.views, state.compute, toast.say, state.ready.is_set, steps
    )
    toast.follow(session)
    # Or the address for uploads would work after the page is gone.
    client.on_delete(lambda: state.sessions.pop(key, None))
    loading.delete()
    layout = PageLayout(
        session,
        upload_url=f"/explore/upload?visit={key}",
        upload_bytes=state.settings.upload_bytes,
        map_url=f"/explore/map.json?version={state.store.version}",
        holdout=holdout,
        has_report=has_report,
    )
    await layout.start()


def _loading() -> Element:
    """Add what the page shows until it is built."""
    from nicegui import html

    loading: Element = html.div().classes("dc-loading")
    with loading:
        html.span().classes("dc-disc").props('aria-hidden="true"')
        html.p("Putting the needle down …").props('role="status"')
    return loading
