"""Bad calls of every command: each ends soon, with one message of a readable length that blames the right side."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import deepcuts as dc
from deepcuts.cli.main import app
from deepcuts.cli.plays_files import write_interactions

LONG = os.environ.get("DEEPCUTS_FAULTS") == "long"
N_CALLS = 1_300 if LONG else 60
MOST_SECONDS, MOST_BYTES = 10.0, 2_048

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")]

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
# What makes a call valid but for what is mutated; {} is the folder of good inputs, and ! marks what is to fail always.
CALLS = {
    "demo": ["--folder", "{}"],
    "me": ["{}/export.tsv", "--model", "{}/m.safetensors"],
    "explore": ["!{}/empty.csv"],
    "ingest": ["{}/plays.csv", "--user", "user_id", "--item", "item_id", "-o", "{}/out.safetensors"],
    "download": ["!nothing"],
    "generate": ["-o", "{}/world", "--users", "20", "--items", "30", "--items-per-user", "3"],
    "split": ["{}/p.safetensors", "--train", "{}/out.csv", "--holdout", "{}/out2.csv"],
    "train": ["{}/p.safetensors", "-o", "{}/out.safetensors", "--base-epochs", "1", "--persona-epochs", "1"],
    "extend": ["{}/m.safetensors", "{}/p.safetensors", "-o", "{}/out.safetensors"],
    "recommend": ["{}/m.safetensors", "-o", "{}/out.csv"],
    "evaluate": ["{}/lists.csv", "--train", "{}/train.csv", "--holdout", "{}/holdout.csv"],
    "report": ["!{}/empty.csv", "--train", "{}/train.csv", "--holdout", "{}/holdout.csv", "-o", "{}/out.html"],
    "tune": ["!{}/empty.csv", "-o", "{}/out.toml"],
    "compare": ["!{}/empty.csv", "--baseline", "popularity"],
    "serve": ["!{}/empty.csv"],
    "personas": ["{}/m.safetensors", "nobody"],
    "similar": ["{}/m.safetensors", "nothing"],
    "explain": ["{}/m.safetensors", "nobody", "nothing"],
    "info": ["{}/m.safetensors"],
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


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise a TimeoutError, which counts as a fault, where the block takes longer."""

    def end(number: int, frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def bad_call(choose: random.Random, folder: Path, name: str, parameters: list[Any]) -> list[str]:
    """Mutate a valid call: an argument replaced or left out, options with values that they do not take."""
    files = [str(path) for path in sorted(folder.iterdir())]
    kept = choose.random() < 0.5
    call = []
    for word in CALLS.get(name, ["!{}/empty.csv"]):
        is_fixed, text = word.startswith("!"), word.removeprefix("!").replace("{}", str(folder))
        if is_fixed or kept or word.startswith("-") or choose.random() < 0.6:
            call.append(text)
        elif choose.random() < 0.8:
            call.append(choose.choice([*VALUES, *files]))
    options = [each for each in parameters if each.param_type_name == "option" and each.name not in ("help", "folder")]
    for option in choose.sample(options, min(len(options), choose.randint(1, 3))):
        flag = choose.choice(option.opts)
        call += [flag] if option.is_flag else [flag, choose.choice([*VALUES, *files])]
    return [name, *call]


def wrong(call: list[str]) -> str | None:
    """Make a call; say what is wrong with its end."""
    with time_limit(MOST_SECONDS):
        result = CliRunner().invoke(app, call)
    said = result.stderr.encode("utf-8", "replace")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        return f"{result.exception!r}"
    if result.exit_code not in (0, 1, 2):
        return f"exit status {result.exit_code}: {result.stderr[:300]}"
    if b"fault of deepcuts" in said or b"Traceback" in said:
        return result.stderr[-400:]
    remarks = [line for line in said.split(b"\n") if not line.startswith(b"Warning: ")]
    if result.exit_code and len(b"\n".join(remarks)) > MOST_BYTES:
        return f"{len(said):,} bytes: {result.stderr[:300]}"
    return None


def test_bad_calls(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    commands = typer.main.get_command(app).commands
    assert set(CALLS) <= set(commands)
    choose = random.Random(20)
    found = []
    for n in range(N_CALLS):
        name = list(commands)[n % len(commands)]
        call = bad_call(choose, folder, name, commands[name].params)
        if problem := wrong(call):
            found.append(f"{[word[:60] for word in call]}: {problem}")
    print(f"| commands | {N_CALLS:,} | {len(found):,} |")
    assert not found, "\n".join(found[:20])
