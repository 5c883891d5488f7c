"""`deepcuts info`: what a file holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from deepcuts.cli.command import Command
from deepcuts.cli.options import Json
from deepcuts.cli.terminal import printable, say_line, show_json, stdout


def info(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Plays or a model that deepcuts has written.")],
    holdout: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Plays held out of a model's training: which personas hit them."),
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Compare the whole file with its checksum.")] = False,
    json: Json = False,
) -> None:
    """Show what a file holds: sizes, settings, training, personas, popularity."""
    from deepcuts import storage

    header = storage.describe(file)
    if verify:
        storage.read(file, header.kind, verify=True)
        say_line(f"The checksum of {file} matches its contents.")
    facts = {
        "file": str(file),
        "kind": header.kind,
        "bytes": header.n_bytes,
        "schema_version": header.schema_version,
        "package_version": header.package_version,
        "checksum": header.checksum,
        **_contents(file, header.kind, holdout),
    }
    if json:
        show_json(facts)
    else:
        _show_facts(facts)


def _contents(file: Path, kind: str, holdout: Path | None) -> dict[str, Any]:
    from deepcuts.cli.plays_files import read_interactions
    from deepcuts.cli.summaries import summarise_model, summarise_plays
    from deepcuts.data.interactions import Interactions
    from deepcuts.errors import SettingsError
    from deepcuts.model import load

    if kind == "model":
        return summarise_model(load(file), None if holdout is None else read_interactions(holdout))
    if holdout is not None:
        raise SettingsError(f"{file} holds plays. Give --holdout with a model.")
    return summarise_plays(Interactions.load(file))


_WHOLE = 1e15  # below it, all digits of a whole number in a float are its own


def _show_facts(facts: Mapping[str, Any]) -> None:
    from rich.table import Table

    shown = Table.grid(padding=(0, 2))
    shown.add_column(no_wrap=True)
    shown.add_column(overflow="fold")
    for name, value in _rows(facts):
        shown.add_row(name, value)
    stdout().print(shown)


def _rows(facts: Mapping[str, Any], indent: str = "") -> Iterator[tuple[str, str]]:
    """Names and values as text, one row each, those of nested facts further right."""
    for name, value in facts.items():
        is_nested = isinstance(value, Mapping)
        label = indent + printable(name) if indent else name.removeprefix("n_").replace("_", " ")
        yield label, "" if is_nested else _readable(value)
        if is_nested:
            yield from _rows(value, indent + "  ")


def _readable(value: str | float | bool | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return printable(value)
    if value is None:
        return "–"
    is_whole = isinstance(value, int) or (value.is_integer() and abs(value) < _WHOLE)
    return f"{value:,.0f}" if is_whole else f"{value:,.6g}"


EXAMPLES = (
    "deepcuts info model.safetensors",
    "deepcuts info model.safetensors --holdout holdout.parquet",
    "deepcuts info plays.safetensors --verify --json",
)

COMMAND = Command("info", info, EXAMPLES, "Look inside")
