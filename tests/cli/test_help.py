"""The command as a whole: what help says is there, and what it costs to start."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from deepcuts import __version__
from deepcuts.cli import commands, main
from deepcuts.cli.commands import ingest_taste_profile
from deepcuts.cli.derived import flag, parameter_help
from deepcuts.cli.main import app
from deepcuts.data.split import split_holdout, split_last, split_users
from deepcuts.ingest import ReadOptions
from deepcuts.model import PersonaModel, PersonaSettings
from deepcuts.recommendation import ListSettings
from deepcuts.synthetic import generate_world

_ALL = typer.main.get_command(app).commands
# Those of `deepcuts spark` by both of their words.
COMMANDS = {name: command for name, command in _ALL.items() if name != "spark"}
COMMANDS |= {f"spark {name}": command for name, command in _ALL["spark"].commands.items()}
HEAVY = ("numpy", "scipy", "numba", "pyarrow", "duckdb", "safetensors")


def options_of(command: str) -> dict[str, object]:
    return {name: option for option in COMMANDS[command].params for name in (*option.opts, *option.secondary_opts)}


def test_the_commands_of_the_design_are_there():
    expected = {"ingest", "download", "generate", "split", "train", "extend", "forget", "recommend", "evaluate"}
    expected |= {"personas", "similar", "explain", "info", "demo", "me", "explore", "serve"}
    expected |= {f"spark {name}" for name in ("ingest", "split", "sample", "train", "recommend", "evaluate", "model")}
    assert set(COMMANDS) == expected | {"report", "tune", "compare", "warmup"}


def test_every_file_of_commands_registers_one_that_is_listed():
    files = {module.name for module in pkgutil.iter_modules(commands.__path__)} - {"demo_report"}
    registered = {importlib.import_module(f"{commands.__name__}.{name}").COMMAND for name in files}
    assert set(main.COMMANDS) == registered - {ingest_taste_profile.COMMAND}
    assert {command.name for command in main.COMMANDS} == files - {"ingest_taste_profile"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_every_option_says_what_it_is_for(command):
    assert COMMANDS[command].help
    for option in COMMANDS[command].params:
        assert option.help, f"{command} {option.name}"
        assert option.help.endswith("."), f"{command} {option.name}"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_an_example_that_names_existing_options(command):
    heading, *examples = COMMANDS[command].epilog.splitlines()
    assert heading == "[bold]Examples[/bold]"
    assert examples
    for example in examples:
        words = shlex.split(example)
        called, arguments = words[: 1 + len(command.split())], words[1 + len(command.split()) :]
        assert called == ["deepcuts", *command.split()]
        assert len(example) <= 78
        assert {word for word in arguments if word.startswith("-")} <= set(options_of(command))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_example_can_be_parsed(command):
    for example in COMMANDS[command].epilog.splitlines()[1:]:
        context = COMMANDS[command].make_context(command, shlex.split(example)[1 + len(command.split()) :])
        assert set(context.params) == {
            parameter.name for parameter in COMMANDS[command].params if parameter.expose_value
        }


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_a_narrow_terminal(command):
    result = CliRunner().invoke(app, [*command.split(), "--help"], env={"COLUMNS": "80"})
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 80
    for name in filter(lambda name: name.startswith("-"), options_of(command)):
        assert f" {name} " in result.stdout
    assert not re.search(r"x>=|<=x|<\w", result.stdout)  # ranges are words, and no type follows a name


def test_ranges_are_told_in_words():
    shown = [
        CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "80"}).stdout for name in ("explore", "generate")
    ]
    assert "N [0 to 65535]" in shown[0]
    assert "N [at least 1]" in shown[1]
    parameters = {one.name: one for one in COMMANDS["explore"].get_params(COMMANDS["explore"].make_context("", ["m"]))}
    assert parameters["port"]._get_number_range_help_str() == "0 to 65535"  # what typer's own documentation asks for
    assert parameters["model"].display_type(None) == ""


@pytest.mark.parametrize(
    ("command", "settings", "fields"),
    [
        ("train", PersonaSettings, None),
        ("recommend", ListSettings, {"k", "mix", "dial", "frequency"}),
    ],
)
def test_settings_are_written_once_in_their_dataclass(command, settings, fields):
    texts = parameter_help(settings)
    for field in dataclasses.fields(settings):
        if (fields is None or field.name in fields) and field.default is not True:
            option = options_of(command)[flag(field.name)]
            assert option.default == field.default
            assert option.help.replace("`", "") == texts[field.name].replace("`", "")


_OF_TABLES = ("names", "ids")  # a command shows names where there are some, and ids as text


@pytest.mark.parametrize(
    ("command", "function", "renamed"),
    [
        ("generate", generate_world, {"n_users": "users", "n_items": "items", "n_personas": "personas"}),
        ("ingest", ReadOptions, {}),
        ("split", split_holdout, {}),
        ("split", split_last, {"n": "last"}),
        ("split", split_users, {}),
        ("similar", PersonaModel.similar_items, {}),
        ("explain", PersonaModel.explain, {}),
        ("personas", PersonaModel.personas, {"n_items": "items"}),
    ],
)
def test_defaults_are_those_of_the_library(command, function, renamed):
    parameters = {parameter.name: parameter for parameter in COMMANDS[command].params}
    for argument in inspect.signature(function).parameters.values():
        if argument.default not in (argument.empty, None) and argument.name not in _OF_TABLES:
            assert parameters[renamed.get(argument.name, argument.name)].default == argument.default


def test_the_version_is_that_of_the_package():
    result = subprocess.run(
        [Path(sys.executable).with_name("deepcuts"), "--version"], capture_output=True, text=True, check=True
    )
    assert result.stdout == f"deepcuts {__version__}\n"


def test_help_does_not_wait_for_numerics():
    code = (
        "import sys\n"
        "from deepcuts.cli.main import main\n"
        "try:\n    main(['train', '--help'])\n"
        f"finally:\n    print(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "--factors" in result.stdout
    assert result.stderr.strip() == ""


def test_without_a_command_help_is_shown():
    result = CliRunner().invoke(app, [])
    assert result.exit_code == 2
    assert "demo" in result.output
