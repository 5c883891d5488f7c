"""Between a visit and what shows it: changes go in one at a time, and the sections are shown anew."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from deepcuts.errors import DeepcutsError
from deepcuts.web.page.state.map_marks import Place, marked
from deepcuts.web.page.state.shared_views import Shelf, Shelves
from deepcuts.web.page.state.view_models import Card, Listed
from deepcuts.web.page.state.visit import Visit
from deepcuts.web.problems import ProblemError
from deepcuts.web.server.compute import Compute

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class View:
    """What there is to show after a change."""

    visit: Visit
    shelf: Shelf
    cards: list[Card]
    listed: Listed
    marks: list[Place]


@dataclass(eq=False)
class VisitorSession:
    """One visitor's place.

    Parameters
    ----------
    visit
        State of the visitor.
    shelves
        What all visitors share.
    compute
        Threads to compute in, beside the event loop.
    tell
        Shows a short message to the visitor; an empty one takes the last away.
    """

    visit: Visit
    shelves: Shelves
    compute: Compute
    tell: Callable[[str], None]
    shows_map: bool = False  # whether anybody looks at it: places are not sought for nothing
    on_list: list[Callable[[View], None]] = field(default_factory=list)
    on_visit: list[Callable[[View], None]] = field(default_factory=list)
    _turns: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def change(self, change: Callable[[], object] = lambda: None, *, only_list: bool = False) -> None:
        """Change the visit and show the list anew; the other sections too, unless only the list can differ.

        What goes wrong is told to the visitor, and leaves the rest as it is.
        """
        view = await self.answer(lambda: self._changed(change))
        if view is None:
            view = await self.answer(lambda: self._changed(lambda: None), quiet=True)
        if view is not None:
            for show in self.on_list if only_list else [*self.on_visit, *self.on_list]:
                show(view)

    async def answer(self, work: Callable[[], Answer], *, quiet: bool = False) -> Answer | None:
        """Compute something for the visitor, one thing after another; None where it fails, which is told."""
        async with self._turns:
            try:
                answer = await self.compute.run(work)
            except DeepcutsError as error:
                self.tell(str(error))
            except ProblemError as error:
                self.tell(error.problem.detail)
            except Exception:
                logger.exception("the page could not be answered")
                self.tell("This did not work, through no fault of yours. The log of the server tells why.")
            else:
                if not quiet:
                    self.tell("")
                return answer
        return None

    def _changed(self, change: Callable[[], object]) -> View:
        change()
        shelf, cards, listed = self.shelves.current, self.visit.cards(), self.visit.listed()
        marks = marked(self.visit, shelf.item_map, listed, cards) if self.shows_map else []
        return View(self.visit, shelf, cards, listed, marks)


def text_in(event: Any) -> str:
    """Text that a component has sent; anything else becomes an empty one."""
    return event.args if isinstance(event.args, str) else ""


def field_in(event: Any, name: str) -> Any:
    """Field of what a component has sent; None where there is none."""
    return event.args.get(name) if isinstance(event.args, dict) else None
