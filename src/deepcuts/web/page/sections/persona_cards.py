"""Section "My personas"."""

from __future__ import annotations

from typing import Any

from nicegui.element import Element

from deepcuts.errors import SettingsError
from deepcuts.web.page.session import View, VisitorSession, field_in
from deepcuts.web.page.state.titles import titles_of
from deepcuts.web.page.state.view_models import Card

_TOGGLES = ("muted", "boosted", "pinned")


class Portraits(Element, component="persona_cards.js"):
    """Cards of the personas, and what is wished of them."""

    def __init__(self, session: VisitorSession) -> None:
        super().__init__()
        self.session = session
        self.props["cards"], self.props["turn"] = [], 0
        session.on_visit.append(self.show)
        session.on_list.append(self._follow)
        self.on("wish", self._wish)
        self.on("rename", self._rename)
        self.on("turn", self._turn, throttle=0.1)

    def show(self, view: View) -> None:
        """Show the visit as it is now."""
        titles = titles_of(view.cards)
        self.props["cards"] = [_card(card, title) for card, title in zip(view.cards, titles, strict=True)]

    def _follow(self, view: View) -> None:
        """Let the dials that have no turn of their own follow the main one."""
        self.props["turn"] = view.visit.turn

    async def _wish(self, event: Any) -> None:
        await self.session.change(lambda: self._toggle(_persona(event), field_in(event, "what")))

    def _toggle(self, persona: int, what: object) -> None:
        if what not in _TOGGLES:
            raise SettingsError(f"A persona cannot be {what!r}. It can be {', '.join(_TOGGLES)}.")
        wish = self.session.visit.wish(persona)
        setattr(wish, str(what), not getattr(wish, str(what)))

    async def _rename(self, event: Any) -> None:
        await self.session.change(lambda: self.session.visit.rename(_persona(event), str(field_in(event, "name"))))

    async def _turn(self, event: Any) -> None:
        await self.session.change(lambda: self._set_turn(_persona(event), field_in(event, "turn")))

    def _set_turn(self, persona: int, turn: object) -> None:
        if turn is None:
            self.session.visit.wish(persona).turn = None
        else:
            self.session.visit.set_turn(number(turn), persona)


def number(value: object) -> float:
    """Number that a component has sent.

    Raises
    ------
    SettingsError
        If it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SettingsError(f"{value!r} is no number.")
    return float(value)


def _persona(event: Any) -> int:
    return int(number(field_in(event, "persona")))


def _card(card: Card, title: str) -> dict[str, object]:
    return {
        "number": card.number,
        "name": card.name,
        "title": title,
        "share": card.share,
        "artists": card.artists,
        "n_artists": card.n_artists,
        "muted": card.wish.muted,
        "boosted": card.wish.boosted,
        "pinned": card.wish.pinned,
        "turn": card.wish.turn,
    }
