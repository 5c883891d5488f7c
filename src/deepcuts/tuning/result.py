"""What a study has found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcuts.array_types import DoubleMatrix
from deepcuts.errors import DataError
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.tuning.front import Pick, front, pick
from deepcuts.tuning.settings import TuningSettings
from deepcuts.tuning.trial import Values

if TYPE_CHECKING:
    import optuna


@dataclass(frozen=True)
class Trial:
    """A trial that has ended.

    Parameters
    ----------
    number
        Its number in the study, from 0.
    searched
        The settings that were searched, by name.
    early
        Both objectives after the early epochs.
    values
        Both objectives of the fully trained model; None for a trial that was stopped early.
    seconds
        Time that it took.
    """

    number: int
    searched: dict[str, Any]
    early: Values
    values: Values | None
    seconds: float


@dataclass(frozen=True, eq=False)
class Tuning:
    """A study: how it was run, and its trials, the earliest to end first.

    Parameters
    ----------
    settings
        How it was run.
    trials
        Trials that have ended, complete or stopped early.
    default_point
        What the default settings are for these plays, of those that are searched.
    """

    settings: TuningSettings
    trials: tuple[Trial, ...]
    default_point: Mapping[str, Any]

    @cached_property
    def complete(self) -> tuple[Trial, ...]:
        """Trials that were not stopped early.

        Raises
        ------
        DataError
            If there is none.
        """
        complete = tuple(trial for trial in self.trials if trial.values is not None)
        if not complete:
            raise DataError("No trial has ended yet. Run more of them.")
        return complete

    @cached_property
    def default(self) -> Trial:
        """The trial of the default settings."""
        found = (trial for trial in self.complete if trial.searched == self.default_point)
        return next(found, self.complete[0])

    @property
    def front(self) -> list[Trial]:
        """Trials that no other one beats on both objectives, the most accurate first."""
        return [self.complete[index] for index in front(self._signed)]

    def pick(self, rule: Pick) -> Trial:
        """Choose a trial, as `deepcuts.tuning.front.pick` says."""
        return self.complete[pick(self._signed, self.complete.index(self.default), rule)]

    def settings_of(self, trial: Trial) -> PersonaSettings:
        """All settings of a trial."""
        return PersonaSettings(**{**self.settings.fixed, **trial.searched})

    @property
    def _signed(self) -> DoubleMatrix:
        signs = [objective.sign for objective in self.settings.parsed_objectives]
        return np.array([trial.values for trial in self.complete], np.float64) * signs


def trials_of(study: optuna.Study, settings: TuningSettings) -> tuple[Trial, ...]:
    """Trials of a study that have ended, complete or stopped early, the earliest to end first.

    A trial whose run ended while its outcome was being written counts as failed, and is tried again.
    """
    ended = [trial for trial in study.trials if trial.state.name in ("COMPLETE", "PRUNED")]
    ended.sort(key=lambda trial: (trial.datetime_complete, trial.number))
    return tuple(_trial(trial) for trial in ended)


def _trial(trial: optuna.trial.FrozenTrial) -> Trial:
    early, attributes = trial.user_attrs["early"], trial.user_attrs
    values = (trial.values[0], trial.values[1]) if trial.state.name == "COMPLETE" and trial.values else None
    return Trial(trial.number, dict(trial.params), (early[0], early[1]), values, attributes["seconds"])
