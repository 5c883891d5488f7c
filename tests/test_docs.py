"""What the pages say is tried: examples run, links lead somewhere, names are as listed."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
import tomllib
from pathlib import Path

import pytest

import deepcuts as dc
from deepcuts.cli.main import COMMANDS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXTRA_MODULES = {
    "lenskit",
    "rectools",
    "fastapi",
    "matplotlib",
    "nicegui",
    "optuna",
    "prometheus_client",
    "rapidfuzz",
    "starlette",
    "uvicorn",
}
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("package", ["baselines", "comparison", "evaluation", "history", "ingest", "report", "tuning"])
def test_completion_knows_the_public_names_of_packages_and_nothing_else(package):
    module = importlib.import_module(f"deepcuts.{package}")
    assert {name for name in dir(module) if not name.startswith("__")} == set(module.__all__)


# Types of what public names return, which are nowhere made by hand.
RETURNED = {
    "deepcuts.data.ids.Ids",
    "deepcuts.data.labels.Labels",
    "deepcuts.data.split.HoldoutSplit",
    "deepcuts.data.split.UserSplit",
    "deepcuts.model.diagnostics.Diagnostics",
    "deepcuts.model.inner_products.InnerProducts",
    "deepcuts.model.state.PersonaState",
    "deepcuts.model.training.fold_in.UserPersonas",
}
# What packages of ours share, and readers have no use for.
SHARED = {"PlaysLike", "as_plays", "count_text_rows", "read_own_table", "sum_mapped"}


def test_the_reference_has_every_public_name_once_and_no_other():
    page = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    listed = re.findall(r"^   (deepcuts\.[\w.]+)$", page, flags=re.MULTILINE)
    names: dict[int, set[str]] = {}  # of each public object, as some stand in several packages
    for package in ("deepcuts", *(f"deepcuts.{name}" for name in dc._PACKAGES if name != "adapters")):
        module = importlib.import_module(package)
        errors = [name for name in vars(module) if name.endswith("Error")]
        for name in getattr(module, "__all__", errors):
            names.setdefault(id(getattr(module, name)), set()).add(f"{package}.{name}")
    mappings = {f"deepcuts.{name}" for name in ("evaluation.METRICS", "comparison.BASELINES", "datasets.DATASETS")}
    assert all(f"`{name}`" in page for name in mappings)  # of which a page of its own would show the repr
    names = {key: each for key, each in names.items() if not each & mappings}
    shared = [each for each in names.values() if {name.rpartition(".")[2] for name in each} <= SHARED]
    assert [each for each in names.values() if len(each & set(listed)) != 1] == shared
    assert set(listed) - set().union(*names.values()) == RETURNED
    assert len(set(listed)) == len(listed)


def test_public_names_are_few_and_there():
    assert len(dc.__all__) <= 20
    assert dc.__all__ == sorted(dc.__all__)
    for name in dc.__all__:
        assert getattr(dc, name).__doc__
    assert set(dc.__all__) <= set(dir(dc))
    with pytest.raises(AttributeError, match="module 'deepcuts' has no attribute 'nonsense'"):
        dc.nonsense  # noqa: B018


@pytest.mark.parametrize("name", [module.name for module in pkgutil.walk_packages(dc.__path__, "deepcuts.")])
def test_examples_in_docstrings_run(name):
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if str(missing.name).partition(".")[0] not in EXTRA_MODULES:
            raise
        pytest.skip(f"{missing.name} is not installed")
    assert module.__doc__, f"{name} does not say what it is for"
    assert failed_examples(module, optionflags=doctest.ELLIPSIS) == 0


def test_the_example_of_the_package_runs():
    assert failed_examples(dc) == 0


def failed_examples(module, **options):
    """Run the examples of a module as `doctest.testmod` does, which takes long for docstrings without one too."""
    runner = doctest.DocTestRunner(**options)
    for docstring in doctest.DocTestFinder().find(module):
        if docstring.examples:
            runner.run(docstring)
    return runner.failures


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_pages_name_files_that_exist():
    for page in PAGES:
        for path in re.findall(r"`((?:src|benchmarks|tests|docs)/[\w/.]+)`", page.read_text(encoding="utf-8")):
            assert (ROOT / path).exists(), f"{page.name}: {path}"


def test_every_command_is_on_the_front_page():
    named = set(re.findall(r"(?:deepcuts |`)(?!deepcuts)([a-z]+)", README))
    assert {command.name for command in COMMANDS} <= named


def test_targets_of_make_are_explained_in_the_makefile_and_exist_where_pages_name_them():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    explained = set(re.findall(r"^# make ([a-z-]+)", makefile, flags=re.MULTILINE))
    assert explained == set(re.search(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)[1].split())
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        named = set(re.findall(r"(?:`|^)make ([a-z-]+)", text, flags=re.MULTILINE))
        assert named <= explained, page.name


def test_the_version_is_written_once_and_the_changelog_has_it():
    newest = re.search(
        r"^## \[(\d[\w.]*)\] - (\d{4}-\d\d-\d\d)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert newest[1] == dc.__version__
    assert f"\nversion: {newest[1]}\ndate-released: {newest[2]}\n" in citation
    assert "version" in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dynamic"]
