"""Bad calls of every command: each ends soon, with one message of a readable length that blames the right side."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import deepcuts as dc
from command_line import COMMAND
from deepcuts.cli.main import app
from deepcuts.cli.plays_files import write_interactions
from faults.limits import time_limit
from faults.table import add_row

LONG = os.environ.get("DEEPCUTS_FAULTS") == "long"
N_CALLS, N_PROCESSES = (1_400, 120) if LONG else (80, 8)
MOST_SECONDS, MOST_BYTES = 10.0, 2_048
MOST_START = 60.0  # seconds of a process, which has to start first, beside others that compile kernels

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")

VALUES = [
    *("", " ", "nan", "inf", "-inf", "-1", "0", "1.5", "1e400", "9" * 400, "x" * 5_000, "é" * 5_000, "\x1b[31m" * 500),
    *(
        "🎧",
        "\udcff",
        "a=b=c",
        "0=1,0=2",
        "1:2",
        "@",
        "@/dev/zero",
        "--",
        "-",
        "/dev/zero",
        "/dev/urandom",
        "/dev/null",
    ),
    *(
        "..",
        "/",
        "no/such/file.csv",
        "true",
        "None",
        "[]",
        "{}",
        "'",
        '"',
        "\\t",
        ",,,",
        "recall@0",
        "ndcg@x",
        "2050-13",
    ),
]
MODEL, PLAYS = "{}/m.safetensors", "{}/p.safetensors"
JUDGED = ["--train", "{}/train.csv", "--holdout", "{}/holdout.csv"]
APART = {"spark"}  # a Java machine for every call: tests/spark tries its commands
# For each command, calls that are valid but for what is mutated: {} is the folder of good inputs, and what ! marks
# stays as it is. Commands that would run for long have something that always fails.
CALLS: dict[str, list[list[str]]] = {
    "warmup": [["!none"], ["!{}/m.safetensors"]],
    "demo": [["--folder", "!{}/p.safetensors"], ["--folder", "!{}/p.safetensors/none"], ["--folder", "!/dev/null"]],
    "me": [
        ["{}/export.tsv", "--model", MODEL],
        ["{}/plays.csv", "--model", MODEL],
        ["{}/export.tsv", "--model", PLAYS],
    ],
    "explore": [
        ["!{}/empty.csv"],
        [f"!{PLAYS}"],
        [f"!{MODEL}", "!--report", "!{}/none.html"],
        [f"!{MODEL}", "!--holdout", "!{}/binary.csv"],
        [f"!{MODEL}", "!--report", "!{}/pipe.csv"],
    ],
    "ingest": [
        ["{}/plays.csv", "--user", "user_id", "--item", "item_id", "-o", "{}/out.safetensors"],
        ["{}/lists.csv", "--user", "1", "--item", "2", "-o", "{}/out.safetensors"],
        ["taste-profile", "--triplets", "{}/plays.csv", "-o", "{}/out.safetensors"],
    ],
    "download": [["!nothing"], ["!lastfm-2k", "!--url", "!http://127.0.0.1:9", "--folder", "{}/downloads", "!--yes"]],
    "generate": [["-o", "{}/world", "--users", "20", "--items", "60", "--items-per-user", "6"]],
    "split": [[PLAYS, "--train", "{}/out.csv", "--holdout", "{}/out2.csv"]],
    "train": [[PLAYS, "-o", "{}/out.safetensors", "--base-epochs", "1", "--persona-epochs", "1"]],
    "extend": [[MODEL, PLAYS, "-o", "{}/out.safetensors"], [PLAYS, MODEL, "-o", "{}/out.safetensors"]],
    "forget": [
        [MODEL, "nobody", "-o", "{}/out.safetensors"],
        [MODEL, "user 0000001", "nobody", "-o", "{}/out.safetensors"],
        [MODEL, "user 0000001", "-o", "{}/out.csv"],
        [PLAYS, "user 0000001", "-o", "{}/out.parquet"],
        ["{}/plays.csv", "user 0000001", "user 0000001", "-o", "{}/out.csv"],
        [MODEL, "@{}/pipe.csv", "-o", "{}/out.safetensors"],
        ["{}/binary.csv", "nobody", "-o", "{}/out.csv"],
    ],
    "recommend": [[MODEL, "-o", "{}/out.csv"], [MODEL, "--history", "{}/export.tsv"], [MODEL, "--user", "nobody"]],
    "evaluate": [["{}/lists.csv", *JUDGED], ["{}/lists.csv", *JUDGED, "--metrics", "recall@5"]],
    "report": [
        ["!{}/empty.csv", *JUDGED, "-o", "{}/out.html"],
        [f"!{PLAYS}", *JUDGED, "-o", "{}/out.html"],
        [f"!{MODEL}", f"!{MODEL}", *JUDGED, "-o", "{}/out.html"],
        [f"!a={MODEL}", "!b={}/binary.csv", *JUDGED, "-o", "{}/out.html"],
        [f"!{MODEL}", *JUDGED, "!-o", "!{}/none/out.html"],
        [f"!{MODEL}", *JUDGED, "-o", "{}/out.html", "!--listener", "!nobody"],
        [f"!{MODEL}", *JUDGED, "-o", "{}/out.html", "!--rarity", "!1e9"],
        [f"!{MODEL}", *JUDGED, "-o", "{}/out.html", "!--accuracy", "!nothing"],
        [f"!{MODEL}", *JUDGED, "-o", "{}/out.html", "!--tags", "!{}/pipe.csv"],
        [f"!{MODEL}", "!--train", "!{}/holdout.csv", "!--holdout", "!{}/binary.csv", "-o", "{}/out.html"],
    ],
    "tune": [
        ["!{}/empty.csv", "-o", "{}/out.toml"],
        [f"!{MODEL}", "-o", "{}/out.toml"],
        [PLAYS, "!-o", "!{}/none/out.toml"],
        [PLAYS, "!-o", "!{}/out.xyz"],
        [PLAYS, "-o", "{}/out.toml", "!--set", "!nothing=1"],
        [PLAYS, "-o", "{}/out.toml", "!--set", "!n_factors=1e99"],
        [PLAYS, "-o", "{}/out.toml", "!--objectives", "!ndcg,ndcg"],
        [PLAYS, "-o", "{}/out.toml", "!--study", "!{}/pipe.csv"],
        [PLAYS, "-o", "{}/out.toml", "!--study", "!{}/binary.csv"],
        [PLAYS, "-o", "{}/out.toml", "!--plot", "!{}/out.xyz"],
    ],
    "compare": [
        ["!{}/empty.csv", "--baseline", "popularity"],
        [f"!{MODEL}", "--baseline", "popularity"],
        [PLAYS, "!--baseline", "!nothing"],
        [PLAYS, "--baseline", "popularity", "!--seeds", "!1,1"],
        [PLAYS, "!--model", "!a={}/none.toml"],
        [PLAYS, "!--model", "!a={}/binary.csv"],
        [PLAYS, "--baseline", "popularity", "!--reference", "!nobody"],
        [PLAYS, "--baseline", "popularity", "!--metrics", "!nothing@5"],
        [PLAYS, "--baseline", "popularity", "!-o", "!{}/out.xyz"],
        [PLAYS, "--baseline", "popularity", "!--tags", "!{}/pipe.csv"],
        [PLAYS, "--baseline", "popularity", "!--holdout", "!{}/long.csv"],
    ],
    "serve": [
        ["!{}/empty.csv"],
        ["!{}/binary.csv"],
        ["!{}/pipe.safetensors"],
        [f"!{PLAYS}"],
        [f"!{MODEL}", "!--host", "!192.0.2.1", "!--port", "!0"],
        [f"!{MODEL}", "!--host", "!no host", "!--port", "!0"],
        [f"!{MODEL}", "!--token-file", "!{}/pipe.csv"],
        [f"!{MODEL}", "!--token-file", "!{}/binary.csv"],
        [f"!{MODEL}", "!--token-file", "!{}/empty.csv"],
    ],
    "personas": [[MODEL, "nobody"], [MODEL, "user 0000001"]],
    "similar": [[MODEL, "nothing"]],
    "explain": [[MODEL, "nobody", "nothing"], [MODEL, "user 0000001", "nothing"]],
    "info": [[MODEL], [PLAYS]],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Good inputs, and bad ones."""
    folder = tmp_path_factory.mktemp("inputs")
    plays = dc.generate_world(40, 60, items_per_user=5).plays
    plays.save(folder / "p.safetensors")
    write_interactions(folder / "plays.csv", plays, force=False)
    for path, part in zip(("train.csv", "holdout.csv"), dc.split_holdout(plays), strict=True):
        write_interactions(folder / path, part, force=False)
    dc.PersonaNMF(n_factors=4, base_epochs=2, persona_epochs=1).fit(plays).save(folder / "m.safetensors")
    (folder / "lists.csv").write_text("user_id,item_id,rank\n" + f"{plays.user_ids.values[0]},none,1\n")
    (folder / "export.tsv").write_text(f"{plays.item_ids.values[0]}\t4\n{plays.item_ids.values[1]}\t2\n")
    (folder / "empty.csv").touch()
    (folder / "binary.csv").write_bytes(bytes(range(256)) * 40)
    (folder / "page.csv").write_text("<!DOCTYPE html><html></html>\n")
    (folder / "long.csv").write_text("user_id,item_id,plays\n" + "x" * 200_000 + ",b,1\n")
    os.mkfifo(folder / "pipe.csv")
    os.mkfifo(folder / "pipe.safetensors")
    return folder


def bad_call(choose: random.Random, folder: Path, name: str, parameters: list[Any]) -> list[str]:
    """Mutate a valid call: an argument replaced or left out, options with values that they do not take."""
    files = [str(path) for path in sorted(folder.iterdir())]
    kept = choose.random() < 0.5
    valid = choose.choice(CALLS[name])
    call = []
    for word in valid:
        is_fixed, text = word.startswith("!"), word.removeprefix("!").replace("{}", str(folder))
        if is_fixed or kept or word.startswith("-") or choose.random() < 0.6:
            call.append(text)
        elif choose.random() < 0.8:
            call.append(choose.choice([*VALUES, *files]))
    options = [each for each in parameters if each.param_type_name == "option" and each.name not in ("help", "folder")]
    free = [option for option in options if not {f"!{flag}" for flag in option.opts} & set(valid)]
    for option in choose.sample(free, min(len(free), choose.randint(1, 3))):
        flag = choose.choice(option.opts)
        call += [flag] if option.is_flag else [flag, choose.choice([*VALUES, *files])]
    return [name, *call]


def wrong(call: list[str]) -> str | None:
    """Make a call in this process; say what is wrong with its end."""
    with time_limit(MOST_SECONDS):
        result = CliRunner().invoke(app, call)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        return f"{result.exception!r}"
    return wrong_end(result.exit_code, result.stderr.encode("utf-8", "replace"))


def wrong_process(call: list[str], folder: Path) -> str | None:
    """Make a call in a process of its own; say what is wrong with its end."""
    try:
        ended = subprocess.run(
            [*COMMAND, *call],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=MOST_START,
            check=False,
            cwd=folder,
        )
    except subprocess.TimeoutExpired:
        return f"more than {MOST_START:g} s"
    return wrong_end(ended.returncode, ended.stderr)


def wrong_end(status: int, said: bytes) -> str | None:
    """Say what is wrong with an exit status, and with what was said on stderr."""
    text = said.decode("utf-8", "replace")
    if status not in (0, 1, 2):
        return f"exit status {status}: {text[:300]}"
    if "fault of deepcuts" in text or "Traceback" in text:
        return text[-400:]
    remarks = [line for line in said.split(b"\n") if not line.startswith(b"Warning: ")]
    if status and not said:
        return "it says nothing"
    if status and len(b"\n".join(remarks)) > MOST_BYTES:
        return f"{len(said):,} bytes: {text[:300]}"
    return None


def calls_of(n: int, seed: int, folder: Path) -> Iterator[list[str]]:
    """Bad calls of all commands in turn."""
    commands = {name: each for name, each in typer.main.get_command(app).commands.items() if name not in APART}
    assert set(CALLS) == set(commands)
    choose = random.Random(seed)
    for index in range(n):
        name = list(commands)[index % len(commands)]
        yield bad_call(choose, folder, name, commands[name].params)


def check(reach: str, problems: Iterator[tuple[list[str], str | None]]) -> None:
    """Add a row to the table, and fail where a call ended in a wrong way."""
    ends = list(problems)
    found = [f"{[word[:60] for word in call]}: {problem}" for call, problem in ends if problem]
    add_row("commands", reach, len(ends), len(found))
    assert not found, "\n".join(found[:20])


def test_bad_calls(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    check("in one process", ((call, wrong(call)) for call in calls_of(N_CALLS, 20, folder)))


@pytest.mark.slow
def test_bad_calls_in_processes_of_their_own(folder: Path, tmp_path: Path) -> None:
    calls = calls_of(N_PROCESSES, 21, folder)
    check("in processes of their own", ((call, wrong_process(call, tmp_path)) for call in calls))
