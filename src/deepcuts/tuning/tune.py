"""The search: ask for settings, try them, store the outcome, until there are enough trials."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcuts.array_types import DoubleMatrix
from deepcuts.checks import check_callbacks, instance
from deepcuts.data.interactions import Interactions
from deepcuts.ingest import PlaysLike, as_plays
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.tuning.result import Trial, Tuning, trials_of
from deepcuts.tuning.settings import TuningSettings
from deepcuts.tuning.space import default_point, searched, suggest
from deepcuts.tuning.study import ask_again, import_optuna, only_run, open_study
from deepcuts.tuning.trial import Outcome, Task, run_trial

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    import optuna

TrialProgress = Callable[[Trial], None]
Submit = Callable[[PersonaSettings, DoubleMatrix], "Future[Outcome]"]

_task: Task | None = None  # of a worker process


def _say_nothing(_: Trial) -> None:
    """Report no progress."""


def tune(
    plays: PlaysLike,
    study_file: Path,
    settings: TuningSettings | None = None,
    *,
    on_trial: TrialProgress = _say_nothing,
) -> Tuning:
    """Search for settings of the model that are good on two metrics of lists.

    Trials are judged on a validation part cut out of `plays`; give it training data, never the holdout. The default
    settings are the first trial. A run that was killed goes on where it was, when it is called again.

    Parameters
    ----------
    plays
        Training data.
    study_file
        SQLite file that remembers the trials; it may exist.
    settings
        How to search.
    on_trial
        Called with every trial: those of earlier runs at once, then each as it ends.

    Raises
    ------
    MissingExtraError
        If Optuna is not installed.
    SettingsError
        If the file holds a study of other data, objectives or fixed settings, or `on_trial` cannot be called.
    OutputError
        If another run works on the study, or it cannot be written.
    DataError
        If there is nothing to hold out, or an objective is undefined.
    """
    check_callbacks(on_trial=on_trial)
    settings = instance("settings", settings or TuningSettings(), TuningSettings, "Pass TuningSettings(...).")
    import_optuna()
    plays = as_plays(plays)
    task = Task.of(plays, settings)
    default = default_point(task.settings.fixed, task.train)
    with only_run(study_file):
        study = open_study(study_file, facts_of(plays, settings), settings)
        if not study.trials:
            study.enqueue_trial(default)
        ask_again(study)
        for trial in trials_of(study, settings):
            on_trial(trial)
        with _workers(task) as submit:
            _search(study, task, submit, on_trial)
        return Tuning(task.settings, trials_of(study, settings), default)


def facts_of(plays: Interactions, settings: TuningSettings) -> dict[str, Any]:
    """Return what all trials of a study have in common, so that their values compare."""
    digest = hashlib.sha256()
    for array in (plays.indptr, plays.indices, plays.plays):
        digest.update(np.ascontiguousarray(array).data)
    return {
        "data": digest.hexdigest()[:16],
        "objectives": [objective.name for objective in settings.parsed_objectives],
        "fraction": settings.fraction,
        "early_epochs": settings.early_epochs,
        "rarity": settings.rarity,
        "fixed": dict(settings.fixed),
        "seed": settings.seed,
        "space": {name: [axis.low, axis.high] for name, axis in searched(settings.fixed).items()},
    }


def _search(study: optuna.Study, task: Task, submit: Submit, on_trial: TrialProgress) -> None:
    pending: dict[Future[Outcome], optuna.Trial] = {}
    while True:
        while len(pending) < task.settings.n_workers and _n_begun(study) < task.settings.n_trials:
            trial = study.ask()
            tried = PersonaSettings(**task.settings.fixed, **suggest(trial, task.settings.fixed))
            pending[submit(tried, _early_values(study, task.settings))] = trial
        if not pending:
            return
        for future in wait(pending, return_when=FIRST_COMPLETED).done:
            _store(study, pending.pop(future), future.result())
            on_trial(trials_of(study, task.settings)[-1])


def _n_begun(study: optuna.Study) -> int:
    states = import_optuna().trial.TrialState
    return sum(trial.state in (states.COMPLETE, states.PRUNED, states.RUNNING) for trial in study.trials)


def _early_values(study: optuna.Study, settings: TuningSettings) -> DoubleMatrix:
    signs = [objective.sign for objective in settings.parsed_objectives]
    found = [trial.early for trial in trials_of(study, settings)]
    return np.array(found, np.float64).reshape(-1, 2) * signs


def _store(study: optuna.Study, trial: optuna.Trial, outcome: Outcome) -> None:
    trial.set_user_attr("early", list(outcome.early))
    trial.set_user_attr("seconds", outcome.seconds)
    if outcome.values is None:
        study.tell(trial, state=import_optuna().trial.TrialState.PRUNED)
    else:
        study.tell(trial, list(outcome.values))


@contextmanager
def _workers(task: Task) -> Iterator[Submit]:
    """Give what runs trials: this process for one at a time, others for several."""
    if task.settings.n_workers == 1:
        yield partial(_run_here, task)
        return
    context = multiprocessing.get_context("spawn")  # threads of numba and Arrow do not survive a fork
    n_threads = max(1, (os.cpu_count() or 1) // task.settings.n_workers)  # all workers together use each processor once
    line, ours = context.Pipe(duplex=False)
    executor = _Others(task.settings.n_workers, context, initializer=_begin_worker, initargs=(task, n_threads, line))
    try:
        yield partial(executor.submit, _work)
    except BaseException:
        ours.close()  # workers end at once, in the middle of their trials
        raise
    finally:
        executor.shutdown(cancel_futures=True)
        ours.close()
        line.close()


class _Others(ProcessPoolExecutor):
    """Other processes, which are started when they are needed, and are deaf to Ctrl-C: this process hears it."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        with _interrupts_blocked():
            return super().submit(fn, *args, **kwargs)


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Have processes that are started in this block begin with SIGINT blocked."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _run_here(task: Task, settings: PersonaSettings, earlier: DoubleMatrix) -> Future[Outcome]:
    future: Future[Outcome] = Future()
    future.set_result(run_trial(task, settings, earlier))
    return future


def _begin_worker(task: Task, n_threads: int, line: Connection) -> None:
    global _task  # noqa: PLW0603  # plays are sent to a worker once, not with every trial
    _task = task
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where signals cannot be blocked
    import numba

    numba.set_num_threads(min(n_threads, numba.get_num_threads()))
    logging.getLogger("deepcuts").setLevel(logging.ERROR)  # the first process logs the same warnings
    threading.Thread(target=_end_with, args=(line,), daemon=True).start()


def _end_with(line: Connection) -> None:
    """Leave no worker behind where the run is interrupted or killed: the other end of its line is closed then."""
    with contextlib.suppress(EOFError, OSError):
        line.recv()
    os._exit(1)  # from a thread, sys.exit would end only that thread


def _work(settings: PersonaSettings, earlier: DoubleMatrix) -> Outcome:
    assert _task is not None
    return run_trial(_task, settings, earlier)
