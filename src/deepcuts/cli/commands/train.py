"""`deepcuts train`: from plays to a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deepcuts.cli.command import Command
from deepcuts.cli.derived import options_from
from deepcuts.cli.given import is_given, refuse_idle
from deepcuts.cli.interrupts import answer_the_first, exit_status
from deepcuts.cli.options import Force, Json, Output, PlaysFile, Quiet, Seed
from deepcuts.cli.remarks import Remarks
from deepcuts.cli.settings_search import auto_settings, search_settings
from deepcuts.cli.terminal import show_json
from deepcuts.errors import SettingsError
from deepcuts.model import PersonaSettings
from deepcuts.wording import counted

if TYPE_CHECKING:
    from deepcuts.data.interactions import Interactions
    from deepcuts.model import Epoch, PersonaModel, PersonaNMF


_SEARCH = "Search of settings"


_SETTINGS = "Settings of the model"
SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        metavar="FILE",
        help="A .toml or .json file of settings, such as `deepcuts tune` writes; options given here win over it.",
    ),
]
EitherSign = Annotated[
    bool, typer.Option("--no-nonnegative", help="The same as --nonnegative none.", rich_help_panel=_SETTINGS)
]
Auto = Annotated[
    bool,
    typer.Option(
        "--auto",
        help="Search settings that are better than the default beyond doubt; those that are given stay.",
        rich_help_panel=_SEARCH,
    ),
]
Budget = Annotated[
    float,
    typer.Option(metavar="X", help="Time of the search, in fits of the default, at least 6.", rich_help_panel=_SEARCH),
]
AnySign = Annotated[
    bool,
    typer.Option("--any-sign", help="Allow factors below 0, which are harder to read.", rich_help_panel=_SEARCH),
]
MostFactors = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="The most factors that may be chosen.",
        show_default="those of --factors",
        rich_help_panel=_SEARCH,
    ),
]
StudyFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="SQLite file that remembers the search: one that was killed goes on from there.",
        show_default="none",
        rich_help_panel=_SEARCH,
    ),
]


NoMap = Annotated[
    bool,
    typer.Option(
        "--no-map", help="Leave out the map of items that the page shows, which may take as long as training."
    ),
]


@options_from(PersonaSettings, panel=_SETTINGS)
def train(
    context: typer.Context,
    plays: PlaysFile,
    output: Output,
    settings_file: SettingsFile = None,
    either_sign: EitherSign = False,
    auto: Auto = False,
    budget: Budget = 10.0,
    any_sign: AnySign = False,
    most_factors: MostFactors = None,
    study: StudyFile = None,
    no_map: NoMap = False,
    seed: Seed = 0,
    json: Json = False,
    force: Force = False,
    quiet: Quiet = False,
    **settings: Any,
) -> None:
    """Learn the personas of users and the factors of items.

    Ctrl-C ends training after the last whole epoch; the model of that epoch is saved, without a map, and the exit code
    is 130. A second Ctrl-C ends at once, and nothing is saved.
    """
    from deepcuts.cli.plays_files import read_interactions
    from deepcuts.model import PersonaNMF
    from deepcuts.storage import check_outputs, check_own_ending

    remarks = Remarks(quiet)
    given = _given(settings, settings_file, context, either_sign=either_sign)
    # Settings and output are checked before plays are read.
    untrained = PersonaNMF(**{**settings, **given})
    check_own_ending(output)
    check_outputs([output], [plays, settings_file, study], force=force)
    search = None
    if auto:
        asked = {"any_sign": any_sign, "most_factors": most_factors, "study_file": study}
        search = auto_settings(budget=budget, seed=seed, fixed=given, **asked)
    refuse_idle(context, "--auto", "budget", "any_sign", "most_factors", "study", unless=auto)
    data = read_interactions(plays)
    if search is not None:
        untrained = PersonaNMF(**vars(search_settings(data, search, remarks)))
    model = _saved(fit(untrained, data, seed, remarks, keep=True), output, force, remarks, with_map=not no_map)
    remarks.say(f"Saved {output}" + (", the model of the last whole epoch." if model.interrupted else "."))
    if json:
        show_json(_summary(model, output))
    if model.interrupted:
        raise typer.Exit(exit_status())


def _summary(model: PersonaModel, output: Path) -> dict[str, Any]:
    """What came of training, as JSON values."""
    sizes = {"n_users": len(model.user_ids), "n_items": len(model.item_ids)}
    return {"output": str(output), **sizes, **training_facts(model.epochs), "interrupted": model.interrupted}


def training_facts(epochs: Sequence[Epoch]) -> dict[str, Any]:
    """Epochs of a training, their seconds, and the loss after the last one."""
    seconds = sum(epoch.seconds for epoch in epochs)
    return {"n_epochs": len(epochs), "seconds": seconds, "loss": epochs[-1].loss if epochs else None}


def _saved(model: PersonaModel, output: Path, force: bool, remarks: Remarks, *, with_map: bool = True) -> PersonaModel:
    """Save a model with its map, if it is wanted; without one where training is interrupted, or this."""
    try:
        if with_map and not model.interrupted:
            with remarks.working("Drawing the map"):
                model = model.with_map()
        model.save(output, force=force)
    except KeyboardInterrupt:
        if model.interrupted:
            raise
        model = replace(model, interrupted=True)
        if force or not output.exists():  # else it was in place when the interrupt came
            model.save(output, force=force)
    return model


def _given(options: dict[str, Any], file: Path | None, context: typer.Context, *, either_sign: bool) -> dict[str, Any]:
    """Settings that a file gives, and those that were given as options, which win.

    Raises
    ------
    SettingsError
        If two options say different things of signs.
    """
    given = {name: value for name, value in options.items() if is_given(name, context)}
    if either_sign and given.setdefault("nonnegative", "none") != "none":
        raise SettingsError(
            f"--no-nonnegative and --nonnegative {given['nonnegative']} are both given. Pass one of them."
        )
    if file is None:
        return given
    from deepcuts.tuning import read_settings

    return {**read_settings(file), **given}


def fit(untrained: PersonaNMF, plays: Interactions, seed: int, remarks: Remarks, *, keep: bool = False) -> PersonaModel:
    """Train with a progress bar; say what is going to be done, and what came of it; keep what an interrupt leaves."""
    from deepcuts.evaluation.personas import effective_personas

    n_epochs = untrained.base_epochs + (untrained.persona_epochs if untrained.n_personas > 1 else 0)
    length = "" if untrained.n_factors == "auto" else f"{counted(untrained.vector_length, 'factor')}, "
    remarks.say(
        f"Training {length}{counted(untrained.n_personas, 'persona')} at most, on {counted(plays.n_users, 'user')}, "
        f"{counted(plays.n_items, 'item')}, {counted(plays.n_pairs, 'pair')}."
    )

    def on_epoch(epoch: Epoch) -> None:
        measured = "" if epoch.validation_ndcg is None else f", validation ndcg {epoch.validation_ndcg:.4f}"
        if epoch.stage == "rehearsal":
            advance(0, f"rehearsal, epoch {epoch.number}{measured}")
            return
        if keep:  # from the first whole epoch on, there is a model to save
            answer_the_first()
        advance(1, f"{epoch.stage}, loss {epoch.loss:,.0f}{measured}")

    with remarks.bar("Training", n_epochs) as advance:
        model = untrained.fit(
            plays,
            seed=seed,
            on_interrupt="keep" if keep else "raise",
            on_epoch=on_epoch,
            on_users=lambda n_users: advance(0, f"personas of {n_users:,} of {counted(plays.n_users, 'user')}"),
        )
    if model.epochs:
        seconds = sum(epoch.seconds for epoch in model.epochs)
        ridge, item_ridge, ratio, exponent, *_ = model.settings.weighting
        remarks.say(
            f"{counted(model.settings.vector_length, 'factor')}; regularization {ridge:.3g} of users, "
            f"{item_ridge:.3g} of items; unobserved ratio {ratio:.3g}, exponent {exponent:.2g}; "
            f"item weight exponent {model.settings.item_weighting:.2g}."
        )
        remarks.say(
            f"{counted(len(model.epochs), 'epoch')} in {seconds:.1f} s, loss {model.epochs[-1].loss:,.1f}, "
            f"{effective_personas(model.persona_shares, model.persona_indptr).mean():.1f} effective personas a user."
        )
    return model


EXAMPLES = (
    "deepcuts train train.safetensors -o model.safetensors --factors 128",
    "deepcuts train train.safetensors -o base.safetensors --personas 1",
    "deepcuts train train.safetensors -o model.safetensors --settings tuned.toml",
    "deepcuts train train.safetensors -o model.safetensors --auto --study auto.db",
)

COMMAND = Command("train", train, EXAMPLES, "Model")
