"""The model before training: settings, and `fit`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Self, Unpack, get_args

import numpy as np

from deepcuts.array_types import FloatMatrix
from deepcuts.checks import check_callbacks, choice, kind_of, seed_number, truth
from deepcuts.data.interactions import Interactions
from deepcuts.data.play_checks import check_plays
from deepcuts.errors import SettingsError
from deepcuts.ingest import PlaysLike, as_plays
from deepcuts.model.bars import both, training_bar
from deepcuts.model.persona_model import PersonaModel
from deepcuts.model.state import TrainingCounts
from deepcuts.model.training.epochs import Epoch, OnInterrupt, Progress, UserProgress
from deepcuts.model.training.fit import fit
from deepcuts.model.training.settings import AUTO, PersonaOptions, PersonaSettings
from deepcuts.setting_names import refusing_unknown
from deepcuts.wording import counted

logger = logging.getLogger(__name__)

# The room of tuning stands on this one: it is entered by name, when a search is asked for.
_TUNING = "deepcuts.tuning"


def _say_nothing(_: object) -> None:
    """Report no progress."""


@refusing_unknown
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

    _NOT_HELD: ClassVar[str] = (
        "PersonaNMF learns from plays, not from rows of features, and fit returns a model of its own: no "
        "pipeline or search of scikit-learn can hold it. Loop over ParameterGrid, or call "
        "PersonaNMF.tuned or deepcuts.tuning.tune."
    )

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the settings by name, as scikit-learn asks for them; `deep` changes nothing."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def set_params(self, **settings: Unpack[PersonaOptions]) -> Self:
        """Change some settings of this one and return it, as scikit-learn does; models it has fitted stay as they are.

        Raises
        ------
        SettingsError
            If there is no such setting, or a value is out of its range; then nothing is changed.
        """
        vars(self).update(vars(replace(self, **settings)))
        return self

    def __sklearn_tags__(self) -> Any:
        """Refuse to be a step of a pipeline or of a search of scikit-learn, which ask for this."""
        raise AttributeError(self._NOT_HELD)

    @classmethod
    def tuned(
        cls,
        plays: PlaysLike,
        *,
        budget: float = 10.0,
        any_sign: bool = False,
        most_factors: int | None = None,
        seed: int = 0,
        study: Path | None = None,
        on_trial: Callable[[Any], None] = _say_nothing,
        **fixed: Unpack[PersonaOptions],
    ) -> Self:
        """Find settings for these plays that are better than the default ones beyond doubt, or return the default.

        docs/guide/tuning.md tells how, and what was gained.

        Parameters
        ----------
        plays
            Training data; never the holdout.
        budget
            Time that the search may take, in fits of the default settings with their lists, at least 6.
        any_sign
            Whether factors that may be negative may be chosen, for which names and explanations are harder to read.
        most_factors
            The most factors that may be chosen; the search begins with 128 then, unless `fixed` has a number. None
            leaves their number as it is.
        seed
            Of all randomness.
        study
            SQLite file that remembers the trials: a search that was killed goes on from there. Needs the extra `tune`.
        on_trial
            Called with every `deepcuts.tuning.AutoTrial`.
        fixed
            Settings that are not searched, such as n_factors.

        Raises
        ------
        SettingsError
            If a value is out of its range, or the study is of other plays.
        DataError
            If there is nothing to hold out.
        """
        asked = {"budget": budget, "any_sign": any_sign, "most_factors": most_factors, "seed": seed}
        settings = import_module(f"{_TUNING}.auto_settings").AutoSettings(**asked, study_file=study, fixed=fixed)
        search = import_module(f"{_TUNING}.auto_search").tune_automatically
        return cls(**vars(search(plays, settings, on_trial=on_trial).settings))

    def fit(
        self,
        plays: PlaysLike,
        *,
        seed: int = 0,
        progress: bool = False,
        on_epoch: Progress = _say_nothing,
        on_users: UserProgress = _say_nothing,
        on_interrupt: OnInterrupt = "raise",
        start: PersonaModel | None = None,
    ) -> PersonaModel:
        """Train; the same factors for the same seed and data, whatever the number of threads.

        Parameters
        ----------
        plays
            Play counts of at least two users and two items; or a table of them, with the columns user_id, item_id and
            plays.
        seed
            Seed of the item factors to start from and of the split.
        progress
            Whether to show a bar: on the terminal's stderr, or in the notebook.
        on_epoch
            Called after every epoch, those of a rehearsal too.
        on_users
            Called with the number of users whose personas are found, as that goes on after the last epoch.
        on_interrupt
            What Ctrl-C does. "raise": KeyboardInterrupt, as anywhere else. "keep": the first one ends training, and the
            model of the last whole epoch is returned, `interrupted`; before the first epoch is whole, and a second
            time, it raises.
        start
            A model of the same items, whose items training begins with; None begins at random ones. It has the number
            of factors that is asked for, or gives it where that is "auto". From what was trained with settings not far
            from these, a few epochs are enough.

        Raises
        ------
        DataError
            If there are too few users or items to learn from.
        SettingsError
            If the seed is not a whole number from 0 to 2⁶³ − 1, `on_interrupt` is neither of the two, `on_epoch` or
            `on_users` cannot be called, `start` has
            other items or another number of factors, or factors are not finite by the end.
        KeyboardInterrupt
            By Ctrl-C.
        """
        seed, progress = seed_number(seed), truth("progress", progress)
        choice("on_interrupt", on_interrupt, get_args(OnInterrupt))
        check_callbacks(on_epoch=on_epoch, on_users=on_users)
        plays = as_plays(plays)
        check_plays(plays)
        # The settings without the verb `fit`: a model holds and stores these.
        settings = PersonaSettings(**vars(self))
        items = None
        if start is not None:
            settings = _with_factors_of(start, settings)
            items = _items_to_start_from(start, plays, settings)
        with training_bar(settings, plays.n_users) if progress else nullcontext() as bar:
            told = _logged(on_epoch if bar is None else both(on_epoch, bar.on_epoch))
            fitted = fit(
                plays,
                settings,
                seed,
                told,
                on_users if bar is None else both(on_users, bar.on_users),
                on_interrupt,
                items,
            )
        counts = TrainingCounts(plays.item_listeners, plays.item_plays, plays.n_users)
        return PersonaModel(fitted.item_side, counts, plays, fitted.user_personas, fitted.epochs, fitted.interrupted)


def _logged(on_epoch: Progress) -> Progress:
    """Log a line for each epoch, and then call what the caller gave."""

    def log(epoch: Epoch) -> None:
        logger.info("%s, epoch %d: loss %.6g, %.2f s", epoch.stage, epoch.number, epoch.loss, epoch.seconds)
        on_epoch(epoch)

    return log


def _with_factors_of(start: PersonaModel, settings: PersonaSettings) -> PersonaSettings:
    """Take as many factors as a model has where their number is "auto"."""
    if not isinstance(start, PersonaModel):
        raise SettingsError(f"start is {kind_of(start)}. Give a model of the same items.")
    return replace(settings, n_factors=start.settings.n_factors) if settings.n_factors == AUTO else settings


def _items_to_start_from(start: PersonaModel, plays: Interactions, settings: PersonaSettings) -> FloatMatrix:
    length = start.settings.vector_length
    if not start.item_ids.values.equals(plays.item_ids.values) or length != settings.vector_length:
        raise SettingsError(
            f"start has {counted(len(start.item_ids), 'item')} and {counted(length, 'factor')}; the plays have "
            f"{counted(plays.n_items, 'item')}, for {counted(settings.vector_length, 'factor')}. Give a "
            f"model of the same items with as many."
        )
    return np.asarray(np.maximum(start.item_factors, np.float32(settings.lowest_item_factor)))
