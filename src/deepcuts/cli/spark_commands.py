"""`deepcuts spark`: plays, training and lists on Apache Spark, run by spark-submit or alone on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deepcuts.cli import values
from deepcuts.cli.command import HELP_FLAGS, Command, CommandGroup, add_command
from deepcuts.cli.commands.train import training_facts
from deepcuts.cli.derived import options_from
from deepcuts.cli.options import (
    Dislikes,
    Force,
    ItemColumn,
    Json,
    MinItems,
    MinUsers,
    OnBadRows,
    Output,
    PlaysColumn,
    Quiet,
    Seed,
    Trim,
    UserColumn,
)
from deepcuts.cli.remarks import Remarks
from deepcuts.cli.terminal import show_json
from deepcuts.model import PersonaSettings
from deepcuts.recommendation import ListSettings
from deepcuts.wording import counted, counted_plays

if TYPE_CHECKING:
    from deepcuts.model import Epoch

ShelfFolder = Annotated[
    str,
    typer.Option(metavar="FOLDER", help="The shelf: a folder that all machines reach, as a path or as s3://bucket/x."),
]
OtherShelf = Annotated[str, typer.Option(metavar="FOLDER", help="The shelf to write, to train and judge on.")]
Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE", help="Parquet, on any file system of the shelf; CSV or TSV with a header, or JSON lines."
    ),
]
Fraction = Annotated[float, typer.Option(metavar="X", help="Share of a user's items to hold out.")]
ItemBlocks = Annotated[
    int | None,
    typer.Option(metavar="N", help="Tasks that items are dealt to.", show_default="one for 16 million pairs"),
]
HeavyItems = Annotated[
    str | None,
    typer.Option(
        metavar="N|auto",
        help="Of items of more listeners than this, send few pairs that stand for all.",
        show_default="none, as on one machine to the bit",
    ),
]
Rarity = Annotated[
    str,
    typer.Option(metavar="X", help="-1 is familiar, 0 neutral, 1 deep cuts; or by persona, such as 0=0.3,2=-0.1."),
]
Out = Annotated[str, typer.Option("--output", "-o", metavar="FOLDER", help="The folder of Parquet files to write.")]
Lists = Annotated[str, typer.Argument(metavar="LISTS", help="What `deepcuts spark recommend` has written.")]
Metrics = Annotated[
    str | None,
    typer.Option(metavar="NAME,…", help="Figures to give, such as recall@20,novelty.", show_default="all"),
]
Share = Annotated[float, typer.Option(metavar="X", help="Share of the users, above 0 and up to 1.")]
Users = Annotated[
    list[str] | None,
    typer.Option("--user", metavar="ID", help="A user; may be repeated.", show_default="some hundred users"),
]


def ingest(
    source: Source,
    shelf: ShelfFolder,
    user: UserColumn,
    item: ItemColumn,
    plays: PlaysColumn = None,
    min_users: MinUsers = 1,
    min_items: MinItems = 1,
    on_bad_rows: OnBadRows = "error",
    dislikes: Dislikes = False,
    trim: Trim = False,
    json: Json = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Put plays onto a shelf: rows of the same user and item are summed."""
    from deepcuts import spark

    remarks = Remarks(quiet)
    columns: dict[str, Any] = {"user": user, "item": item, "plays": plays}
    how: dict[str, Any] = {"on_bad_rows": on_bad_rows, "dislikes": dislikes, "trim": trim, "force": force}
    with remarks.working(f"Reading {source}"):
        report = spark.ingest(source, shelf=shelf, min_users=min_users, min_items=min_items, **columns, **how)
    remarks.say(
        f"{counted(report.n_rows, 'row holds', 'rows hold')} "
        f"{counted_plays(report.n_pairs, report.n_users, report.n_items)}"
        f", on the shelf {shelf}."
    )
    _show({"shelf": shelf, **asdict(report)}, json)


def split(
    shelf: ShelfFolder,
    into: OtherShelf,
    fraction: Fraction = 0.2,
    seed: Seed = 0,
    json: Json = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Hold plays out: those that are left, and those that are not, go onto another shelf.

    What a user loses depends on the seed and on names alone.
    """
    from deepcuts import spark

    remarks = Remarks(quiet)
    with remarks.working(f"Splitting {shelf}"):
        sizes = spark.split(shelf, into, fraction=fraction, seed=seed, force=force)
    remarks.say(f"Left: {counted_plays(sizes['n_pairs'], sizes['n_users'], sizes['n_items'])}.")
    _show({"shelf": into, **sizes}, json)


@options_from(PersonaSettings, panel="Settings of the model")
def train(
    shelf: ShelfFolder,
    item_blocks: ItemBlocks = None,
    heavy_items: HeavyItems = None,
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
    **settings: Any,
) -> None:
    """Learn the factors of items from the plays of a shelf.

    Every epoch leaves a checkpoint: called again, a training that was killed goes on after its last whole epoch.
    """
    from deepcuts import spark

    asked, remarks = PersonaSettings(**settings), Remarks(quiet)
    parts: Any = {"item_blocks": item_blocks, "heavy_items": heavy_items}
    if heavy_items is not None and heavy_items.isdigit():
        parts["heavy_items"] = int(heavy_items)

    def on_epoch(epoch: Epoch) -> None:
        advance(epoch.number - done[0], f"loss {epoch.loss:,.0f}, {epoch.seconds:.1f} s")
        done[0] = epoch.number

    done = [0]
    with remarks.bar("Training", asked.base_epochs) as advance:
        epochs = spark.fit(shelf, asked, seed=seed, on_epoch=on_epoch, **parts)
    remarks.say(f"{counted(len(epochs), 'epoch')}, loss {epochs[-1].loss:,.1f}; the model is on the shelf {shelf}.")
    _show({"shelf": shelf, **training_facts(epochs)}, json)


@options_from(ListSettings, panel="Lists", names=("k", "mix", "dial", "frequency", "base_weight", "include_seen"))
def recommend(
    shelf: ShelfFolder,
    output: Out,
    rarity: Rarity = "0",
    json: Json = False,
    force: Force = False,
    quiet: Quiet = False,
    **settings: Any,
) -> None:
    """Make ranked lists for all users of a shelf, as Parquet: user_id, item_id, rank, score and persona."""
    from deepcuts import spark

    remarks = Remarks(quiet)
    with remarks.working("Making lists"):
        spark.recommend(shelf, out=output, force=force, rarity=values.turn(rarity, "--rarity"), **settings)
    remarks.say(f"Lists saved in {output}.")
    _show({"output": output}, json)


def evaluate(lists: Lists, shelf: ShelfFolder, metrics: Metrics = None, json: Json = False) -> None:
    """Judge lists by what `deepcuts spark split` has held out on the shelf."""
    from deepcuts import spark
    from deepcuts.evaluation.registry import parse_cutoffs

    cutoffs = None if metrics is None else parse_cutoffs(metrics.split(","))
    judged = spark.evaluate(shelf, lists, cutoffs)
    if json:
        show_json(judged.to_dict())
    else:
        print(judged)


def sample(
    shelf: ShelfFolder,
    output: Output,
    users: Share = 0.01,
    seed: Seed = 0,
    json: Json = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Write the plays of some users, drawn by their names, to tune settings on one machine."""
    from deepcuts import spark
    from deepcuts.cli.plays_files import check_interactions_output, write_interactions
    from deepcuts.cli.summaries import saved_plays
    from deepcuts.shelf.files import address
    from deepcuts.storage import check_apart

    check_interactions_output(output, force=force)
    check_apart(output, [], [address(shelf)])
    remarks = Remarks(quiet)
    with remarks.working(f"Drawing users of {shelf}"):
        found = spark.sample(shelf, users=users, seed=seed)
    write_interactions(output, found, force=force)
    remarks.say(f"{counted_plays(found.n_pairs, found.n_users, found.n_items)} saved in {output}.")
    _show(saved_plays(output, found), json)


def model(
    shelf: ShelfFolder,
    output: Output,
    user: Users = None,
    json: Json = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Write a model of chosen users, for the page, the service and visitors."""
    from deepcuts import spark
    from deepcuts.shelf.files import address
    from deepcuts.storage import check_apart, check_output

    check_output(output, force=force)
    check_apart(output, [], [address(shelf)])
    remarks = Remarks(quiet)
    with remarks.working("Collecting plays"):
        found = spark.to_model(shelf, user or None)
    found.save(Path(output), force=force)
    remarks.say(f"{found!r} saved in {output}.")
    _show({"output": str(output), "n_users": len(found.user_ids), "n_items": len(found.item_ids)}, json)


def _show(facts: Mapping[str, Any], as_json: bool) -> None:
    """Print what was done, where it is asked for."""
    if as_json:
        show_json(facts)


SPARK_COMMANDS = (
    Command(
        "ingest",
        ingest,
        ("deepcuts spark ingest logs.parquet --user u --item artist --shelf plays",),
        "Plays",
    ),
    Command("split", split, ("deepcuts spark split --shelf plays --into train --seed 1",), "Plays"),
    Command("sample", sample, ("deepcuts spark sample --shelf plays --users 0.01 -o s.safetensors",), "Plays"),
    Command("train", train, ("deepcuts spark train --shelf train --factors 128",), "Model"),
    Command("recommend", recommend, ("deepcuts spark recommend --shelf train -k 100 -o lists",), "Model"),
    Command("evaluate", evaluate, ("deepcuts spark evaluate lists --shelf train",), "Model"),
    Command("model", model, ("deepcuts spark model --shelf train --user ada -o m.safetensors",), "Model"),
)

spark_app = typer.Typer(cls=CommandGroup, no_args_is_help=True, rich_markup_mode="rich", context_settings=HELP_FLAGS)

for _command in SPARK_COMMANDS:
    add_command(spark_app, _command)
