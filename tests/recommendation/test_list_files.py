"""Lists as files for the programs that people listen with."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

from deepcuts.errors import SettingsError
from deepcuts.recommendation.list_files import ListedArtist, list_file

MBID = "9c9f1380-2516-4fc9-a3e6-f9f61941d090"
NAMED = [
    ListedArtist("Muse", "m", 1, 0, 1.5, 40, MBID),
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


@pytest.mark.parametrize("before", ["", " ", "\u200b", "\ufeff", "\u00a0"])
@pytest.mark.parametrize("mark", ["=", "+", "-", "@", "\t=", "＝"])
def test_no_cell_is_a_formula_behind_what_is_not_seen(before, mark):
    listed = [ListedArtist(f"{before}{mark}1+1", "x", 1, 0, 1.5, 3)]
    assert next(csv.reader(list_file(listed, ".csv").decode().split("\n", 1)[1:]))[0] == f"'{before}{mark}1+1"


def test_a_persona_without_a_name_that_can_be_asked_for_has_no_prompt():
    listed = [ListedArtist("()", "x", 1, 0, 1.5, 3), ListedArtist("Muse", "m", 2, 1, 1.5, 3)]
    assert list_file(listed, ".lbradio").decode() == "artist:(Muse):3\n"


def test_a_song_of_which_no_more_than_its_id_is_known_is_left_out_of_a_playlist():
    listed = [*SONGS, ListedArtist("SOABC12", "SOABC12", 3, 0, 1.5, 3)]
    assert list_file(listed, ".xspf") == list_file(SONGS, ".xspf")


def test_prompts_of_lb_radio():
    first, second = list_file(NAMED, ".lbradio").decode().splitlines()
    assert first == f"artist:({MBID}):3 artist:(Sunn O live):2"
    assert second == "artist:(=HYPERLINK 1):3"


def test_a_custom_list_of_lidarr_needs_mbids():
    assert json.loads(list_file(NAMED, ".lidarr")) == [{"MusicBrainzId": MBID}]
    with pytest.raises(SettingsError, match="Lidarr takes artists by their ids of MusicBrainz"):
        list_file(NAMED[1:], ".lidarr")


SONGS = [
    ListedArtist("Muse – Sing for – Absolution <&>", "a", 1, 0, 1.5, 40, MBID),
    ListedArtist("Björk – Jóga\x0b", "b", 2, 0, 1.5, 40),
]
XSPF = "{http://xspf.org/ns/0/}"
# Elements of a track of XSPF 1, each at most so often; the others of a playlist alike.
OF_TRACK = dict.fromkeys(("title", "creator", "annotation", "info", "image", "album", "trackNum", "duration"), 1)
OF_TRACK |= dict.fromkeys(("location", "identifier", "link", "meta", "extension"), 1000)
OF_PLAYLIST = dict.fromkeys(("title", "creator", "annotation", "info", "location", "identifier", "image", "date"), 1)
OF_PLAYLIST |= {"license": 1, "attribution": 1, "link": 1000, "meta": 1000, "extension": 1000, "trackList": 1}
IS_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>]+")


def check_schema(text: bytes) -> None:
    """Check a playlist against the schema that is written from the specification of XSPF 1."""
    etree = pytest.importorskip("lxml.etree")
    schema = etree.XMLSchema(etree.parse(str(Path(__file__).with_name("xspf.xsd"))))
    schema.assertValid(etree.fromstring(text))


def check_xspf(text: bytes) -> list[dict[str, str]]:
    """Check how often each element of a playlist may stand there, by the rules of XSPF 1, and return its tracks."""
    root = ElementTree.fromstring(text)
    assert (root.tag, root.attrib) == (f"{XSPF}playlist", {"version": "1"})
    for element, allowed in [(root, OF_PLAYLIST), *((track, OF_TRACK) for track in root.iter(f"{XSPF}track"))]:
        counts = Counter(child.tag.removeprefix(XSPF) for child in element)
        assert all(n <= allowed[name] for name, n in counts.items())
    (listed,) = root.findall(f"{XSPF}trackList")
    assert {child.tag for child in listed} <= {f"{XSPF}track"}
    assert all(IS_URI.fullmatch(each.text) for each in root.iter(f"{XSPF}identifier"))
    return [{child.tag.removeprefix(XSPF): child.text for child in track} for track in listed]


def check_jspf(text: bytes) -> list[dict[str, object]]:
    """Check a playlist against the rules of JSPF: what may come again is an array, all else a string."""
    document = json.loads(text)
    assert set(document) == {"playlist"}
    for element, allowed in [
        (document["playlist"], OF_PLAYLIST),
        *((t, OF_TRACK) for t in document["playlist"]["track"]),
    ]:
        for name, value in element.items():
            assert name == "track" or name in allowed
            assert isinstance(value, list if name == "track" or allowed[name] > 1 else str)
    return document["playlist"]["track"]


def test_playlists_are_valid_by_the_schema():
    check_schema(list_file(SONGS, ".xspf"))
    etree = pytest.importorskip("lxml.etree")
    for wrong in (
        b"<track><artist>Muse</artist></track>",
        b"<track><trackNum>0</trackNum></track>",
        b"<title>x</title>",
    ):
        with pytest.raises(etree.DocumentInvalid):
            check_schema(list_file(SONGS, ".xspf").replace(b"<trackList>", b"<trackList>" + wrong))


def test_playlists_of_songs_are_valid():
    recording = f"https://musicbrainz.org/recording/{MBID}"
    first, second = check_xspf(list_file(SONGS, ".xspf"))
    assert first == {"title": "Sing for – Absolution <&>", "creator": "Muse", "identifier": recording}
    assert second == {"title": "Jóga", "creator": "Björk"}
    first, second = check_jspf(list_file(SONGS, ".jspf"))
    assert first == {"title": "Sing for – Absolution <&>", "creator": "Muse", "identifier": [recording]}
    assert second["creator"] == "Björk"


@pytest.mark.parametrize("ending", [".jspf", ".xspf"])
def test_artists_make_no_playlist(ending):
    with pytest.raises(SettingsError, match="A playlist is of songs, and these items are artists"):
        list_file(NAMED, ending)


def test_other_endings_are_refused():
    with pytest.raises(SettingsError, match=r"cannot be written as .m3u. Give .txt, .csv, .lbradio, .lidarr"):
        list_file(NAMED, ".m3u")
