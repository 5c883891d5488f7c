"""`deepcuts recommend`: lists for some users, for a visitor, or for everyone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deepcuts.cli import values
from deepcuts.cli.command import Command
from deepcuts.cli.derived import options_from
from deepcuts.cli.given import is_given, refuse_idle
from deepcuts.cli.names import with_names
from deepcuts.cli.options import Force, Json, ModelFile, Quiet, Rarity, Strength
from deepcuts.cli.remarks import Advance, Remarks
from deepcuts.cli.terminal import show_json, show_table
from deepcuts.errors import SettingsError
from deepcuts.recommendation.settings import ListSettings
from deepcuts.wording import counted

if TYPE_CHECKING:
    import pyarrow as pa

    from deepcuts.model import PersonaModel

_SHOWN = ["rank", "item_id", "name", "score", "persona"]

_FOR_PLAYERS = (".txt", ".lbradio", ".lidarr", ".jspf", ".xspf")  # lists of one user; the others are tables of many

ListsFile = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="The .parquet, .csv or .jsonl file to write lists to; of one user, also "
        ".txt, .lbradio, .lidarr, or by song .jspf or .xspf.",
    ),
]
Users = Annotated[list[str] | None, typer.Option(metavar="ID", help="A user; may be repeated.")]
UsersFile = Annotated[Path | None, typer.Option(metavar="FILE", help="A file with a user on every line.")]
FoldInFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Plays of users whom the model has not seen: make lists for those."),
]
HistoryFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Plays of a visitor: on every line an item, a tab or comma, and its plays."),
]
Base = Annotated[bool, typer.Option("--base", help="Use the one-persona model that the personas lean on.")]
Picks = Annotated[list[int] | None, typer.Option(metavar="PERSONA", help="Hear only this one; repeatable.")]
Mutes = Annotated[list[int] | None, typer.Option(metavar="PERSONA", help="Leave this one out; repeatable.")]
Boosts = Annotated[
    list[str] | None, typer.Option(metavar="PERSONA=X", help="Multiply its share, as in 0=2; repeatable.")
]
Allowed = Annotated[list[str] | None, typer.Option(metavar="ITEM|@FILE", help="List nothing but these; repeatable.")]
Denied = Annotated[list[str] | None, typer.Option(metavar="ITEM|@FILE", help="List none of these; repeatable.")]


@options_from(
    ListSettings, panel="Lists", names=("k", "mix", "dial", "frequency", "base_weight", "base_lean", "include_seen")
)
def recommend(
    context: typer.Context,
    model: ModelFile,
    output: ListsFile = None,
    user: Users = None,
    users_from: UsersFile = None,
    fold_in: FoldInFile = None,
    history: HistoryFile = None,
    base: Base = False,
    rarity: Rarity = "0",
    strength: Strength = None,
    pick: Picks = None,
    mute: Mutes = None,
    boost: Boosts = None,
    allow: Allowed = None,
    deny: Denied = None,
    json: Json = False,
    force: Force = False,
    quiet: Quiet = False,
    **settings: Any,
) -> None:
    """Make ranked lists: user_id, item_id, its name where items have names, rank, score and persona.

    Without users, lists are made for all users of the model and go to a file. With users or a visitor, they are printed
    unless there is a file.
    """
    from deepcuts.recommendation import recommend_batches

    refuse_idle(context, "--mix share", "base_weight", unless=settings["mix"] == "share")
    is_turned = is_given("rarity", context) or strength is not None
    refuse_idle(context, "--rarity", "dial", "frequency", unless=is_turned)
    lists = ListSettings(
        rarity=values.turn(rarity, "--rarity"),
        strength=None if strength is None else values.turn(strength, "--strength"),
        pick=pick or None,
        weights=_weights(mute or (), boost or ()),
        allow=values.ids(allow) if allow else None,
        deny=values.ids(deny or ()),
        **settings,
    )
    users = _users(user, users_from)
    if history and (users or fold_in):
        raise SettingsError("--history is one visitor. Give it without --user, --users-from and --fold-in.")
    if output and json:
        raise SettingsError("--json prints lists and -o writes them to a file. Give one of the two.")
    read = [model, fold_in, history, users_from, *values.id_files([*(allow or ()), *(deny or ())])]
    _check_destination(output, read, everyone=users is None and history is None, force=force)
    source = _source(model, fold_in, history)
    if output is not None and output.suffix in _FOR_PLAYERS:
        _write_one(output, source.base if base else source, users, lists, Remarks(quiet), force=force)
        return
    parts = (with_names(part, source) for part in recommend_batches(source.base if base else source, users, lists))
    if output is None:
        _print(parts, as_json=json)
    else:
        _write(parts, output, len(source.user_ids) if users is None else len(users), Remarks(quiet), force=force)


def _weights(muted: Sequence[int], boosts: Sequence[str]) -> dict[int, float]:
    weights = dict.fromkeys(muted, 0.0)
    for boost in boosts:
        boosted = values.by_persona(boost, "--boost")
        if twice := weights.keys() & boosted.keys():
            raise SettingsError(
                f"Persona {min(twice)} is muted or boosted more than once. Say one thing of each persona."
            )
        weights |= boosted
    return weights


def _users(named: Sequence[str] | None, file: Path | None) -> list[str] | None:
    """Ids of the users to make lists for; None for all users."""
    if not named and file is None:
        return None
    return [*(named or ()), *(values.ids_in_file(file) if file else ())]


def _check_destination(output: Path | None, read: list[Path | None], *, everyone: bool, force: bool) -> None:
    from deepcuts.cli.tables import ENDINGS, check_table_output

    if output is not None:
        check_table_output(output, read, force=force, endings=(*ENDINGS, *_FOR_PLAYERS))
    elif everyone:
        raise SettingsError(
            "Lists of all users are too long to print. Name a file with -o, or users with --user, --users-from "
            "or --history."
        )


def _source(model: Path, fold_in: Path | None, history: Path | None) -> PersonaModel:
    """Read the model; with new plays, return it for the users that are folded in."""
    from deepcuts.cli.plays_files import read_interactions
    from deepcuts.model import load

    if fold_in is not None:
        return load(model).fold_in(read_interactions(fold_in))
    return load(model).fold_in(values.plays_in_file(history)) if history is not None else load(model)


def _write(parts: Iterator[pa.Table], output: Path, n_users: int, remarks: Remarks, *, force: bool) -> None:
    from deepcuts.cli.tables import write_table

    with remarks.bar("Users", n_users) as advance:
        n_rows = write_table(output, _counted(parts, advance), force=force)
    remarks.say(f"{counted(n_rows, 'row')} saved in {output}.")


def _write_one(
    output: Path, source: PersonaModel, users: list[str] | None, lists: ListSettings, remarks: Remarks, *, force: bool
) -> None:
    """Write the list of one user for a program that people listen with.

    Raises
    ------
    SettingsError
        If there are several users.
    """
    from deepcuts.cli.list_output import write_list
    from deepcuts.recommendation import recommend as recommended

    n_users = len(source.user_ids) if users is None else len(users)
    if n_users != 1:
        raise SettingsError(f"{output} holds the list of one user, and there are {n_users:,}. Name one with --user.")
    rows = recommended(source, users, lists)
    write_list(output, rows, source, force=force)
    remarks.say(f"{counted(rows.num_rows, 'row')} saved in {output}.")


def _counted(parts: Iterator[pa.Table], advance: Advance) -> Iterator[pa.Table]:
    for part in parts:
        yield part  # written before it is counted
        advance(len(part["user_id"].unique()), "")


def _print(parts: Iterator[pa.Table], *, as_json: bool) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    table = pa.concat_tables(parts)
    if as_json:
        show_json(table.to_pylist())
        return
    for user in table["user_id"].unique():
        own = table.filter(pc.equal(table["user_id"], user))
        show_table(own.select([name for name in _SHOWN if name in own.column_names]), f"For {user}", as_json=False)
    if not table.num_rows:
        Remarks().say("No item qualifies.")


EXAMPLES = (
    "deepcuts recommend model.safetensors -k 100 -o lists.parquet",
    "deepcuts recommend model.safetensors --user ada --user bob --rarity 0.3",
    "deepcuts recommend model.safetensors --user ada --rarity 0=0.5,1=-0.2",
    "deepcuts recommend model.safetensors --history plays.tsv --deny @heard.txt",
)

COMMAND = Command("recommend", recommend, EXAMPLES, "Model")
