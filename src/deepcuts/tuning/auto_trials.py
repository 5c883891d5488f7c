"""The trials of an automatic search: train with some settings on a cut, judge lists user by user, remember."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

import numpy as np

from deepcuts.array_types import DoubleVector
from deepcuts.baselines import refit_users
from deepcuts.data.interactions import Interactions
from deepcuts.data.split import split_holdout
from deepcuts.evaluation import evaluate
from deepcuts.model import PersonaModel, PersonaNMF
from deepcuts.model.training.epochs import Epoch
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.tuning.settings import TuningSettings
from deepcuts.tuning.steps import OF_USERS
from deepcuts.tuning.study import import_optuna, only_run, open_study
from deepcuts.tuning.tune import facts_of

if TYPE_CHECKING:
    import optuna

FRACTION = 0.2
OBJECTIVES = ("ndcg@100", "recall@20")  # the first is what is searched by

_FEW_PAIRS = 2_000  # that kernels are loaded with
_MOST_JUDGED = 5_000  # users whose lists are made: of many, a sample says enough
_KEY, _SETTINGS, _EPOCHS, _REHEARSED, _PER_USER = "key", "settings", "epochs", "rehearsed", "per_user"
_SECONDS = "seconds"


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of one training on one cut.

    Parameters
    ----------
    settings
        The hyperparameters, with numbers for "auto".
    epochs
        Epochs that it took; 0 where users alone were solved for.
    ndcg, recall
        ndcg@100 and recall@20 of every user that was judged, float64, (n_users,), NaN where undefined.
    rehearsed
        Epochs of its rehearsal.
    seconds
        Processor time of training, lists and their evaluation; 0 where it was not measured.
    """

    settings: PersonaSettings
    epochs: int
    ndcg: DoubleVector
    recall: DoubleVector
    rehearsed: int = 0
    seconds: float = 0.0

    @property
    def mean(self) -> float:
        """Mean ndcg@100."""
        return float(np.nanmean(self.ndcg))


@dataclass(frozen=True)
class Run:
    """What is trained.

    Parameters
    ----------
    settings
        Hyperparameters.
    cut
        Number of the cut.
    warm_epochs
        Epochs from the items that the default settings have found on the same cut; None trains from the beginning.
    """

    settings: PersonaSettings
    cut: int
    warm_epochs: int | None = None

    @property
    def key(self) -> str:
        """One text for equal runs."""
        return json.dumps({**vars(self), "settings": vars(self.settings)}, sort_keys=True)


def users_alone(run: Run, default: PersonaSettings) -> bool:
    """Whether a warm start has the items of the default: then users are solved for again, and nothing is trained."""
    differs = {name for name, value in vars(run.settings).items() if value != getattr(default, name)}
    return run.warm_epochs is not None and bool(differs) and differs <= OF_USERS


@dataclass(eq=False)
class Cut:
    """Train and the part of it that judges.

    Parameters
    ----------
    plays
        What is cut.
    asked
        The default settings, as they were asked for: what is "auto" is found on the train part.
    seed
        Of the cut, of training and of the users that are judged.
    """

    plays: Interactions
    asked: PersonaSettings
    seed: int
    _models: dict[Run, PersonaModel] = field(default_factory=dict, init=False)  # on whose items users are solved for

    @cached_property
    def _parts(self) -> tuple[Interactions, Interactions]:
        train, holdout = split_holdout(self.plays, FRACTION, self.seed)
        n_users = len(holdout.user_ids)
        judged = np.random.default_rng(0).permutation(n_users)[:_MOST_JUDGED]  # the same users in all cuts
        return train, holdout.keep_pairs(np.isin(holdout.user_of_pair(), judged))

    @cached_property
    def _default(self) -> tuple[PersonaModel, int]:
        """The model with the default settings, and the epochs of its rehearsal."""
        rehearsed: list[Epoch] = []

        def count(epoch: Epoch) -> None:
            if epoch.stage == "rehearsal":
                rehearsed.append(epoch)

        return PersonaNMF(**vars(self.asked)).fit(self._parts[0], seed=self.seed, on_epoch=count), len(rehearsed)

    def run(self, run: Run) -> Outcome:
        """Train and judge; a warm start trains the default first, where this process has not."""
        began, n_rehearsed = process_time(), 0
        if run.warm_epochs is None and run.settings == self.asked:
            model, n_rehearsed = self._default
            n_epochs = len(model.epochs)
        elif run.warm_epochs is not None and users_alone(run, self._default[0].settings):
            changes = {name: getattr(run.settings, name) for name in OF_USERS}
            model, n_epochs = refit_users(self._trained(replace(run, settings=self._default[0].settings)), **changes), 0
        else:
            model = self._trained(run)
            n_epochs = len(model.epochs)
        return replace(self._judge(model, n_epochs), rehearsed=n_rehearsed, seconds=process_time() - began)

    def _trained(self, run: Run) -> PersonaModel:
        """Train with numbers; what users alone are solved for on is kept."""
        if run in self._models:
            return self._models[run]
        settings, start = run.settings, None
        if run.warm_epochs is not None:
            start = self._default[0]
            settings = replace(settings, base_epochs=run.warm_epochs)
        model = PersonaNMF(**vars(settings)).fit(self._parts[0], seed=self.seed, start=start)
        if start is not None and run.settings == start.settings:
            self._models[run] = model
        return model

    def load_kernels(self) -> None:
        """Train for an epoch on a few pairs, so that loading the kernels is no part of what is measured next."""
        train, _ = self._parts
        few = train.keep_pairs(np.arange(train.n_pairs) < _FEW_PAIRS)
        PersonaNMF(**vars(replace(self.asked, base_epochs=1))).fit(few, seed=self.seed).recommend(k=100)

    def _judge(self, model: PersonaModel, n_epochs: int) -> Outcome:
        train, holdout = self._parts
        lists = model.recommend(holdout.user_ids.values, k=100)
        found = evaluate(lists, train, holdout, {"ndcg": (100,), "recall": (20,)}).per_user
        ndcg, recall = (found[name].to_numpy().astype(np.float64) for name in OBJECTIVES)
        return Outcome(model.settings, n_epochs, ndcg, recall)


class Memory:
    """Outcomes of this run and of those before it, by their keys.

    Parameters
    ----------
    study
        The study that holds them; None remembers them only as long as this object lives.
    """

    def __init__(self, study: optuna.Study | None = None) -> None:
        self._study, self._known = study, {} if study is None else _outcomes_of(study)

    def find(self, run: Run) -> Outcome | None:
        """Return what came of a run, if it is known."""
        return self._known.get(run.key)

    def keep(self, run: Run, outcome: Outcome) -> None:
        """Remember what came of a run."""
        self._known[run.key] = outcome
        if self._study is None:
            return
        attributes = {
            _KEY: run.key,
            _SETTINGS: vars(outcome.settings),
            _EPOCHS: outcome.epochs,
            _REHEARSED: outcome.rehearsed,
            _PER_USER: [outcome.ndcg.tolist(), outcome.recall.tolist()],
            _SECONDS: outcome.seconds,
        }
        values = [outcome.mean, float(np.nanmean(outcome.recall))]
        self._study.add_trial(import_optuna().trial.create_trial(values=values, user_attrs=attributes))


def _outcomes_of(study: optuna.Study) -> dict[str, Outcome]:
    found = {}
    for trial in study.trials:
        kept = trial.user_attrs
        if _SETTINGS not in kept:  # of a version whose trials were others
            continue
        ndcg, recall = (np.array(values, np.float64) for values in kept[_PER_USER])
        settings = PersonaSettings(**kept[_SETTINGS])
        found[kept[_KEY]] = Outcome(settings, kept[_EPOCHS], ndcg, recall, kept[_REHEARSED], kept[_SECONDS])
    return found


@contextmanager
def memory_of(plays: Interactions, study_file: Path | None, seed: int) -> Iterator[Memory]:
    """Open the memory of a search for as long as the block runs.

    Raises
    ------
    MissingExtraError
        If there is to be a file, and Optuna is not installed.
    SettingsError
        If the file holds a study of other plays, or of `deepcuts tune`.
    OutputError
        If another run works on it, or it cannot be written.
    """
    if study_file is None:
        yield Memory()
        return
    import_optuna()
    settings = TuningSettings(objectives=OBJECTIVES, fraction=FRACTION, seed=seed)
    with only_run(study_file):
        yield Memory(open_study(study_file, {**facts_of(plays, settings), "search": "automatic"}, settings))
