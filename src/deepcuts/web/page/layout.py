"""The page: header, tabs, and the sections in them."""

from __future__ import annotations

from typing import Any

from nicegui import html, ui
from nicegui.element import Element

from deepcuts.data.interactions import Interactions
from deepcuts.web.page.sections.atlas import Atlas
from deepcuts.web.page.sections.finder import Finder
from deepcuts.web.page.sections.listing import Listing
from deepcuts.web.page.sections.model_view import ModelView
from deepcuts.web.page.sections.persona_cards import PersonaCards
from deepcuts.web.page.session import View, VisitorSession, text_in

_TABS = (("list", "The list"), ("map", "The map"), ("model", "The model"))
_THEMES = (("auto", None), ("light", False), ("dark", True))


class Tabs(Element, component="layout.js"):
    """Tabs, and the panel of each."""

    def __init__(self) -> None:
        super().__init__()
        self.props["tabs"], self.props["chosen"] = _TABS, _TABS[0][0]
        self.panels = {key: self.add_slot(key) for key, _ in _TABS}


class PageLayout:
    """The page of one visitor.

    Parameters
    ----------
    session
        The open page of the visitor.
    upload_url, upload_bytes
        Where exports go to, and how large they may be.
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
        map_url: str,
        holdout: Interactions | None,
        has_report: bool,
    ) -> None:
        self.session, self.map_url = session, map_url
        self.atlas: Atlas | None = None
        html.a("Skip to the list").classes("dc-skip").props('href="#dc-dial"')
        _header(session)
        with html.div().classes("dc-main"):
            with html.div().classes("dc-side"):
                self.finder = Finder(session, upload_url, upload_bytes)
                PersonaCards(session)
            tabs = Tabs().on("tab", self._on_tab)
            with tabs.panels["list"]:
                self.hero = _hero()
                Listing(session)
            with tabs.panels["map"]:
                self.map_panel = html.div()
            with tabs.panels["model"]:
                self.model_view = ModelView(session, holdout, has_report=has_report)
        session.on_visit.append(self._show_hero)

    async def start(self) -> None:
        """Fill the sections for the first time."""
        await self.session.change()
        await self.finder.show_examples()

    def _show_hero(self, view: View) -> None:
        self.hero.set_visibility(not view.cards)

    async def _on_tab(self, event: Any) -> None:
        tab = text_in(event)
        if tab == "map" and self.atlas is None:
            with self.map_panel:
                self.atlas = Atlas(self.session, self.map_url)
            await self.session.change(only_list=True)
        elif tab == "model":
            await self.model_view.show()


def _header(session: VisitorSession) -> None:
    model = session.views.current.model
    dark = ui.dark_mode(None)
    with html.header().classes("dc-top"):
        with html.h1():
            html.span().classes("dc-disc").props('aria-hidden="true"')
            html.span("deepcuts")
        html.p(f"{model.n_listeners:,} listeners · {len(model.item_ids):,} artists").classes("dc-note")
        button = html.button().classes("dc-quiet dc-theme")

        with button:
            label = ui.label("Theme: auto")

        def next_theme() -> None:
            names = [f"Theme: {name}" for name, _ in _THEMES]
            index = (names.index(label.text) + 1) % len(_THEMES)
            dark.set_value(_THEMES[index][1])
            label.set_text(names[index])

        button.on("click", next_theme)


def _hero() -> Element:
    hero: Element = html.div().classes("dc-hero")
    with hero:
        html.h2("Music just past the edge of what you know.")
        html.p(
            "Name a few artists. You will see the tastes they add up to, a list for each of them, "
            "and a dial that runs from what everybody knows to what next to nobody does."
        )
    return hero
