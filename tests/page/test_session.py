"""Changes of a visit, one after another, while kernels are compiled and after."""

from __future__ import annotations

import asyncio
from time import monotonic

import pytest

import deepcuts as dc
from deepcuts.web.page import mount
from deepcuts.web.page.mount import let_first_page_pass
from deepcuts.web.page.session import VisitorSession
from deepcuts.web.page.state.own_artists import add_artist, clear_artists
from deepcuts.web.page.state.shared_views import CurrentViews
from deepcuts.web.page.state.undo import MOST_STEPS
from deepcuts.web.page.state.visit import Visit
from deepcuts.web.server.compute import Compute
from deepcuts.web.server.store import ModelStore
from waiting import PATIENCE


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    plays = dc.generate_world(120, 100, items_per_user=12, seed=0).plays
    path = tmp_path_factory.mktemp("session") / "model.safetensors"
    dc.PersonaNMF(n_factors=8).fit(plays, seed=0).save(path)
    return ModelStore(path)


@pytest.fixture
def session(store):
    """A session, with what it says and what it shows."""
    compute, messages, views = Compute(1, 10), [], []
    compute.start()
    session = VisitorSession(Visit(lambda: store.model), CurrentViews(store, with_users=True), compute, messages.append)
    session.on_visit.append(views.append)
    session.messages, session.views_shown = messages, views
    yield session
    compute.stop()


def ids(session) -> list[str]:
    return session.visit.model.item_ids.values.to_pylist()


def run(session, *changes) -> None:
    async def all_of_them() -> None:
        for change in changes:
            await change()

    asyncio.run(all_of_them())


def test_artists_are_taken_while_kernels_are_compiled_and_listed_after(session):
    ready = []
    session.is_ready = lambda: bool(ready)
    first, second = ids(session)[:2]
    run(session, lambda: session.change(lambda: add_artist(session.visit, first), "Added", first))
    view = session.views_shown[-1]
    assert (view.is_warming, view.cards, view.listed.rows, list(view.visit.plays)) == (True, [], [], [first])
    assert view.changed == f"Added {first}"
    ready.append(True)
    run(session, lambda: session.change(lambda: add_artist(session.visit, second), "Added", second))
    assert not session.views_shown[-1].is_warming
    assert len(session.views_shown[-1].listed.rows) > 0
    ready.clear()  # as a service does that is about to end
    assert not session.is_warming


def test_searches_do_not_wait_for_a_change(session):
    async def both() -> str:
        await session._lock.acquire()  # as a change does while it is computed
        try:
            return await asyncio.wait_for(session.look_up(lambda: "found"), PATIENCE)
        finally:
            session._lock.release()

    assert asyncio.run(both()) == "found"


def test_changes_are_taken_back_one_by_one_to_the_first(session):
    visit, names = session.visit, ids(session)[: MOST_STEPS + 5]
    run(session, *(lambda n=n: session.change(lambda: add_artist(visit, n), "Added", n) for n in names))
    solved = visit.visitor_model
    run(session, lambda: session.change(lambda: clear_artists(visit), "Started over"))
    assert visit.plays == {}
    run(session, session.undo)
    assert list(visit.plays) == names
    assert visit.visitor_model is solved  # the same personas, not others like them
    run(session, *[session.undo] * (MOST_STEPS + 5))
    assert len(visit.plays) == 6  # of 25 additions and a new start, the last 20 were kept
    assert session.steps.latest == ""


def test_what_changes_nothing_or_fails_is_no_step(session):
    visit, first = session.visit, ids(session)[0]
    run(session, lambda: session.change(lambda: visit.list_options.set_dial(0.5), "Moved"))
    assert session.steps.latest == ""
    run(session, lambda: session.change(lambda: add_artist(visit, "nobody"), "Added", "nobody"))
    assert session.steps.latest == ""
    assert "no item with the id 'nobody'" in session.messages[-1]
    run(session, lambda: session.change(lambda: add_artist(visit, first), "Added", first))
    assert session.messages[-1] == ""
    assert session.steps.latest == f"Added {first}"


def test_a_dial_that_is_moved_is_taken_back_at_once(session):
    visit = session.visit
    run(session, *(lambda n=n: session.change(lambda: add_artist(visit, n), "Added", n) for n in ids(session)[:9]))
    for position in (0.1, 0.2, 0.3):
        move = lambda: visit.options_of(0).set_dial(position)  # noqa: B023, E731
        run(session, lambda: session.change(move, "Moved the dial of persona A …"))  # noqa: B023
    run(session, session.undo)
    assert visit.options_of(0).dial_position is None


@pytest.mark.parametrize(("comes", "waits_for"), [(True, "_SETTLING_SECONDS"), (False, "_FIRST_PAGE_SECONDS")])
def test_kernels_let_the_first_page_pass_but_not_for_ever(comes, waits_for, monkeypatch):
    async def wait() -> float:
        is_open, began = asyncio.Event(), monotonic()
        if comes:
            is_open.set()
        await asyncio.wait_for(let_first_page_pass(is_open), PATIENCE)
        return monotonic() - began

    assert 0.2 < mount._SETTLING_SECONDS < 0.9 < mount._FIRST_PAGE_SECONDS < 5
    seconds = getattr(mount, waits_for)
    for name in {"_SETTLING_SECONDS", "_FIRST_PAGE_SECONDS"} - {waits_for}:
        monkeypatch.setattr(mount, name, 3_600)
    assert asyncio.run(wait()) > 0.9 * seconds
