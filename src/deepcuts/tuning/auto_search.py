"""Settings found without anybody looking at trials: successive halving with warm starts, and a verdict on fresh cuts.

1. The default settings are trained on a cut of the plays: what is "auto" is found on it.
2. Steps away from these, along one line each, are trained for a few epochs from the items that the default has found,
   and so is the default itself. All factors that the model has in the end are there from the first step on. Where a
   step concerns how users are held once items are found, they are solved for again, and that is all.
3. Of the steps that are ahead, the best one is taken twice, and the best two are joined. As long as that helps, the
   best is taken again; then it takes steps of the lean.
4. The default is trained from the beginning on two other cuts, with as many factors as on the first, and so is what the
   step that is left makes of it there.
   The default yields only if the interval of the users' differences in ndcg@100 lies above 0, and recall@20 has not
   fallen. The step is then taken from what is found for "auto" on all plays.

A cut has fewer pairs than all plays, and wants other numbers: so a step is what is found, and not the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from time import process_time

import numpy as np

from deepcuts.array_types import DoubleVector
from deepcuts.blas_threads import one_blas_thread
from deepcuts.checks import check_callbacks, instance
from deepcuts.data.interactions import Interactions
from deepcuts.evaluation.intervals import bootstrap_interval
from deepcuts.ingest import PlaysLike, as_plays
from deepcuts.model.training.early_stopping import REHEARSED_EPOCHS
from deepcuts.model.training.rehearsal import settings_in_training
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.tuning.auto_settings import AutoSettings
from deepcuts.tuning.auto_trials import FRACTION, Cut, Memory, Outcome, Run, memory_of, users_alone
from deepcuts.tuning.steps import LEAN_STEPS, Step, first_steps

SEARCHED, *VERDICT = range(3)  # numbers of the cuts

_WARM_EPOCHS = 6
_EPOCHS_SHARE = 0.8  # of the time of a fit that goes to epochs,
_JUDGING = 0.45  # and what users and lists of a trial cost besides: more than in a fit, which makes no lists
_MARGIN = 1.6  # other settings, and other cuts, may take more epochs than the default has
_FORESEEN = 0.95  # of the budget: cuts, intervals and the like are in no trial
_GROWTH = 1.2  # the time of a fit grows with the number of factors to this power


@dataclass(frozen=True)
class AutoTrial:
    """A trial that has ended, for whoever follows the search.

    Parameters
    ----------
    stage
        "default", "first", "joined", "lean" or "verdict".
    settings
        What was tried.
    ndcg
        Mean ndcg@100 on the cut.
    spent
        Cost of the search so far, in fits of the default on all plays, as planned.
    """

    stage: str
    settings: PersonaSettings
    ndcg: float
    spent: float


@dataclass(frozen=True)
class AutoTuning:
    """What an automatic search has found.

    Parameters
    ----------
    settings
        The settings to train with: those that were asked for, or better ones.
    is_default
        Whether the default has stayed.
    difference, low, high
        Mean difference in ndcg@100 of the last one that was tried from the default over two fresh cuts, and its
        interval of 95 %, all over the default's mean; 0 where none got so far.
    spent
        Cost of the search, in fits of the default on all plays, as planned.
    trials
        All trials, in order.
    measured
        Processor time of the search over that of a fit of the default on a cut.
    """

    settings: PersonaSettings
    is_default: bool
    difference: float
    low: float
    high: float
    spent: float
    trials: tuple[AutoTrial, ...]
    measured: float = field(default=0.0, compare=False)  # a clock's word: searches that agree may differ in it


AutoProgress = Callable[[AutoTrial], None]
Ahead = list[tuple[Step, Outcome]]  # the best first


def _say_nothing(_: AutoTrial) -> None:
    """Report no progress."""


def tune_automatically(
    plays: PlaysLike, settings: AutoSettings | None = None, *, on_trial: AutoProgress = _say_nothing
) -> AutoTuning:
    """Find settings that are better than the default ones beyond doubt, or keep these.

    Parameters
    ----------
    plays
        Training data; never the holdout.
    settings
        How to search.
    on_trial
        Called after every trial, also after those that a study has remembered.

    Raises
    ------
    DataError
        If there is nothing to hold out.
    MissingExtraError, SettingsError, OutputError
        As `deepcuts.tuning.tune` does, if there is a study.
    """
    check_callbacks(on_trial=on_trial)
    settings = instance("settings", settings or AutoSettings(), AutoSettings, "Pass AutoSettings(...).")
    plays = as_plays(plays)
    with memory_of(plays, settings.study_file, settings.seed) as memory:
        runner = _Runner(plays, settings, memory, on_trial)
        found = _search(runner)
        return replace(_verdict(runner, found), measured=runner.measured)


class _Runner:
    """Runs trials as long as the budget lasts.

    Parameters
    ----------
    plays, settings, memory, on_trial
        As for `tune_automatically`, and what is remembered.
    """

    def __init__(self, plays: Interactions, settings: AutoSettings, memory: Memory, on_trial: AutoProgress) -> None:
        self.plays, self.settings, self.memory, self.on_trial = plays, settings, memory, on_trial
        self.asked = self.compared = PersonaSettings(**settings.fixed)
        self.cuts = {SEARCHED: Cut(plays, self.asked, settings.seed)}
        self.trials: list[AutoTrial] = []
        self.spent = self.seconds = self.fit_seconds = 0.0
        self.n_rehearsed = self.default_epochs = 0  # of a fit of the default, once it was trained
        first = Run(self.asked, SEARCHED)
        if memory.find(first) is None:
            self.cuts[SEARCHED].load_kernels()
        self.default = self.run("default", first).settings  # with the numbers of this cut
        # Another cut might take another number of factors, and another time with it.
        self.compared = replace(self.asked, n_factors=self.default.vector_length)
        self.cuts |= {number: Cut(plays, self.compared, settings.seed + number) for number in VERDICT}
        self._tried: set[PersonaSettings] = set()

    @property
    def measured(self) -> float:
        """Processor time so far, in fits of the default on a cut; 0 where nothing was measured."""
        return self.seconds / self.fit_seconds if self.fit_seconds else 0.0

    @property
    def _rehearsal(self) -> float:
        """Cost of a rehearsal on all plays, in fits of the default."""
        return _EPOCHS_SHARE * self.n_rehearsed / (self.n_rehearsed + self.default_epochs)

    def settings_after(self, step: Step, default: PersonaSettings) -> PersonaSettings:
        """Settings that a step from the default leads to, which has numbers for "auto"."""
        return step.of(default, self.settings.fixed, self.settings.most_factors or default.vector_length)

    def numbers_on_all(self) -> PersonaSettings:
        """Find numbers for what is "auto" of the default on all plays."""
        start = process_time()
        with one_blas_thread():
            found = settings_in_training(self.plays, self.asked, self.settings.seed, lambda _: None)
        self.seconds += process_time() - start
        self.spent += self._rehearsal
        return found

    def ahead(self, level: Outcome, stage: str, steps: Iterable[Step]) -> Ahead:
        """Try steps as long as the budget lasts; return those with a better mean than `level`."""
        tried = [(step, self.warm(stage, step)) for step in steps]
        found = [(step, outcome) for step, outcome in tried if outcome is not None and outcome.mean > level.mean]
        return sorted(found, key=lambda one: -one[1].mean)

    def warm(self, stage: str, step: Step) -> Outcome | None:
        """Train from the items of the default; None where that was tried before, or the budget does not allow it."""
        settings = self.settings_after(step, self.default)
        if settings in self._tried:
            return None
        epochs: int | None = _WARM_EPOCHS
        if (settings.vector_length, settings.nonnegative) != (self.default.vector_length, self.default.nonnegative):
            epochs = None  # other factors are found from the beginning
        most_epochs = min(_MARGIN * self.default_epochs, settings.base_epochs)
        verdict = self.cost(self.compared, most_epochs) + self.cost(settings, most_epochs)
        run = Run(settings, SEARCHED, epochs)
        n_epochs = 0 if users_alone(run, self.default) else epochs or most_epochs
        cost = self.cost(settings, n_epochs, is_warm=epochs is not None) + len(VERDICT) * verdict + self._rehearsal
        pace = max(1.0, self.measured / self.spent)  # where trials take longer than planned, so will those to come
        if pace * (self.spent + cost) > _FORESEEN * self.settings.budget:
            return None
        self._tried.add(settings)
        return self.run(stage, run)

    def run(self, stage: str, run: Run) -> Outcome:
        """Train and judge, or remember what came of it before."""
        outcome = self.memory.find(run)
        if outcome is None:
            outcome = self.cuts[run.cut].run(run)
            self.memory.keep(run, outcome)
        if not self.trials:  # a fit on all plays takes longer than this one: what is measured in it is never too little
            self.n_rehearsed, self.default_epochs = outcome.rehearsed, outcome.epochs
            self.fit_seconds = outcome.seconds
        self.spent += self.cost(run.settings, outcome.epochs, is_warm=run.warm_epochs is not None)
        self.seconds += outcome.seconds
        self.trials.append(AutoTrial(stage, outcome.settings, outcome.mean, self.spent))
        self.on_trial(self.trials[-1])
        return outcome

    def cost(self, settings: PersonaSettings, n_epochs: float, *, is_warm: bool = False) -> float:
        """Time that a trial is expected to take, in fits of the default on all plays, by its epochs and factors."""
        own, longer = n_epochs, 1.0
        if not is_warm:  # where λ is told, a rehearsal is one base
            is_default = settings in (self.asked, self.compared)
            own += self.n_rehearsed if is_default else min(REHEARSED_EPOCHS, self.n_rehearsed)
        if settings != self.asked:
            longer = settings.vector_length / self.default.vector_length
        epochs = _EPOCHS_SHARE * own / (self.n_rehearsed + self.default_epochs)
        return float((1 - FRACTION) * (epochs + _JUDGING) * longer**_GROWTH)


def _search(runner: _Runner) -> Step | None:
    """Find the step that is furthest ahead of the default on the first cut; None where none is."""
    level = runner.warm("first", Step())
    if level is None:
        return None
    more = (runner.settings.most_factors or 0) > runner.default.vector_length
    found = runner.ahead(level, "first", first_steps(any_sign=runner.settings.any_sign, more_factors=more))
    if not found:
        return None
    best, outcome = found[0]
    candidates = [best.then(best), *(best.then(step) for step, _ in found[1:2])]
    while candidates:
        found = runner.ahead(outcome, "joined", candidates)
        candidates = []
        if found:
            step = best
            best, outcome = found[0]
            candidates = [best.then(step)]
    if runner.default.n_personas > 1:
        leaning = runner.ahead(outcome, "lean", [best.then(step) for step in LEAN_STEPS])
        best = leaning[0][0] if leaning else best
    return best


def _verdict(runner: _Runner, found: Step | None) -> AutoTuning:
    """Compare what a step leads to with the default on fresh cuts."""
    if found is None:
        return AutoTuning(runner.asked, True, 0.0, 0.0, 0.0, runner.spent, tuple(runner.trials))
    old = [runner.run("verdict", Run(runner.compared, cut)) for cut in VERDICT]
    after = [runner.settings_after(found, outcome.settings) for outcome in old]
    new = [runner.run("verdict", Run(settings, cut)) for settings, cut in zip(after, VERDICT, strict=True)]
    ndcg, recall = _gains(new, old, "ndcg"), _gains(new, old, "recall")
    bounds = bootstrap_interval(ndcg[:, None], seed=runner.settings.seed)
    difference, low, high = float(np.nanmean(ndcg)), *(float(bound[0]) for bound in bounds)
    stays = bool(low <= 0 or np.nanmean(recall) < 0)
    settings = runner.asked if stays else runner.settings_after(found, runner.numbers_on_all())
    base = float(np.mean([outcome.mean for outcome in old])) or 1.0  # where nobody has a hit, there is no gain either
    relative = difference / base, low / base, high / base
    return AutoTuning(settings, stays, *relative, runner.spent, tuple(runner.trials))


def _gains(new: list[Outcome], old: list[Outcome], name: str) -> DoubleVector:
    """Differences of every user, the mean over the cuts, float64, (n_users,)."""
    differences = [getattr(one, name) - getattr(other, name) for one, other in zip(new, old, strict=True)]
    return np.asarray(np.mean(differences, axis=0))
