"""An id has one text at every door: in the library, over HTTP, and on the command line, in files and as an argument."""

from __future__ import annotations

import csv
import json
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from typer.testing import CliRunner

import asking
import deepcuts as dc
from command_line import COMMAND
from deepcuts.cli.main import app
from reference.id_texts import IDS, expected
from serving_help import served

K = 3
# Texts that mean something on a command line, in a file of a terminal's reader or in an address.
HARD = ["-1", "--help", "@list", "a=b", "0=1", "NaN", "null", "true", "1.0", "007", "1e3", ".", "..", "a/b", "a?b=c#d"]
HARD += [
    "%41",
    "a+b",
    "a,b",
    'a"b',
    "'a'",
    "a\tb",
    "a\\nb",
    "é",
    "e\u0301",
    "🎧",
    "\ufeffa",
    "a b",
    "[red]a",
    "$(a)",
    "*",
]


class World(NamedTuple):
    """Ids as they are given, their texts in the order of a model, the model, and its file."""

    given: list[Any]
    texts: list[str]
    model: dc.PersonaModel
    path: Path


def world_of(given: list[Any], folder: Path) -> World:
    """Everybody plays a third of all items; users and items have the same ids."""
    n = len(given)
    matrix = csr_array(np.array([[float((user + item) % 3 == 0) for item in range(n)] for user in range(n)]))
    plays = dc.Interactions.from_csr(matrix, given, given)
    model = dc.PersonaNMF(n_factors=3, n_personas=2, base_epochs=2, persona_epochs=1).fit(plays)
    path = folder / "model.safetensors"
    model.save(path, force=True)
    return World(given, model.item_ids.values.to_pylist(), model, path)


def one_text_each(ids: list[Any]) -> list[Any]:
    return list({expected(value): value for value in [*ids, *HARD]}.values())


def some(world_ids: list[Any], n: int) -> list[Any]:
    """The ids that were drawn, and some of the hard ones, other ones each time."""
    return random.Random(str(world_ids[0])).sample(world_ids, n)


GIVEN = st.lists(IDS, min_size=4, max_size=8).map(one_text_each)


@settings(deadline=None, max_examples=2, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(GIVEN)
def test_ids_in_a_model_are_those_of_http(tmp_path_factory: pytest.TempPathFactory, given: list[Any]) -> None:
    world = world_of(given, tmp_path_factory.mktemp("http"))
    assert sorted(map(expected, given)) == sorted(world.texts)
    with served(world.path) as address, asking.Client(base_url=address) as client:
        for value in some(given, 24):
            assert list(wrong_over_http(client, world, value)) == []


def wrong_over_http(client: httpx.Client, world: World, value: Any) -> Iterator[str]:
    """The doors of the service at which an id is another one than in the library."""
    text = expected(value)
    listed = [row["item_id"] for row in world.model.recommend(value, k=K).to_pylist()]

    def asked(path: str, **body: Any) -> Any:
        answer = client.post(path, json=body)
        return answer.json() if answer.status_code == 200 else {"items": [], "user": answer.text, "unknown_items": [0]}

    def items(answer: Any) -> list[str]:
        return [row["item_id"] for row in answer["items"]]

    answer = asked("/recommend", user=text, k=K)
    if answer["user"] != text or items(answer) != listed:
        yield f"user: {answer}"
    for option in ("allow", "deny"):
        table = world.model.recommend(value, k=100, include_seen=True, **{option: [value]})
        found = items(asked("/recommend", user=text, include_seen=True, k=100, **{option: [text]}))
        if found != table["item_id"].to_pylist():
            yield f"{option}: {found}"
    if asked("/fold-in", history={text: 3.0}, dislikes=[])["unknown_items"]:
        yield "history"
    if asked("/recommend", history={world.texts[0]: 1.0, world.texts[1]: 1.0}, dislikes=[text])["unknown_items"]:
        yield "dislikes"
    if asked("/explain", user=text, item=text).get("item", {}).get("item_id") != text:
        yield "explain"
    similar = client.get("/similar", params={"item": text, "k": K}).json()
    if items(similar) != world.model.similar_items(value, k=K)["item_id"].to_pylist():
        yield f"similar: {similar}"
    personas = client.get(f"/personas/{quote(text, safe='')}")
    if text not in (".", "..") and personas.json().get("user") != text:  # as parts of a path these two mean folders
        yield f"personas: {personas.text}"


@settings(deadline=None, max_examples=2, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(GIVEN)
def test_ids_in_a_model_are_those_of_the_command_line(
    tmp_path_factory: pytest.TempPathFactory, given: list[Any]
) -> None:
    folder = tmp_path_factory.mktemp("cli")
    world = world_of(given, folder)
    for value in some(given, 10):
        assert list(wrong_on_the_command_line(world, value, folder)) == []


def rows_of(arguments: list[str]) -> Any:
    ended = CliRunner().invoke(app, arguments)
    return json.loads(ended.stdout) if ended.exit_code == 0 else f"{arguments}: {ended.stderr}"


def wrong_on_the_command_line(world: World, value: Any, folder: Path) -> Iterator[str]:
    """The commands for which an id is another one than in the library."""
    text, model = expected(value), str(world.path)
    tables = {
        "personas": (["personas", model, "--json", "--", text], world.model.personas(value)),
        "similar": (["similar", model, "--json", "-k", "3", "--", text], world.model.similar_items(value, k=K)),
        "explain": (["explain", model, "--json", "--", text, text], world.model.explain(value, value)),
    }
    for name, (arguments, table) in tables.items():
        rows, wanted = rows_of(arguments), table.to_pylist()
        if isinstance(rows, str) or [ids_of(row) for row in rows] != [ids_of(row) for row in wanted]:
            yield f"{name}: {rows}"
    without = folder / "without.safetensors"
    forgotten = CliRunner().invoke(app, ["forget", model, "-o", str(without), "--force", "--", text])
    if forgotten.exit_code or text in dc.load(without).user_ids.values.to_pylist():
        yield f"forget: {forgotten.stderr}"
    for option in ("allow", "deny"):
        table = world.model.recommend(value, k=100, include_seen=True, **{option: [value]})
        for way in ways_to_name(text, folder):
            ids = listed_by(world, text, folder, f"--{option}={way}")
            if ids != table["item_id"].to_pylist():
                yield f"--{option} {way}: {ids}"


def ways_to_name(text: str, folder: Path) -> list[str]:
    """An id as an argument, and as a line of a file, as far as it can be one."""
    ways = [] if text.startswith("@") else [text]
    if not {"\n", "\r", "\ufeff"} & set(text):
        (folder / "ids").write_text(f"\n{text}\n", encoding="utf-8")
        ways.append(f"@{folder / 'ids'}")
    return ways


def ids_of(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name.endswith("_id")}


def listed_by(world: World, user: str, folder: Path, *options: str) -> list[str] | None:
    """Items of the list of a user, by the command, in the file that it writes; None where it fails."""
    lists = folder / "lists.csv"
    ended = CliRunner().invoke(
        app, ["recommend", str(world.path), "-o", str(lists), "--force", "--include-seen", "-k", "100", *options]
    )
    if ended.exit_code:
        return None
    with lists.open(encoding="utf-8", newline="") as file:
        return [row["item_id"] for row in csv.DictReader(file) if row["user_id"] == user]


@pytest.mark.slow
def test_ids_of_a_process_are_those_of_its_arguments(tmp_path: Path) -> None:
    world = world_of(HARD, tmp_path)
    for text in ("-1", "..", "é", "🎧", "a\tb", "$(a)", "*"):
        command = [*COMMAND, "similar", str(world.path), "--json", "-k", "3", "--", text]
        ended = subprocess.run(command, capture_output=True, check=True)
        wanted = world.model.similar_items(text, k=K)["item_id"].to_pylist()
        assert [row["item_id"] for row in json.loads(ended.stdout)] == wanted, text


def test_ids_of_files_are_those_of_arguments(tmp_path: Path) -> None:
    """Whole numbers of Parquet, read by `ingest`, are found by their digits on the command line and over HTTP."""
    columns = {"user": pa.array([7, 7, 8, 2**63 + 1], pa.uint64()), "item": pa.array([1.0, 2.0, 1.0, 2.0])}
    pq.write_table(pa.table(columns), tmp_path / "plays.parquet")
    paths = [str(tmp_path / name) for name in ("plays.parquet", "plays.safetensors", "model.safetensors")]
    calls = [
        ["ingest", paths[0], "--user", "user", "--item", "item", "-o", paths[1]],
        ["train", paths[1], "-o", paths[2], "--factors", "2", "--base-epochs", "1", "--persona-epochs", "1"],
    ]
    for call in calls:
        ended = CliRunner().invoke(app, call)
        assert ended.exit_code == 0, ended.stderr
    assert rows_of(["personas", paths[2], "--json", str(2**63 + 1)])
    assert {row["item_id"] for row in rows_of(["similar", paths[2], "--json", "1"])} == {"2"}
    with served(Path(paths[2])) as address:
        answer = asking.get(f"{address}/personas/{2**63 + 1}").json()
    assert answer["user"] == str(2**63 + 1)
