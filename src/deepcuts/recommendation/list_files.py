"""Lists of artists as files that the programs people listen with can take."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from xml.etree import ElementTree

from deepcuts.data.song_names import BETWEEN
from deepcuts.errors import SettingsError

_FORMULA = "=+-@\t\r\n＝＋－＠"  # a cell that begins so is run by spreadsheets
_NOT_SEEN = " \u00a0\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_IN_A_PROMPT = 8  # artists of one persona: with more, LB Radio takes few recordings of each
_HEAVIEST = 3
_TITLE = "Deep cuts"
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what XML 1.0 cannot hold


@dataclass(frozen=True)
class ListedArtist:
    """A row of a list.

    Parameters
    ----------
    name, item_id
        What it is called, and its id.
    rank
        1 is best.
    persona
        The persona that it is recommended for, from 0.
    novelty
        −log2 of the share of users who play it, in bits.
    listeners
        How many users play it.
    mbid
        Its id of MusicBrainz; "" where none is known.
    """

    name: str
    item_id: str
    rank: int
    persona: int
    novelty: float
    listeners: int
    mbid: str = ""


def list_file(artists: Sequence[ListedArtist], ending: str) -> bytes:
    """Write a list in the form that an ending names.

    Parameters
    ----------
    artists
        The rows, best first.
    ending
        ".txt": a name a line. ".csv": artist, mbid, rank, persona, novelty, listeners, where cells that a
        spreadsheet would run as formulas begin with an apostrophe. ".lbradio": a prompt of LB Radio for each persona.
        ".lidarr": the JSON of a custom list of Lidarr, for which ids of MusicBrainz have to be known. ".jspf", ".xspf":
        a playlist, for models by song, whose items are called "artist – title".

    Returns
    -------
    UTF-8 text.

    Raises
    ------
    SettingsError
        If the ending is none of these, or Lidarr's list would be empty.
    """
    if ending not in WRITERS:
        raise SettingsError(f"A list cannot be written as {ending or 'a file without an ending'}. Give {_ENDINGS}.")
    return WRITERS[ending](artists).encode()


def one_line(name: str) -> str:
    """A name on one line, so that a line break in it begins no new entry."""
    return " ".join(name.split())


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula, whatever stands before the first character that is seen."""
    seen = cell.lstrip(_NOT_SEEN)
    return f"'{cell}" if cell.startswith(tuple(_FORMULA)) or seen.startswith(tuple(_FORMULA)) else cell


def _text(artists: Sequence[ListedArtist]) -> str:
    return "".join(f"{one_line(artist.name)}\n" for artist in artists)


def _csv(artists: Sequence[ListedArtist]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["artist", "mbid", "rank", "persona", "novelty", "listeners"])
    for each in artists:
        writer.writerow(
            [harmless(each.name), each.mbid, each.rank, each.persona, f"{each.novelty:.2f}", each.listeners]
        )
    return text.getvalue()


def _lb_radio(artists: Sequence[ListedArtist]) -> str:
    """A prompt a line: `artist:(NAME or MBID):weight`, several in a row, heavier the better they rank."""
    in_order = sorted(artists, key=lambda each: (each.persona, each.rank))
    prompts = []
    for _, group in groupby(in_order, key=lambda each: each.persona):
        chosen = list(group)[:_IN_A_PROMPT]
        weights = [_HEAVIEST - _HEAVIEST * place // len(chosen) for place in range(len(chosen))]
        # A bracket would end the name.
        names = [each.mbid or one_line(re.sub(r"[()]", " ", each.name)) for each in chosen]
        pairs = zip(names, weights, strict=True)
        prompts.append(" ".join(f"artist:({name}):{weight}" for name, weight in pairs if name))
    return "".join(f"{prompt}\n" for prompt in prompts if prompt)


def _lidarr(artists: Sequence[ListedArtist]) -> str:
    rows = [{"MusicBrainzId": each.mbid} for each in artists if each.mbid]
    if not rows:
        raise SettingsError(
            "Lidarr takes artists by their ids of MusicBrainz, and none of these items has one. Train on plays "
            "whose items are MBIDs, give them MBIDs (deepcuts ingest --mbids), or write .txt or .csv."
        )
    return json.dumps(rows, indent=1) + "\n"


def _tracks(artists: Sequence[ListedArtist]) -> list[dict[str, str]]:
    """Title, creator and identifier of every item that is a song; others, of which no more is known, are left out.

    Raises
    ------
    SettingsError
        If most items are no songs: players would import a list of artists as an empty one.
    """
    named = [(each, *one_line(each.name).partition(BETWEEN)) for each in artists]
    songs = [each for each in named if each[2]]
    if 2 * len(songs) <= len(named):
        raise SettingsError(
            "A playlist is of songs, and these items are artists. Train on plays by song, as --by song of the Taste "
            "Profile gives them, or write .txt, .csv or .lbradio."
        )
    recording = "https://musicbrainz.org/recording/"
    return [
        {"title": title, "creator": creator} | ({"identifier": recording + each.mbid} if each.mbid else {})
        for each, creator, _, title in songs
    ]


def _jspf(artists: Sequence[ListedArtist]) -> str:
    """A playlist in JSON: XSPF 1 with lists in place of repeated elements."""
    tracks = [
        {**track, "identifier": [track["identifier"]]} if "identifier" in track else track for track in _tracks(artists)
    ]
    return json.dumps({"playlist": {"title": _TITLE, "track": tracks}}, ensure_ascii=False, indent=1) + "\n"


def _xspf(artists: Sequence[ListedArtist]) -> str:
    """A playlist in XML: XSPF 1."""
    playlist = ElementTree.Element("playlist", {"version": "1", "xmlns": "http://xspf.org/ns/0/"})
    ElementTree.SubElement(playlist, "title").text = _TITLE
    listed = ElementTree.SubElement(playlist, "trackList")
    for track in _tracks(artists):
        element = ElementTree.SubElement(listed, "track")
        for name in ("identifier", "title", "creator"):
            if name in track:
                ElementTree.SubElement(element, name).text = _NOT_XML.sub("", track[name])
    ElementTree.indent(playlist)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(playlist, encoding="unicode")}\n'


WRITERS: dict[str, Callable[[Sequence[ListedArtist]], str]] = {
    ".txt": _text,
    ".csv": _csv,
    ".lbradio": _lb_radio,
    ".lidarr": _lidarr,
    ".jspf": _jspf,
    ".xspf": _xspf,
}
_ENDINGS = ", ".join(WRITERS)
