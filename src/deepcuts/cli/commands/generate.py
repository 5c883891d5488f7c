"""`deepcuts generate`: a listening world to try things on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from deepcuts.cli.command import Command
from deepcuts.cli.options import Force, Json, Quiet, Seed
from deepcuts.cli.remarks import Remarks
from deepcuts.cli.terminal import show_json
from deepcuts.wording import counted

Folder = Annotated[
    Path, typer.Option("--output", "-o", metavar="FOLDER", help="The folder to write to; it is made if missing.")
]
Scenes = Annotated[
    int | None, typer.Option(metavar="N", help="Scenes of like artists.", show_default="items to the power of 0.36")
]


def generate(
    folder: Folder,
    users: Annotated[int, typer.Option(min=1, metavar="N", help="Listeners.")] = 2_000,
    items: Annotated[int, typer.Option(min=1, metavar="N", help="Artists.")] = 1_500,
    items_per_user: Annotated[float, typer.Option(metavar="X", help="Mean number of artists of a listener.")] = 30.0,
    scenes: Scenes = None,
    personas: Annotated[int, typer.Option(metavar="N", help="The most personas a listener may have.")] = 4,
    stray_share: Annotated[float, typer.Option(metavar="X", help="Share of plays outside all personas.")] = 0.05,
    seed: Seed = 0,
    json: Json = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Invent listeners whose personas are known: something to learn from, to test on and to show.

    Writes plays.parquet (user, artist, plays) and the truth behind it: artists.parquet and personas.parquet.
    """
    from deepcuts.cli.summaries import saved_plays
    from deepcuts.synthetic import generate_world

    remarks = Remarks(quiet)
    _check_folder(folder, force=force)
    with remarks.working(f"Inventing {counted(users, 'listener')} and {counted(items, 'artist')}"):
        world = generate_world(
            users,
            items,
            items_per_user=items_per_user,
            n_scenes=scenes,
            n_personas=personas,
            stray_share=stray_share,
            seed=seed,
        )
        world.save(folder, force=force)
    remarks.say(
        f"{counted(world.plays.n_pairs, 'pair')} of {counted(world.plays.n_users, 'listener')} and "
        f"{counted(world.plays.n_items, 'artist')} in "
        f"{counted(len(world.scene_names), 'scene')}, saved in {folder}."
    )
    if json:
        show_json({**saved_plays(folder, world.plays), "n_scenes": len(world.scene_names)})


def _check_folder(folder: Path, *, force: bool) -> None:
    """Refuse a folder that holds a world already, before a new one is invented."""
    from deepcuts.storage import check_output
    from deepcuts.synthetic.files import ARTISTS, PERSONAS, PLAYS

    if os.path.exists(folder):
        for name in (PLAYS, ARTISTS, PERSONAS):
            check_output(folder / name, force=force)


EXAMPLES = (
    "deepcuts generate -o world --users 2000 --items 1500 --seed 0",
    "deepcuts generate -o large --users 1000000 --items 40000 --items-per-user 25",
)

COMMAND = Command("generate", generate, EXAMPLES, "Plays")
