"""The guide shows what the service does: its curl commands run, and responses have the members that it shows."""

from __future__ import annotations

import ast
import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import asking
import deepcuts as dc
from deepcuts import web
from deepcuts.web.server.settings import ServiceSettings
from deepcuts.web.service import limits
from deepcuts.web.service.examples import EXAMPLES
from serving_help import served
from waiting import PATIENCE

GUIDE = (Path(__file__).parents[2] / "docs" / "guide" / "service.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(sh|json)\n(.*?)```", GUIDE, flags=re.DOTALL)
ADDRESS = "http://127.0.0.1:8000"


def commands(block: str) -> list[str]:
    return [line for line in block.replace("\\\n", " ").splitlines() if line.startswith("curl ")]


COMMANDS = [command for kind, block in BLOCKS if kind == "sh" for command in commands(block)]
SHOWN = [
    (commands(before)[-1], json.loads(shown))
    for (kind, before), (next_kind, shown) in pairwise(BLOCKS)
    if kind == "sh" and next_kind == "json" and commands(before)
]


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    plays = dc.generate_world(n_users=80, n_items=200, items_per_user=15, seed=3).plays
    users, items = plays.user_ids.values.to_pylist(), plays.item_ids.values.to_pylist()
    popular = plays.item_listeners.argsort()[::-1]
    users[0] = "ada"
    for index, name in zip(popular, ("Grouper", "J Dilla", "Bonnie Beecher"), strict=False):
        items[index] = name
    tags = pa.table({"item_id": items, "tag": ["ambient", "soul"] * (len(items) // 2)})
    mbids = {item: f"{index:08x}-2516-4fc9-a3e6-f9f61941d090" for index, item in enumerate(items)}
    plays = dc.Interactions.from_csr(plays.to_csr(), users, items).with_labels(None, tags, mbids)
    path = tmp_path_factory.mktemp("service") / "model.safetensors"
    dc.PersonaNMF(n_factors=8, n_personas=3, base_epochs=3).fit(plays, seed=0).save(path)
    with served(path) as address:
        yield address


def run(command: str, address: str) -> Any:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    command = command.replace(ADDRESS, address).replace("curl ", "curl --silent --show-error ", 1)
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=PATIENCE, check=True)
    return json.loads(done.stdout)


def shape(value: Any) -> Any:
    """Return the names of members, at every depth; those of a list by its first entry."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else None


def fits(shown: Any, found: Any) -> bool:
    """Whether a response has exactly the members shown; an empty list stands for any."""
    if isinstance(shown, dict):
        return isinstance(found, dict) and shown.keys() == found.keys() and all(fits(shown[n], found[n]) for n in shown)
    return shown is None or (isinstance(found, list) and fits(shown[0], found[0]))


def test_the_table_of_problems_has_every_type_of_them():
    calls = (
        node
        for file in Path(web.__path__[0]).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Problem"
    )
    kinds = [*(call.args[2:3] + [each.value for each in call.keywords if each.arg == "kind"] for call in calls)]
    named = {kind.value for (kind,) in filter(None, kinds) if isinstance(kind, ast.Constant)}
    rows = re.findall(r"^\| \d{3} \| (.*?) \|", GUIDE, flags=re.MULTILINE)
    told = set(re.findall(r"`([\w-]+)`", " ".join(rows)))
    assert told == named | {f"unknown-{kind}" for kind in ("user", "item")}  # the kinds of ids


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_guide_is_answered(address, command):
    response = run(command, address)
    assert "model" in response or '"k": 0' in command, response
    assert response.get("items") != []


@pytest.mark.parametrize(("command", "shown"), SHOWN, ids=[command for command, _ in SHOWN])
def test_responses_have_the_members_that_the_guide_shows(address, command, shown):
    response = run(command, address)
    assert fits(shape(shown), shape(response)), response
    if "status" in shown:
        assert {**response, "request_id": ""} == {**shown, "request_id": ""}


def test_the_guide_shows_every_path(address):
    document = json.loads(subprocess.check_output(["curl", "--silent", f"{address}/openapi.json"]))
    assert len(COMMANDS) >= 9
    for path in document["paths"]:
        assert path.partition("{")[0] in GUIDE, path


def test_the_guide_tells_the_limits_as_they_are():
    settings = ServiceSettings()
    for value in (limits.MAX_K, limits.MAX_BATCH, f"{limits.MAX_HISTORY:,}", settings.waiting):
        assert re.search(rf"^\| [^|]*\| {value}\b", GUIDE, flags=re.MULTILINE), value
    assert f"| {limits.MAX_ID}; {limits.MAX_QUERY} |" in GUIDE
    assert f"{settings.body_bytes >> 20} MiB" in GUIDE
    assert f"{settings.rate:g} a second, {settings.burst} at once" in GUIDE
    assert limits.MAX_FILTER == limits.MAX_HISTORY


def test_the_guide_tells_every_metric_of_its_own(address):
    metrics = subprocess.check_output(["curl", "--silent", f"{address}/metrics"], text=True)
    for name in re.findall(r"^# TYPE (deepcuts_\w+) (?:counter|gauge|histogram)", metrics, flags=re.MULTILINE):
        assert name.endswith("_created") or name in GUIDE, name


def test_every_endpoint_has_an_example_that_is_true(address):
    document = asking.get(f"{address}/openapi.json").json()
    assert document["paths"].keys() == EXAMPLES.keys()
    for path, methods in document["paths"].items():
        (method,) = methods
        example = EXAMPLES[path]
        parameters = dict(example.parameters or {})
        place = path.replace("{user}", parameters.pop("user", ""))
        response = asking.request(method, f"{address}{place}", params=parameters, json=example.body)
        assert response.status_code == 200, response.text
        if not isinstance(example.answer, str):
            assert fits(shape(example.answer), shape(response.json())), path


def test_the_reference_shows_the_examples_and_the_root_leads_to_it(address):
    response = asking.get(f"{address}/", follow_redirects=True)
    assert response.url.path == "/docs"
    assert response.text.count("<h4>Example</h4>") == len(EXAMPLES)
    for command in re.findall(r"<code>(curl .*?)</code>", response.text):
        assert run(html.unescape(command), address) if "/metrics" not in command else True
