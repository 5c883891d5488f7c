"""`deepcuts train`: from plays to a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from deepcuts.cli.derived import options_from
from deepcuts.cli.failures import INTERRUPTED
from deepcuts.cli.options import Force, Output, PlaysFile, Quiet, Seed
from deepcuts.cli.remarks import FIRST_NOTE, Remarks
from deepcuts.model.settings import PersonaSettings

if TYPE_CHECKING:
    from deepcuts.interactions import Interactions
    from deepcuts.model import PersonaModel, PersonaNMF

EXAMPLES = (
    "deepcuts train train.safetensors -o model.safetensors --factors 128",
    "deepcuts train train.safetensors -o base.safetensors --personas 1",
)


@options_from(PersonaSettings, panel="Settings of the model")
def train(
    plays: PlaysFile,
    output: Output,
    seed: Seed = 0,
    force: Force = False,
    quiet: Quiet = False,
    **settings: Any,
) -> None:
    """Learn the tastes of users and the factors of items.

    Ctrl-C ends training after the last whole epoch; the model of that epoch is saved, and the exit code is 130.
    """
    from deepcuts.cli.plays_files import read_interactions
    from deepcuts.model import PersonaNMF
    from deepcuts.storage import check_output

    remarks = Remarks(quiet)
    untrained = PersonaNMF(**settings)
    check_output(output, force=force)
    model = fit(untrained, read_interactions(plays), seed, remarks)
    if not model.epochs:
        raise KeyboardInterrupt  # before anything was learnt
    model.save(output, force=force)
    remarks.say(f"Saved {output}" + (", the model of the last whole epoch." if model.interrupted else "."))
    if model.interrupted:
        raise typer.Exit(INTERRUPTED)


def fit(untrained: PersonaNMF, plays: Interactions, seed: int, remarks: Remarks) -> PersonaModel:
    """Train with a progress bar; say what is going to be done, and what came of it."""
    from deepcuts.cli.summaries import effective_personas

    n_epochs = untrained.base_epochs + (untrained.persona_epochs if untrained.n_personas > 1 else 0)
    remarks.say(
        f"Training {untrained.n_factors} factors, {untrained.n_personas} persona{'s' * (untrained.n_personas > 1)} at "
        f"most, on {plays.n_users:,} users, {plays.n_items:,} items, {plays.n_pairs:,} pairs."
    )
    with remarks.bar("Training", n_epochs, FIRST_NOTE) as advance:
        model = untrained.fit(
            plays,
            seed=seed,
            on_epoch=lambda epoch: advance(1, f"{epoch.stage}, loss {epoch.loss:,.0f}"),
            on_users=lambda n_users: advance(0, f"personas of {n_users:,} of {plays.n_users:,} users"),
        )
    if model.epochs:
        seconds = sum(epoch.seconds for epoch in model.epochs)
        remarks.say(
            f"{len(model.epochs)} epochs in {seconds:.1f} s, loss {model.epochs[-1].loss:,.1f}, "
            f"{effective_personas(model).mean():.1f} effective personas a user."
        )
    return model
