"""Every code block of README and docs is run, in the order of its page, in a folder with the files that pages name."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import typer

import deepcuts as dc
from deepcuts.cli.main import COMMANDS, app, main
from deepcuts.evaluation import item_features, registry
from documents.blocks import SHELL, Block, blocks_of, commands_of
from documents.working_folder import make_working_folder, recommend_to, tag_table, world_table
from serving_help import served

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
MADE = ROOT / "docs" / "reference" / "commands.md"  # by a build of the site
PAGES = [page for page in PAGES if page != MADE and blocks_of(page)]
SLOW = {"compare.md", "install.md", "processes.md", "report.md", "tuning.md"}  # several models, searches, processes

NEVER_ENDS = {"serve", "explore"}  # these serve until they are ended: their arguments are parsed
ON_A_CLUSTER = {"spark.md"}  # names folders that all its machines reach: tests/spark runs every one of its steps
FETCHES = {"download"}  # from addresses out in the world: tests/datasets/test_download.py runs it against a server here
QUICKER = {"tune": ["--trials", "2", "--set", "n_factors=8", "--set", "base_epochs=2"]}  # appended: a small search
NOT_OURS = {"git", "gunicorn", "export", "openssl", "podman", "docker", "systemctl", "cd", "python", "spark-submit"}
SHOWN = {"json", "nginx", "toml", "ini", "html", "text", "yaml", "dockerfile"}


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    make_working_folder(folder)
    return folder


class Session:
    """What runs the blocks of one page: a folder, the names that Python blocks leave behind, and a service."""

    def __init__(self, folder: Path, serve: Callable[[], str]) -> None:
        self.folder = folder
        self.names = names_of(folder)
        self.serve = serve
        self.answer: Any = None  # of the last curl

    def run(self, block: Block, page: Path) -> None:
        """Run a block, or read what is shown only."""
        if block.language == "python" and page.name in ON_A_CLUSTER:
            compile(block.text, str(page), "exec")
        elif block.language == "python":
            for path in re.findall(r'\b(?:save|write)\(.*"(.+?)"\)', block.text):
                Path(path).unlink(missing_ok=True)  # left by a block before, or by the fixture
            exec(compile("\n" * block.line + block.text, str(page), "exec"), self.names)
        elif block.language in SHELL:
            for words in commands_of(block):
                self.command(words)
        elif block.language == "json":
            self.compare(json.loads(block.text))
        elif block.language == "toml":
            tomllib.loads(block.text)
        else:
            assert block.language in SHOWN, f"{page.name}:{block.line}: nothing runs blocks of {block.language!r}"

    def command(self, words: list[str]) -> None:
        """Run one command, or see that what it names is there."""
        if words[0] == "deepcuts":
            deepcuts(words[1:])
        elif words[0] == "curl":
            self.answer = curl(words, self.serve())
        elif words[0] == "pip":
            check_extras(" ".join(words))
        elif words[0] == "make":
            check_targets(words[1:])
        else:
            assert words[0] in NOT_OURS, f"nothing runs {words[0]!r}"

    def compare(self, shown: Any) -> None:
        """An answer that is shown below a request has the fields of the answer that came."""
        if self.answer is not None:
            assert fields(shown) <= fields(self.answer)
        self.answer = None


@pytest.fixture
def session(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    with ExitStack() as open_ones:
        known = dict(registry._BY_NAME)
        open_ones.callback(
            lambda: (registry._BY_NAME.clear(), registry._BY_NAME.update(known))
        )  # what a page registers
        address: list[str] = []

        def serve() -> str:
            if not address:
                address.append(open_ones.enter_context(served(Path("model.safetensors"))))
            return address[0]

        yield Session(tmp_path, serve)


@pytest.mark.filterwarnings("ignore:Support for class-based `config`")  # of a dependency of irspack
@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=[pytest.mark.slow] * (page.name in SLOW)) for page in PAGES],
    ids=[page.relative_to(ROOT).as_posix() for page in PAGES],
)
def test_blocks_run(page: Path, session: Session) -> None:
    for block in blocks_of(page):
        try:
            session.run(block, page)
        except BaseException as error:
            if isinstance(error, pytest.skip.Exception | KeyboardInterrupt):
                raise
            raise AssertionError(f"{page.relative_to(ROOT)}:{block.line}: {error}") from error


def names_of(folder: Path) -> dict[str, Any]:
    """What Python blocks may take for granted."""
    plays = dc.Interactions.load(folder / "plays.safetensors")
    train = dc.Interactions.load(folder / "train.safetensors")
    tags = tag_table(world_table())
    return {
        "__name__": "__main__",
        "dc": dc,
        "plays": plays,
        "train": train,
        "holdout": dc.Interactions.load(folder / "holdout.safetensors"),
        "model": dc.load(folder / "model.safetensors"),
        "lists": pq.read_table(folder / "lists.parquet"),
        "other_lists": pq.read_table(folder / "other.parquet"),
        "tags": tags,
        "features": item_features(tags, train.item_ids),
        "recommend_to": recommend_to,
        "paths": [folder / "model.safetensors"] * 2,
    }


def deepcuts(words: list[str]) -> None:
    """Run a command of the program, or parse it where it would not end or leaves this machine."""
    command = next(iter(words), "--help")
    if command == "spark":
        return parse(words[1:], program()["spark"].commands)
    if command in NEVER_ENDS | FETCHES:
        return parse(words, program())
    replacing = ["--force"] if any("--force" in parameter.opts for parameter in program()[command].params) else []
    with pytest.raises(SystemExit) as ended:
        main([*words, *QUICKER.get(command, []), *replacing])
    assert ended.value.code in (0, None), f"exit status {ended.value.code}"
    return None


def program() -> dict[str, Any]:
    """Commands by name, as typer has them."""
    return dict(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def parse(words: list[str], commands: dict[str, Any]) -> None:
    """Parse a command's arguments without running it."""
    commands[words[0]].make_context(words[0], list(words[1:]))


def curl(words: list[str], address: str) -> Any:
    """Ask the service that runs here, with curl itself."""
    program = shutil.which("curl") or pytest.skip("curl is not installed")
    asked = [word.replace("http://127.0.0.1:8000", address) for word in words[1:]]
    answer = subprocess.run(
        [program, "--silent", "--show-error", "--max-time", "30", *asked], check=True, capture_output=True
    )
    return json.loads(answer.stdout)


def check_extras(line: str) -> None:
    """See that pip is told of extras that exist."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for named in (part.partition("]")[0] for part in line.split("[")[1:]):
        assert set(named.split(",")) <= set(project["optional-dependencies"]), line


def test_one_page_says_how_to_install_and_one_function_how_to_add_an_extra() -> None:
    install = (ROOT / "docs" / "install.md").read_text("utf-8")
    homes = {ROOT / "docs" / "install.md", ROOT / "src" / "deepcuts" / "errors.py"}
    files = [*PAGES, *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.py"), *(ROOT / "docs").rglob("*.py")]
    for file in set(files) - homes:
        for command in re.findall(r"pip install[^\n#`]*", file.read_text("utf-8")):
            is_ours = "deepcuts" in command or re.search(r" '?\.(\[|$| )", command)
            assert not is_ours or command.strip() in install, f"{file.relative_to(ROOT)}: {command}"
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "docs/install.md" in readme


def check_targets(words: list[str]) -> None:
    """See that make is told of targets that exist."""
    (phony,) = (line for line in (ROOT / "Makefile").read_text("utf-8").splitlines() if line.startswith(".PHONY:"))
    for word in words:
        assert "=" in word or word in phony.split(), word


def fields(answer: Any, path: str = "") -> set[str]:
    """Names of all fields of a piece of JSON, by their path; elements of a list are alike."""
    if isinstance(answer, dict):
        return {f"{path}.{key}" for key in answer}.union(
            *(fields(value, f"{path}.{key}") for key, value in answer.items())
        )
    if isinstance(answer, list):
        return set().union(*(fields(value, f"{path}[]") for value in answer))
    return set()


def test_every_command_is_in_a_block() -> None:
    blocks = [block for page in PAGES for block in blocks_of(page) if block.language in SHELL]
    shown = {words[1] for block in blocks for words in commands_of(block) if words[0] == "deepcuts" and len(words) > 1}
    assert {command.name for command in COMMANDS} <= shown
