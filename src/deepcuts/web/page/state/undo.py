"""What a visitor chose, as it was before each change, so that changes can be taken back."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

from deepcuts.model import PersonaModel
from deepcuts.web.page.state.persona_options import PersonaOptions
from deepcuts.web.page.state.visit import Blend, UnmatchedArtist, Visit
from deepcuts.web.page.state.visitor_model import VisitorModel

MOST_STEPS = 20


@dataclass(frozen=True)
class Choices:
    """The profile of a visit at one time: all but the options of the list. Equal where a visitor chose the same.

    Parameters
    ----------
    plays, source, unmatched, n_unmatched, refused, kept, is_stranger, blend, persona_options
        Those of `Visit`.
    model, visitor_model
        The model at that time, and the one solved for the visitor.
    """

    plays: dict[str, float]
    source: str
    unmatched: list[UnmatchedArtist]
    n_unmatched: int
    refused: dict[str, str]
    kept: dict[str, str]
    is_stranger: bool
    blend: Blend | None
    persona_options: list[PersonaOptions]
    model: PersonaModel | None = field(compare=False)
    visitor_model: VisitorModel | None = field(compare=False)

    @classmethod
    def of(cls, visit: Visit) -> Choices:
        """Copy the choices of a visit."""
        return cls(
            dict(visit.plays),
            visit.source,
            list(visit.unmatched),
            visit.n_unmatched,
            dict(visit.refused),
            dict(visit.kept),
            visit.is_stranger,
            visit.blend,
            [replace(options) for options in visit.persona_options],
            visit._model,
            visit._visitor_model,
        )

    def restore(self, visit: Visit) -> None:
        """Make a visit what it was; items that another model has replaced since are dropped when it is next read."""
        visit.plays, visit.source = dict(self.plays), self.source
        visit.unmatched, visit.n_unmatched = list(self.unmatched), self.n_unmatched
        visit.refused, visit.kept = dict(self.refused), dict(self.kept)
        visit.is_stranger, visit.blend = self.is_stranger, self.blend
        visit.persona_options = [replace(options) for options in self.persona_options]
        visit._model, visit._visitor_model = self.model, self.visitor_model


@dataclass(eq=False)
class UndoSteps:
    """Changes of a visit that can be taken back, the latest first; the last `MOST_STEPS` are kept."""

    _steps: deque[tuple[str, Choices]] = field(default_factory=lambda: deque(maxlen=MOST_STEPS))

    @property
    def latest(self) -> str:
        """The last change, in words; empty where there is none."""
        return self._steps[-1][0] if self._steps else ""

    def note(self, before: Choices, visit: Visit, words: str) -> bool:
        """Remember how a visit was before a change, if the change altered it; return whether it did.

        Changes in the same words that follow one another, as of a dial that is moved, are taken back together.
        """
        if before == Choices.of(visit):
            return False
        if not (words.endswith("…") and words == self.latest):
            self._steps.append((words, before))
        return True

    def take_back(self, visit: Visit) -> str:
        """Undo the last change, and return it in words; empty where there was none."""
        if not self._steps:
            return ""
        words, before = self._steps.pop()
        before.restore(visit)
        return words
