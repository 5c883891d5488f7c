"""The control for what personas are worth: the same number and sizes of personas, with items dealt at random."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from deepcuts.array_types import Indptr, NumberVector
from deepcuts.data.csr import row_of_entry
from deepcuts.data.play_checks import check_plays
from deepcuts.ingest import PlaysLike, as_plays
from deepcuts.model import PersonaModel, PersonaNMF, PersonaSettings
from deepcuts.model.training.fold_in import solve_personas
from deepcuts.model.training.persona_split import PersonaSplit
from deepcuts.model.training.weights import user_rows
from deepcuts.setting_names import refusing_unknown


@refusing_unknown
@dataclass(frozen=True, kw_only=True)
class RandomPersonas(PersonaSettings):
    """`PersonaNMF` whose users' items are dealt to their personas at random.

    Items, base vectors and the sizes of the personas are those of `PersonaNMF` with the same settings and seed; so is
    the way that the personas are solved for: what differs is which items share a persona.

    The parameters are those of `PersonaSettings`.
    """

    def fit(self, plays: PlaysLike, *, seed: int = 0) -> PersonaModel:
        """Train, deal the items of every user anew, and solve for the personas again.

        Raises
        ------
        DataError
            If there are fewer than two users or items.
        """
        plays = as_plays(plays)
        check_plays(plays)
        model = PersonaNMF(**vars(self)).fit(plays, seed=seed)
        found = model.user_personas
        # Shuffled within each user, so that sizes, shares and the row pointers of the personas stay valid.
        split = PersonaSplit(shuffle_within(found.personas, plays.indptr, seed), found.persona_indptr)
        rows = user_rows(plays, model.settings)
        factors = solve_personas(rows, found.base_factors, split, model.item_side)
        return replace(model, user_personas=replace(found, persona_factors=factors, personas=split.personas))


def shuffle_within(values: NumberVector, indptr: Indptr, seed: int) -> NumberVector:
    """Shuffle the values of every row among themselves; ``indptr[i]:indptr[i + 1]`` is row i."""
    # By row first, by a random number within it: one sort for all rows.
    random_order = np.lexsort((np.random.default_rng(seed).random(len(values)), row_of_entry(indptr)))
    return np.asarray(values[random_order])
