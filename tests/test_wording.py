"""Numbers in messages: one of a thing is told as one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from scipy.sparse import csr_array

import deepcuts as dc
from deepcuts.wording import counted, counted_plays, with_article

_NOUNS = (
    "users|items|pairs|rows|lists|personas|factors|listeners|artists|songs|names|ids|tags|trials|epochs|seeds|models|"
    "lines|files|columns|cells"
)
_SEVERAL = re.compile(rf" (?:[a-z-]+ )?(?:{_NOUNS})\b")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((0, "user"), "0 users"),
        ((1, "user"), "1 user"),
        ((1_234, "user"), "1,234 users"),
        ((1, "entry", "entries"), "1 entry"),
        ((2, "entry", "entries"), "2 entries"),
        ((1, "row is", "rows are"), "1 row is"),
    ],
)
def test_one_of_a_thing_is_told_as_one(given, said):
    assert counted(*given) == said


def test_plays_and_articles_are_told():
    assert counted_plays(1, 1, 1) == "1 pair of 1 user and 1 item"
    assert [with_article(noun) for noun in ("item", "user", "ndarray")] == ["an item", "a user", "an ndarray"]


def test_messages_put_numbers_before_nouns_by_one_function():
    assert list(_uncounted("src/deepcuts")) == []


def test_small_plays_are_told_as_they_are():
    plays = dc.Interactions.from_csr(csr_array([[3.0]]), ["ada"], ["Can"])
    assert repr(plays) == "Interactions(1 user × 1 item, 1 pair)"
    with pytest.raises(dc.DeepcutsError, match="The plays are of 1 user and 1 item"):
        dc.PersonaNMF().fit(plays)


def _uncounted(folder: str) -> Iterator[str]:
    """Places where a number that may be 1 stands right before a noun in the plural."""
    for path in sorted((Path(__file__).parents[1] / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            parts = node.values if isinstance(node, ast.JoinedStr) else []
            for at, value in enumerate(parts):
                behind = "".join(_text(part) for part in parts[at + 1 : at + 4])
                if isinstance(value, ast.FormattedValue) and _is_number(value) and _SEVERAL.match(behind):
                    yield f"{path.name}, line {value.lineno}: {ast.unparse(value.value)}{behind[:20]}"


def _text(part: ast.expr) -> str:
    """Text of a part of a message, in which a value stands for a noun."""
    return part.value if isinstance(part, ast.Constant) else "artist"


def _is_number(value: ast.FormattedValue) -> bool:
    """Whether a value is written as a number of things; a constant is known to be more than 1, and a mean is none."""
    written = ast.unparse(value.value)
    if re.fullmatch(r"[\w.]*[A-Z]", written):
        return False
    form = "" if value.format_spec is None else ast.unparse(value.format_spec)
    return ("," in form and "." not in form) or re.search(r"\bn_\w+$|^len\(|num_rows$", written) is not None
