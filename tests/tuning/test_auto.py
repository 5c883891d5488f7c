"""Settings found automatically: steps, the search, its budget, its memory, and the doors to it."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import deepcuts as dc
from command_line import run
from deepcuts.baselines import refit_users
from deepcuts.errors import SettingsError
from deepcuts.model.training.density_rule import resolved
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.tuning import AutoSettings, TuningSettings, tune, tune_automatically
from deepcuts.tuning.auto_search import _gains
from deepcuts.tuning.auto_trials import Cut, Outcome, Run
from deepcuts.tuning.steps import LEAN_STEPS, Step, first_steps

FIXED = {"n_factors": 6, "base_epochs": 8}
ENOUGH = 1000.0  # a budget that no clock cuts short: the search then repeats
RIDGES = ("user_regularization", "item_regularization")
HOLDS = ("settled_regularization_scale", "persona_regularization_scale")
SCALES = ("settled_unobserved_scale", "persona_unobserved_scale")
NUMBERS = {
    "unobserved_exponent": 0.0,
    "unobserved_ratio": 8.0,
    **dict.fromkeys(RIDGES, 0.02),
    **dict.fromkeys(HOLDS, 0.8),
    **dict.fromkeys(SCALES, 0.5),
}
STEPS = [*first_steps(any_sign=True, more_factors=True), *LEAN_STEPS]


@pytest.fixture(scope="module")
def plays() -> dc.Interactions:
    return dc.generate_world(n_users=300, n_items=200, items_per_user=14, seed=0).plays


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    """File of the study that `found` leaves."""
    return tmp_path_factory.mktemp("auto") / "auto.db"


@pytest.fixture(scope="module")
def found(plays, study):
    return tune_automatically(plays, AutoSettings(fixed=FIXED, budget=ENOUGH, study_file=study))


@given(st.lists(st.sampled_from(STEPS), max_size=12), st.sets(st.sampled_from([*sorted(NUMBERS), "lean"])))
def test_steps_stay_within_bounds_and_leave_what_is_fixed(steps, fixed):
    centre, step = PersonaSettings(n_factors=128, **NUMBERS), Step()
    for one in steps:
        step = step.then(one)
    after = step.of(centre, fixed, most_factors=150)
    assert 0 <= after.unobserved_exponent <= 0.6
    assert 1 <= after.unobserved_ratio <= 100
    assert all(1e-4 <= getattr(after, name) <= 1 for name in RIDGES)
    assert all(0.05 <= getattr(after, name) <= 20 for name in (*HOLDS, *SCALES))
    assert 128 <= after.n_factors <= 150
    for name in fixed:
        assert getattr(after, name) == getattr(centre, name)


def test_a_step_moves_only_what_it_says():
    centre = PersonaSettings(n_factors=128, **{**NUMBERS, "unobserved_exponent": 0.9, "unobserved_ratio": 0.0})
    assert Step().of(centre, (), 64) == centre
    assert Step(lean=2).of(centre, (), 64) == replace(centre, lean=2 * centre.lean)
    assert Step(hold=2).of(centre, (), 64) == replace(centre, **dict.fromkeys(HOLDS, 1.6))
    assert Step(unobserved=0.5).of(centre, (), 64) == replace(centre, **dict.fromkeys(SCALES, 0.25))


def test_the_default_stays_where_nothing_is_better_beyond_doubt(plays, found):
    assert found.is_default == (found.low <= 0)
    assert found.settings == PersonaSettings(**FIXED) or not found.is_default
    assert found.trials[0].stage == "default"


@pytest.mark.parametrize(("step", "names"), [(Step(hold=2), HOLDS), (Step(unobserved=2), SCALES)])
def test_where_a_step_concerns_users_alone_they_are_solved_for_on_the_items_there_are(plays, step, names):
    asked = PersonaSettings(**FIXED)
    cut = Cut(plays, asked, 0)
    default = cut.run(Run(asked, 0)).settings
    held = step.of(default, (), 6)
    outcome, level = (cut.run(Run(settings, 0, 3)) for settings in (held, default))
    assert (outcome.epochs, level.epochs) == (0, 3)
    model = refit_users(cut._models[Run(default, 0, 3)], **{name: getattr(held, name) for name in names})
    assert outcome.mean == cut._judge(model, 0).mean != level.mean
    assert Cut(plays, asked, 0).run(Run(held, 0, 3)).mean == outcome.mean  # where the items are found again


def test_the_search_repeats(plays, found):
    assert tune_automatically(plays, AutoSettings(fixed=FIXED, budget=ENOUGH)) == found


def test_what_is_fixed_is_not_searched(plays):
    fixed = {**FIXED, "n_personas": 1, **dict.fromkeys(RIDGES, 0.05)}
    found = tune_automatically(plays, AutoSettings(fixed=fixed, budget=ENOUGH))
    ridges = {getattr(trial.settings, name) for trial in found.trials for name in RIDGES}
    assert ridges == {0.05}
    assert len({trial.settings.unobserved_ratio for trial in found.trials}) > 1


def test_a_gain_beyond_doubt_is_taken(plays):
    """Two factors are too few for a world of several scenes; a third one is found where there may be one."""
    fixed = {"n_factors": 2, "n_personas": 1}
    found = tune_automatically(plays, AutoSettings(fixed=fixed, most_factors=3, budget=ENOUGH))
    assert not found.is_default
    assert found.settings.n_factors == 3
    assert 0 < found.low < found.difference < found.high
    assert found.spent <= ENOUGH
    assert {trial.settings.n_personas for trial in found.trials} == {1}


def test_on_every_cut_the_default_has_what_a_rehearsal_finds_there():
    dense = dc.generate_world(n_users=600, n_items=600, items_per_user=40, seed=3).plays
    fixed = {"n_factors": 16, "n_personas": 1}
    found = tune_automatically(dense, AutoSettings(fixed=fixed, budget=6))
    asked = PersonaSettings(**fixed)
    cut = Cut(dense, asked, 0)
    train, _ = cut._parts
    by_fit = dc.PersonaNMF(**fixed).fit(train).settings
    outcome = cut.run(Run(asked, 0))
    assert found.trials[0].settings == outcome.settings == by_fit
    assert by_fit.weighting != resolved(asked, train).weighting
    assert outcome.rehearsed > outcome.epochs > 0
    assert found.spent <= 6


def test_a_step_is_taken_from_what_is_found_on_all_plays():
    """A cut wants other numbers than all plays: those of the step's ratio to the default are kept, not the cut's."""
    world = dc.generate_world(n_users=300, n_items=200, items_per_user=14, seed=0).plays
    fixed = {"n_factors": 2, "n_personas": 1}
    found = tune_automatically(world, AutoSettings(fixed=fixed, most_factors=3, budget=ENOUGH))
    on_all = resolved(PersonaSettings(**fixed), world)
    on_cut, tried = found.trials[0].settings, found.trials[-1].settings
    assert not found.is_default
    assert on_cut.user_regularization != on_all.user_regularization
    for name in ("user_regularization", "unobserved_ratio"):
        ratio = getattr(found.settings, name) / getattr(on_all, name)
        assert ratio == pytest.approx(getattr(tried, name) / getattr(resolved_on_last_cut(world, fixed), name))


def resolved_on_last_cut(plays: dc.Interactions, fixed: dict[str, int]) -> PersonaSettings:
    """What the default has on the cut of the last verdict."""
    asked = PersonaSettings(**fixed)
    return resolved(asked, Cut(plays, asked, 2)._parts[0])


def test_a_budget_that_is_larger_allows_more(plays, found):
    less = tune_automatically(plays, AutoSettings(fixed=FIXED, budget=6))
    assert less.spent <= 6
    assert less.spent < found.spent
    assert less.measured < found.measured


def test_trials_that_take_longer_than_planned_leave_room_for_fewer(plays, found, study, tmp_path):
    """The clock counts as well: a study whose first trials were slow has no time left for others."""
    slow = tmp_path / "auto.db"
    shutil.copy(study, slow)
    with sqlite3.connect(slow) as database:
        rows = database.execute("SELECT trial_id FROM trial_user_attributes WHERE key = 'seconds'").fetchall()
        database.executemany(
            "UPDATE trial_user_attributes SET value_json = ? WHERE key = 'seconds' AND trial_id = ?",
            [("1.0" if number == 0 else "4.0", trial) for number, (trial,) in enumerate(rows)],
        )
    fewer = tune_automatically(plays, AutoSettings(fixed=FIXED, budget=12, study_file=slow))
    assert [trial.stage for trial in fewer.trials] == ["default", "first"]
    assert len(fewer.trials) < len(found.trials)
    assert fewer.measured == pytest.approx(5)
    assert fewer.is_default


def test_trials_of_a_version_that_kept_no_numbers_are_run_again(plays, found, study, tmp_path):
    older = tmp_path / "auto.db"
    shutil.copy(study, older)
    with sqlite3.connect(older) as database:
        database.execute("DELETE FROM trial_user_attributes WHERE key IN ('settings', 'rehearsed')")
    assert tune_automatically(plays, AutoSettings(fixed=FIXED, budget=ENOUGH, study_file=older)) == found


def test_differences_are_means_over_the_cuts_of_the_same_users():
    settings = PersonaSettings()
    one, other = (
        Outcome(settings, 3, np.array(ndcg), np.array(ndcg)) for ndcg in ([0.5, np.nan, 1.0], [0.0, 0.5, 0.0])
    )
    np.testing.assert_allclose(_gains([one, one], [other, one], "ndcg"), [0.25, np.nan, 0.5])


def test_all_cuts_judge_the_same_users(plays):
    users = [Cut(plays, PersonaSettings(), seed)._parts[1].user_ids.values for seed in range(3)]
    assert users[0].equals(users[1])
    assert users[0].equals(users[2])


def test_a_search_that_was_killed_goes_on_and_ends_as_any_other(plays, found, tmp_path):
    path, study = tmp_path / "plays.safetensors", tmp_path / "auto.db"
    plays.save(path)
    script = (
        "import sys, time, deepcuts as dc\n"
        "from deepcuts.tuning import AutoSettings, tune_automatically\n"
        "from pathlib import Path\n"
        "n = 0\n"
        "def on_trial(trial):\n"
        "    global n\n"
        "    n += 1\n"
        "    print('trial', flush=True)\n"
        "    time.sleep(60 * (n == 3))\n"
        "plays = dc.Interactions.load(sys.argv[1])\n"
        f"settings = AutoSettings(fixed={FIXED!r}, budget={ENOUGH}, study_file=Path(sys.argv[2]))\n"
        "tune_automatically(plays, settings, on_trial=on_trial)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, path, study], stdout=subprocess.PIPE, text=True) as process:
        for _ in range(3):
            assert process.stdout.readline() == "trial\n"
        os.kill(process.pid, signal.SIGKILL)  # its lock ends with it
    seen = []
    again = tune_automatically(plays, AutoSettings(fixed=FIXED, budget=ENOUGH, study_file=study), on_trial=seen.append)
    assert again == found
    assert tuple(seen) == found.trials
    assert tune_automatically(plays, AutoSettings(fixed=FIXED, budget=ENOUGH, study_file=study)) == found


def test_a_study_of_a_tuning_is_refused(plays, tmp_path):
    study = tmp_path / "study.db"
    tune(plays, study, TuningSettings(n_trials=1, fixed=FIXED))
    with pytest.raises(SettingsError, match="study of other"):
        tune_automatically(plays, AutoSettings(fixed=FIXED, study_file=study))


@pytest.mark.parametrize(
    "wrong", [{"budget": 5}, {"seed": -1}, {"most_factors": 3}, {"fixed": {"n_factors": 0}}, {"any_sign": "yes"}]
)
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(SettingsError):
        AutoSettings(**wrong)


@pytest.mark.parametrize("fixed", [{}, {"n_factors": "auto"}])
def test_where_factors_are_bounded_no_rehearsal_takes_more(fixed):
    assert AutoSettings(most_factors=200, fixed=fixed).fixed["n_factors"] == 128
    with pytest.raises(SettingsError, match="most_factors is 64, below the 128 factors that a search begins with"):
        AutoSettings(most_factors=64, fixed=fixed)
    assert AutoSettings(most_factors=64, fixed={"n_factors": 32}).fixed["n_factors"] == 32


def test_the_class_and_the_command_find_the_same(plays, found, tmp_path):
    tuned = dc.PersonaNMF.tuned(plays, budget=ENOUGH, **FIXED)
    assert tuned == dc.PersonaNMF(**vars(found.settings))
    data, model = tmp_path / "plays.safetensors", tmp_path / "model.safetensors"
    plays.save(data)
    words = ["train", data, "-o", model, "--auto", "--budget", ENOUGH, "--factors", 6, "--base-epochs", 8]
    assert f"{len(found.trials)} trials" in run(*words).output
    assert dc.load(model).settings == tuned.fit(plays).settings


def test_a_warm_start_goes_on_where_the_other_model_ended(plays):
    settings = dc.PersonaNMF(n_factors=6, base_epochs=6, tolerance=0)
    first = settings.fit(plays)
    second = settings.fit(plays, start=first)
    longer = dc.PersonaNMF(n_factors=6, base_epochs=12, tolerance=0).fit(plays)
    assert second.epochs[0].loss < first.epochs[-1].loss * 1.001
    assert second.epochs[-1].loss == pytest.approx(longer.epochs[-1].loss, rel=0.01)
    free = dc.PersonaNMF(n_factors=6, base_epochs=2, nonnegative="none").fit(plays)
    assert settings.fit(plays, start=free).item_factors.min() >= 0
    before = first.item_factors.copy()
    np.testing.assert_array_equal(first.item_factors, before)


def test_a_warm_start_from_another_catalogue_is_refused(plays):
    model = dc.PersonaNMF(n_factors=6, base_epochs=1).fit(plays)
    other = dc.generate_world(n_users=60, n_items=50, items_per_user=5, seed=1).plays
    for wrong in (dc.PersonaNMF(n_factors=6), dc.PersonaNMF(n_factors=5)):
        with pytest.raises(SettingsError, match="start has"):
            wrong.fit(other if wrong.n_factors == 6 else plays, start=model)
