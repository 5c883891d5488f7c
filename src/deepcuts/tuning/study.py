"""The Optuna study of a search: one SQLite file, from which a later run goes on.

A run that is killed leaves a trial in the state "running". The next run marks it as failed and asks for the same
settings again. One run works on a study at a time: it holds a lock, which the system drops when the process ends.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sqlite3
from collections.abc import Iterator, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcuts.errors import FileFormatError, MissingExtraError, OutputError, SettingsError
from deepcuts.storage import check_input, check_output
from deepcuts.storage.nested_text import parse_json
from deepcuts.tuning.settings import TuningSettings
from deepcuts.wording import counted

if TYPE_CHECKING:
    import optuna

logger = logging.getLogger(__name__)

_NAME = "deepcuts"
_FACTS = "facts"
_RANDOM_TRIALS = 8  # before the sampler learns from what it has seen
_WAIT = 60  # seconds for a disk that is busy
_UNWRITTEN = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}


def import_optuna() -> ModuleType:
    """Import the library of the extra `tune`.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise MissingExtraError.of("optuna", "tune") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


@contextlib.contextmanager
def only_run(path: Path) -> Iterator[None]:
    """Keep other runs away from a study for as long as the block runs.

    Raises
    ------
    OutputError
        If another run works on it, or it cannot be written to, whenever that turns out.
    """
    check_input(path)
    if not os.path.lexists(path):
        check_output(path)
    path = Path(path)  # callers may give text
    lock = path.with_name(f".{path.name}.lock")
    try:
        connection = sqlite3.connect(lock, timeout=0, isolation_level=None)  # fails at once; no transactions but ours
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            lock.unlink(missing_ok=True)  # as SQLite has made it before it found no space
            raise OutputError(f"{path} cannot be written: {error}. Choose another folder.") from None
        raise OutputError(f"Another run works on {path}. Wait for it to end, or name another study.") from None
    try:
        yield
    except Exception as error:
        if reason := _why_unwritten(error):
            raise OutputError(f"{path} cannot be written: {reason}. Trials that it holds already stay.") from error
        raise
    finally:
        connection.close()
        lock.unlink(missing_ok=True)


def _why_unwritten(error: BaseException | None) -> str:
    """What SQLite says of a disk that takes no more, somewhere below an error of Optuna's; empty of other errors."""
    while error is not None:
        if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF in _UNWRITTEN:
            return str(error)
        error = error.__cause__ or error.__context__
    return ""


def open_study(path: Path, facts: Mapping[str, Any], settings: TuningSettings) -> optuna.Study:
    """Open the study of a file, or begin one.

    Parameters
    ----------
    path
        The SQLite file; it may exist.
    facts
        What all of its trials have in common, as JSON values.
    settings
        How it is run.

    Raises
    ------
    SettingsError
        If the study there has other facts.
    FileFormatError
        If the file is no study.
    """
    path = Path(path)  # callers may give text
    library, is_new = import_optuna(), not path.exists()
    try:
        if not is_new:
            _check_tables(path)
        storage = _storage(library, path)
        study: optuna.Study = library.create_study(
            storage=storage,
            study_name=_NAME,
            directions=["maximize" if one.sign > 0 else "minimize" for one in settings.parsed_objectives],
            load_if_exists=True,
        )
    except Exception as error:  # whatever SQLAlchemy makes of a foreign file
        if _why_unwritten(error):
            if is_new:
                path.unlink(missing_ok=True)
            raise
        raise FileFormatError(
            f"{path} is no study that `deepcuts tune` has begun, or it is damaged. Name another file."
        ) from error
    _check_facts(path, study, parse_json(json.dumps(facts)))  # in the form in which they are read back
    study.sampler = library.samplers.TPESampler(
        # A search that is resumed must not draw the same settings again.
        seed=int(np.random.SeedSequence([settings.seed, len(study.trials)]).generate_state(1)[0]),
        n_startup_trials=_RANDOM_TRIALS,
        multivariate=True,  # settings depend on each other
        constant_liar=True,  # trials that others are at work on count as poor, so that no two try the same
    )
    return study


def _storage(library: ModuleType, path: Path) -> Any:
    """Storage of Optuna in a file of any name: in a URL, ?, % and braces would be read as something else."""
    pool = import_module("sqlalchemy.pool").QueuePool  # of several threads, as for any file
    connect = partial(sqlite3.connect, path.absolute(), timeout=_WAIT, check_same_thread=False)
    return library.storages.RDBStorage("sqlite://", engine_kwargs={"creator": connect, "poolclass": pool})


def _check_tables(path: Path) -> None:
    """Refuse a database with other tables, to which Optuna would add its own."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        names = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if names and "studies" not in names:
        raise ValueError("a database of something else")


def _check_facts(path: Path, study: optuna.Study, facts: Mapping[str, Any]) -> None:
    stored = study.user_attrs.get(_FACTS)
    if stored is None:
        study.set_user_attr(_FACTS, facts)
        return
    for name, value in facts.items():
        if stored.get(name) != value:
            raise SettingsError(
                f"{path} is a study of other {name}: {stored.get(name)}, not {value}. Ask for the same, or name "
                "another study."
            )


def ask_again(study: optuna.Study) -> int:
    """Mark trials of a run that is gone as failed, and put their settings first in the queue; return their number."""
    optuna = import_optuna()
    abandoned = study.get_trials(states=[optuna.trial.TrialState.RUNNING])
    for trial in abandoned:
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        # A run may end while it asks for the settings of a trial: those from the queue count too.
        settings = {**trial.system_attrs.get("fixed_params", {}), **trial.params}
        study.enqueue_trial(settings, user_attrs={"repeats": trial.number})
    if abandoned:
        logger.info("Tried again: %s of a run that ended.", counted(len(abandoned), "trial"))
    return len(abandoned)
