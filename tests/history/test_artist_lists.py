"""JSON whose records name several artists in a list, and fields of objects within objects."""

from __future__ import annotations

import json

import pytest

from deepcuts.errors import FileFormatError
from deepcuts.history import read_upload

T0 = 1_600_000_000
BOTH = [{"name": "Muse", "uri": "x"}, {"name": "Blur", "uri": "y"}]
SPOTIFY_WEB = {
    "items": [
        {
            "track": {"name": name, "artists": BOTH, "album": {"name": "z", "artists": [{"name": "Pulp"}]}},
            "played_at": f"2023-11-14T22:1{minute}:20.000Z",
            "context": None,
        }
        for minute, name in enumerate("xxy")
    ],
    "next": None,
    "limit": 50,
}


def plays(value: object) -> dict[str, float]:
    text = value if isinstance(value, str) else json.dumps(value)
    counts = read_upload("export", text.encode()).counts
    return dict(zip(counts["artist"].to_pylist(), counts["plays"].to_pylist(), strict=True))


@pytest.mark.parametrize("indent", [None, 2])
def test_the_plays_of_last_of_spotifys_interface(indent):
    assert plays(json.dumps(SPOTIFY_WEB, indent=indent)) == {"Blur": 3, "Muse": 3}


@pytest.mark.parametrize("artists", [["Muse", "Blur"], BOTH])
def test_every_artist_of_a_list_was_heard(artists):
    assert plays([{"artists": artists, "track": "x", "time": T0}]) == {"Blur": 1, "Muse": 1}
    assert plays([{"artists": artists, "track": "x", "plays": 3}, {"artists": ["Muse"], "plays": 0}]) == {
        "Blur": 3,
        "Muse": 3,
    }
    lines = "".join(json.dumps({"artists": artists, "title": "x", "time": T0 + n}) + "\n" for n in range(2))
    assert plays(lines) == {"Blur": 2, "Muse": 2}


def test_a_list_of_artists_with_plays_of_their_own_is_not_one_listen():
    with pytest.raises(FileFormatError, match="no listens in a format that is known"):
        plays({"count": 50, "artists": [{"title": "Muse", "popularity": 12}]})
    assert plays({"count": 50, "artists": [{"name": "Muse", "playcount": "12"}]}) == {"Muse": 12}


def test_fields_of_objects_within_are_found():
    records = [
        {"artist": {"name": "Muse"}, "plays": 12},
        {"artist": {"name": "Blur"}, "plays": 5},
    ]
    assert plays(records) == {"Muse": 12, "Blur": 5}
