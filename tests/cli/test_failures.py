"""What goes wrong: one message, the right exit code, no traceback, nothing lost."""

from __future__ import annotations

import errno
import logging
import os
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

import deepcuts as dc
from command_line import COMMAND, import_paths
from deepcuts.cli.failures import guarded
from deepcuts.cli.main import app, main

COLUMNS = ("--user", "user", "--item", "artist", "--plays", "plays")
HEADER = "user,artist,plays\n"


def fail(code: int, *arguments: object) -> str:
    """Run a command that has to fail; return what it says on stderr, which is one message."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert result.stderr.count("Error") == 1
    return result.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Plays of a small world, a model of them, and its lists."""
    folder = tmp_path_factory.mktemp("world")
    plays = dc.generate_world(60, 100, items_per_user=10).plays
    plays.save(folder / "plays.safetensors")
    model = dc.PersonaNMF(n_factors=4).fit(plays)
    model.save(folder / "model.safetensors")
    pq.write_table(model.recommend(), folder / "lists.parquet")
    return folder


def test_a_page_with_a_holdout_that_the_model_has_learnt_is_not_served(folder, tmp_path):
    pytest.importorskip("nicegui")
    command = ("explore", folder / "model.safetensors", "--no-browser", "--port", 0, "--holdout")
    assert "pairs of the holdout are in train too" in fail(1, *command, folder / "plays.safetensors").replace("\n", " ")
    others = dc.Interactions.load(folder / "plays.safetensors")
    strangers = [f"stranger {user}" for user in others.user_ids]
    dc.Interactions.from_csr(others.to_csr(), strangers, others.item_ids).save(tmp_path / "others.safetensors")
    assert "None of the users of the holdout is in train" in fail(1, *command, tmp_path / "others.safetensors")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"userid,artist,plays\na,b,1\n", "Column 'user' not found in "),
        (HEADER.encode() + b"a,b,many\n", "not a number"),
        (HEADER.encode() + b"a,b,-1\n", "negative"),
        (HEADER.encode() + b"a,b,nan\n", "line 2"),
        (HEADER.encode() + b"a,b,inf\n", "line 2"),
        (HEADER.encode() + b"a,b,1\na,c,0\n", "line 3"),
        (HEADER.encode() + b",b,1\n", "empty"),
        (HEADER.encode() + b"a,b,1\n a,b,1\n", "--trim"),
        (HEADER.encode(), "no rows"),
        (b"", "empty"),
        (bytes(range(256)) * 40, "not text"),
        (b"user,user,artist,plays\na,b,c,1\n", "'user'"),
    ],
)
def test_bad_tables_of_plays(tmp_path, content, message):
    (tmp_path / "plays.csv").write_bytes(content)
    said = fail(1, "ingest", tmp_path / "plays.csv", *COLUMNS, "-o", tmp_path / "plays.safetensors", "--quiet")
    assert message in said
    assert [path.name for path in tmp_path.iterdir()] == ["plays.csv"]


def test_bad_rows_can_be_skipped_and_are_listed_beside_the_output(tmp_path):
    (tmp_path / "raw.csv").write_text(HEADER + "a,x,1\na,y,-1\nb,x,0\nb,y,2\n")
    options = ("-o", str(tmp_path / "plays.safetensors"), "--on-bad-rows", "skip")
    result = CliRunner().invoke(app, ["ingest", str(tmp_path / "raw.csv"), *COLUMNS, *options])
    assert result.exit_code == 0, result.output
    assert "2 of 4 rows" in result.stderr
    assert f"listed in {tmp_path / 'plays.bad-rows.csv'}" in result.stderr
    assert len((tmp_path / "plays.bad-rows.csv").read_text().splitlines()) == 3
    assert dc.Interactions.load(tmp_path / "plays.safetensors").n_pairs == 2


@pytest.mark.parametrize(
    ("rows", "sizes"), [("a,x,1\na,y,1\n", "1 user and 2 items"), ("a,x,1\nb,x,1\n", "2 users and 1 item")]
)
def test_too_little_to_learn_from(tmp_path, rows, sizes):
    (tmp_path / "plays.csv").write_text("user_id,item_id,plays\n" + rows)
    said = fail(1, "train", tmp_path / "plays.csv", "-o", tmp_path / "model.safetensors", "--quiet")
    assert sizes in said
    assert not (tmp_path / "model.safetensors").exists()


def test_more_factors_than_items_and_a_user_who_has_everything(tmp_path):
    (tmp_path / "plays.csv").write_text("user_id,item_id,plays\na,x,1\na,y,1\nb,x,1\n")
    model = str(tmp_path / "model.safetensors")
    assert CliRunner().invoke(app, ["train", str(tmp_path / "plays.csv"), "-o", model]).exit_code == 0
    result = CliRunner().invoke(app, ["recommend", model, "--user", "a"])
    assert (result.exit_code, result.output) == (0, "No item qualifies.\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "plays.safetensors", "--factors", 0), "--factors is 0. It is a whole number between 1 and 4096"),
        (("recommend", "model.safetensors", "--rarity", "nan"), "rarity is nan."),
        (("recommend", "model.safetensors", "--rarity", "0=x"), "--rarity is '0=x'. Give numbers by persona"),
        (("recommend", "model.safetensors", "--boost", "2"), "--boost is '2'. Give numbers by persona"),
        (
            ("recommend", "model.safetensors", "--boost", "0=-1"),
            "A weight is 0 (mute) or a number above it, up to 1e+06.",
        ),
        (("recommend", "model.safetensors", "-k", 0), "k is 0."),
        (("recommend", "model.safetensors", "--deny", "nobody"), "Cannot deny an item that is not in the catalogue."),
    ],
)
def test_settings_out_of_range_are_bad_usage(folder, tmp_path, arguments, message):
    command, file, *options = arguments
    said = fail(2, command, folder / file, "-o", tmp_path / "out.parquet", *options, "--quiet")
    assert said.startswith("Error: ")
    assert message in said
    assert not list(tmp_path.iterdir())


def test_usage_that_the_library_never_sees(folder, tmp_path):
    model, history = folder / "model.safetensors", tmp_path / "plays.tsv"
    assert "--user, --users-from or --history" in fail(2, "recommend", model)
    assert "one of the two" in fail(2, "recommend", model, "--user", "a", "--json", "-o", tmp_path / "lists.csv")
    assert "one visitor" in fail(2, "recommend", model, "--user", "a", "--history", history)
    plays, split = folder / "plays.safetensors", ("--train", "a.csv", "--holdout", "b.csv")
    assert "--method users" in fail(2, "split", plays, *split, "--method", "users")
    assert "--method users" in fail(2, "split", plays, *split, "--fold-in", "c.csv")
    assert "two things" in fail(2, "split", plays, "--train", "a.csv", "--holdout", "./a.csv")
    assert ".parquet or .csv or .jsonl" in fail(2, "recommend", model, "-o", tmp_path / "lists.xlsx")
    assert "No such option" in fail(2, "recommend", model, "--rarety", "1")
    assert "No such command 'recomend'" in fail(2, "recomend")
    assert "Invalid value for '--personas': 'many' is not a whole" in fail(2, "train", model, "--personas", "many")
    assert "'binary', 'log'" in fail(2, "train", model, "-o", "x", "--confidence", "maybe")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "a.csv", "--seed", "1.5"), "'1.5' is not a whole number."),
        (("me", "a.csv", "--half-life", "long"), "'long' is not a number."),
        (("similar", "a", "b", "-k", "0"), "'0' is out of range: it should be greater than or equal to 1."),
        (("recommend", "a", "--dial", "loud"), "'loud' is not one of 'norm', 'shift', 'power'."),
        (("recommend", "a", "-k"), "-k takes N, and none is given. Length of the list"),
        (("train", "a.csv", "-o"), "-o takes FILE, and none is given. The file to write."),
        (("train", "a.csv"), "Missing option '--output' / '-o'. The file to write."),
        (("train",), "Missing argument 'PLAYS'. Plays that `deepcuts ingest` or"),
        (("train", "a.csv", "--quiet=3"), "Option '--quiet' does not take a value. Write --quiet alone."),
        (
            ("info", "a", "b c"),
            "Got unexpected extra argument(s) (b c). It takes FILE; quote a name with blanks or a *.",
        ),
        (("warmup", "a"), "Got unexpected extra argument(s) (a). It takes none."),
        (("train", "a.csv", "--factor", "3"), "No such option: --factor (Possible options: --auto, --factors,"),
        (("trian",), "No such command 'trian'. Did you mean 'train'?"),
        (("--quite",), "No such option: --quite"),
        (
            ("personas", "m.safetensors", "-1"),
            "No such option: -1. Write -- before what begins with - and is no option.",
        ),
    ],
)
def test_command_lines_that_cannot_be_parsed_say_what_came_what_was_expected_and_what_to_do(arguments, message):
    said = " ".join(fail(2, *arguments).replace("│", " ").split())
    assert message in said
    assert "Usage: " in said
    assert "--help' for help." in said


def test_unknown_ids_name_a_near_one(folder):
    model = folder / "model.safetensors"
    for command in (("personas", model, "user 000001"), ("recommend", model, "--user", "user 000001")):
        said = fail(1, *command)
        assert "There is no user 'user 000001' among 60 users. Did you mean 'user 0000" in said
    assert "There is no item 'x' among 100 items." in fail(1, "similar", model, "x")
    assert "There is no item 'x' among 100 items." in fail(1, "explain", model, "user 0000001", "x")


@pytest.mark.parametrize(
    ("arguments", "outputs"),
    [
        (("train", "IN/plays.safetensors", "-o", "OUT.safetensors", "--factors", 4), ["OUT.safetensors"]),
        (("recommend", "IN/model.safetensors", "-o", "OUT.parquet"), ["OUT.parquet"]),
        (("recommend", "IN/model.safetensors", "-o", "OUT.csv"), ["OUT.csv"]),
        (("ingest", "IN/raw.csv", *COLUMNS, "-o", "OUT.safetensors"), ["OUT.safetensors"]),
        (("generate", "-o", ".", "--users", 20, "--items", 100, "--items-per-user", 6), ["plays.parquet"]),
        (
            ("split", "IN/plays.safetensors", "--train", "A.safetensors", "--holdout", "B.csv"),
            ["A.safetensors", "B.csv"],
        ),
    ],
)
def test_outputs_that_exist_are_kept_unless_forced(folder, tmp_path, monkeypatch, arguments, outputs):
    monkeypatch.chdir(tmp_path)
    Path("IN").symlink_to(folder)
    (folder / "raw.csv").write_text(HEADER + "a,x,1\na,y,2\nb,x,1\n")
    for output in map(Path, outputs):
        output.write_text("precious")
    assert "exists already. Pass force=True (--force on the command line)" in fail(1, *arguments, "--quiet")
    assert all(Path(output).read_text() == "precious" for output in outputs)
    forced = CliRunner().invoke(app, [str(argument) for argument in (*arguments, "--quiet", "--force")])
    assert (forced.exit_code, forced.output) == (0, "")
    assert all(Path(output).read_bytes() != b"precious" for output in outputs)


def test_files_that_are_not_what_they_should_be(folder, tmp_path):
    (tmp_path / "torn.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:-10])
    (tmp_path / "foreign.safetensors").write_bytes(b"PK\x03\x04 something else")
    assert "is truncated" in fail(1, "info", tmp_path / "torn.safetensors")
    assert "is not a deepcuts file" in fail(1, "personas", tmp_path / "foreign.safetensors", "a")
    assert "holds interactions, not a model" in fail(1, "similar", folder / "plays.safetensors", "a")
    assert "There is no file" in fail(1, "info", tmp_path / "none.safetensors")


def test_verify_finds_a_changed_byte(folder, tmp_path):
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (tmp_path / "model.safetensors").write_bytes(content)
    assert "is damaged" in fail(1, "info", tmp_path / "model.safetensors", "--verify")


def test_lists_that_cannot_be_judged(folder, tmp_path):
    options = ("--train", folder / "plays.safetensors", "--holdout", folder / "plays.safetensors", "--quiet")
    (tmp_path / "lists.parquet").write_text("no Parquet")
    (tmp_path / "lists.csv").write_text("user_id,item_id\na,b\n")
    assert "cannot be read as parquet" in fail(1, "evaluate", tmp_path / "lists.parquet", *options)
    assert "There is no file" in fail(1, "evaluate", tmp_path / "none.csv", *options)
    assert "pairs of the holdout are in train too" in fail(1, "evaluate", folder / "lists.parquet", *options)
    assert "has to end in .parquet or .csv or .jsonl" in fail(2, "evaluate", tmp_path / "lists.txt", *options)
    within = fail(1, "evaluate", tmp_path / "lists.parquet" / "lists.csv", *options)
    assert within.endswith("lists.csv cannot be read: Not a directory.\n")
    for name in ("", "m="):
        said = fail(2, "report", name, *options[:4], "-o", tmp_path / "r.html")
        assert f"A model is {name!r}. Give a file, or NAME=FILE" in said
    pq.write_table(pa.table({"user_id": ["z"], "item_id": ["z"], "plays": [1]}), tmp_path / "holdout.parquet")
    options = ("--train", folder / "plays.safetensors", "--holdout", tmp_path / "holdout.parquet", "--quiet")
    assert "None of the users of the holdout is in train" in fail(1, "evaluate", folder / "lists.parquet", *options)


def test_plays_that_cannot_be_split(folder, tmp_path):
    outputs = ("--train", tmp_path / "a.csv", "--holdout", tmp_path / "b.csv")
    said = fail(1, "split", folder / "plays.safetensors", *outputs, "--method", "last")
    assert "These plays have no times" in said
    assert "fraction is 1.5" in fail(2, "split", folder / "plays.safetensors", *outputs, "--fraction", 1.5)
    assert not list(tmp_path.iterdir())


def test_the_demo_keeps_to_its_own_folder(tmp_path):
    (tmp_path / "model.safetensors").write_text("precious")
    assert "holds other files already" in fail(1, "demo", "--folder", tmp_path)
    assert (tmp_path / "model.safetensors").read_text() == "precious"


def of_spark(name: str, message: str) -> Exception:
    return type(name, (Exception,), {"__module__": "pyspark.errors.exceptions.base"})(message)


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (dc.DeepcutsError("the id [red]x[/red] \x1b[1m"), 1, r"Error: the id [red]x[/red] \x1b[1m"),
        (MemoryError("8 GiB asked for"), 1, "Error: There is not enough memory. Close other programs"),
        (OSError(errno.ENOSPC, "No space left on device", "/full/x"), 1, "Error: No space left on device: /full/x"),
        (OSError("torn cable"), 1, "Error: torn cable"),
        (KeyError("x"), 1, "Error: This is a fault of deepcuts, not of yours: KeyError: 'x'. Please report it"),
        (
            of_spark("SparkConnectGrpcException", "no server at x"),
            1,
            "Error: Spark failed, and its logs tell more: no ser",
        ),
        (of_spark("PythonException", "KeyError: 'x'"), 1, "Error: This is a fault of deepcuts, not of yours: PythonE"),
        (KeyboardInterrupt(), 130, "Interrupted."),
    ],
)
def test_every_kind_of_failure_ends_as_one_message(capsys, error, code, message):
    def command() -> None:
        raise error

    with pytest.raises(typer.Exit) as ended:
        guarded(command)()
    assert ended.value.exit_code == code
    said = capsys.readouterr().err
    assert said.startswith(message)
    assert "Traceback" not in said


@pytest.mark.parametrize("n_threads", ["0", "-2"])
def test_a_number_of_threads_below_one_is_told(tmp_path, n_threads):
    words = ["generate", "--users", "9", "--items", "9", "-o", str(tmp_path / "plays.parquet")]
    env = {**os.environ, "NUMBA_NUM_THREADS": n_threads, "PYTHONPATH": import_paths()}
    ended = subprocess.run([*COMMAND, *words], env=env, capture_output=True, text=True, timeout=120, check=False)
    told = f"Error: NUMBA_NUM_THREADS is {n_threads}. It has to be 1 or more; unset it to use all processors.\n"
    assert (ended.returncode, ended.stderr) == (1, told)
    assert not list(tmp_path.iterdir())


def test_a_traceback_is_shown_to_those_who_ask(capsys, monkeypatch):
    def command() -> None:
        raise KeyError("x")

    monkeypatch.setenv("DEEPCUTS_TRACEBACK", "1")
    with pytest.raises(typer.Exit):
        guarded(command)()
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_main_exits_with_the_code_of_the_command(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["info", "none.safetensors"])
    assert ended.value.code == 1
    assert capsys.readouterr().err == "Error: There is no file none.safetensors.\n"


@pytest.mark.parametrize("name", ["_prepare_streams", "_flush"])
def test_an_interrupt_beside_the_command_ends_quietly(monkeypatch, name):
    """Whether it comes before the command has begun or while the output is flushed, there is no traceback."""

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"deepcuts.cli.main.{name}", interrupted)
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 130


@pytest.mark.parametrize("quiet", [False, True])
def test_that_kernels_are_compiled_is_said_unless_quiet(quiet: bool, capsys: pytest.CaptureFixture[str]) -> None:
    def command(*, quiet: bool) -> None:
        logging.getLogger("deepcuts.kernels.code_cache").info("Compiling kernels.")
        logging.getLogger("deepcuts.elsewhere").info("Not for people.")
        logging.getLogger("deepcuts.elsewhere").warning("for people.")

    guarded(command)(quiet=quiet)
    assert capsys.readouterr().err.splitlines() == [*["Compiling kernels."] * (not quiet), "Warning: For people."]
    assert not logging.getLogger("deepcuts.kernels.code_cache").isEnabledFor(logging.INFO)


def test_a_warning_begins_with_a_capital_but_not_the_name_of_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    said = ["plays.csv: numbers such as 12.345 are read as thousands.", "numbers are read as thousands."]

    def command() -> None:
        for message in said:
            logging.getLogger("deepcuts.elsewhere").warning(message)

    guarded(command)()
    assert capsys.readouterr().err.splitlines() == [f"Warning: {said[0]}", "Warning: Numbers are read as thousands."]


def test_what_is_read_is_never_written_over_even_by_force(folder: Path, tmp_path: Path) -> None:
    """Neither under its own name nor by a link; a model may grow in place."""
    for name in ("plays.safetensors", "model.safetensors", "lists.parquet"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    plays, model, lists = (tmp_path / name for name in ("plays.safetensors", "model.safetensors", "lists.parquet"))
    table, link = tmp_path / "plays.csv", tmp_path / "link.safetensors"
    table.write_text(HEADER + "ada,Can,3\n")
    link.symlink_to(plays)
    before = {path: path.read_bytes() for path in (plays, model, lists, table)}
    for arguments in (
        ("train", plays, "-o", plays),
        ("train", plays, "-o", link),
        ("ingest", table, *COLUMNS, "-o", table),
        ("extend", model, plays, "-o", plays),
        ("split", plays, "--train", tmp_path / "train.safetensors", "--holdout", plays),
        ("split", plays, "--train", link, "--holdout", tmp_path / "holdout.parquet"),
        ("evaluate", lists, "--train", plays, "--holdout", plays, "--per-user", lists),
        ("me", table, "--model", model, "--save", table),
        ("compare", plays, "--holdout", table, "-o", table),
        ("recommend", model, "--history", table, "-o", table),
        ("recommend", model, "--fold-in", table, "-o", table),
        ("recommend", model, "--users-from", table, "-o", table),
    ):
        assert "is read, and would be lost. Name another file" in " ".join(fail(1, *arguments, "--force").split())
        assert {path: path.read_bytes() for path in before} == before


def test_a_folder_that_is_gone_is_told(tmp_path, folder, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert "The folder that this was started in is gone." in fail(1, "train", folder / "plays.safetensors", "-o", "m")
