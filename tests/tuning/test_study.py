"""Searches on a small world: they begin with the default, go on where they were, and are killed in between."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest

import deepcuts as dc
from command_line import run
from deepcuts import prune
from deepcuts.errors import DataError, FileFormatError, OutputError, SettingsError
from deepcuts.tuning import TuningSettings, plot_front, read_settings, tune
from deepcuts.tuning.space import default_point, suggest
from deepcuts.tuning.study import only_run, open_study
from deepcuts.tuning.tune import facts_of
from faults.limits import takes_too_long
from process_tree import seconds_with_children
from waiting import PATIENCE, wait_until

FIXED = {"n_factors": 4, "base_epochs": 4}


@pytest.fixture(scope="module")
def plays():
    return dc.generate_world(n_users=120, n_items=150, items_per_user=12, seed=0).plays


@pytest.fixture(scope="module")
def study(plays, tmp_path_factory):
    file = tmp_path_factory.mktemp("study") / "study.db"
    return file, tune(plays, file, TuningSettings(n_trials=7, fixed=FIXED))


def test_tables_of_plays_are_taken(plays, tmp_path):
    settings = TuningSettings(n_trials=1, fixed=FIXED)
    found = tune(plays.to_arrow().to_pandas(), tmp_path / "table.db", settings)
    assert found.trials[0].values == tune(prune(plays), tmp_path / "plays.db", settings).trials[0].values
    with pytest.raises(DataError, match=r"The plays are an int\. Pass Interactions"):
        tune(3, tmp_path / "none.db", settings)


def test_the_default_comes_first_and_scores_as_it_does_elsewhere(plays, study):
    _, found = study
    assert found.trials[0].searched == default_point(FIXED, dc.split_holdout(plays, 0.2, seed=0).train)
    train, validation = dc.split_holdout(plays, 0.2, seed=0)
    lists = dc.PersonaNMF(**FIXED).fit(train, seed=0).recommend(k=100)
    figures = dc.evaluate(lists, train, validation, {"ndcg": [100], "novelty": [20]}).figures
    assert found.trials[0].values == (figures["ndcg@100"], figures["novelty@20"])
    assert found.default is found.trials[0]


def test_a_study_goes_on_where_it_was(plays, study):
    file, found = study
    seen = []
    longer = tune(plays, file, TuningSettings(n_trials=9, fixed=FIXED, n_workers=2), on_trial=seen.append)
    assert [trial.number for trial in longer.trials[:7]] == [trial.number for trial in found.trials]
    assert len(longer.trials) == len(seen) == 9
    assert longer.settings_of(longer.trials[-1]).n_factors == 4
    assert len({str(trial.searched) for trial in longer.trials}) == 9  # nothing is drawn twice


def test_what_was_stopped_early_has_no_values_and_is_never_picked(study):
    _, found = study
    assert {trial.number for trial in found.complete} >= {trial.number for trial in found.front}
    for rule in ("balanced", "accurate", "novel"):
        assert found.pick(rule).values is not None
    balanced, default = found.pick("balanced").values, found.default.values
    assert balanced[0] >= default[0]
    assert balanced[1] >= default[1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"objectives": ("recall", "novelty")}, "is a study of other objectives"),
        ({"fixed": {"n_factors": 5}}, "is a study of other fixed"),
        ({"seed": 3}, "is a study of other seed"),
    ],
)
def test_a_study_of_something_else_is_refused(plays, study, changes, message):
    with pytest.raises(SettingsError, match=message):
        tune(plays, study[0], TuningSettings(**{"fixed": FIXED, **changes}))


def test_a_study_of_other_data_is_refused(study):
    other = dc.generate_world(n_users=120, n_items=150, items_per_user=12, seed=1).plays
    with pytest.raises(SettingsError, match="is a study of other data"):
        tune(other, study[0], TuningSettings(fixed=FIXED))


def test_a_study_may_be_named_by_text(tmp_path):
    for path in (tmp_path / "study.db", str(tmp_path / "study.db")):
        with only_run(path):
            assert (tmp_path / ".study.db.lock").exists()


@pytest.mark.parametrize("name", ["a?b.db", "a%20b#c.db", "{a} \u00e9.db"])
def test_a_study_has_the_name_that_it_is_given(plays, tmp_path, name):
    for n_trials in (1, 2):
        assert len(tune(plays, tmp_path / name, TuningSettings(n_trials=n_trials, fixed=FIXED)).trials) == n_trials
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_no_study_gets_a_name_that_means_something_else(plays, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("-", "C:\\study.db", "~/study.db", "n" * 300):
        with pytest.raises((OutputError, DataError), match=r"cannot be written|at most\. Choose another one"):
            tune(plays, name, TuningSettings(n_trials=1, fixed=FIXED))
    assert not list(tmp_path.iterdir())


def test_one_run_at_a_time_works_on_a_study(plays, study):
    with only_run(study[0]), pytest.raises(OutputError, match="Another run works on"):
        tune(plays, study[0], TuningSettings(fixed=FIXED))


def test_a_file_that_is_no_study_is_refused(plays, tmp_path):
    (tmp_path / "study.db").write_text("nothing of the kind, but long enough to be looked at " * 40)
    with pytest.raises(FileFormatError, match="is no study"):
        tune(plays, tmp_path / "study.db", TuningSettings(fixed=FIXED))


def test_a_database_of_something_else_is_refused_and_stays_as_it_is(plays, tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "other.db")) as database:
        database.execute("CREATE TABLE songs (title TEXT)")
    before = (tmp_path / "other.db").read_bytes()
    with pytest.raises(FileFormatError, match=r"is no study that .* has begun, or it is damaged\. Name another file"):
        tune(plays, tmp_path / "other.db", TuningSettings(fixed=FIXED))
    assert (tmp_path / "other.db").read_bytes() == before


@pytest.mark.parametrize("is_begun", [False, True])
def test_a_disk_that_takes_no_more_is_told_whenever_it_does(tmp_path, is_begun):
    file, limits = tmp_path / "study.db", resource.getrlimit(resource.RLIMIT_FSIZE)

    def search() -> None:
        study = open_study(file, {}, TuningSettings(fixed=FIXED)) if is_begun else None
        most = file.stat().st_size if study else 20_000  # not one page more, or less than a study begins with
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
        try:
            study = study or open_study(file, {}, TuningSettings(fixed=FIXED))
            assert is_begun
            for _ in range(1_000):
                study.ask()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    with pytest.raises(OutputError, match=rf"^{re.escape(str(file))} cannot be written: "), only_run(file):
        search()
    assert file.exists() == is_begun  # what could not be begun is gone, and what is there stays


def test_a_disk_that_takes_nothing_leaves_nothing(plays, tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        with pytest.raises(OutputError, match=r"study\.db cannot be written: .* Choose another folder\."):
            tune(plays, tmp_path / "study.db", TuningSettings(fixed=FIXED))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("ending", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_the_front_as_a_picture(study, tmp_path, ending, begins):
    pytest.importorskip("matplotlib")
    plot_front(study[1], tmp_path / f"front.{ending}")
    picture = (tmp_path / f"front.{ending}").read_bytes()
    assert picture.startswith(begins)
    if ending == "svg":
        assert all(word in picture.decode() for word in ("on the front", "ndcg@100", "novelty@20", "7 trials"))


def test_a_picture_of_another_kind_is_refused(study, tmp_path):
    with pytest.raises(SettingsError, match=r"has to end in \.svg or \.png or \.pdf"):
        plot_front(study[1], tmp_path / "front.gif")


def test_train_reads_what_tune_has_written_and_options_win(plays, tmp_path):
    plays.save(tmp_path / "plays.safetensors")
    fixed = [word for name, value in FIXED.items() for word in ("--set", f"{name}={value}")]
    result = run("tune", tmp_path / "plays.safetensors", "-o", tmp_path / "tuned.toml", "--trials", 3, *fixed)
    assert "Front of 3 trials" in result.stdout
    assert "default" in result.stdout
    assert (tmp_path / "tuned.db").exists()
    found = read_settings(tmp_path / "tuned.toml")
    options = ("--settings", tmp_path / "tuned.toml", "--personas", 2, "--lean", 0.9)  # given, if only the default
    run("train", tmp_path / "plays.safetensors", "-o", tmp_path / "model.safetensors", *options)
    following = {"join_cosine": 0.62, "settled_unobserved_scale": 0.5}
    assert {found[name] for name in following} == {"auto"}  # they follow λ, which is in the file
    expected = {**found, "n_personas": 2, "lean": 0.9, **following}
    assert vars(dc.load(tmp_path / "model.safetensors").settings) == expected


def test_the_default_is_tried_again_even_if_its_run_died_at_once(plays, tmp_path):
    settings = TuningSettings(n_trials=2, fixed=FIXED)
    study = open_study(str(tmp_path / "study.db"), facts_of(plays, settings), settings)
    study.enqueue_trial(default_point(FIXED, dc.split_holdout(plays, 0.2, seed=0).train))
    study.ask()  # and dies before it is told a single setting
    found = tune(plays, tmp_path / "study.db", settings)
    assert [trial.number for trial in found.trials] == [1, 2]
    assert found.trials[0].searched == default_point(FIXED, dc.split_holdout(plays, 0.2, seed=0).train)


@pytest.mark.parametrize("written", [{"early": [0.5, 1]}, {"early": [0.5, 1], "seconds": 1.0}])
def test_what_a_run_wrote_of_a_trial_when_it_died_does_not_count(plays, tmp_path, written):
    settings = TuningSettings(n_trials=2, fixed=FIXED)
    study = open_study(tmp_path / "study.db", facts_of(plays, settings), settings)
    study.enqueue_trial(default_point(FIXED, dc.split_holdout(plays, 0.2, seed=0).train))
    trial = study.ask()
    suggest(trial, FIXED)
    for name, value in written.items():
        trial.set_user_attr(name, value)
    found = tune(plays, tmp_path / "study.db", settings)
    assert [trial.number for trial in found.trials] == [1, 2]
    assert found.default.number == 1


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_run_is_resumed_and_nothing_is_lost(plays, tmp_path, workers):
    plays.save(tmp_path / "plays.safetensors")
    study = tmp_path / "tuned.db"
    words = ["tune", tmp_path / "plays.safetensors", "-o", tmp_path / "tuned.json", "--workers", workers, "--quiet"]
    words = list(map(str, [*words, "--set", "n_factors=16", "--set", "tolerance=0", "--set", "base_epochs=400"]))
    command = [Path(sys.executable).with_name("deepcuts"), *words, "--trials", "200"]
    process = subprocess.Popen(command, start_new_session=True)
    try:
        wait_until(lambda: _count(study, "COMPLETE") >= 2 and _count(study, "RUNNING") >= 1)
    finally:
        process.send_signal(signal.SIGKILL)  # the run alone: workers have to see for themselves that it is gone
        process.wait()
    wait_until(lambda: not _group(process.pid))
    before, abandoned = _finished(study), _count(study, "RUNNING")
    assert abandoned >= 1
    run(*words, "--trials", len(before) + abandoned + 1)
    after = _finished(study)
    assert set(before) < set(after)
    assert len(after) == len(before) + abandoned + 1
    assert _count(study, "FAIL") == abandoned
    assert _count(study, "RUNNING") == 0
    repeated, failed = _parameters(study, after), _parameters(study, _numbers(study, "FAIL"))
    assert all(any(set(one) <= set(other) for other in repeated) for one in failed)


@pytest.mark.slow
@pytest.mark.parametrize(("how", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_waits_for_no_worker(plays, tmp_path, how, status):
    """Workers in the middle of long trials end with the run, also where the signal comes to all as from a terminal."""
    plays.save(tmp_path / "plays.safetensors")
    study = tmp_path / "tuned.db"
    words = ["tune", tmp_path / "plays.safetensors", "-o", tmp_path / "tuned.json", "--workers", 2, "--trials", 50]
    words = list(map(str, [*words, "--set", "n_factors=64", "--set", "tolerance=0", "--set", "base_epochs=10000"]))
    command = [Path(sys.executable).with_name("deepcuts"), *words]
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: _count(study, "RUNNING") == 2)
        sleep(3)
        began, had = monotonic(), seconds_with_children(process.pid)
        if how == signal.SIGINT:
            os.killpg(process.pid, how)
        else:
            process.send_signal(how)
        _, said = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert process.returncode == status
    took, of_processors = monotonic() - began, seconds_with_children() - had
    assert not takes_too_long(took, of_processors, 15), f"{took:.1f} s, {of_processors:.1f} of processors"
    assert "Interrupted." in said.splitlines()  # on a busy machine, multiprocessing says last that it cleans up
    assert "Traceback" not in said
    wait_until(lambda: not _group(process.pid))


def _group(leader):
    """Processes that a run has left behind."""
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    return True


def _ask(study, query):
    try:
        with sqlite3.connect(study) as connection:
            rows = connection.execute(query).fetchall()
        connection.close()
    except sqlite3.OperationalError:  # not there yet
        return []
    return rows


def _numbers(study, *states):
    return [number for number, state in _ask(study, "select number, state from trials") if state in states]


def _count(study, state):
    return len(_numbers(study, state))


def _finished(study):
    return _numbers(study, "COMPLETE", "PRUNED")


def _parameters(study, numbers):
    query = "select number, param_name, param_value from trials join trial_params using (trial_id) order by param_name"
    rows = _ask(study, query)
    return [[row[1:] for row in rows if row[0] == number] for number in numbers]
