"""After training: personas and lists unit by unit, and models of chosen users."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import chain
from typing import Any

import pyarrow.parquet as pq

from deepcuts.array_types import DoubleVector
from deepcuts.checks import shown
from deepcuts.data.any_id import AnyId
from deepcuts.data.id_text import is_one_id, to_text
from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError, UnknownIdError
from deepcuts.model.persona_model import PersonaModel
from deepcuts.model.training.epochs import Epoch
from deepcuts.model.training.fold_in import ItemSide, solve_users
from deepcuts.model.training.objective import Scale
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.model.training.weights import unobserved_weights, user_rows
from deepcuts.recommendation import ListSettings, recommend_batches
from deepcuts.recommendation.dial_scale import DialScale, in_strengths
from deepcuts.shelf.engine import ByFields, Engine
from deepcuts.shelf.files import Shelf
from deepcuts.shelf.training import MODEL
from deepcuts.shelf.units import Catalogue, named, plays_of
from deepcuts.wording import counted

_DONE = "_SUCCESS"


@dataclass(frozen=True)
class Trained(ByFields):
    """The items that the last training left on a shelf, as a task takes them along."""

    catalogue: Catalogue
    scale: Scale
    settings: PersonaSettings
    seed: int
    items: str

    @classmethod
    def on(cls, shelf: Shelf) -> Trained:
        """Find them.

        Raises
        ------
        DataError
            If no training has ended on this shelf.
        """
        shelf.manifest()
        if not shelf.holds(MODEL):
            raise DataError(f"No training has ended on the shelf {shelf.url}. Run deepcuts.spark.fit first.")
        found = shelf.read_json(MODEL)
        scale, settings = Scale(**found["scale"]), PersonaSettings(**found["settings"])
        return cls(Catalogue(shelf), scale, settings, found["seed"], found["items"])

    @cached_property
    def item_side(self) -> ItemSide:
        """The items, read once for all units of a task: catalogues of lists are kept by the identity of the factors."""
        stored = self.catalogue.shelf.read(self.items)
        weights = unobserved_weights(self.catalogue.counts.listeners, self.settings.weighting.unobserved_exponent)
        factor_sum: DoubleVector = stored["user_factor_sum"]
        return ItemSide.of(stored["factors"], weights, factor_sum, self.scale, self.settings, self.seed)

    def model_of(self, plays: Interactions, dial: DialScale | None = None) -> PersonaModel:
        """Split some users into personas, and solve for these."""
        users = solve_users(user_rows(plays, self.settings), self.item_side)
        return PersonaModel(self.item_side, self.catalogue.counts, plays, users, dial_scale=dial)


def recommend(engine: Engine, /, shelf: str, *, out: str, k: int = 20, force: bool = False, **settings: Any) -> None:
    """Write the lists of all users as a folder of Parquet files; they are those of `PersonaModel.recommend`.

    Parameters
    ----------
    shelf
        Where a training has ended.
    out
        The folder to write, by a path or an address; a file `_SUCCESS` in it says that all lists are there.
    k
        Length of the lists.
    force
        Whether a folder that is there already may be replaced.
    **settings
        Those of `ListSettings`, such as rarity.

    Raises
    ------
    DataError
        If no training has ended on the shelf.
    SettingsError
        If a setting is out of its range.
    OutputError
        If the folder exists and `force` is false, or lies on the shelf.
    """
    place, target, asked = Shelf.at(shelf), Shelf.at(out), ListSettings(k=k, **settings)
    trained, manifest = Trained.on(place), place.manifest()
    measured = trained.model_of(plays_of(engine, trained.catalogue, partial(named, manifest["measured"])))
    target.clear([place.url], force=force)
    engine.each(manifest["n_units"], partial(_lists_of_unit, trained, target, in_strengths(measured, asked)))
    with target.writing(_DONE):
        pass


def lists_file(number: int) -> str:
    """Name of the file of a unit's lists."""
    return f"part-{number:05}.parquet"


def _lists_of_unit(trained: Trained, target: Shelf, settings: ListSettings, number: int) -> None:
    model = trained.model_of(trained.catalogue.unit(number).set_dislikes_apart())
    tables = recommend_batches(model, None, settings)
    with target.writing(lists_file(number)) as sink:
        first = next(tables)
        with pq.ParquetWriter(sink, first.schema) as writer:
            for table in chain([first], tables):
                writer.write_table(table)


def to_model(engine: Engine, /, shelf: str, users: AnyId | Iterable[AnyId] | None = None) -> PersonaModel:
    """Return a model of chosen users that does all that one of `PersonaNMF.fit` does for them, and can be saved.

    Parameters
    ----------
    shelf
        Where a training has ended.
    users
        Ids of one user, or several, whose plays come to this machine; None takes some hundred users at even distances,
        which is enough to fold in others.

    Raises
    ------
    DataError
        If no training has ended on the shelf.
    UnknownIdError
        If one of the users is not there.
    """
    place = Shelf.at(shelf)
    trained, manifest = Trained.on(place), place.manifest()
    wanted = [users] if is_one_id(users) and users is not None else users
    ids = manifest["measured"] if wanted is None else sorted(set(to_text(wanted, "user").to_pylist()))
    measured, plays = (
        plays_of(engine, trained.catalogue, partial(named, users)) for users in (manifest["measured"], ids)
    )
    if missing := set(ids) - set(plays.user_ids.values.to_pylist()):
        raise UnknownIdError(
            f"There is no user {shown(min(missing))} among {counted(trained.scale.n_users, 'user')} of the shelf."
        )
    dial = DialScale(trained.model_of(measured))
    model = trained.model_of(plays, dial)
    epochs = tuple(Epoch(**epoch) for epoch in place.read_json(MODEL)["epochs"])
    return replace(model, epochs=epochs, seen=replace(plays, labels=trained.catalogue.labels()))
