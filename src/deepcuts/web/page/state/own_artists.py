"""Section "Who am I": the artists of a visitor and how much they are played."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from deepcuts.errors import DataError
from deepcuts.web.page.state.known_ids import index_of, unknown_ids
from deepcuts.web.page.state.visit import Visit

MOST_ARTISTS = 10_000
_MOST_PLAYS = 1e9  # of one artist; what float32 still tells apart
AMOUNTS = {"a little": 3.0, "often": 20.0, "a lot": 100.0}  # plays that words stand for


class OwnArtist(NamedTuple):
    """An artist of the visitor."""

    item_id: str
    name: str
    plays: float


def own_artists(visit: Visit) -> list[OwnArtist]:
    """The visitor's artists, the most played first; equal ones in the order in which they came."""
    return artists_of(visit, visit.plays)


def artists_of(visit: Visit, plays: Mapping[str, float]) -> list[OwnArtist]:
    """Artists of some plays, the most played first; equal ones in the order in which they came."""
    model = visit.model
    ids = sorted(plays, key=lambda item_id: -plays[item_id])
    names = model.item_names(model.item_ids.indexes_of(ids)).to_pylist() if ids else []
    return [OwnArtist(item_id, name, plays[item_id]) for item_id, name in zip(ids, names, strict=True)]


def plays_scale(visit: Visit) -> float:
    """Factor on `AMOUNTS`: 1, or where a history was read, such that "a lot" is the plays of its most played artist."""
    return max(visit.plays.values()) / AMOUNTS["a lot"] if visit.source and visit.plays else 1.0


def add_artist(visit: Visit, item_id: str, plays: float = AMOUNTS["often"]) -> None:
    """Add an artist, or replace their plays; a refusal of the artist is taken back.

    Raises
    ------
    UnknownIdError
        If the catalogue has no such artist.
    DataError
        If there are too many, or the plays are not a number above 0.
    """
    index_of(visit.model.item_ids, item_id)
    if not (math.isfinite(plays) and plays > 0):
        raise DataError(f"Plays are {plays!r}. Give a number above 0.")
    if item_id not in visit.plays and len(visit.plays) >= MOST_ARTISTS:
        raise DataError(f"These are {MOST_ARTISTS:,} artists already. Remove one before you add another.")
    visit.plays[item_id] = min(float(plays), _MOST_PLAYS)
    visit.unmatched = [one for one in visit.unmatched if item_id not in dict(one.suggestions)]
    visit.refused.pop(item_id, None)


def add_as_often_played(visit: Visit, item_id: str) -> None:
    """Add an artist of the list, as one often played.

    Raises
    ------
    UnknownIdError, DataError
        As `add_artist`.
    """
    add_artist(visit, item_id, AMOUNTS["often"] * plays_scale(visit))


def remove_artist(visit: Visit, item_id: str) -> None:
    """Remove an artist; without any left, refusals and options of personas go as well."""
    visit.plays.pop(item_id, None)
    if not visit.plays:
        clear_artists(visit)


def clear_artists(visit: Visit) -> None:
    """Forget plays, refusals and options of personas; what is kept stays."""
    visit.plays, visit.refused, visit.source, visit.blend = {}, {}, "", None
    visit.unmatched, visit.n_unmatched, visit.is_stranger = [], 0, False
    visit.forget_personas()


def replace_artists(visit: Visit, plays: Mapping[str, float], source: str) -> None:
    """Take a history in place of the artists so far: the `MOST_ARTISTS` most played that the catalogue has.

    Parameters
    ----------
    visit
        The visit.
    plays
        Plays by item id, above 0.
    source
        Where they came from, in words.

    Raises
    ------
    DataError
        If the catalogue has none of them.
    """
    known = set(plays) - set(unknown_ids(visit.model.item_ids, plays))
    most = sorted(known, key=lambda item_id: (-plays[item_id], item_id))[:MOST_ARTISTS]
    if not most:
        raise DataError("None of these artists is in the catalogue of this model.")
    clear_artists(visit)
    visit.plays = {item_id: min(float(plays[item_id]), _MOST_PLAYS) for item_id in most}
    visit.source = source


def start_as_stranger(visit: Visit) -> None:
    """Begin without any artist: with what everybody plays."""
    clear_artists(visit)
    visit.is_stranger = True


def start_from_user(visit: Visit, user_id: str) -> None:
    """Take the plays of a user of the model.

    Raises
    ------
    UnknownIdError
        If there is no such user.
    """
    model = visit.model
    items, plays = model.seen.user_items(index_of(model.user_ids, user_id))
    ids = model.item_ids.take(items).to_pylist()
    replace_artists(visit, dict(zip(ids, plays.tolist(), strict=True)), f"listener {user_id}")
