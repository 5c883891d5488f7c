"""Comments of the source refer to equations that docs/maths.md has."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
REFERENCE = re.compile(r"maths\.md`? ((?:\(\d+\)(?:, | and )?)+)")
MATHS = (ROOT / "docs" / "maths.md").read_text(encoding="utf-8")
NUMBERED = [int(number) for number in re.findall(r"^ {4}.* \((\d+)\)$", MATHS, flags=re.MULTILINE)]


def referred(text: str) -> set[int]:
    return {int(number) for group in REFERENCE.findall(text) for number in re.findall(r"\d+", group)}


def test_equations_are_numbered_in_order() -> None:
    assert list(range(1, len(NUMBERED) + 1)) == NUMBERED


def test_references_are_found() -> None:
    assert referred("# maths.md (7), (10)\n`maths.md` (3) and (4): maths.md (12).") == {3, 4, 7, 10, 12}


def test_every_equation_that_a_file_refers_to_exists() -> None:
    files = [*(ROOT / "src").rglob("*.py"), *(ROOT / "docs" / "decisions").glob("*.md")]
    found = {file.name: referred(file.read_text(encoding="utf-8")) for file in files}
    assert {name: numbers - set(NUMBERED) for name, numbers in found.items() if numbers - set(NUMBERED)} == {}
    assert len(found["short_rows.py"]) > 3
