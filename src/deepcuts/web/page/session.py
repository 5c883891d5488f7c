"""Between a visit and the sections: changes are made one at a time, and the sections are updated after each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from deepcuts.errors import DeepcutsError, SettingsError
from deepcuts.web.page.state.map_marks import MapMark, map_marks
from deepcuts.web.page.state.shared_views import CurrentViews, SharedViews
from deepcuts.web.page.state.view_models import PersonaCard, RecommendedList, persona_cards, recommended_list
from deepcuts.web.page.state.visit import Visit
from deepcuts.web.problems import ProblemError
from deepcuts.web.server.compute import Compute

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

_FAILED = "This did not work, through no fault of yours. The log of the server tells why."


@dataclass(frozen=True)
class View:
    """What the sections show after a change."""

    visit: Visit
    shared: SharedViews
    cards: list[PersonaCard]
    listed: RecommendedList
    marks: list[MapMark]


@dataclass(eq=False)
class VisitorSession:
    """One open page of a visitor.

    Parameters
    ----------
    visit
        State of the visitor.
    views
        What all visitors share.
    compute
        Threads to compute in, beside the event loop.
    notify
        Shows a short message to the visitor; an empty one removes the last.
    shows_map
        Whether the map has been opened: until then, its marks are not computed.
    on_list, on_visit
        What to call after a change of the list alone, and of anything else too.
    """

    visit: Visit
    views: CurrentViews
    compute: Compute
    notify: Callable[[str], None]
    shows_map: bool = False
    on_list: list[Callable[[View], None]] = field(default_factory=list)
    on_visit: list[Callable[[View], None]] = field(default_factory=list)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def change(self, change: Callable[[], object] = lambda: None, *, only_list: bool = False) -> None:
        """Change the visit and update the list; the other sections too, unless only the list can differ.

        A failure becomes a message to the visitor, and the sections are updated without the change.
        """
        view = await self.run(lambda: self._changed(change))
        # The change failed: what it left of the visit is shown, so that page and visit agree.
        if view is None:
            view = await self.run(lambda: self._changed(lambda: None), quiet=True)
        if view is not None:
            for show in self.on_list if only_list else [*self.on_visit, *self.on_list]:
                show(view)

    async def run(self, work: Callable[[], Result], *, quiet: bool = False) -> Result | None:
        """Compute something for the visitor, one thing at a time; None where it fails, with a message to them.

        Parameters
        ----------
        work
            Called in a thread of `compute`.
        quiet
            Whether to leave the last message where it is when this succeeds.
        """
        async with self._lock:  # a visit is changed by one thread at a time
            try:
                result = await self.compute.run(work)
            except DeepcutsError as error:
                self.notify(str(error))
            except ProblemError as error:
                self.notify(error.problem.detail)
            except Exception:
                logger.exception("the page could not be answered")
                self.notify(_FAILED)
            else:
                if not quiet:
                    self.notify("")
                return result
        return None

    def _changed(self, change: Callable[[], object]) -> View:
        change()
        shared, cards, listed = self.views.current, persona_cards(self.visit), recommended_list(self.visit)
        marks = map_marks(self.visit, shared.item_map, listed, cards) if self.shows_map else []
        return View(self.visit, shared, cards, listed, marks)


def text_in(event: Any) -> str:
    """Text that a component has sent; anything else becomes an empty one."""
    return event.args if isinstance(event.args, str) else ""


def field_in(event: Any, name: str) -> Any:
    """Field of what a component has sent; None where there is none."""
    return event.args.get(name) if isinstance(event.args, dict) else None


def as_number(value: object) -> float:
    """Number that a component has sent.

    Raises
    ------
    SettingsError
        If it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SettingsError(f"{value!r} is no number.")
    return float(value)
