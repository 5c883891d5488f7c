"""One page for one browser tab."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from nicegui import html, ui

from deepcuts.web.page.layout import PageLayout
from deepcuts.web.page.sections.toast import Toast
from deepcuts.web.page.session import VisitorSession

if TYPE_CHECKING:
    from fastapi import FastAPI

    from deepcuts.data.interactions import Interactions

MOST_CLIENTS = 200  # pages open at a time


async def open_page(app: FastAPI, holdout: Interactions | None, *, has_report: bool) -> None:
    """Build a page for nobody in particular; it gets its visit once the browser has sent the id of its tab.

    So the browser loads all parts of a page together, and visitors can type before the page is connected.
    """
    state, client = app.state, ui.context.client
    if len(state.sessions) >= MOST_CLIENTS:
        html.p("Everybody is here already. Come back in a while.").classes("dc-full")
        return
    key = secrets.token_urlsafe(16)
    toast = Toast()
    session = VisitorSession(state.visits.new_visit(), state.views, state.compute, toast.say, state.ready.is_set)
    toast.follow(session)
    examples = await session.look_up(lambda: state.views.current.examples)
    layout = PageLayout(
        session,
        upload_url=f"/explore/upload?visit={key}",
        upload_bytes=state.settings.upload_bytes,
        examples=examples or (),
        map_url=f"/explore/map.json?version={state.store.version}",
        holdout=holdout,
        has_report=has_report,
    )
    await client.connected(timeout=30)  # sends the page; what its visitor does arrives after this
    session.visit, session.steps = state.visits.visit_of(client.tab_id)
    state.sessions[key] = session
    # Or the address for uploads would work after the page is gone.
    client.on_delete(lambda: state.sessions.pop(key, None))
    state.is_open.set()
    await layout.start()
