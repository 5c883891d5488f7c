"""`deepcuts tune`: settings that trade accuracy and novelty well."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from deepcuts.cli.command import Command
from deepcuts.cli.options import Force, Json, PlaysFile, Quiet, Seed
from deepcuts.cli.remarks import Remarks
from deepcuts.cli.terminal import print_table, ruled_table, show_json, stdout
from deepcuts.wording import counted

if TYPE_CHECKING:
    from deepcuts.tuning import Trial, Tuning, TuningSettings
    from deepcuts.tuning.front import Pick

_WIDE = 130  # columns of a terminal that all settings fit into
_PICKS: tuple[Pick, ...] = ("accurate", "balanced", "novel")

Trials = Annotated[
    int, typer.Option(min=1, metavar="N", help="Trials of the study in all, those of earlier runs included.")
]
Objectives = Annotated[
    str, typer.Option(metavar="A,B", help="Two figures: the first is held up, the second traded against it.")
]
PickName = Annotated[
    Literal["balanced", "accurate", "novel"],
    typer.Option(
        help='"balanced": no worse than the default on both, and ahead by most; "accurate": best on the first; '
        '"novel": best on the second that keeps 95 % of the default\'s first.',
    ),
]
StudyFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="SQLite file that remembers the trials: a run that was killed goes on from there.",
        show_default="output with the ending .db",
    ),
]
PlotFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="The .svg, .png or .pdf file for a picture of the trials.")
]
Fixed = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=X", help="Fix a setting instead of searching it; repeatable."),
]


def tune(
    plays: PlaysFile,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The .toml or .json file for the settings picked.")
    ],
    trials: Trials = 30,
    objectives: Objectives = "ndcg,novelty",
    pick: PickName = "balanced",
    study: StudyFile = None,
    plot: PlotFile = None,
    fixed: Fixed = None,
    fraction: Annotated[
        float, typer.Option(metavar="X", help="Share of every user's items of train to validate by.")
    ] = 0.2,
    rarity: Annotated[float, typer.Option(metavar="X", help="Position of the dial at which all lists are made.")] = 0.0,
    workers: Annotated[int, typer.Option(min=1, metavar="N", help="Trials at a time.")] = 1,
    seed: Seed = 0,
    json: Json = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Search settings of the model that trade two figures well, and write those that are picked.

    Give it training data, never the holdout: trials are judged on a validation part cut out of it. The default settings
    are the first trial. `deepcuts train --settings` reads what is written.
    """
    from deepcuts.cli.plays_files import read_interactions
    from deepcuts.storage import together
    from deepcuts.tuning import TuningSettings, plot_front, write_settings
    from deepcuts.tuning.files import parse_values

    remarks = Remarks(quiet)
    study = study or output.with_suffix(".db")
    _check_outputs(output, plot, [plays, study], force=force)
    settings = TuningSettings(
        n_trials=trials,
        objectives=tuple(objectives.split(",")),
        fraction=fraction,
        rarity=rarity,
        n_workers=workers,
        fixed=parse_values(fixed or (), "--set"),
        seed=seed,
    )
    found = _search(read_interactions(plays), study, settings, remarks)
    chosen = found.pick(pick)
    with together():
        write_settings(output, found.settings_of(chosen), _remark(found, chosen, pick), force=force)
        if plot is not None:
            plot_front(found, plot, force=force)
    if json:
        show_json(_as_json(found))
    else:
        _show(found)
    remarks.say(f"Saved {output}, the {pick} pick: trial {chosen.number}.")


def _check_outputs(output: Path, plot: Path | None, read: list[Path], *, force: bool) -> None:
    from deepcuts.storage import check_outputs, path_with_ending
    from deepcuts.tuning import files
    from deepcuts.tuning import plot as plots

    path_with_ending(output, files.ENDINGS)
    if plot is not None:
        path_with_ending(plot, plots.ENDINGS)
    check_outputs([output, plot], read, force=force)


def _search(plays: Any, study: Path, settings: TuningSettings, remarks: Remarks) -> Tuning:
    from deepcuts.tuning import tune as search
    from deepcuts.tuning.study import import_optuna

    import_optuna()  # before anything is said of a study that there cannot be
    remarks.say(f"{'Going on with' if os.path.exists(study) else 'Beginning'} the study in {study}; Ctrl-C pauses it.")
    first, _ = settings.parsed_objectives

    def note(trial: Trial) -> str:
        ended = "stopped early" if trial.values is None else f"{first.name} {trial.values[0]:.4f}"
        return f"trial {trial.number}: {ended}"

    with remarks.bar("Trials", settings.n_trials) as advance:
        return search(plays, study, settings, on_trial=lambda trial: advance(1, note(trial)))


def _remark(found: Tuning, chosen: Trial, pick: Pick) -> str:
    names = [objective.name for objective in found.settings.parsed_objectives]
    both = ", ".join(
        f"{name} {value:.4f} (default {before:.4f})"
        for name, value, before in zip(names, _values(chosen), _values(found.default), strict=True)
    )
    return (
        f"The {pick} pick of {counted(len(found.trials), 'trial')}: trial {chosen.number}.\nOn "
        f"the validation part: {both}."
    )


def _show(found: Tuning) -> None:
    """Print the front, and the default and the picks where they stand."""
    picks = {rule: found.pick(rule).number for rule in _PICKS}
    names = [objective.name for objective in found.settings.parsed_objectives]
    stopped = len(found.trials) - len(found.complete)
    shown = ruled_table(
        f"Front of {counted(len(found.trials), 'trial')}, {stopped} of them stopped early; on the validation part"
    )
    is_wide = stdout().width >= _WIDE
    for name in ("trial", *names, *(_short(name) for name in found.default.searched if is_wide)):
        shown.add_column(name, justify="right", no_wrap=True)
    shown.add_column("", no_wrap=True)
    for trial in _shown(found):
        remarks: list[str] = [rule for rule, number in picks.items() if number == trial.number]
        if trial.number == found.default.number:
            remarks.insert(0, "default")
        cells = (
            *(f"{value:.4f}" for value in _values(trial)),
            *(_readable(value) for value in trial.searched.values() if is_wide),
        )
        shown.add_row(str(trial.number), *cells, "\n".join(remarks))
    print_table(shown)
    if not is_wide:
        stdout().print(f"Their settings are shown on terminals of {_WIDE} columns, and with --json.")


def _shown(found: Tuning) -> Sequence[Trial]:
    """The front, the default and the picks, by falling first objective."""
    sign = found.settings.parsed_objectives[0].sign
    trials = {trial.number: trial for trial in (*found.front, found.default, *map(found.pick, _PICKS))}
    return sorted(trials.values(), key=lambda trial: -sign * _values(trial)[0])


def _values(trial: Trial) -> tuple[float, float]:
    assert trial.values is not None  # nothing else is shown or picked
    return trial.values


_ABBREVIATIONS = {"regularization": "reg", "unobserved": "unobs", "frequency": "freq", "confidence": "conf"}


def _short(name: str) -> str:
    """Break the name of a setting into short lines."""
    return "\n".join(_ABBREVIATIONS.get(word, word) for word in name.removeprefix("n_").split("_"))


def _readable(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}"


def _as_json(found: Tuning) -> dict[str, Any]:
    return {
        "objectives": [objective.name for objective in found.settings.parsed_objectives],
        "trials": [vars(trial) for trial in found.trials],
        "default": found.default.number,
        "front": [trial.number for trial in found.front],
        "picks": {rule: found.pick(rule).number for rule in _PICKS},
    }


EXAMPLES = (
    "deepcuts tune train.safetensors -o tuned.toml --trials 30",
    "deepcuts tune train.safetensors -o novel.json --study tuned.db --pick novel",
    "deepcuts tune train.safetensors -o t.toml --set n_factors=64 --plot front.svg",
)

COMMAND = Command("tune", tune, EXAMPLES, "Settings")
