"""One name for one thing in all commands, former names, flags and choices shown as they are, and --json everywhere."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
import typer.main

from command_line import run
from deepcuts.cli.main import app

_PROGRAM = typer.main.get_command(app)
_ALL = _PROGRAM.commands
# Those of `deepcuts spark` by both of their words.
PARSERS = {name: command for name, command in _ALL.items() if name != "spark"}
PARSERS |= {f"spark {name}": command for name, command in _ALL["spark"].commands.items()}
# Names that stand for columns of a file where plays are read, and for other things elsewhere; settings of the model.
SEVERAL_MEANINGS = {"--user", "--plays", "--item", "--time", "--users", "--model", "--rarity", "--pick", "--dates"}
SHORT = {"--output": "-o", "--quiet": "-q", "--help": "-h"}


def shown_value(option: typer.core.TyperOption) -> str:
    """What the help shows after an option; a folder is a file, too."""
    shown = option.metavar or option.display_type(typer.Context(_PROGRAM)).strip("<>")
    return "FILE" if shown == "FOLDER" else shown


def test_an_option_takes_the_same_in_every_command() -> None:
    kinds = defaultdict(set)
    for command in PARSERS.values():
        for option in command.params:
            if option.param_type_name == "option":
                for name in option.opts:
                    kinds[name].add((option.is_flag, shown_value(option)))
    assert {name: kind for name, kind in kinds.items() if len(kind) > 1 and name not in SEVERAL_MEANINGS} == {}


@pytest.mark.parametrize("command", PARSERS)
def test_long_and_short_names_go_together_and_every_command_has_json(command: str) -> None:
    names = [tuple(option.opts) for option in PARSERS[command].params if option.param_type_name == "option"]
    for long, short in SHORT.items():
        assert all(short in each for each in names if long in each)
    assert any("--json" in each for each in names)


@pytest.mark.parametrize("command", ["", "spark", *PARSERS])
def test_help_shows_no_type_of_flags_and_the_choices_of_others(command: str) -> None:
    shown = run(*command.split(), "--help").stdout
    assert "<bool>" not in shown
    if command in PARSERS:
        for option in PARSERS[command].params:
            choices = re.findall(r"\w+\|", option.metavar or "")
            assert all(choice in shown for choice in choices)


def test_help_of_train_shows_choices() -> None:
    shown = run("train", "--help").stdout
    for choice in ("both|", "items|", "X|auto"):
        assert choice in shown


@pytest.mark.parametrize(
    ("command", "arguments", "name", "value"),
    [
        ("recommend", ["m.safetensors", "--lean", "0.5"], "base_lean", 0.5),
        ("explain", ["m.safetensors", "ada", "Can", "--lean=0.5"], "base_lean", 0.5),
        ("demo", ["--folder", "there"], "folder", Path("there")),
        ("demo", ["--folder=there"], "folder", Path("there")),
        ("ingest", ["a", "--user", "1", "--item", "2", "-o", "b", "--memory-limit", "1GB"], "memory_limit", "1GB"),
        ("personas", ["m", "--items", "3"], "items", 3),
        ("personas", ["m", "--items=3"], "items", 3),
        ("personas", ["m", "--factors"], "factors", True),
        ("report", ["m", "--train", "a", "--holdout", "b", "-o", "c", "--listeners", "0"], "n_listeners", 0),
    ],
)
def test_former_names_are_taken(command: str, arguments: list[str], name: str, value: object) -> None:
    assert PARSERS[command].make_context(command, arguments).params[name] == value


def test_words_with_an_equals_sign_stay_as_they_are() -> None:
    arguments = ["m", "--rarity", "0=0.3", "--boost", "0=2", "--user", "a=b"]
    taken = PARSERS["recommend"].make_context("recommend", arguments).params
    assert (taken["rarity"], taken["boost"], taken["user"]) == ("0=0.3", ["0=2"], ["a=b"])


def test_what_follows_two_dashes_is_no_option() -> None:
    assert PARSERS["personas"].make_context("personas", ["m", "--", "--items"]).params["user"] == "--items"


def test_every_command_that_ends_prints_json(tmp_path: Path) -> None:
    def answer(*arguments: object) -> dict[str, object]:
        return json.loads(run(*arguments, "--json", "--quiet").stdout)

    world = answer("generate", "-o", tmp_path / "world", "--users", 60, "--items", 80, "--items-per-user", 12)
    assert world["n_users"] == 60
    table, plays = tmp_path / "world" / "plays.parquet", tmp_path / "plays.safetensors"
    columns = ("--user", "user", "--item", "artist", "--plays", "plays")
    assert answer("ingest", table, *columns, "-o", plays)["n_pairs"] == world["n_pairs"]
    train, holdout = tmp_path / "train.safetensors", tmp_path / "holdout.safetensors"
    parts = answer("split", plays, "--train", train, "--holdout", holdout)
    assert sum(part["n_pairs"] for part in parts.values()) == world["n_pairs"]
    model = tmp_path / "model.safetensors"
    trained = answer("train", train, "-o", model, "--factors", 4, "--base-epochs", 2, "--no-map")
    assert (trained["output"], trained["n_epochs"]) == (str(model), 2)
    grown = answer("extend", model, holdout, "-o", tmp_path / "grown.safetensors")
    assert grown["n_users"] == trained["n_users"]
    left = answer("forget", model, first_user(train), "-o", tmp_path / "left.safetensors")
    assert (left["users_forgotten"], left["users_left"]) == (1, trained["n_users"] - 1)


def first_user(plays: Path) -> str:
    import deepcuts as dc

    return str(dc.Interactions.load(plays).user_ids.values[0])


@pytest.mark.slow
def test_a_service_prints_its_address_as_json(tmp_path: Path) -> None:
    pytest.importorskip("fastapi")
    import deepcuts as dc

    model = tmp_path / "model.safetensors"
    dc.PersonaNMF(n_factors=4, base_epochs=1).fit(dc.generate_world(40, 60, items_per_user=8).plays).save(model)
    command = [sys.executable, "-m", "deepcuts", "serve", str(model), "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(3)]
        finally:
            process.terminate()
    assert json.loads("".join(lines))["address"].startswith("http://127.0.0.1:")


def test_the_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "deepcuts", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("deepcuts ")


def test_a_shell_completes_commands_options_and_choices() -> None:
    def completed(*words: str) -> list[str]:
        environment = {"COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
        command = [sys.executable, "-c", "from deepcuts.cli.main import app; app(prog_name='deepcuts')"]
        env = {**os.environ, **environment, "_DEEPCUTS_COMPLETE": "complete_bash"}
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False).stdout.split()

    assert completed("deepcuts", "tra") == ["train"]
    assert completed("deepcuts", "recommend", "--dia") == ["--dial"]
    assert completed("deepcuts", "recommend", "--dial", "n") == ["norm"]
