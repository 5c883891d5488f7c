"""`deepcuts report`: what models do, on one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deepcuts.cli.command import Command
from deepcuts.cli.derived import options_from
from deepcuts.cli.given import refuse_idle
from deepcuts.cli.options import Force, Json, Output, Quiet, Seed
from deepcuts.cli.remarks import Remarks
from deepcuts.cli.tag_files import TAGS_COLUMNS, TagsColumns, TagsFile, features_of, read_labels
from deepcuts.cli.terminal import show_json
from deepcuts.errors import SettingsError
from deepcuts.recommendation.settings import Mix
from deepcuts.report.settings import RARITIES, ReportSettings

if TYPE_CHECKING:
    import pyarrow as pa

    from deepcuts.data.interactions import Interactions
    from deepcuts.evaluation import ItemFeatures
    from deepcuts.model import PersonaModel
    from deepcuts.report import Contender

_ENDINGS = (".html", ".htm")

Models = Annotated[
    list[str],
    typer.Argument(
        metavar="[NAME=]MODEL",
        help="Models that `deepcuts train` has written from these plays, each with the name to show, if wanted; those "
        "of one name are one model with several seeds.",
    ),
]
Train = Annotated[
    list[Path], typer.Option(metavar="FILE", help="The plays that the models were trained on; repeatable.")
]
Baselines = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME,…",
        help="Rivals to train and compare: popularity, ease, implicit, irspack, nmf, one-persona, random-personas, "
        "maxmf, pfp; settings follow after colons, as in ease:regularization=60; repeatable.",
    ),
]
Mixes = Annotated[
    list[str] | None,
    typer.Option(
        metavar="share|max", help="How lists are made from personas: share or max; repeatable, the main one first."
    ),
]
OnePersona = Annotated[
    bool, typer.Option("--one-persona", help="Compare the one-persona model that each model was split from, too.")
]
Rarities = Annotated[
    list[float] | None,
    typer.Option(metavar="X", help="A position of the dial for the frontiers; repeatable, and 0 is always one."),
]
Listeners = Annotated[list[str] | None, typer.Option(metavar="ID", help="A listener whose lists to show; repeatable.")]


@options_from(
    ReportSettings,
    panel="What it shows",
    names=("k", "accuracy", "n_factors", "n_listeners"),
    flags={"n_factors": "--shown-factors", "n_listeners": "--shown-listeners"},
)
def report(
    context: typer.Context,
    models: Models,
    train: Train,
    holdout: Annotated[Path, typer.Option(metavar="FILE", help="The plays that were held out.")],
    output: Output,
    baseline: Baselines = None,
    mix: Mixes = None,
    one_persona: OnePersona = False,
    tags: TagsFile = None,
    tags_columns: TagsColumns = TAGS_COLUMNS,
    rarity: Rarities = None,
    listener: Listeners = None,
    seed: Seed = 0,
    json: Json = False,
    force: Force = False,
    quiet: Quiet = False,
    **settings: Any,
) -> None:
    """Show what models do on one page: figures with intervals, frontiers, exposure, personas, factors, listeners.

    The page is one HTML file that needs no network. Baselines are trained on the spot.
    """
    from deepcuts import report as reports
    from deepcuts.cli.plays_files import read_interactions
    from deepcuts.cli.tables import check_table_output
    from deepcuts.report.plots.style import require_matplotlib

    refuse_idle(context, "--tags", "tags_columns", unless=tags is not None)
    shown = ReportSettings(rarities=rarity or RARITIES, listeners=tuple(listener or ()), seed=seed, **settings)
    mixes = _mixes(mix or ["share"])
    check_table_output(output, force=force, endings=_ENDINGS)
    require_matplotlib()
    remarks = Remarks(quiet)
    files = _files(models)
    train_plays, holdout_plays = read_interactions(*train), read_interactions(holdout)
    every = _load(files, train_plays)
    loaded = {name: models[0] for name, models in every.items()}
    others = {name: models[1:] for name, models in every.items()}
    contenders = _contenders(loaded, others, mixes, baseline or [], one_persona=one_persona)
    features, source = _features(read_labels(tags, tags_columns), tags, train_plays, loaded)
    with remarks.bar("Report", reports.n_steps(contenders, shown)) as advance:
        found = reports.collect(
            loaded,
            contenders,
            train_plays,
            holdout_plays,
            shown,
            features=features,
            label_source=source,
            on_step=lambda note: advance(1, note),
        )
    with remarks.working("Drawing"):
        reports.write(found, output, force=force)
    remarks.say(f"Saved {output}.")
    if json:
        show_json(found.to_dict())


def _mixes(names: Sequence[str]) -> list[Mix]:
    for name in names:
        if name not in ("share", "max"):
            raise SettingsError(f"--mix is {name!r}. Give share or max.")
    return ["share" if name == "share" else "max" for name in names]


def _files(given: Sequence[str]) -> dict[str, list[Path]]:
    """Files of models by the name to show, which is the one given or else that of the file; several are of one name."""
    found: dict[str, list[Path]] = {}
    for one in given:
        name, equals, path = one.partition("=")
        is_named = bool(equals) and not Path(one).exists()  # a file may have "=" in its name
        if not is_named:
            name, path = Path(one).stem, one
        if not name or not path:
            raise SettingsError(f"A model is {one!r}. Give a file, or NAME=FILE with the name to show.")
        if name in found and not is_named:
            raise SettingsError(
                f"Two models would be named {name!r}. Give them as NAME=FILE: with different names, or with one name "
                "if they differ by their seeds alone."
            )
        found.setdefault(name, []).append(Path(path))
    return found


def _load(files: Mapping[str, Sequence[Path]], train: Interactions) -> dict[str, list[PersonaModel]]:
    """Read the models, and refuse those of other plays before anything is trained."""
    from deepcuts.model import load
    from deepcuts.report.checks import check_model

    loaded = {name: [load(path) for path in paths] for name, paths in files.items()}
    for name, models in loaded.items():
        for model in models:
            check_model(name, model, train)
    return loaded


def _contenders(
    models: Mapping[str, PersonaModel],
    others: Mapping[str, Sequence[PersonaModel]],
    mixes: Sequence[Mix],
    baselines: Sequence[str],
    *,
    one_persona: bool,
) -> list[Contender]:
    from deepcuts.comparison.contenders import check_contenders
    from deepcuts.report import baseline_contender, model_contenders
    from deepcuts.tuning.files import parse_values

    n_factors = next(iter(models.values())).settings.vector_length
    contenders = model_contenders(models, mixes, one_persona=one_persona, other_seeds=others)
    for text in (text.strip() for texts in baselines for text in texts.split(",")):
        name, *values = text.split(":")
        contenders.append(baseline_contender(name, parse_values(values, f"--baseline {name}"), n_factors))
    check_contenders(contenders)
    return contenders


def _features(
    labels: pa.Table | None, file: Path | None, train: Interactions, models: Mapping[str, PersonaModel]
) -> tuple[ItemFeatures | None, str]:
    """Labels to measure calibration on, and where they come from: a file, the plays, or else a model."""
    if file is not None:
        return features_of(train, labels), f"those of {file.name}"
    for plays, source in (
        (train, "the tags of the plays"),
        *((one.seen, "tags of the model") for one in models.values()),
    ):
        features = features_of(plays, None)
        if features is not None and features.n_labels:
            return features, source
    return None, ""


EXAMPLES = (
    "deepcuts report m.safetensors --train t.safetensors --holdout h.csv -o r.html",
    "deepcuts report a.safetensors b.safetensors --train t --holdout h -o r.html",
    "deepcuts report m.safetensors --train t --holdout h --baseline ease -o r.html",
    "deepcuts report m=a.safetensors m=b.safetensors --train t --holdout h -o r.htm",
)

COMMAND = Command("report", report, EXAMPLES, "Model")
