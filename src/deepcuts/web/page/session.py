"""Between a visit and the sections: changes are made one at a time, and the sections are updated after each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from deepcuts.errors import DeepcutsError, SettingsError
from deepcuts.web.page.state.item_names import item_name
from deepcuts.web.page.state.map_marks import MapMark, map_marks
from deepcuts.web.page.state.shared_views import CurrentViews, SharedViews
from deepcuts.web.page.state.undo import Choices, UndoSteps
from deepcuts.web.page.state.view_models import (
    EMPTY_LIST,
    PersonaCard,
    RecommendedList,
    persona_cards,
    recommended_list,
)
from deepcuts.web.page.state.visit import Visit
from deepcuts.web.problems import ProblemError
from deepcuts.web.server.compute import Compute

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

_FAILED = "This did not work, through no fault of yours. The log of the server tells why."


@dataclass(frozen=True)
class View:
    """What the sections show after a change.

    Parameters
    ----------
    visit, shared
        The visit, and what all visitors share.
    cards, listed, marks
        The personas, the list, and what is marked on the map.
    is_warming
        Whether kernels are still compiled: until they are, there are no personas and no list.
    changed
        What the change did to the profile, in words; empty where it did nothing.
    undoable
        The last change that can be taken back, in words; empty where there is none.
    """

    visit: Visit
    shared: SharedViews
    cards: list[PersonaCard]
    listed: RecommendedList
    marks: list[MapMark]
    is_warming: bool
    changed: str
    undoable: str


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
    is_ready
        Whether kernels are compiled.
    steps
        Changes that can be taken back.
    shows_map
        Whether the map has been opened: until then, its marks are not computed.
    on_list, on_visit
        What to call after a change of the list alone, and of anything else too.
    """

    visit: Visit
    views: CurrentViews
    compute: Compute
    notify: Callable[[str], None]
    is_ready: Callable[[], bool] = lambda: True
    steps: UndoSteps = field(default_factory=UndoSteps)
    shows_map: bool = False
    on_list: list[Callable[[View], None]] = field(default_factory=list)
    on_visit: list[Callable[[View], None]] = field(default_factory=list)
    _is_warm: bool = False
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_warming(self) -> bool:
        """Whether kernels are still compiled; once they are, this stays false."""
        self._is_warm = self._is_warm or self.is_ready()
        return not self._is_warm

    async def change(
        self,
        change: Callable[[], object] = lambda: None,
        words: str = "",
        about: str = "",
        *,
        only_list: bool = False,
    ) -> None:
        """Change the visit and update the list; the other sections too, unless only the list can differ.

        A failure becomes a message to the visitor, and the sections are updated without the change.

        Parameters
        ----------
        change
            What to do to the visit.
        words
            What it does, for the visitor, who may take it back if it alters the profile; those of a change that comes
            in many small steps end with "…". Empty for a change that cannot be taken back.
        about
            Id of the artist that it is about, whose name is added to the words.
        only_list
            Whether nothing but the list can differ.
        """
        # A change that the visitor did not make, as when kernels are ready, leaves what they were told where it is.
        view = await self.run(lambda: self._changed(change, words, about), quiet=not words)
        # The change failed: what it left of the visit is shown, so that page and visit agree.
        if view is None:
            view = await self.run(lambda: self._changed(lambda: None, "", ""), quiet=True)
        if view is not None:
            for show in self.on_list if only_list and not view.changed else [*self.on_visit, *self.on_list]:
                show(view)

    async def undo(self) -> None:
        """Take the last change of the profile back."""
        await self.change(lambda: self.steps.take_back(self.visit), "")

    async def run(self, work: Callable[[], Result], *, quiet: bool = False) -> Result | None:
        """Compute something for the visitor, one thing at a time; None where it fails, with a message to them.

        Parameters
        ----------
        work
            Called in a thread of `compute`; while kernels are compiled, which keeps these busy, in another one.
        quiet
            Whether to leave the last message where it is when this succeeds.
        """
        async with self._lock:  # a visit is changed by one thread at a time
            thread = asyncio.to_thread if self.is_warming else self.compute.run
            return await self._guarded(thread, work, quiet=quiet)

    async def look_up(self, work: Callable[[], Result]) -> Result | None:
        """Compute what needs neither the visit nor a kernel, whatever else is under way; None where it fails."""
        return await self._guarded(asyncio.to_thread, work, quiet=True)

    async def _guarded(
        self, thread: Callable[[Callable[[], Result]], Awaitable[Result]], work: Callable[[], Result], *, quiet: bool
    ) -> Result | None:
        try:
            result = await thread(work)
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

    def _changed(self, change: Callable[[], object], words: str, about: str) -> View:
        before = Choices.of(self.visit)
        change()
        words = f"{words} {item_name(self.visit, about)}" if words and about else words
        changed = words if words and self.steps.note(before, self.visit, words) else ""
        visit, shared = self.visit, self.views.current
        if self.is_warming:
            return View(visit, shared, [], EMPTY_LIST, [], True, changed, self.steps.latest)
        cards, listed = persona_cards(visit), recommended_list(visit)
        marks = map_marks(visit, shared.item_map, listed, cards) if self.shows_map else []
        return View(visit, shared, cards, listed, marks, False, changed, self.steps.latest)


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
