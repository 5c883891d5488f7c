"""The control that every claim about personas has to beat: the same number and sizes of personas, dealt at random."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from deepcuts.data.interactions import Interactions
from deepcuts.model import PersonaModel, PersonaNMF, PersonaSettings
from deepcuts.model.training.fold_in import solve_personas
from deepcuts.model.training.persona_split import PersonaSplit
from deepcuts.model.training.weights import user_rows


@dataclass(frozen=True, kw_only=True)
class RandomPersonas(PersonaSettings):
    """`PersonaNMF` whose users' items are dealt to their personas at random.

    Items, base vectors and the sizes of the personas are those of `PersonaNMF` with the same settings and seed; so is
    the way that the personas are solved for. What a claim about personas claims is the difference.

    The parameters are those of `PersonaSettings`.
    """

    def fit(self, plays: Interactions, *, seed: int = 0) -> PersonaModel:
        """Train, deal the items of every user anew, and solve for the personas again.

        Raises
        ------
        DataError
            If there are fewer than two users or items.
        """
        model = PersonaNMF(**vars(self)).fit(plays, seed=seed)
        tastes = model.user_personas
        split = PersonaSplit(shuffle_within(tastes.personas, plays.indptr, seed), tastes.persona_indptr)
        rows = user_rows(plays, model.settings)
        factors = solve_personas(rows, tastes.base_factors, split, model.item_side)
        return replace(model, user_personas=replace(tastes, persona_factors=factors, personas=split.personas))


def shuffle_within(values: np.ndarray, indptr: np.ndarray, seed: int) -> np.ndarray:
    """Shuffle the values of every row among themselves; ``indptr[i]:indptr[i + 1]`` is row i."""
    row_of_value = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    random_order = np.lexsort((np.random.default_rng(seed).random(len(values)), row_of_value))
    return np.asarray(values[random_order])
