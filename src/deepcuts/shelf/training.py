"""Training on a shelf, with a checkpoint after every epoch from which the next call goes on."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from types import SimpleNamespace
from typing import Any, Literal

from deepcuts.array_types import FloatMatrix
from deepcuts.checks import check_callbacks, seed_number, whole_number
from deepcuts.data.play_checks import check_sizes
from deepcuts.errors import SettingsError
from deepcuts.model.training.alternation import Alternation, alternate, initial_items
from deepcuts.model.training.density_rule import resolved
from deepcuts.model.training.early_stopping import LEAST_USERS
from deepcuts.model.training.epochs import Epoch
from deepcuts.model.training.fold_in import check_finite
from deepcuts.model.training.settings import AUTO, PersonaSettings
from deepcuts.shelf.blocks import Training, lay_out
from deepcuts.shelf.engine import Engine
from deepcuts.shelf.files import Shelf
from deepcuts.shelf.sides import ITEM_FACTORS, SENT, ShelfSides

logger = logging.getLogger(__name__)

MODEL = "model.json"

_PAIRS_OF_BLOCK = 16_000_000
_MOST_BLOCKS = 1_024
_HEAVY = 8  # times as many listeners as pseudo-pairs: for items far above all others


def fit(
    engine: Engine,
    /,
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
        Into how many blocks items are dealt, each one task of an epoch; None takes one for 16 million pairs.
    heavy_items
        Of items of more listeners than this, units send few pairs that stand for all of theirs, so that one item of
        very many does not hold a task up; factors then agree to about six digits. "auto" takes eight times as many
        listeners as there are such pairs; None takes no item so.
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
        If a setting is one that only the local mode has, `on_epoch` cannot be called, or factors are not finite by the
        end.
    """
    check_callbacks(on_epoch=on_epoch)
    seed, settings = seed_number(seed), _without_local_settings(PersonaSettings(**vars(model)))
    place = Shelf.at(shelf)
    sizes: Any = SimpleNamespace(**place.manifest())
    check_sizes(sizes.n_users, sizes.n_items)
    if model.early_stopping == "auto" and sizes.n_users >= LEAST_USERS:
        logger.warning("Early stopping is off on Spark; training ends by the loss alone, or by base_epochs.")
    settings = resolved(settings, sizes)
    parts = _blocks(sizes, item_blocks), settings, seed, _heavy(sizes, heavy_items, settings.vector_length)
    name = hashlib.sha256(json.dumps(parts, default=asdict).encode()).hexdigest()[:16]
    training = Training(place, f"trainings/{name}", sizes.n_units, *parts)
    lay_out(engine, training)
    items, epochs = _last_epoch(training)
    sides, losses = ShelfSides(engine, training, len(epochs)), [epoch.loss for epoch in epochs]
    stage = Alternation("base", sides, items, training.weights, training.scale, settings, losses)
    alternate(stage, settings.base_epochs, partial(_record, training, stage, epochs, on_epoch))
    check_finite(stage.item_factors, settings)
    place.write_json(MODEL, place.read_json(training.done))
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
        "item_weight_exponent": settings.item_weight_exponent not in (AUTO, 0),
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
        return _HEAVY * int(sizes.n_units) * (n_factors + 1)
    if heavy_items is None:
        return None
    return whole_number("heavy_items", heavy_items, 1, advice="Give a whole number of at least 1, 'auto' or None.")


def _last_epoch(training: Training) -> tuple[FloatMatrix, list[Epoch]]:
    """Items of the last whole epoch, and the losses so far; before the first, items at random."""
    shelf, epochs = training.shelf, list[Epoch]()
    if shelf.holds(training.done):
        epochs = [Epoch(**epoch) for epoch in shelf.read_json(training.done)["epochs"]]
    else:
        items = initial_items(training.scale.n_items, training.settings, training.seed)
        shelf.write(training.epoch(0, ITEM_FACTORS), [{"factors": items}])
    return shelf.read(training.epoch(len(epochs), ITEM_FACTORS))["factors"].copy(), epochs


def _record(
    training: Training,
    stage: Alternation[ShelfSides],
    epochs: list[Epoch],
    on_epoch: Callable[[Epoch], None],
    epoch: Epoch,
) -> None:
    """Write the items, drop what no call needs any more, and write last that the epoch is whole."""
    epochs.append(epoch)
    shelf, items = training.shelf, training.epoch(epoch.number, ITEM_FACTORS)
    shelf.write(items, [{"factors": stage.item_factors, "user_factor_sum": stage.sums.row_sum}])
    shelf.remove(training.epoch(epoch.number, SENT))
    shelf.remove(training.epoch(epoch.number - 2))
    model = {"seed": training.seed, "settings": asdict(training.settings), "scale": asdict(stage.measured_scale)}
    shelf.write_json(training.done, model | {"items": items, "epochs": [asdict(each) for each in epochs]})
    on_epoch(epoch)
