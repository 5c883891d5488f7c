"""Visits by the browser tab they belong to: in memory, and of a bounded number."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from deepcuts.web.page.state.undo import UndoSteps
from deepcuts.web.page.state.visit import Visit

MOST_VISITS = 500


class Visits:
    """Visits of tabs; a reload finds its own again, and the least recently used one is dropped for a new one.

    Parameters
    ----------
    new_visit
        Makes a visit.
    most
        Visits in memory at a time.
    """

    def __init__(self, new_visit: Callable[[], Visit], most: int = MOST_VISITS) -> None:
        self.new_visit, self._most = new_visit, most
        self._visits: OrderedDict[str, tuple[Visit, UndoSteps]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._visits)

    def visit_of(self, tab_id: str) -> tuple[Visit, UndoSteps]:
        """Return the visit of a tab and what can be taken back of it, new ones where there are none."""
        if tab_id not in self._visits:
            self._visits[tab_id] = self.new_visit(), UndoSteps()
            while len(self._visits) > self._most:
                self._visits.popitem(last=False)
        self._visits.move_to_end(tab_id)
        return self._visits[tab_id]
