"""Find modules that import one another in a circle: ``python tools/import_circles.py src`` prints each as a chain.

Every import counts, also those inside a function and those for type checkers only: they show what a module needs to
know of, whenever it is loaded. What an import leads to:

- ``import a.b.c`` and ``from a.b import c`` lead to the module ``a.b.c`` where there is one.
- ``from a.b import name`` leads to ``a.b``. Where ``a.b`` is a package that lists `name` under ``TYPE_CHECKING`` in its
  ``__init__`` (it hands the name on when it is first asked for), the import leads to the module that it is taken from,
  and not to the package: such a list makes no circle of a package and its own modules.
- That a module's own packages are loaded before it is no import: nobody wrote it.
"""

from __future__ import annotations

import ast
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple


class Import(NamedTuple):
    """An import as it is written: ``import module``, or ``from module import name as alias``."""

    module: str
    name: str
    alias: str
    for_type_checkers: bool


@dataclass(frozen=True)
class Module:
    """A file: whether it is the ``__init__`` of a package, and what it imports."""

    is_package: bool
    imports: tuple[Import, ...] = field(default=())


def read_modules(root: Path) -> dict[str, Module]:
    """Read every module below a folder, by its dotted name."""
    return {_dotted_name(path, root): _read(path, root) for path in sorted(root.rglob("*.py"))}


def dependencies(modules: Mapping[str, Module]) -> dict[str, list[str]]:
    """Return the modules that each module imports."""
    return {
        name: sorted({found for one in module.imports if (found := _leads_to(one, modules)) is not None})
        for name, module in modules.items()
    }


def circles(needed: Mapping[str, list[str]]) -> list[list[str]]:
    """Return circles, such as ``["a", "b", "a"]``, so that every module of any circle is in one of them."""
    found: list[list[str]] = []
    for module in sorted(needed):
        if not any(module in chain for chain in found):
            chain = _shortest_way_back(module, needed)
            found += [chain] if chain else []
    return found


def _shortest_way_back(start: str, needed: Mapping[str, list[str]]) -> list[str]:
    """Search breadth first; return the chain from a module to itself, empty if there is none."""
    came_from: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        module = waiting.popleft()
        for other in needed[module]:
            if other == start:
                return [*_chain_to(module, start, came_from), start]
            if other not in came_from:
                came_from[other] = module
                waiting.append(other)
    return []


def _chain_to(module: str, start: str, came_from: Mapping[str, str]) -> list[str]:
    chain = [module]
    while chain[0] != start:
        chain.insert(0, came_from[chain[0]])
    return chain


def _leads_to(one: Import, modules: Mapping[str, Module]) -> str | None:
    """Return the module that an import needs; None where it lies outside of `modules`."""
    submodule = f"{one.module}.{one.name}"
    if one.name and submodule in modules:
        return submodule
    package = modules.get(one.module)
    if package is None:
        return None
    listed = (each for each in package.imports if each.for_type_checkers and each.alias == one.name)
    source = next(listed, None) if package.is_package and one.name else None
    return one.module if source is None else _leads_to(source, modules)


def _read(path: Path, root: Path) -> Module:
    is_package = path.name == "__init__.py"
    name = _dotted_name(path, root)
    package = name if is_package else name.rpartition(".")[0]
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return Module(is_package, tuple(_imports(tree, package, for_type_checkers=False)))


def _imports(node: ast.AST, package: str, *, for_type_checkers: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from (Import(each.name, "", "", for_type_checkers) for each in node.names)
    elif isinstance(node, ast.ImportFrom):
        module = _absolute(node, package)
        yield from (Import(module, each.name, each.asname or each.name, for_type_checkers) for each in node.names)
    guarded = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    for child in ast.iter_child_nodes(node):
        yield from _imports(child, package, for_type_checkers=for_type_checkers or guarded)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*parts, *([node.module] if node.module else [])])


def _dotted_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def main() -> None:
    """Print the circles below a folder; exit with 1 if there are any."""
    modules = read_modules(Path(sys.argv[1]))
    found = circles(dependencies(modules))
    for chain in found:
        print(" → ".join(chain))
    print(f"{len(modules)} modules, {len(found)} import circles.")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
