"""Holdouts, figures and samples of a shelf: drawn by the names of users, and added up unit by unit."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from deepcuts.array_types import BoolVector, IndexVector
from deepcuts.checks import real_number
from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions
from deepcuts.data.labels import Labels
from deepcuts.data.named_draws import drawn_by_name, numbers_of_names
from deepcuts.errors import DataError
from deepcuts.evaluation.evaluate import Evaluation
from deepcuts.evaluation.list_layout import rank_lists
from deepcuts.evaluation.metric import ExposureMetric, Metric, QuotientMetric, UserMetric
from deepcuts.evaluation.ranked_lists import RankedLists, TrainTotals
from deepcuts.evaluation.registry import METRICS, Cutoffs, check_needs, default_cutoffs, metrics_at
from deepcuts.spark.lists import lists_file
from deepcuts.spark.pairs import PAIRS, in_order
from deepcuts.spark.session import Batches, batch_of, over, sql, working
from deepcuts.spark.shelf import Shelf
from deepcuts.spark.shelving import shelve
from deepcuts.spark.staging import Staging
from deepcuts.spark.units import Catalogue, plays_of

logger = logging.getLogger(__name__)

_PART = "name string, item int, unit int, value double, n long"
_NOTHING = "\U0010ffff"  # begins ids behind all others: of items that were held out and that nobody is left to play
_JUDGED = "users"


def split(shelf: str, into: str, *, fraction: float = 0.2, seed: int = 0, force: bool = False) -> dict[str, int]:
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
        If there are no plays on the shelf, or both are the same.
    OutputError
        If the other shelf exists and `force` is false.
    """
    source, target = Shelf.at(shelf), Shelf.at(into)
    if source == target:
        raise DataError(f"{shelf} cannot be split into itself. Name another shelf.")
    n_units, catalogue = source.manifest()["n_units"], Catalogue(source)
    with working() as session:
        target.clear(force=force)
        staged = Staging.made(session, target, "pairs", n_units, partial(_drawn, catalogue, fraction, seed))
        return shelve(session, staged, partial(_labels_of, catalogue))


def _labels_of(catalogue: Catalogue, ids: Ids) -> Labels | None:
    labels = catalogue.labels()
    return None if labels is None else labels.take(catalogue.ids.indexes_of(ids.values))


def _drawn(catalogue: Catalogue, fraction: float, seed: int, number: int) -> Batches:
    plays = catalogue.unit(number).plays()
    parts = [(plays, 1, drawn_by_name(plays, fraction, seed))]
    if plays.dislikes is not None:
        parts.append((plays.dislikes, -1, np.zeros(plays.dislikes.n_pairs, bool)))
    yield in_order(pa.Table.from_batches([_rows_of(*part) for part in parts]))


def _rows_of(plays: Interactions, sign: int, is_held: BoolVector) -> pa.RecordBatch:
    users, items = plays.user_ids.take(plays.user_of_pair()), plays.item_ids.take(plays.indices)
    return batch_of(PAIRS, users, items, sign * plays.plays.astype(np.float64), is_held)


def sample(shelf: str, *, users: float = 0.01, seed: int = 0) -> Interactions:
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
    with working() as session:
        found = plays_of(session, catalogue, partial(_by_name, share, seed))
    if not found.n_pairs:
        raise DataError(f"Nobody is drawn with users={users}. Give a larger share.")
    return replace(found, labels=catalogue.labels()).keep_pairs(np.ones(found.n_pairs, bool))


def _by_name(share: float, seed: int, users: Ids) -> IndexVector:
    """Indexes of a share of the users, by their names."""
    return np.flatnonzero(numbers_of_names(users.values, seed) < share * 2.0**64)


def evaluate(shelf: str, lists: str, cutoffs: Cutoffs | None = None) -> Evaluation:
    """Judge lists by what was held out on a shelf; `deepcuts.evaluate` tells of the figures.

    Figures that take all users at once are left out, and so are the figures of each user.

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
    place, folder = Shelf.at(shelf), Shelf.at(lists)
    manifest = place.manifest()
    wanted = None if cutoffs is None else [(metric.name, k) for metric, k in metrics_at(cutoffs)]
    with working() as session:
        judge = partial(_parts_of_unit, Catalogue(place), folder, (manifest["n_users"], manifest["n_pairs"]), wanted)
        parts = over(session, manifest["n_units"], judge, _PART)
        rows = parts.selectExpr("name", "item", "struct(unit, value) AS part", "n").groupBy("name", "item")
        # In order of the units, as sums of doubles depend on it.
        total = "aggregate(array_sort(collect_list(part)), 0D, (sum, part) -> sum + part.value) AS value"
        table = rows.agg(*map(sql, (total, "sum(n) AS n"))).toArrow()
    sums = {(row["name"], row["item"]): (row["value"], row["n"]) for row in table.to_pylist()}
    if (_JUDGED, 0) not in sums:
        raise DataError(f"Nothing was held out on the shelf {shelf}. Make it by deepcuts.spark.split.")
    return _evaluation(sums, manifest["n_items"], wanted)


def _parts_of_unit(
    catalogue: Catalogue, folder: Shelf, sizes: tuple[int, int], wanted: list[tuple[str, int]] | None, number: int
) -> Batches:
    """Sums of all figures over the judged users of a unit."""
    ranked = _ranked(catalogue, folder, sizes, number)
    if ranked is None:
        return
    cutoffs: dict[str, list[int]] = {}
    for name, k in wanted or []:
        cutoffs.setdefault(name, []).append(k)
    metrics = metrics_at(cutoffs if wanted is not None else default_cutoffs(ranked))
    check_needs((metric for metric, _ in metrics), ranked)
    parts = [(_JUDGED, 0, 0.0, ranked.n_users), (_JUDGED, 1, 0.0, ranked.n_without_list)]
    for metric, k in metrics:
        parts += _parts(metric, ranked, k)
    for k in sorted({k for metric, k in metrics if isinstance(metric, ExposureMetric)}):
        exposure = ranked.exposure(k)
        parts += [(_exposed(k), int(item), float(exposure[item]), 0) for item in np.flatnonzero(exposure)]
    yield batch_of(_PART, *zip(*((name, item, number, value, n) for name, item, value, n in parts), strict=True))


def _parts(metric: Metric, ranked: RankedLists, k: int) -> list[tuple[str, int, float, int]]:
    if isinstance(metric, QuotientMetric):
        return [(metric.at(k), which, float(part.sum()), 0) for which, part in enumerate(metric.parts(ranked, k))]
    if isinstance(metric, UserMetric) and not metric.all_users_at_once:
        values = metric.values(ranked, k)
        defined = values[~np.isnan(values)]
        return [(metric.at(k), 0, float(defined.sum()), len(defined))]
    return []


def _ranked(catalogue: Catalogue, folder: Shelf, sizes: tuple[int, int], number: int) -> RankedLists | None:
    """Lay the lists of a unit beside what was held out; None where that is nothing."""
    unit = catalogue.unit(number)
    order = pc.sort_indices(unit.user_ids.values).to_numpy().astype(np.int64)
    train, held = unit.plays(order), unit.held(order)
    if not len(held.items):
        return None
    is_unknown = held.items < 0
    nth = np.arange(len(held.items)) - held.indptr[held.rows]  # unknown ones come first
    items = np.where(is_unknown, len(catalogue.ids) + nth, held.items).astype(np.int32)
    others = [f"{_NOTHING}{n:09}" for n in range(int(held.sizes.max()))]
    ids = Ids(pa.concat_arrays([catalogue.ids.values, pa.array(others, pa.string())]), "item")
    holdout = Interactions(held.indptr, items, np.ones(len(items), np.float32), train.user_ids, ids)
    ranked = rank_lists(_lists_of_unit(folder, number), train, holdout)
    return replace(ranked, totals=TrainTotals(catalogue.listeners, *sizes))


def _lists_of_unit(folder: Shelf, number: int) -> pa.Table:
    if not folder.holds(lists_file(number)):
        raise DataError(f"There is no {lists_file(number)} in {folder.url}. Make lists by deepcuts.spark.recommend.")
    with folder.reading(lists_file(number)) as source:
        return pq.read_table(source)


def _exposed(k: int) -> str:
    return f"exposure@{k}"


def _evaluation(
    sums: Mapping[tuple[str, int], tuple[float, int]], n_items: int, wanted: Iterable[tuple[str, int]] | None
) -> Evaluation:
    figures: dict[str, float] = {}
    asked = wanted or [(metric.name, k) for metric in METRICS.values() if not metric.on_request for k in metric.cutoffs]
    left_out = []
    for metric, k in ((METRICS[name], k) for name, k in asked):
        name = metric.at(k)
        if isinstance(metric, ExposureMetric):
            exposure = np.zeros(n_items, np.int64)
            for (part, item), (value, _) in sums.items():
                if part == _exposed(k):
                    exposure[item] = value
            figures[name] = metric.of_exposure(exposure)
        elif (name, 1) in sums:
            denominator = sums[name, 1][0]
            figures[name] = sums[name, 0][0] / denominator if denominator else float("nan")
        elif (name, 0) in sums:
            total, n = sums[name, 0]
            figures[name] = total / n if n else float("nan")
        else:
            left_out.append(name)
    if left_out:
        logger.warning("Left out, as they take all users at once, or labels or personas: %s.", ", ".join(left_out))
    n_users, n_without = (sums[_JUDGED, which][1] for which in (0, 1))
    return Evaluation(MappingProxyType(figures), n_users, n_without, pa.table({"user_id": pa.array([], pa.string())}))
