"""The search for import circles, on small packages that are written for it."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from deepcuts.errors import MissingExtraError
from import_circles import circles, dependencies, read_modules

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "tools" / "import_circles.py"

LAZY_FACE = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from p.one import One, Other as Another\n"


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def found_in(root: Path, files: dict[str, str]) -> list[list[str]]:
    write(root, files)
    return circles(dependencies(read_modules(root)))


def test_modules_that_import_one_way_make_no_circle(tmp_path):
    files = {
        "p/__init__.py": "",
        "p/one.py": "from p import two",
        "p/two.py": "import p.three",
        "p/three.py": "import os",
    }
    assert found_in(tmp_path, files) == []
    assert dependencies(read_modules(tmp_path)) == {"p": [], "p.one": ["p.two"], "p.two": ["p.three"], "p.three": []}


@pytest.mark.parametrize(
    "way_back",
    [
        "import p.one",
        "from p import one",
        "from p.one import anything",
        "from . import one",
        "from .one import anything",
        "def later():\n    from p.one import anything",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from p.one import anything",
        "import typing\nif typing.TYPE_CHECKING:\n    import p.one as other",
    ],
)
def test_every_way_to_write_an_import_closes_a_circle(tmp_path, way_back):
    files = {"p/__init__.py": "", "p/one.py": "import p.two", "p/two.py": way_back}
    assert found_in(tmp_path, files) == [["p.one", "p.two", "p.one"]]


def test_a_name_that_a_package_lists_for_type_checkers_leads_to_where_it_is_defined(tmp_path):
    files = {"p/__init__.py": LAZY_FACE, "p/one.py": "", "p/two.py": "from p import One, Another"}
    assert found_in(tmp_path, files) == []
    assert dependencies(read_modules(tmp_path))["p.two"] == ["p.one"]
    assert found_in(tmp_path, {"p/one.py": "import p.two"}) == [["p.one", "p.two", "p.one"]]


def test_a_name_is_followed_through_the_lists_of_several_packages(tmp_path):
    outer = LAZY_FACE.replace("p.one", "p.inner")
    files = {"p/__init__.py": outer, "p/inner/__init__.py": LAZY_FACE.replace("p.one", "p.inner.one")}
    files |= {"p/inner/one.py": "from p.two import x", "p/two.py": "from p import One"}
    assert found_in(tmp_path, files) == [["p.inner.one", "p.two", "p.inner.one"]]


def test_a_package_that_imports_at_once_is_a_part_of_the_circle(tmp_path):
    files = {"p/__init__.py": "from p.one import One", "p/one.py": "", "p/two.py": "from p import One"}
    assert found_in(tmp_path, files) == []
    assert found_in(tmp_path, {"p/one.py": "from p.two import x"}) == [["p", "p.one", "p.two", "p"]]


def test_a_package_that_is_imported_as_a_whole_brings_all_that_it_lists(tmp_path):
    files = {"p/__init__.py": LAZY_FACE, "p/one.py": "import p"}
    assert found_in(tmp_path, files) == [["p", "p.one", "p"]]


def test_chains_are_as_short_as_can_be_and_cover_every_module_of_a_circle(tmp_path):
    files = {
        "a.py": "import b, c",
        "b.py": "import c",
        "c.py": "import a",
        "d.py": "import a, e",
        "e.py": "import d",
        "f.py": "import a, e",
    }
    assert found_in(tmp_path, files) == [["a", "c", "a"], ["b", "c", "a", "b"], ["d", "e", "d"]]


def test_packages_list_for_type_checkers_what_they_hand_on():
    modules = read_modules(ROOT / "src")
    lazy = [name for name, module in modules.items() if "names_on_demand" in {one.name for one in module.imports}]
    assert {"deepcuts", "deepcuts.model", "deepcuts.ingest"} <= set(lazy)
    for name in lazy:
        package = import_module(name)
        listed = [one for one in modules[name].imports if one.for_type_checkers]
        packages = vars(package).get("_PACKAGES", ())
        assert {one.alias for one in listed} == {*vars(package)["_HOMES"], *packages}, name
        for one in listed:
            if name == "deepcuts.adapters" and find_spec(one.module.rpartition(".")[2].partition("_")[0]) is None:
                with pytest.raises(MissingExtraError, match=r"is not installed\. Run: pip install 'deepcuts\["):
                    getattr(package, one.alias)
                continue
            assert getattr(package, one.alias) is getattr(import_module(one.module), one.name)


def test_no_module_takes_the_place_of_a_name_that_is_imported_on_demand():
    modules = read_modules(ROOT / "src")
    lazy = [name for name, module in modules.items() if "names_on_demand" in {one.name for one in module.imports}]
    for package in lazy:
        at_once = {one.alias for one in modules[package].imports if not one.for_type_checkers}
        names = set(vars(import_module(package))["_HOMES"]) - at_once
        assert not [name for name in names if f"{package}.{name}" in modules], package


def run(root: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONUTF8": "1"}
    command = [sys.executable, SCRIPT, root]
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=False)


def test_the_script_prints_a_chain_and_fails(tmp_path):
    write(tmp_path, {"p/__init__.py": "", "p/one.py": "import p.two", "p/two.py": "import p.one"})
    ended = run(tmp_path)
    assert (ended.returncode, ended.stdout) == (1, "p.one → p.two → p.one\n3 modules, 1 import circles.\n")


def test_the_script_succeeds_where_there_is_none(tmp_path):
    write(tmp_path, {"p/__init__.py": ""})
    ended = run(tmp_path)
    assert (ended.returncode, ended.stdout) == (0, "1 modules, 0 import circles.\n")
