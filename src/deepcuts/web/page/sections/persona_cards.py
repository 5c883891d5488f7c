"""Section "My personas"."""

from __future__ import annotations

from typing import Any

from nicegui.element import Element

from deepcuts.web.page.session import View, VisitorSession, as_number, field_in
from deepcuts.web.page.state.view_models import PersonaCard, card_titles


class PersonaCards(Element, component="persona_cards.js"):
    """Cards of the personas, with their options."""

    def __init__(self, session: VisitorSession) -> None:
        super().__init__()
        self.session = session
        self.props["cards"], self.props["main-position"] = [], 0
        session.on_visit.append(self.show)
        session.on_list.append(self._follow_main_dial)
        self.on("toggle", self._on_toggle)
        self.on("rename", self._on_rename)
        self.on("dial", self._on_dial, throttle=0.1)

    def show(self, view: View) -> None:
        """Show the visit as it is now."""
        titles = card_titles(view.cards)
        self.props["cards"] = [_card(card, title) for card, title in zip(view.cards, titles, strict=True)]

    def _follow_main_dial(self, view: View) -> None:
        """Move the dials that have no position of their own along with the main one."""
        self.props["main-position"] = view.visit.list_options.dial_position

    async def _on_toggle(self, event: Any) -> None:
        visit, option = self.session.visit, field_in(event, "option")
        await self.session.change(lambda: visit.options_of(_persona(event)).toggle(option), "Changed a persona")

    async def _on_rename(self, event: Any) -> None:
        visit, name = self.session.visit, str(field_in(event, "name"))
        await self.session.change(lambda: visit.options_of(_persona(event)).rename(name), "Renamed a persona")

    async def _on_dial(self, event: Any) -> None:
        number, position = _persona(event), field_in(event, "position")
        words = f"Moved the dial of persona {chr(65 + number % 26)} …"
        await self.session.change(lambda: self._set_dial(number, position), words)

    def _set_dial(self, persona: int, position: object) -> None:
        options = self.session.visit.options_of(persona)
        options.set_dial(None if position is None else as_number(position))


def _persona(event: Any) -> int:
    return int(as_number(field_in(event, "persona")))


def _card(card: PersonaCard, title: str) -> dict[str, object]:
    return {
        "number": card.number,
        "name": card.name,
        "title": title,
        "share": card.share,
        "artists": card.artists,
        "n_artists": card.n_artists,
        "muted": card.options.muted,
        "boosted": card.options.boosted,
        "pinned": card.options.pinned,
        "dial_position": card.options.dial_position,
    }
