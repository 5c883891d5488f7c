"""The page: header, tabs, and the sections in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nicegui import html, ui
from nicegui.element import Element

from deepcuts.data.interactions import Interactions
from deepcuts.web.page.sections.atlas import Atlas
from deepcuts.web.page.sections.finder import Finder
from deepcuts.web.page.sections.listing import Listing
from deepcuts.web.page.sections.memory import Memory
from deepcuts.web.page.sections.model_view import ModelView
from deepcuts.web.page.sections.persona_cards import PersonaCards
from deepcuts.web.page.sections.share import Share
from deepcuts.web.page.sections.tray import Tray
from deepcuts.web.page.session import View, VisitorSession, text_in
from deepcuts.web.page.state.shared_views import Example
from deepcuts.wording import counted

_TABS = (("list", "The list"), ("map", "The map"), ("model", "The model"))
_LOOK_SECONDS = 0.5  # between two looks whether kernels are compiled
_THEMES = (("auto", None), ("light", False), ("dark", True))


class Tabs(Element, component="layout.js"):
    """Tabs, and the panel of each."""

    def __init__(self) -> None:
        super().__init__()
        self.props["tabs"], self.props["chosen"] = _TABS, _TABS[0][0]
        self.panels = {key: self.add_slot(key) for key, _ in _TABS}


class Focus(Element, component="sections/focus.js"):
    """Keeper of the focus when an entry of a list goes."""


class PageLayout:
    """The page of one visitor.

    Parameters
    ----------
    session
        The open page of the visitor.
    upload_url, upload_bytes
        Where exports go to, and how large they may be.
    examples
        Listeners to start from.
    map_url
        Where the map comes from.
    holdout
        Plays that were held out of training, if given.
    has_report
        Whether there is a report to link to.
    """

    def __init__(
        self,
        session: VisitorSession,
        *,
        upload_url: str,
        upload_bytes: int,
        examples: Sequence[Example],
        map_url: str,
        holdout: Interactions | None,
        has_report: bool,
    ) -> None:
        self.session, self.map_url = session, map_url
        self.atlas: Atlas | None = None
        self.skip = html.a("Skip to the list").classes("dc-skip").props('href="#dc-tab-list"')
        self.undo_button = _header(session)
        _coming_back()
        with html.div().classes("dc-main") as self.main:
            with html.div().classes("dc-side"):
                _hero()
                self.finder = Finder(session, upload_url, upload_bytes, examples)
                _around(self._open_tab)
                share = Share(session, upload_url)
                PersonaCards(session)
            self.tabs = Tabs().on("tab", self._on_tab)
            with self.tabs.panels["list"]:
                Listing(session)
            with self.tabs.panels["map"]:
                self.map_panel = html.div()
            with self.tabs.panels["model"]:
                self.model_view = ModelView(session, holdout, has_report=has_report)
        Tray(session)
        Memory(session, share)
        Focus()
        self._show_start(is_first=not session.visit.has_begun)
        session.on_visit.append(self._show)

    async def start(self) -> None:
        """Fill the sections for the first time."""
        await self.session.change()
        if self.session.is_warming:
            self.warm_up = ui.timer(_LOOK_SECONDS, self._when_warm)

    async def _when_warm(self) -> None:
        """Make the list as soon as kernels are compiled."""
        if not self.session.is_warming:
            self.warm_up.cancel()
            await self.session.change()

    def _show(self, view: View) -> None:
        self._show_start(is_first=not view.visit.has_begun)
        self.undo_button.set_visibility(bool(view.undoable))
        self.undo_button.props["title"] = f"Undo: {view.undoable}"

    def _show_start(self, *, is_first: bool) -> None:
        """Show the first screen, or what follows from the artists of the visitor."""
        self.skip.set_visibility(not is_first)
        self.main.classes(add="first" if is_first else "known", remove="known" if is_first else "first")

    def _open_tab(self, key: str) -> None:
        self.tabs.props["chosen"] = key

    async def _on_tab(self, event: Any) -> None:
        tab = self.tabs.props["chosen"] = text_in(event)
        if tab == "map" and self.atlas is None:
            with self.map_panel:
                self.atlas = Atlas(self.session, self.map_url)
            await self.session.change(only_list=True)
        elif tab == "model":
            await self.model_view.show()


def _header(session: VisitorSession) -> Element:
    """Add the head of the page; return its button Undo."""
    model = session.views.current.model
    with html.header().classes("dc-top"):
        with html.h1():
            html.span().classes("dc-disc").props('aria-hidden="true"')
            html.span("deepcuts")
        html.p(f"{counted(model.n_listeners, 'listener')} · {counted(len(model.item_ids), 'artist')}").classes(
            "dc-note"
        )
        undo: Element = html.button("Undo").classes("dc-quiet dc-undo").on("click", session.undo)
        undo.set_visibility(False)
        _theme_button()
    return undo


def _theme_button() -> None:
    dark = ui.dark_mode(None)
    with html.button().classes("dc-quiet dc-theme") as button:
        label = ui.label("Theme: auto")

    def next_theme() -> None:
        names = [f"Theme: {name}" for name, _ in _THEMES]
        index = (names.index(label.text) + 1) % len(_THEMES)
        dark.set_value(_THEMES[index][1])
        label.set_text(names[index])

    button.on("click", next_theme)


def _coming_back() -> None:
    """Add what is shown in place of the first screen until somebody is known again; `memory.js` tells when."""
    with html.div().classes("dc-loading"):
        html.span().classes("dc-disc").props('aria-hidden="true"')
        html.p("Putting the needle down …").props('role="status"')


def _hero() -> None:
    with html.div().classes("dc-hero"):
        html.h2("Music just past the edge of what you know.")
        html.p("Name a few artists: you will see the tastes they add up to, and a list, from familiar to rare.")


def _around(open_tab: Callable[[str], None]) -> None:
    """Offer the tabs to those who have not said yet who they are."""
    with html.p().classes("dc-around dc-note"):
        html.span("Or look around first:")
        for key, label in _TABS[1:]:
            html.button(label.lower()).classes("dc-link").on("click", lambda key=key: open_tab(key))
