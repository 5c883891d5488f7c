"""A line without end is refused before it fills the memory."""

from pathlib import Path

import pytest

import deepcuts as dc
from deepcuts.errors import FileFormatError

ENDLESS = "x" * (17 << 20)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plays.csv", f'user,item,plays\na,b,1\nc,"{ENDLESS},2\n'),
        ("plays.jsonl", f'{{"user": "a", "item": "b"}}\n\n{{"user": "{ENDLESS}"\n'),
    ],
)
def test_a_line_without_end_is_refused(tmp_path: Path, name: str, text: str):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(FileFormatError, match=r"Line 3 of .* is longer than 16,777,216 characters"):
        dc.read_plays(path, user="user", item="item")
