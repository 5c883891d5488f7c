"""Lists as files for the programs that people listen with."""

from __future__ import annotations

import csv
import io
import json

import pytest

from deepcuts.errors import SettingsError
from deepcuts.recommendation.list_files import ListedArtist, list_file

MBID = "9c9f1380-2516-4fc9-a3e6-f9f61941d090"
NAMED = [
    ListedArtist("Muse", MBID, 1, 0, 1.5, 40),
    ListedArtist("=HYPERLINK(1)", "x", 2, 1, 3.25, 3),
    ListedArtist("Sunn O)))\nlive", "y", 3, 0, 4.0, 2),
]


def test_names_a_line():
    assert list_file(NAMED, ".txt").decode() == "Muse\n=HYPERLINK(1)\nSunn O))) live\n"


def test_a_table_whose_cells_no_spreadsheet_runs():
    header, *rows = csv.reader(io.StringIO(list_file(NAMED, ".csv").decode()))
    assert header == ["artist", "mbid", "rank", "persona", "novelty", "listeners"]
    assert rows[0] == ["Muse", MBID, "1", "0", "1.50", "40"]
    assert rows[1][:2] == ["'=HYPERLINK(1)", ""]


def test_prompts_of_lb_radio():
    first, second = list_file(NAMED, ".lbradio").decode().splitlines()
    assert first == f"artist:({MBID}):3 artist:(Sunn O live):2"
    assert second == "artist:(=HYPERLINK 1):3"


def test_a_custom_list_of_lidarr_needs_mbids():
    assert json.loads(list_file(NAMED, ".lidarr")) == [{"MusicBrainzId": MBID}]
    with pytest.raises(SettingsError, match="Lidarr takes artists by their ids of MusicBrainz"):
        list_file(NAMED[1:], ".lidarr")


def test_other_endings_are_refused():
    with pytest.raises(SettingsError, match=r"cannot be written as .m3u. Give .txt, .csv, .lbradio, .lidarr"):
        list_file(NAMED, ".m3u")
