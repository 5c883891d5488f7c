"""The model of one visitor: their plays folded in, solved again whenever plays or refusals change."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from deepcuts.model import PersonaModel
from deepcuts.model.state import VISITOR

_N_REASONS = 3
_LEAST_REASON = 0.05  # share of what speaks for an item below which an artist is no reason to name
ALL_OF_YOU = -1  # the badge of a row for which no one persona speaks


class Reasons(NamedTuple):
    """Why an item is listed.

    Parameters
    ----------
    shown
        Names of the visitor's own items that speak most for it, and their shares; none below 5 %.
    badge
        The persona that they belong to, or `ALL_OF_YOU` where less than half of what is shown comes from its items.
    """

    shown: list[tuple[str, float]]
    badge: int


@dataclass(frozen=True, eq=False)
class VisitorModel:
    """A model of the visitor, and what is computed from it once.

    Parameters
    ----------
    model
        A model of one user, `VISITOR`.
    names
        Names of the personas.
    plays
        The plays it was solved for, by item id.
    refused
        Ids of the items it was solved against.
    """

    model: PersonaModel
    names: list[str]
    plays: dict[str, float]
    refused: frozenset[str]
    _reasons: dict[tuple[str, int, float], Reasons] = field(default_factory=dict)

    @classmethod
    def solve(
        cls, model: PersonaModel, plays: Mapping[str, float], refused: Collection[str], previous: VisitorModel | None
    ) -> VisitorModel:
        """Fold plays into a model, with refused items as dislikes.

        Parameters
        ----------
        model
            The model to fold into.
        plays
            Plays by item id.
        refused
            Item ids.
        previous
            The visitor's model before a change; personas keep their items, where these still fit.
        """
        before = None if previous is None else previous.model
        visitor = model.fold_in(plays, refused=sorted(refused), keep_personas_of=before)
        keeps_names = previous is not None and _has_same_personas(visitor, previous.model)
        names = previous.names if previous is not None and keeps_names else visitor.persona_names(VISITOR)
        return cls(visitor, names, dict(plays), frozenset(refused))

    def fits(self, plays: Mapping[str, float], refused: Collection[str]) -> bool:
        """Whether it was solved for these plays and these refusals."""
        return self.plays == plays and self.refused == set(refused)

    @property
    def n_personas(self) -> int:
        """Number of personas."""
        return len(self.names)

    @property
    def persona_items(self) -> list[set[int]]:
        """Indexes of the played items that belong to each persona."""
        items, personas = self.model.seen.indices, self.model.user_personas.personas
        return [set(items[personas == number].tolist()) for number in range(self.n_personas)]

    def reasons(self, item_id: str, persona: int, lean: float) -> Reasons:
        """Find the visitor's own items that speak for an item by a persona, which is that of its row, and leans so far.

        Shares are of the sum of positive contributions to the score. Where others are negative, that sum is more than
        the score.
        """
        key = item_id, persona, lean
        if key not in self._reasons:
            self._reasons[key] = self._explain(*key)
        return self._reasons[key]

    def _explain(self, item_id: str, persona: int, lean: float) -> Reasons:
        n_items = max(1, self.model.seen.n_pairs)
        table = self.model.explain(VISITOR, item_id, k=n_items, persona=persona, base_lean=lean)
        shares = np.maximum(table["share"].to_numpy(), 0)
        shares = shares / max(1.0, float(shares.sum()))  # of the score; where some are negative, these sum to more
        n_shown = min(_N_REASONS, int(np.count_nonzero(shares >= _LEAST_REASON)))
        indexes = self.model.item_ids.indexes_of(table["item_id"])
        names = self.model.item_names(indexes[:n_shown]).to_pylist()
        told = slice(n_shown or None)  # where all are small, all of them are what speaks
        is_own = self.model.user_personas.personas[np.searchsorted(self.model.seen.indices, indexes[told])] == persona
        speaks = float(shares[told][is_own].sum()) >= float(shares[told].sum()) / 2
        return Reasons(list(zip(names, shares[:n_shown].tolist(), strict=True)), persona if speaks else ALL_OF_YOU)


def _has_same_personas(visitor: PersonaModel, before: PersonaModel) -> bool:
    """Whether both have the same plays in the same personas, whatever is refused: then their names stay."""
    return (
        np.array_equal(visitor.seen.indices, before.seen.indices)
        and np.array_equal(visitor.seen.plays, before.seen.plays)
        and np.array_equal(visitor.user_personas.personas, before.user_personas.personas)
    )
