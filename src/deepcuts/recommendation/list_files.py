"""Lists of artists as files that the programs people listen with can take."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from deepcuts.errors import SettingsError

_MBID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_FORMULA = "=+-@\t\r\n＝＋－＠"  # a cell that begins so is run by spreadsheets
_IN_A_PROMPT = 8  # artists of one persona: with more, LB Radio takes few recordings of each
_HEAVIEST = 3


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
    """

    name: str
    item_id: str
    rank: int
    persona: int
    novelty: float
    listeners: int

    @property
    def mbid(self) -> str:
        """Its id of MusicBrainz; "" where its id is none."""
        return self.item_id.lower() if _MBID.fullmatch(self.item_id) else ""


def list_file(artists: Sequence[ListedArtist], ending: str) -> bytes:
    """Write a list in the form that an ending names.

    Parameters
    ----------
    artists
        The rows, best first.
    ending
        ".txt": a name a line. ".csv": artist, mbid, rank, persona, novelty, listeners, where cells that a
        spreadsheet would run as formulas begin with an apostrophe. ".lbradio": a prompt of LB Radio for each persona.
        ".lidarr": the JSON of a custom list of Lidarr, for which ids have to be those of MusicBrainz.

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
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(tuple(_FORMULA)) else cell


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
    return "".join(f"{prompt}\n" for prompt in prompts)


def _lidarr(artists: Sequence[ListedArtist]) -> str:
    rows = [{"MusicBrainzId": each.mbid} for each in artists if each.mbid]
    if not rows:
        raise SettingsError(
            "Lidarr takes artists by their ids of MusicBrainz, and the ids of these items are none. Train on plays "
            "whose items are MBIDs, or write .txt or .csv."
        )
    return json.dumps(rows, indent=1) + "\n"


WRITERS: dict[str, Callable[[Sequence[ListedArtist]], str]] = {
    ".txt": _text,
    ".csv": _csv,
    ".lbradio": _lb_radio,
    ".lidarr": _lidarr,
}
_ENDINGS = ", ".join(WRITERS)
