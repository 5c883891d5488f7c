"""Training on a shelf: what the driver does, with a checkpoint after every epoch from which the next call goes on."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np

from deepcuts.checks import seed_number, whole_number
from deepcuts.data.play_checks import check_sizes
from deepcuts.errors import SettingsError
from deepcuts.model.training.density_rule import resolved
from deepcuts.model.training.early_stopping import LEAST_USERS
from deepcuts.model.training.epochs import Epoch
from deepcuts.model.training.fit import Alternation, alternate, initial_items
from deepcuts.model.training.fold_in import check_finite
from deepcuts.model.training.objective import Scale
from deepcuts.model.training.pseudo_pairs import moment_size
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.model.training.user_sums import UserSums, add_in_order, observed_weight
from deepcuts.model.training.weights import user_rows
from deepcuts.spark.blocks import Training, lay_out
from deepcuts.spark.session import Batches, batch_of, over, working
from deepcuts.spark.shelf import Shelf
from deepcuts.spark.sides import ITEM_FACTORS, SENT, SparkSides
from deepcuts.spark.units import Catalogue

logger = logging.getLogger(__name__)

MODEL = "model.json"

_PAIRS_OF_BLOCK = 4_000_000
_MOST_BLOCKS = 1_024
_HEAVY = 16  # times as many listeners as where a sum is as large as their vectors: for items far above all others
_BATCH = 4  # rows of megabytes each
_KEPT = 2  # epochs on the shelf
_DONE = "done.json"
_OBSERVED = "unit long, observed double"


def fit(
    shelf: str,
    model: PersonaSettings,
    *,
    seed: int = 0,
    item_blocks: int | None = None,
    heavy_items: int | Literal["auto"] | None = None,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
) -> tuple[Epoch, ...]:
    """Train on the plays of a shelf; without heavy items, the factors are those of `PersonaNMF.fit`, to the bit.

    After every epoch, factors are on the shelf. Called again with the same settings and seed, it goes on after the last
    whole epoch, also where the driver was killed.

    Parameters
    ----------
    shelf
        Where plays were ingested.
    model
        A `PersonaNMF` or its settings.
    seed
        Seed of the item factors to start from and of the split.
    item_blocks
        Into how many blocks items are dealt, each one task of an epoch; None takes one for 4 million pairs.
    heavy_items
        Items of more listeners than this are moved by sums that units send in place of the vectors of their listeners,
        so that one item of very many does not hold a task up; factors then agree to about six digits. "auto" takes
        sixteen times as many listeners as make the sums the smaller message; None takes no item so.
    on_epoch
        Called after every epoch.

    Returns
    -------
    The loss of all epochs.

    Raises
    ------
    DataError
        If there are no plays on the shelf, or too few users or items to learn from.
    SettingsError
        If a setting is one that only the local mode has, or factors are not finite by the end.
    """
    seed, settings = seed_number(seed), _without_local_settings(PersonaSettings(**vars(model)))
    place = Shelf.at(shelf)
    sizes: Any = SimpleNamespace(**place.manifest())
    check_sizes(sizes.n_users, sizes.n_items)
    n_blocks, heavy = _blocks(sizes, item_blocks), _heavy(sizes, heavy_items, settings.n_factors)
    if model.early_stopping == "auto" and sizes.n_users >= LEAST_USERS:
        logger.warning("Early stopping is off on Spark; training ends by the loss alone, or by base_epochs.")
    with working(_BATCH) as session:
        training = _begin(session, place, sizes, resolved(settings, sizes), seed, n_blocks, heavy)
        lay_out(session, training)
        stage, epochs = _resumed(session, training, seed)
        alternate(stage, settings.base_epochs, partial(_record, training, stage, epochs, on_epoch))
    check_finite(stage.item_factors, settings)
    trained = {"seed": seed, "settings": asdict(training.settings), "scale": asdict(stage.measured_scale)}
    epoch_list = [asdict(epoch) for epoch in epochs]
    place.write_json(MODEL, {"items": training.epoch(len(epochs), ITEM_FACTORS), "epochs": epoch_list, **trained})
    return tuple(epochs)


def _without_local_settings(settings: PersonaSettings) -> PersonaSettings:
    """Refuse what takes all users at once.

    Raises
    ------
    SettingsError
        Naming the setting and the local way.
    """
    asked = {
        "persona_epochs": settings.persona_epochs > 0 and settings.n_personas > 1,
        "diversity": settings.diversity > 0,
        "early_stopping": settings.early_stopping == "on",
    }
    for name, is_asked in asked.items():
        if is_asked:
            raise SettingsError(
                f"{name}={getattr(settings, name)!r} is not there on Spark. Leave it out, or train with "
                "PersonaNMF(...).fit on one machine, on a sample of the users (`deepcuts spark sample`) if need be."
            )
    return replace(settings, early_stopping="off")


def _blocks(sizes: Any, item_blocks: int | None) -> int:
    most = min(int(sizes.n_items), _MOST_BLOCKS)
    if item_blocks is None:
        return min(most, -(-int(sizes.n_pairs) // _PAIRS_OF_BLOCK))
    return whole_number("item_blocks", item_blocks, 1, most, f"Give a whole number from 1 to {most:,}.")


def _heavy(sizes: Any, heavy_items: int | Literal["auto"] | None, n_factors: int) -> int | None:
    if heavy_items == "auto":
        return _HEAVY * int(sizes.n_units) * moment_size(n_factors) // n_factors
    if heavy_items is None:
        return None
    return whole_number("heavy_items", heavy_items, 1, advice="Give a whole number of at least 1, 'auto' or None.")


def _begin(
    session: Any,
    shelf: Shelf,
    sizes: Any,
    settings: PersonaSettings,
    seed: int,
    n_blocks: int,
    heavy_items: int | None,
) -> Training:
    """Find the training of these settings on the shelf, or begin it, which takes the sum of all confidences."""
    name = hashlib.sha256(json.dumps([asdict(settings), seed, n_blocks, heavy_items]).encode()).hexdigest()[:16]
    folder = f"trainings/{name}"
    if not shelf.holds(f"{folder}/scale.json"):
        task = partial(_observed_of_unit, Catalogue(shelf), settings)
        rows = over(session, sizes.n_units, task, _OBSERVED).toArrow().sort_by("unit")
        observed = add_in_order(rows["observed"].to_pylist())
        shelf.write_json(f"{folder}/scale.json", asdict(Scale.of(sizes, observed, settings.weighting.unobserved_ratio)))
    scale = Scale(**shelf.read_json(f"{folder}/scale.json"))
    return Training(shelf, folder, sizes.n_units, n_blocks, settings, scale, heavy_items)


def _observed_of_unit(catalogue: Catalogue, settings: PersonaSettings, number: int) -> Batches:
    weights = user_rows(catalogue.unit(number).plays(), settings).weights
    yield batch_of(_OBSERVED, [number], [observed_weight(weights)])


def _resumed(session: Any, training: Training, seed: int) -> tuple[Alternation[SparkSides], list[Epoch]]:
    """Go on from the last whole epoch, or begin with items at random."""
    shelf, settings = training.shelf, training.settings
    whole = [n for n in _epochs_there(training) if shelf.holds(training.epoch(n, _DONE))]
    if not whole:
        items = initial_items(training.scale.n_items, settings, seed)
        shelf.write(training.epoch(0, ITEM_FACTORS), {"factors": items})
        return _stage(session, training, items, []), []
    number = max(whole)
    epochs = [Epoch(**epoch) for epoch in shelf.read_json(training.epoch(number, _DONE))["epochs"]]
    stored = shelf.read(training.epoch(number, ITEM_FACTORS))
    stage = _stage(session, training, stored["factors"].copy(), epochs)
    n_rows, square, ridge = stored["numbers"].tolist()
    stage.sums = UserSums(int(n_rows), stored["gram"], stored["row_sum"], square, ridge)
    return stage, epochs


def _stage(session: Any, training: Training, items: Any, epochs: list[Epoch]) -> Alternation[SparkSides]:
    sides, losses = SparkSides(session, training, len(epochs)), [epoch.loss for epoch in epochs]
    return Alternation("base", sides, items, training.weights, training.scale, training.settings, losses)


def _record(
    training: Training,
    stage: Alternation[SparkSides],
    epochs: list[Epoch],
    on_epoch: Callable[[Epoch], None],
    epoch: Epoch,
) -> None:
    """Write what the next epoch begins with, then that the epoch is whole, and drop the epochs before the last two."""
    epochs.append(epoch)
    shelf, sums = training.shelf, stage.sums
    numbers = np.array([sums.n_rows, sums.square, sums.ridge])
    arrays = {"factors": stage.item_factors, "gram": sums.gram, "row_sum": sums.row_sum, "numbers": numbers}
    shelf.write(training.epoch(epoch.number, ITEM_FACTORS), arrays)
    shelf.write_json(training.epoch(epoch.number, _DONE), {"epochs": [asdict(each) for each in epochs]})
    shelf.remove(training.epoch(epoch.number, SENT))
    for number in _epochs_there(training):
        if number <= epoch.number - _KEPT:
            shelf.remove(training.epoch(number, "").rstrip("/"))
    on_epoch(epoch)


def _epochs_there(training: Training) -> list[int]:
    names = training.shelf.names(training.folder)
    return [int(name.removeprefix("epoch-")) for name in names if name.startswith("epoch-")]
