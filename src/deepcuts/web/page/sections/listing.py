"""Section "The list"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from nicegui.element import Element

from deepcuts.web.page.session import View, VisitorSession, as_number, text_in
from deepcuts.web.page.state.item_choices import allow, refuse, toggle_kept
from deepcuts.web.page.state.list_options import LENGTHS, LISTENERS
from deepcuts.web.page.state.own_artists import add_as_often_played

_NO_ARTISTS = "Add an artist, drop an export, or start from a listener: the list follows."
_ALL_MUTED = "Every persona is muted. Let one be heard again."
_DOUBTS = {
    None: "",
    "guess": "This list is a guess: hardly anybody else here plays what you play. Add artists that more people know.",
    "popular": "Nobody else here plays what you play, so this is what everybody plays. Add artists that others know.",
}
_NO_IDEA = "Hardly anybody else here plays what you play, so nothing can be listed. Add artists that more people know."
_NONE_LEFT = "Nothing is left to list: the catalogue has no artist for these personas that you do not know yet."

_BEFORE_THE_FIRST = {
    "sequence": 0,
    "rows": [],
    "median_listeners": 0,
    "n_listeners": 1,
    "personas": [],
    "dial_position": 0,
    "mix": "share",
    "k": 20,
    "least_listeners": 3,
    "lengths": LENGTHS,
    "floors": LISTENERS,
    "refused": [],
    "is_known": False,
    "is_stranger": False,
    "is_warming": False,
    "empty": "",
    "doubt": "",
}


class Listing(Element, component="listing.js"):
    """The list under its dial, and what was refused."""

    def __init__(self, session: VisitorSession) -> None:
        super().__init__()
        self.session = session
        self.sequence = 0
        self.props["state"] = dict(_BEFORE_THE_FIRST)
        session.on_list.append(self.show)
        self.on("dial", self._on_dial)
        self.on("mix", self._on_mix)
        self.on("length", self._on_length)
        self.on("floor", self._on_floor)
        self.on("more", self._on_more)
        self.on("refuse", self._on_refuse)
        self.on("allow", self._on_allow)
        self.on("keep", self._on_keep)

    def show(self, view: View) -> None:
        """Show the list as it is now."""
        visit, listed = view.visit, view.listed
        self.sequence += 1  # tells listing.js that the list it waits for has arrived
        self.props["state"] = {
            "sequence": self.sequence,
            "rows": [asdict(row) for row in listed.rows],
            "median_listeners": listed.median_listeners,
            "n_listeners": view.shared.model.n_listeners,
            "personas": [card.name for card in view.cards],
            **asdict(visit.list_options),
            "lengths": LENGTHS,
            "floors": LISTENERS,
            "refused": [{"id": item_id, "name": name} for item_id, name in visit.refused.items()],
            "is_known": visit.has_begun,
            "is_stranger": not visit.plays or listed.doubt == "popular",
            "is_warming": view.is_warming,
            "empty": _why_empty(view),
            "doubt": _DOUBTS[listed.doubt] if listed.rows else "",
        }
        self.update()

    async def _on_dial(self, event: Any) -> None:
        await self._change_list(lambda: self.session.visit.list_options.set_dial(as_number(event.args)))

    async def _on_mix(self, event: Any) -> None:
        await self._change_list(lambda: self.session.visit.list_options.set_mix(text_in(event)))

    async def _on_length(self, event: Any) -> None:
        await self._change_list(lambda: self.session.visit.list_options.set_length(int(as_number(event.args))))

    async def _on_floor(self, event: Any) -> None:
        options = self.session.visit.list_options
        await self._change_list(lambda: options.set_least_listeners(int(as_number(event.args))))

    async def _on_keep(self, event: Any) -> None:
        item_id, visit = text_in(event), self.session.visit
        words = "No longer kept:" if item_id in visit.kept else "Kept"
        await self.session.change(lambda: toggle_kept(visit, item_id), words, item_id, only_list=True)

    async def _on_more(self, event: Any) -> None:
        item_id = text_in(event)
        await self.session.change(lambda: add_as_often_played(self.session.visit, item_id), "Added", item_id)

    async def _on_refuse(self, event: Any) -> None:
        item_id = text_in(event)
        await self.session.change(lambda: refuse(self.session.visit, item_id), "Not for me:", item_id)

    async def _on_allow(self, event: Any) -> None:
        item_id = text_in(event)
        await self.session.change(lambda: allow(self.session.visit, item_id), "Allowed again:", item_id)

    async def _change_list(self, change: Callable[[], object]) -> None:
        await self.session.change(change, only_list=True)


def _why_empty(view: View) -> str:
    """Why the list is empty, if it is."""
    if not view.visit.plays:
        return _NONE_LEFT if view.visit.is_stranger else _NO_ARTISTS
    if all(card.options.muted for card in view.cards):
        return _ALL_MUTED
    return _NO_IDEA if view.listed.doubt else _NONE_LEFT
