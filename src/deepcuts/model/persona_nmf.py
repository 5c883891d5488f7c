"""The model before training: settings, and `fit`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from deepcuts.checks import choice, seed_number
from deepcuts.data.interactions import Interactions
from deepcuts.data.play_checks import check_plays
from deepcuts.model.persona_model import PersonaModel
from deepcuts.model.state import TrainingCounts
from deepcuts.model.training.epochs import Epoch, OnInterrupt, Progress, UserProgress
from deepcuts.model.training.fit import fit
from deepcuts.model.training.settings import PersonaSettings


def _say_nothing(_: Epoch | int) -> None:
    """Report no progress."""


@dataclass(frozen=True, kw_only=True)
class PersonaNMF(PersonaSettings):
    """Non-negative matrix factorisation with several vectors for every user.

    The base is weighted NMF of plays, with every absent pair counted a little, and a ridge that grows with what was
    observed of a row. Users are then split into personas by spherical k-means++ over the vectors of their own items,
    and every persona is solved for on its own, leaning on the user's base vector. See docs/maths.md.

    The parameters are those of `PersonaSettings`.

    Examples
    --------
    >>> import deepcuts as dc
    >>> world = dc.generate_world(n_users=200, n_items=300, seed=0)
    >>> model = dc.PersonaNMF(n_factors=16, n_personas=3).fit(world.plays, seed=0)
    >>> model.recommend("user 0000001", k=5).num_rows
    5
    """

    def fit(
        self,
        plays: Interactions,
        *,
        seed: int = 0,
        on_epoch: Progress = _say_nothing,
        on_users: UserProgress = _say_nothing,
        on_interrupt: OnInterrupt = "raise",
    ) -> PersonaModel:
        """Train; the same factors for the same seed and data, whatever the number of threads.

        Parameters
        ----------
        plays
            Play counts of at least two users and two items.
        seed
            Seed of the item factors to start from and of the split.
        on_epoch
            Called after every epoch.
        on_users
            Called with the number of users whose personas are found, as that goes on after the last epoch.
        on_interrupt
            What Ctrl-C does. "raise": KeyboardInterrupt, as anywhere else. "keep": the first one ends training, and the
            model of the last whole epoch is returned, `interrupted`; before the first epoch is whole, and a second
            time, it raises.

        Raises
        ------
        DataError
            If there are too few users or items to learn from.
        SettingsError
            If the seed is not a whole number from 0 to 2⁶³ − 1, `on_interrupt` is neither of the two, or factors are
            not finite by the end.
        KeyboardInterrupt
            By Ctrl-C.
        """
        seed = seed_number(seed)
        choice("on_interrupt", on_interrupt, get_args(OnInterrupt))
        check_plays(plays)
        # The settings without the verb `fit`: a model holds and stores these.
        fitted = fit(plays, PersonaSettings(**vars(self)), seed, on_epoch, on_users, on_interrupt)
        counts = TrainingCounts(plays.item_listeners, plays.item_plays, plays.n_users)
        return PersonaModel(fitted.item_side, counts, plays, fitted.user_personas, fitted.epochs, fitted.interrupted)
