"""The page on the application of the service."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from deepcuts.errors import MissingExtraError
from deepcuts.web.page.nonces import ScriptNonces, page_policy

if TYPE_CHECKING:
    from fastapi import FastAPI

    from deepcuts.data.interactions import Interactions

PAGE_POLICY = page_policy()
MOST_CLIENTS = 200  # pages open at a time
_HERE = Path(__file__).parent


def mount_page(app: FastAPI, *, holdout: Interactions | None = None, report: Path | None = None) -> None:
    """Add the page to an application of `create_app`, which was made with `PAGE_POLICY`.

    Parameters
    ----------
    app
        The application; its state holds the model and the threads.
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
        raise MissingExtraError("The page needs NiceGUI: pip install 'deepcuts[app]'.") from None
    from deepcuts.web.page.routes import router
    from deepcuts.web.page.state.shared_views import Shelves
    from deepcuts.web.page.state.visit import Visit
    from deepcuts.web.page.state.visits import Guests

    state = app.state
    state.shelves = Shelves(state.store, with_users=state.settings.on_loopback or state.settings.token is not None)
    state.guests = Guests(lambda: Visit(lambda: state.store.model))
    state.sessions = {}
    app.include_router(router(report))
    page_app.add_middleware(ScriptNonces)  # inside of what run_with adds, which compresses
    ui.add_css(_HERE / "theme.css", shared=True)

    @ui.page("/", title="deepcuts", favicon=_HERE / "disc.svg")
    async def page() -> None:
        await _open(app, holdout, has_report=report is not None)

    ui.run_with(app, title="deepcuts", dark=None, tailwind=False, show_welcome_message=False, language="en-US")


async def _open(app: FastAPI, holdout: Interactions | None, *, has_report: bool) -> None:
    """Fill a page, once the browser has said which tab it is."""
    from nicegui import html, ui

    from deepcuts.web.page.layout import Frame
    from deepcuts.web.page.session import VisitorSession

    state, client = app.state, ui.context.client
    if len(state.sessions) >= MOST_CLIENTS:
        html.p("Everybody is here already. Come back in a while.").classes("dc-full")
        return
    with html.div().classes("dc-loading") as loading:
        html.span().classes("dc-disc").props('aria-hidden="true"')
        html.p("Putting the needle down …").props('role="status"')
    await client.connected(timeout=30)
    key = secrets.token_urlsafe(16)
    visit = state.guests.visit_of(client.tab_id)
    notice = ui.label().classes("dc-notice").props('role="alert" title="Press to close"').on("click", lambda: tell(""))

    def tell(text: str) -> None:
        if text:
            notice.set_text(text)
        notice.classes(add="shown" if text else "", remove="" if text else "shown")

    session = state.sessions[key] = VisitorSession(visit, state.shelves, state.compute, tell)
    client.on_delete(lambda: state.sessions.pop(key, None))
    loading.delete()
    frame = Frame(
        session,
        upload_url=f"/explore/upload?visit={key}",
        upload_bytes=state.settings.upload_bytes,
        map_url=f"/explore/map.json?version={state.store.version}",
        holdout=holdout,
        has_report=has_report,
    )
    await frame.start()
