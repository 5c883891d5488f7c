"""Section "The list"."""

from __future__ import annotations

from typing import Any

from nicegui import ui
from nicegui.element import Element

from deepcuts.web.page.sections.persona_cards import number
from deepcuts.web.page.session import View, VisitorSession, text_in
from deepcuts.web.page.state.exports import FORMATS, export
from deepcuts.web.page.state.view_models import Row
from deepcuts.web.page.state.visit import LENGTHS

_NO_ARTISTS = "Add an artist, drop an export, or start from a listener: the list follows."
_ALL_MUTED = "Every persona is muted. Let one be heard again."
_NONE_LEFT = "Nothing is left to list: the catalogue has no artist for these personas that you do not know yet."


class Listing(Element, component="listing.js"):
    """The list under its dial, the keep list, and what was refused."""

    def __init__(self, session: VisitorSession) -> None:
        super().__init__()
        self.session = session
        self.sequence = 0
        self.props["state"] = {"rows": [], "kept": [], "denied": [], "turn": 0, "sequence": 0, "lengths": LENGTHS}
        self.props["state"] |= {"n_listeners": 1, "mean_listeners": 0, "mix": "share", "k": 20, "personas": []}
        self.props["state"] |= {"empty": "Loading …"}
        session.on_list.append(self.show)
        for name in ("turn", "mix", "length", "more", "deny", "allow", "keep", "export"):
            self.on(name, getattr(self, f"_{name}"))

    def show(self, view: View) -> None:
        """Show the list as it is now."""
        visit, listed = view.visit, view.listed
        self.sequence += 1
        self.props["state"] = {
            "sequence": self.sequence,
            "rows": [_row(row) for row in listed.rows],
            "mean_listeners": listed.mean_listeners,
            "n_listeners": view.shelf.model.n_listeners,
            "personas": [card.name for card in view.cards],
            "turn": visit.turn,
            "mix": visit.mix,
            "k": visit.k,
            "lengths": LENGTHS,
            "kept": [{"id": item, "name": name} for item, name in visit.kept.items()],
            "denied": [{"id": item, "name": name} for item, name in visit.denied.items()],
            "empty": _reason(view),
        }
        self.update()

    async def _turn(self, event: Any) -> None:
        await self.session.change(lambda: self.session.visit.set_turn(number(event.args)), only_list=True)

    async def _mix(self, event: Any) -> None:
        await self.session.change(lambda: self.session.visit.set_mix(text_in(event)), only_list=True)

    async def _length(self, event: Any) -> None:
        await self.session.change(lambda: self.session.visit.set_length(int(number(event.args))), only_list=True)

    async def _more(self, event: Any) -> None:
        await self.session.change(lambda: self.session.visit.more_like(text_in(event)))

    async def _deny(self, event: Any) -> None:
        await self.session.change(lambda: self.session.visit.deny(text_in(event)))

    async def _allow(self, event: Any) -> None:
        await self.session.change(lambda: self.session.visit.allow(text_in(event)))

    async def _keep(self, event: Any) -> None:
        await self.session.change(lambda: self.session.visit.keep(text_in(event)), only_list=True)

    def _export(self, event: Any) -> None:
        form = text_in(event)
        if form in FORMATS:
            ui.download.content(export(self.session.visit.kept, form), f"deepcuts.{form}", FORMATS[form])


def _row(row: Row) -> dict[str, object]:
    return {
        "rank": row.rank,
        "id": row.item_id,
        "name": row.name,
        "persona": row.persona,
        "listeners": row.listeners,
        "kept": row.kept,
        "reasons": row.reasons,
    }


def _reason(view: View) -> str:
    """Why the list is empty, if it is."""
    if not view.cards:
        return _NO_ARTISTS
    return _ALL_MUTED if all(card.wish.muted for card in view.cards) else _NONE_LEFT
