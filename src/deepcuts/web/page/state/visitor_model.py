"""A visitor's plays, folded into a model: made anew with every artist that comes or goes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from deepcuts.model import PersonaModel
from deepcuts.model.state import VISITOR
from deepcuts.recommendation.rarity import item_frequency
from deepcuts.web.page.state.dial import DialCalibration

_DIAL_LENGTH = 20  # items of the lists that the dial is tried on
_N_REASONS = 3


@dataclass(frozen=True, eq=False)
class Folded:
    """A model of the visitor, and what is asked of it again and again.

    Parameters
    ----------
    model
        A model of one user, `VISITOR`.
    names
        Names of the personas.
    """

    model: PersonaModel
    names: list[str]
    _reasons: dict[str, list[tuple[str, float]]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, model: PersonaModel, plays: Mapping[str, float], denied: Collection[str], before: Folded | None
    ) -> Folded:
        """Fold plays in, with what was refused counting against what is like it.

        Parameters
        ----------
        model
            The model to fold into.
        plays
            Plays by item id.
        denied
            Item ids.
        before
            How they were folded in last; their personas stay, where they still fit.
        """
        visitor = model.fold_in(plays, refused=list(denied), keep_personas_of=before.model if before else None)
        unchanged = before is not None and _has_same_personas(visitor, before.model)
        return cls(visitor, before.names if before and unchanged else visitor.persona_names(VISITOR))

    @property
    def groups(self) -> list[set[int]]:
        """The items that made each persona, by index."""
        items, personas = self.model.seen.indices, self.model.user_personas.personas
        return [set(items[personas == number].tolist()) for number in range(self.n_personas)]

    @property
    def n_personas(self) -> int:
        """Number of personas."""
        return len(self.names)

    @cached_property
    def novelties(self) -> np.ndarray:
        """Novelty of every item in bits, −log2 of the share of users who play it, float64, (n_items,)."""
        return np.asarray(-np.log2(item_frequency(self.model.item_listeners, self.model.n_listeners)))

    @cached_property
    def dial(self) -> DialCalibration:
        """What turns of the dial mean for this visitor; measured when it is first turned."""
        return DialCalibration.of(self._novelty_at)

    def reasons(self, item_id: str) -> list[tuple[str, float]]:
        """The visitor's own items that speak most for an item: name, and share of all that speaks for it; found once.

        Others may speak against it, so what speaks for it may be more than the score.
        """
        if item_id not in self._reasons:
            table = self.model.explain(VISITOR, item_id, k=max(1, self.model.seen.n_pairs))
            shares = np.maximum(table["share"].to_numpy(), 0)
            most = min(_N_REASONS, int(np.count_nonzero(shares)))
            names = self.model.item_names(self.model.item_ids.indexes_of(table["item_id"][:most])).to_pylist()
            own = shares[:most] / max(1.0, float(shares.sum()))
            self._reasons[item_id] = list(zip(names, own.tolist(), strict=True))
        return self._reasons[item_id]

    def _novelty_at(self, rarity: float) -> float:
        table = self.model.recommend(VISITOR, k=_DIAL_LENGTH, rarity=rarity)
        indexes = self.model.item_ids.indexes_of(table["item_id"])
        return float(self.novelties[indexes].mean()) if len(indexes) else 0.0


def _has_same_personas(visitor: PersonaModel, before: PersonaModel) -> bool:
    """Whether both have the same plays in the same personas, whatever is refused: then their names stay."""
    return (
        np.array_equal(visitor.seen.indices, before.seen.indices)
        and np.array_equal(visitor.seen.plays, before.seen.plays)
        and np.array_equal(visitor.user_personas.personas, before.user_personas.personas)
    )
