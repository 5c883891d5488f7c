"""JSON and TOML from outside, nested as deeply as one likes."""

from __future__ import annotations

import json

import pytest

from deepcuts import read_plays
from deepcuts.errors import DataError, DeepcutsError
from deepcuts.history import read_history
from deepcuts.storage.nested_text import parse_json, parse_json_at, parse_toml
from deepcuts.tuning.files import parse_values, read_settings

TOO_DEEP = 100_000


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize("parse", [parse_json, parse_json_at, lambda text: parse_toml(f"a = {text}")])
def test_text_that_is_nested_too_deeply_is_not_valid(parse):
    with pytest.raises(ValueError, match="nested too deeply"):
        parse(nested(TOO_DEEP))


@pytest.mark.parametrize("text", ['{"a": [1, 2.5, null]}', "[]", '"é"', b"[true]"])
def test_other_text_is_read_as_by_the_standard_library(text):
    assert parse_json(text) == json.loads(text)


def test_an_object_may_be_made_of_its_pairs_and_a_value_ends_where_it_ends():
    assert parse_json('{"a": 1, "a": 2}', list) == [("a", 1), ("a", 2)]
    assert parse_json_at(' {"a": 1} {"b": 2}', 1) == ({"a": 1}, 9)
    assert parse_toml("a = 1\n[b]\nc = 2") == {"a": 1, "b": {"c": 2}}


@pytest.mark.parametrize("begins", ["[", '[["', '{"a":', '{"artist": "a", "plays": '])
def test_plays_that_are_nested_too_deeply_are_refused(tmp_path, begins):
    for name in ("plays.json", "plays.jsonl"):
        path = tmp_path / name
        path.write_text(begins * TOO_DEEP)
        with pytest.raises(DeepcutsError):
            read_plays(path, user="user", item="artist", plays="plays")
        with pytest.raises(DeepcutsError):
            read_history(path)


def test_a_line_that_is_nested_too_deeply_is_a_bad_row(tmp_path):
    path = tmp_path / "plays.jsonl"
    good = '{"user": "ada", "artist": "Grouper", "plays": 3}\n'
    path.write_text(good + '{"user": "bob", "artist": "Low", "plays": ' + nested(TOO_DEEP) + "}\n" + good)
    with pytest.raises(DataError, match="line 2"):
        read_plays(path, user="user", item="artist", plays="plays")


@pytest.mark.parametrize("depth", [3, 400, 900, 950, 970, 980, 990, 1_000, TOO_DEEP])
def test_settings_at_any_depth_are_refused(tmp_path, depth):
    for name, text in (("settings.json", nested(depth)), ("settings.toml", f"n_factors = {nested(depth)}")):
        path = tmp_path / name
        path.write_text(text)
        with pytest.raises(DeepcutsError):
            read_settings(path)
    assert list(parse_values([f"start={nested(depth)}"], "--start")) == ["start"]
