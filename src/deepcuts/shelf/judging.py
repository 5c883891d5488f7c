"""Holdouts, figures and samples of a shelf: drawn by the names of users, and added up unit by unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from deepcuts.array_types import IndexVector, NumberVector
from deepcuts.checks import real_number
from deepcuts.data.forgetting import select_users
from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions
from deepcuts.data.labels import Labels
from deepcuts.data.named_draws import drawn_by_name, numbers_of_names
from deepcuts.data.selection import select_pairs
from deepcuts.errors import DataError
from deepcuts.evaluation.evaluate import Evaluation
from deepcuts.evaluation.list_layout import rank_lists
from deepcuts.evaluation.partial_sums import from_sums, sums_of_part
from deepcuts.evaluation.ranked_lists import RankedLists, TrainTotals
from deepcuts.evaluation.registry import Cutoffs
from deepcuts.shelf.engine import Engine
from deepcuts.shelf.files import Shelf
from deepcuts.shelf.lists import lists_file
from deepcuts.shelf.numbering import shelve
from deepcuts.shelf.parts import Parts
from deepcuts.shelf.units import Catalogue, plays_of

_NOBODYS = "\U0010ffff"  # an id behind all others: of items that were held out and that nobody is left to play
_RUNS = 16  # of units: each sends the driver some numbers for every item


def split(
    engine: Engine, /, shelf: str, into: str, *, fraction: float = 0.2, seed: int = 0, force: bool = False
) -> dict[str, int]:
    """Put the plays of a shelf onto another one, with a share of every user's items held out there.

    They are those that `deepcuts.data.named_draws.split_by_name` holds out.

    Parameters
    ----------
    shelf, into
        Where the plays are, and the shelf to train and to judge on.
    fraction
        Share of items to hold out, above 0 and below 1; no user loses all of them.
    seed
        Of the draw, at least 0.
    force
        Whether a shelf that is there already may be replaced.

    Returns
    -------
    Numbers of users, items and pairs that are left to train on.

    Raises
    ------
    SettingsError
        If the fraction or the seed is out of range.
    DataError
        If there are no plays on the shelf.
    OutputError
        If the other shelf exists and `force` is false, or is this one.
    """
    source, target = Shelf.at(shelf), Shelf.at(into)
    sizes, catalogue = source.manifest(), Catalogue(source)
    target.clear([source.url], force=force)
    draw = partial(_drawn, catalogue, fraction, seed)
    parts = Parts.made(engine, target, "pairs", sizes["n_units"], sizes["n_pairs"], draw)
    return shelve(engine, parts, partial(_labels_of, catalogue))


def _labels_of(catalogue: Catalogue, ids: Ids) -> Labels | None:
    """Labels of some of the items, where there are any."""
    labels = catalogue.labels()
    return None if labels is None else labels.take(catalogue.ids.indexes_of(ids.values))


def _drawn(catalogue: Catalogue, fraction: float, seed: int, number: int) -> Interactions:
    """Plays of a unit, of the items that it has; what is drawn counts 0."""
    plays = catalogue.unit(number)
    plays = plays.keep_pairs(plays.plays != 0)
    counts, is_played = plays.plays.copy(), plays.plays > 0
    counts[np.flatnonzero(is_played)[drawn_by_name(select_pairs(plays, is_played), fraction, seed)]] = 0
    return replace(plays, plays=counts)


def sample(engine: Engine, /, shelf: str, *, users: float = 0.01, seed: int = 0) -> Interactions:
    """Collect the plays of a share of the users, drawn by their names, to tune settings on one machine.

    Parameters
    ----------
    shelf
        Where the plays are.
    users
        Share of the users, above 0 and up to 1. A larger one holds those of a smaller one.
    seed
        Of the draw, at least 0.

    Raises
    ------
    SettingsError
        If the share is out of range.
    DataError
        If there are no plays on the shelf, or nobody is drawn.
    """
    share = real_number("users", users, 0, 1, "Give a share above 0, up to 1.", above=True)
    catalogue = Catalogue(Shelf.at(shelf))
    found = plays_of(engine, catalogue, partial(_by_name, share, seed))
    if not found.n_pairs:
        raise DataError(f"Nobody is drawn with users={users}. Give a larger share.")
    return replace(found, labels=catalogue.labels()).keep_pairs(np.ones(found.n_pairs, bool))


def _by_name(share: float, seed: int, users: Ids) -> IndexVector:
    """Indexes of a share of the users, by their names."""
    return np.flatnonzero(numbers_of_names(users.values, seed) < share * 2.0**64)


def evaluate(engine: Engine, /, shelf: str, lists: str, cutoffs: Cutoffs | None = None) -> Evaluation:
    """Judge lists by what was held out on a shelf; `deepcuts.evaluate` tells of the figures.

    Figures that take all users at once are left out, and so are the figures of each user. Nothing is written.

    Parameters
    ----------
    shelf
        A shelf that `split` has made.
    lists
        The folder that `recommend` has written for it.
    cutoffs
        From names of metrics to list lengths; None for all that can be computed, at their default lengths.

    Raises
    ------
    DataError
        If nothing was held out, or lists are missing or have something wrong with them.
    SettingsError
        If there is no such metric, or it needs what is not there.
    """
    place = Shelf.at(shelf)
    n_units = place.manifest()["n_units"]
    runs = np.array_split(np.arange(n_units), min(n_units, _RUNS))
    found = engine.each(len(runs), partial(_sums_of_run, Catalogue(place), Shelf.at(lists), cutoffs, runs))
    return from_sums(_added(found), cutoffs)


def _sums_of_run(
    catalogue: Catalogue, lists: Shelf, cutoffs: Cutoffs | None, runs: Sequence[IndexVector], number: int
) -> dict[str, NumberVector]:
    """Sum up over some units in succession."""
    return _added(sums_of_part(_ranked(catalogue, lists, unit), cutoffs) for unit in runs[number].tolist())


def _added(parts: Iterable[Mapping[str, NumberVector]]) -> dict[str, NumberVector]:
    """Add up sums of one name, in order."""
    sums: dict[str, NumberVector] = {}
    for part in parts:
        for name, values in part.items():
            sums[name] = sums[name] + values if name in sums else values
    return sums


def _ranked(catalogue: Catalogue, lists: Shelf, number: int) -> RankedLists | None:
    """Lay the lists of a unit beside what was held out; None where that is nothing."""
    unit, manifest = catalogue.unit(number), catalogue.shelf.manifest()
    unit = select_users(unit, pc.sort_indices(unit.user_ids.values).to_numpy().astype(np.int64))
    is_held = unit.plays == 0
    if not is_held.any():
        return None
    ids = Ids(pa.concat_arrays([catalogue.ids.values, pa.array([_NOBODYS])]), "item")
    held = replace(unit, plays=np.ones_like(unit.plays), item_ids=ids)
    system, path = lists.locate(lists_file(number))
    if not lists.holds(lists_file(number)):
        raise DataError(f"There is no {lists_file(number)} in {lists.url}. Make lists by deepcuts.spark.recommend.")
    table = pq.read_table(path, filesystem=system)
    totals = TrainTotals(catalogue.counts.listeners, manifest["n_users"], manifest["n_pairs"])
    return replace(rank_lists(table, unit.set_dislikes_apart(), select_pairs(held, is_held)), totals=totals)
