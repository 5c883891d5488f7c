"""The guide to exports has every format, every option and the rules as the code has them."""

from __future__ import annotations

import dataclasses
import importlib
import re
from pathlib import Path

import pytest

from deepcuts.cli.derived import flag
from deepcuts.history import formats
from deepcuts.history.formats import apple_music, registry
from deepcuts.history.options import HistoryOptions
from deepcuts.recommendation.list_files import WRITERS

GUIDE = (Path(__file__).parents[2] / "docs" / "guide" / "history.md").read_text(encoding="utf-8")
ROWS = [line for line in GUIDE.splitlines() if line.startswith("| ")]
# Of each module, what the first cell of its row begins with.
SECTIONS = {
    "spotify": "Spotify",
    "listenbrainz": "ListenBrainz",
    "youtube_music": "YouTube Music",
    "apple_music": "Apple Music",
    "itunes_library": "iTunes",
    "lastfm_json": "Last.fm",
    "maloja": "Maloja",
    "koito": "Koito",
    "player_log": "portable players",
    "deezer": "Deezer",
    "artist_lists": "Spotify web interface",
    "tables": "any table",
    "json_tables": "JSON objects",
    "json_rows": "artists and plays as JSON",
    "strangers": "none",
    "doubled_keys": "none",
    "name_lists": "none",
}
MODULES = sorted({each.__module__.rpartition(".")[2] for each in registry.RECOGNISERS})


@pytest.mark.parametrize("module", MODULES)
def test_every_format_has_its_row(module):
    section = SECTIONS[module]
    assert section == "none" or any(section in row.split("|")[1] for row in ROWS), f"{module} is not in the guide"


def test_every_module_with_names_is_looked_for():
    folder = Path(formats.__file__).parent
    named = {
        path.stem
        for path in folder.glob("*.py")
        if hasattr(importlib.import_module(f"deepcuts.history.formats.{path.stem}"), "NAMES")
    }
    assert named <= set(MODULES)
    assert {SECTIONS[name] for name in named} - {"none"}


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(HistoryOptions)])
def test_every_option_is_told(name):
    if name not in ("times", "limits"):  # tables of their own
        assert flag(name) in GUIDE, flag(name)


@pytest.mark.parametrize("ending", list(WRITERS))
def test_every_form_of_a_list_is_told(ending):
    assert any(f"`{ending}`" in row for row in ROWS)


def test_the_files_of_apple_music_are_told_in_the_order_in_which_one_is_taken():
    (row,) = (row for row in ROWS if row.startswith("| Apple Music"))
    files = [file for file in re.findall(r"`([^`]+)`", row) if file.endswith((".csv", ".json"))]
    assert files == ["Daily Tracks.csv", "Play Activity.csv", "Track Play History.csv", "Library Tracks.json"]
    assert apple_music.NAMES[0].startswith("Apple Music")
