"""`deepcuts compare`: models, baselines and peers side by side, with intervals and tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deepcuts.cli.command import Command
from deepcuts.cli.given import is_given, refuse_idle
from deepcuts.cli.metric_names import MetricsCommand
from deepcuts.cli.options import Force, Json, PlaysFile, Quiet, Resamples
from deepcuts.cli.remarks import Remarks
from deepcuts.cli.tag_files import TAGS_COLUMNS, TagsColumns, TagsFile, read_labels
from deepcuts.cli.terminal import print_table, printable, ruled_table, show_json, stdout
from deepcuts.errors import SettingsError
from deepcuts.wording import counted

if TYPE_CHECKING:
    from rich.text import Text

    from deepcuts.comparison import Comparison, Contender, Run
    from deepcuts.data.interactions import Interactions
    from deepcuts.evaluation.registry import Cutoffs

_DEFAULT = "default"

Holdout = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Plays that were held out of PLAYS; without it, PLAYS are cut for each seed."),
]
Models = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=FILE",
        help="The model with the settings of a file, or with `default` ones; more settings, of lists too, follow "
        "after colons, as in big=default:n_factors=128:rarity=0.2; repeatable.",
    ),
]
Baselines = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME,…",
        help="popularity, ease, implicit, irspack, nmf, one-persona, random-personas, maxmf, pfp; settings follow "
        "after colons, as in ease:regularization=60:rarity=0.2, or in a file, as in random-personas=tuned.toml; "
        "repeatable.",
    ),
]


def compare(
    context: typer.Context,
    plays: PlaysFile,
    holdout: Holdout = None,
    model: Models = None,
    baseline: Baselines = None,
    reference: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Whom the others are tested against.", show_default="the first model"),
    ] = None,
    metrics: Annotated[
        str | None,
        typer.Option(metavar="NAME,…", help="Figures to compare, such as recall@20,novelty.", show_default="the main"),
    ] = None,
    tags: TagsFile = None,
    tags_columns: TagsColumns = TAGS_COLUMNS,
    fraction: Annotated[float, typer.Option(metavar="X", help="Share of every user's items to hold out.")] = 0.2,
    seeds: Annotated[str, typer.Option(metavar="N,…", help="Seeds of the cuts and of training.")] = "0,1,2",
    resamples: Resamples = 1000,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="The .csv, .md or .tex file for the table.")
    ] = None,
    json: Json = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Compare models, baselines and peers over several seeds under one protocol.

    Every contender learns from the same cuts, and its lists are judged by the same holdouts. Intervals are over users.
    Tests are paired by user, and corrected for the number of rivals after Holm.
    """
    from deepcuts.comparison import run_all, tabulate, write_comparison
    from deepcuts.comparison.contenders import check_reference

    refuse_idle(context, "--tags", "tags_columns", unless=tags is not None)
    if holdout is not None and is_given("fraction", context):
        raise SettingsError("--fraction is how much of PLAYS to hold out, and --holdout has that. Give one of the two.")
    if output is not None:
        _check_output(output, [plays, holdout, tags], force=force)
    contenders = _contenders(model or (), baseline or ())
    names = [contender.name for contender in contenders]
    reference = names[0] if reference is None else reference
    check_reference(reference, names)
    numbers, remarks = _seeds(seeds), Remarks(quiet)
    cuts, learnt = _cuts(plays, holdout, fraction, numbers)
    labels = read_labels(tags, tags_columns)
    cutoffs = _cutoffs(metrics, with_labels=labels is not None or _has_tags(learnt))
    remarks.say(
        f"{counted(len(names), 'contender')}, {counted(len(numbers), 'seed')}; judged at {', '.join(_names(cutoffs))}."
    )
    with remarks.bar("Runs", len(names) * len(numbers)) as advance:
        runs = run_all(
            contenders,
            cuts,
            cutoffs,
            labels=labels,
            n_resamples=resamples,
            on_run=lambda run: advance(1, _note(run)),
        )
    comparison = tabulate(runs, names, reference, n_resamples=resamples)
    try:
        if output is not None:
            write_comparison(output, comparison, force=force)
            remarks.say(f"Saved {output}.")
    finally:  # what took long is shown where it cannot be saved
        if json:
            show_json(comparison.to_arrow().to_pylist())
        else:
            show_comparison(comparison)


def _check_output(output: Path, read: list[Path | None], *, force: bool) -> None:
    from deepcuts.comparison.formats import FORMATS
    from deepcuts.storage import check_outputs, path_with_ending

    path_with_ending(output, FORMATS)
    check_outputs([output], read, force=force)


def _contenders(models: Sequence[str], baselines: Sequence[str]) -> list[Contender]:
    found = [_model(text) for text in models]
    found += [_baseline(text.strip()) for texts in baselines for text in texts.split(",")]
    if not found:
        raise SettingsError("There is nothing to compare. Name models with --model, or baselines with --baseline.")
    if not models:
        found.insert(0, _model(f"personas={_DEFAULT}"))
    return found


def _model(text: str) -> Contender:
    from deepcuts.comparison import model
    from deepcuts.tuning.files import parse_values, read_settings

    name, equals, settings_text = text.partition("=")
    file, *values = settings_text.split(":")
    if not (name and equals and file):
        raise SettingsError(f"--model is {text!r}. Give a name and a settings file, such as tuned=tuned.toml.")
    settings = {} if file == _DEFAULT else read_settings(Path(file))
    return model(name, {**settings, **parse_values(values, f"--model {name}")})


def _baseline(text: str) -> Contender:
    from deepcuts.comparison import baseline
    from deepcuts.tuning.files import parse_values, read_settings

    first, *values = text.split(":")
    name, _, file = first.partition("=")
    settings = read_settings(Path(file)) if file else {}
    return baseline(name, {**settings, **parse_values(values, f"--baseline {name}")}, text)


def _seeds(text: str) -> list[int]:
    numbers = [part.strip() for part in text.split(",")]
    if not all(number.isdecimal() for number in numbers) or len(set(numbers)) < len(numbers):
        raise SettingsError(f"--seeds is {text!r}. Give different whole numbers from 0 up, such as 0,1,2.")
    return list(map(int, numbers))


def _cuts(plays: Path, holdout: Path | None, fraction: float, seeds: Sequence[int]) -> tuple[Any, Interactions]:
    from deepcuts.cli.plays_files import read_interactions
    from deepcuts.comparison import cuts_of, one_cut

    learnt = read_interactions(plays)
    if holdout is None:
        return cuts_of(learnt, fraction, seeds), learnt
    return one_cut(learnt, read_interactions(holdout), seeds), learnt


def _has_tags(plays: Interactions) -> bool:
    return plays.labels is not None and plays.labels.n_tags > 0


def _cutoffs(metrics: str | None, *, with_labels: bool) -> Cutoffs:
    from deepcuts.comparison.runs import main_cutoffs
    from deepcuts.evaluation.registry import parse_cutoffs

    return main_cutoffs(with_labels=with_labels) if metrics is None else parse_cutoffs(metrics.split(","))


def _names(cutoffs: Cutoffs) -> list[str]:
    return [f"{metric}@{k}" for metric, lengths in cutoffs.items() for k in lengths]


def _note(run: Run) -> str:
    name, value = next(iter(run.evaluation.figures.items()))
    return f"{run.contender}, seed {run.seed}, {name} {value:.4f}"


def show_comparison(comparison: Comparison) -> None:
    """Print a comparison: means, and their intervals below them."""
    from rich.text import Text

    from deepcuts.comparison.formats import caption

    shown = ruled_table("Comparison")
    shown.add_column("model", overflow="fold")
    for metric in comparison.metrics:
        shown.add_column(metric, justify="right", no_wrap=True)
    for name in comparison.contenders:
        shown.add_row(Text(printable(name)), *(_cell(comparison, name, metric) for metric in comparison.metrics))
    print_table(shown)
    stdout().print(Text(printable(caption(comparison)), "dim"))


def _cell(comparison: Comparison, name: str, metric: str) -> Text:
    from rich.text import Text

    from deepcuts.comparison.formats import best, digits, is_significant

    figure = comparison.figures[name, metric]
    mean = Text(digits(figure.mean), "bold green" if best(comparison, metric) == name else "")
    star = "*" if is_significant(figure) else " "  # a star does not push the figure out of its column
    return mean.append(star, "").append(f"\n{_bound(figure.low)}–{_bound(figure.high)} ", "dim")


def _bound(value: float) -> str:
    from deepcuts.comparison.formats import digits

    return f"{value:.3f}" if 0.1 <= abs(value) < 1 else digits(value)  # a table of five fits 80 columns


EXAMPLES = (
    "deepcuts compare plays.safetensors --baseline popularity,ease -o table.csv",
    "deepcuts compare plays.parquet --model tuned=tuned.toml --seeds 0,1,2",
    "deepcuts compare t.csv --holdout holdout.csv --model rare=default:rarity=0.5",
)

COMMAND = Command("compare", compare, EXAMPLES, "Settings", parser=MetricsCommand)
