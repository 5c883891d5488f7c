"""`deepcuts demo`: every step from plays to judged lists, on an invented world."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deepcuts.cli.command import Command
from deepcuts.cli.commands.train import fit
from deepcuts.cli.options import Json, OutputFolder, Quiet, Seed
from deepcuts.cli.remarks import Remarks
from deepcuts.cli.terminal import show_json
from deepcuts.errors import OutputError

if TYPE_CHECKING:
    from deepcuts.data.interactions import Interactions
    from deepcuts.evaluation import Evaluation
    from deepcuts.model import PersonaModel
    from deepcuts.synthetic import World

_N_USERS, _N_ITEMS = 2_000, 1_500


def demo(
    folder: OutputFolder = Path("demo"),
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Take every step once: invent listeners, read, split, train, recommend, judge, save.

    It takes some seconds, and a quarter of a minute more the first time, while kernels are compiled. The folder is the
    demo's own: running it again replaces what it holds, all of it or nothing.
    """
    from deepcuts.cli.commands import demo_report as report
    from deepcuts.model import PersonaNMF
    from deepcuts.storage import together

    remarks = Remarks(quiet)
    _claim(folder)
    with together():
        world = _invent(folder, seed, remarks)
        train, holdout = _read_and_split(folder, seed, remarks)
        model = fit(PersonaNMF(), train, seed, remarks)
        model.save(folder / "model.safetensors", force=True)
    evaluations = _judge(model, train, holdout, remarks)
    if json:
        show_json({"folder": str(folder), "figures": {name: each.figures for name, each in evaluations.items()}})
        return
    user = report.most_divided_user(model)
    report.show_world(world)
    report.show_listener(model, world, user)
    report.show_dial(model, user)
    report.show_figures(evaluations)
    report.show_next_steps(folder / "model.safetensors", user)


def _claim(folder: Path) -> None:
    """Refuse a folder with other files in it, one of which might have the name of a file of the demo."""
    from deepcuts.synthetic.files import PLAYS

    if folder.is_dir() and any(folder.iterdir()) and not (folder / "world" / PLAYS).exists():
        raise OutputError(f"{folder} holds other files already. Give an empty or a new folder with --output.")


def _invent(folder: Path, seed: int, remarks: Remarks) -> World:
    from deepcuts.synthetic import generate_world

    with remarks.working(f"Inventing {_N_USERS:,} listeners and {_N_ITEMS:,} artists"):
        world = generate_world(_N_USERS, _N_ITEMS, seed=seed)
        world.save(folder / "world", force=True)
    return world


def _read_and_split(folder: Path, seed: int, remarks: Remarks) -> tuple[Interactions, Interactions]:
    from deepcuts.cli.plays_files import write_interactions
    from deepcuts.data.split import split_holdout
    from deepcuts.ingest import read_plays
    from deepcuts.storage import where_written
    from deepcuts.synthetic.files import PLAYS

    with remarks.working("Reading their plays and holding a fifth of them out"):
        plays = read_plays(where_written(folder / "world" / PLAYS), user="user", item="artist", plays="plays")
        train, holdout = split_holdout(plays, fraction=0.2, seed=seed)
        for name, part in (("plays.safetensors", plays), ("train.safetensors", train), ("holdout.parquet", holdout)):
            write_interactions(folder / name, part, force=True)
    return train, holdout


def _judge(model: PersonaModel, train: Interactions, holdout: Interactions, remarks: Remarks) -> dict[str, Evaluation]:
    from deepcuts.baselines import Popularity
    from deepcuts.cli.commands.demo_report import RARE
    from deepcuts.evaluation import evaluate

    with remarks.working("Recommending to everyone, and judging the lists"):
        lists = {
            "popularity": Popularity().fit(train).recommend(k=100),
            "one persona": model.base.recommend(k=100),
            "personas": model.recommend(k=100),
            f"rare ({RARE:+.0f})": model.recommend(k=100, rarity=RARE),
        }
        return {name: evaluate(table, train, holdout) for name, table in lists.items()}


EXAMPLES = (
    "deepcuts demo",
    "deepcuts demo -o /tmp/other --seed 1",
)

COMMAND = Command("demo", demo, EXAMPLES, "Start here")
