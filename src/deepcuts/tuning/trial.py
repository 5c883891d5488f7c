"""One trial: train, make lists, judge them on the validation part. It depends on its arguments only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from deepcuts.array_types import DoubleMatrix
from deepcuts.data.interactions import Interactions
from deepcuts.data.split import split_holdout
from deepcuts.errors import DataError
from deepcuts.evaluation import ItemFeatures, evaluate, tag_features
from deepcuts.model import PersonaModel, PersonaNMF
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.tuning.objectives import Objective
from deepcuts.tuning.pruning import stops_early
from deepcuts.tuning.settings import TuningSettings
from deepcuts.tuning.space import with_numbers

Values = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Task:
    """What all trials of a study have in common.

    Parameters
    ----------
    train
        Plays that trials learn from.
    validation
        Plays that they are judged by; both are cut from the same plays, and no holdout is among them.
    settings
        How the study is run; what is "auto" and not searched is fixed at its number for `train`.
    features
        Labels of the items, where plays carry tags.
    """

    train: Interactions
    validation: Interactions
    settings: TuningSettings
    features: ItemFeatures | None = None

    @classmethod
    def of(cls, plays: Interactions, settings: TuningSettings) -> Task:
        """Cut the validation part out of plays.

        Raises
        ------
        DataError
            If nothing would be held out.
        """
        train, validation = split_holdout(plays, settings.fraction, settings.seed)
        features = None if train.labels is None else tag_features(train.labels, train.item_ids)
        settled = replace(settings, fixed=with_numbers(settings.fixed, train))
        return cls(train, validation, settled, features)


@dataclass(frozen=True)
class Outcome:
    """What came of a trial.

    Parameters
    ----------
    early
        Both objectives of the one-persona model after the early epochs.
    values
        Both objectives of the fully trained model; None for a trial that was stopped early.
    seconds
        Time that it took.
    """

    early: Values
    values: Values | None
    seconds: float


def run_trial(task: Task, settings: PersonaSettings, earlier: DoubleMatrix) -> Outcome:
    """Train with some settings and judge the lists, unless the first epochs stop the trial early.

    The early model is trained on its own, so that what is judged in the end is exactly what `PersonaNMF` makes of these
    settings.

    Parameters
    ----------
    task
        What to learn from and to be judged by.
    settings
        What to try.
    earlier
        float64, (n_trials, 2): early values of the trials before this one, signed so that more is better.
    """
    start = perf_counter()
    first = replace(settings, n_personas=1, base_epochs=min(task.settings.early_epochs, settings.base_epochs))
    early = _judge(task, _fit(task, first))
    signs = [objective.sign for objective in task.settings.parsed_objectives]
    values = None if stops_early(np.multiply(early, signs), earlier) else _judge(task, _fit(task, settings))
    return Outcome(early, values, perf_counter() - start)


def _fit(task: Task, settings: PersonaSettings) -> PersonaModel:
    return PersonaNMF(**vars(settings)).fit(task.train, seed=task.settings.seed)


def _judge(task: Task, model: PersonaModel) -> Values:
    first, second = task.settings.parsed_objectives
    lists = model.recommend(k=max(first.k, second.k), rarity=task.settings.rarity)
    figures = evaluate(lists, task.train, task.validation, _cutoffs(first, second), features=task.features).figures
    for objective in (first, second):
        if np.isnan(figures[objective.name]):
            raise DataError(
                f"{objective.name} is undefined for all users of the validation part. Choose another objective."
            )
    return figures[first.name], figures[second.name]


def _cutoffs(first: Objective, second: Objective) -> dict[str, tuple[int, ...]]:
    if first.metric == second.metric:
        return {first.metric: (first.k, second.k)}
    return {first.metric: (first.k,), second.metric: (second.k,)}
