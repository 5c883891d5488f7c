"""The model of personas as a model of RecTools: fitted, asked, cross-validated and configured as its own are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import Field
from rectools.dataset import Dataset
from rectools.models.base import ModelBase, ModelConfig

from deepcuts.array_types import AnyArray, IndexVector
from deepcuts.data.interactions import Interactions
from deepcuts.model import PersonaModel, PersonaNMF
from deepcuts.recommendation import ListSettings

Recommended = tuple[AnyArray, AnyArray, AnyArray]


class PersonaNMFModelConfig(ModelConfig):
    """The settings of `PersonaNMFModel`, as RecTools keeps them."""

    settings: dict[str, Any] = Field(default_factory=dict)
    lists: dict[str, Any] = Field(default_factory=dict)
    seed: int = 0


class PersonaNMFModel(ModelBase[PersonaNMFModelConfig]):
    """`PersonaNMF` with the interface of RecTools.

    Users and items of the dataset that have no interactions get no lists, as with the models of vectors of RecTools;
    weights of interactions are play counts.

    Parameters
    ----------
    settings
        Those of `PersonaNMF` that are not the default, such as ``{"n_factors": 32}``.
    lists
        Those of `ListSettings`, such as ``{"rarity": 0.3}``.
    seed
        Of training.
    verbose
        Above 0, training shows a bar.

    Raises
    ------
    SettingsError
        If a setting is unknown or out of its range.
    """

    recommends_for_warm = False
    recommends_for_cold = False

    config_class = PersonaNMFModelConfig

    def __init__(
        self,
        settings: dict[str, Any] | None = None,
        lists: dict[str, Any] | None = None,
        *,
        seed: int = 0,
        verbose: int = 0,
    ) -> None:
        super().__init__(verbose=verbose)
        self.settings, self.lists, self.seed = dict(settings or {}), dict(lists or {}), seed
        self._method = PersonaNMF(**self.settings)
        ListSettings(**self.lists)  # refuses what is wrong now, not after the training
        self.model: PersonaModel

    def _get_config(self) -> PersonaNMFModelConfig:
        values = {"settings": self.settings, "lists": self.lists, "seed": self.seed, "verbose": self.verbose}
        return PersonaNMFModelConfig(cls=self.__class__, **values)

    @classmethod
    def _from_config(cls, config: PersonaNMFModelConfig) -> PersonaNMFModel:
        return cls(config.settings, config.lists, seed=config.seed, verbose=config.verbose)

    def _fit(self, dataset: Dataset) -> None:
        matrix = dataset.get_user_item_matrix(include_weights=True)
        users, items = matrix.shape  # the inside ids of RecTools are ours, as text
        plays = Interactions.from_csr(matrix, range(users), range(items))
        self.model = self._method.fit(plays, seed=self.seed, progress=self.verbose > 0)

    def _recommend_u2i(
        self,
        user_ids: IndexVector,
        dataset: Dataset,
        k: int,
        filter_viewed: bool,
        sorted_item_ids_to_recommend: IndexVector | None,
    ) -> Recommended:
        """Return users, items and scores of the lists, each list in its order; a score ranks within one persona."""
        asked = {**self.lists, "include_seen": not filter_viewed}
        if sorted_item_ids_to_recommend is not None:
            asked["allow"] = self._known(sorted_item_ids_to_recommend)
            if not asked["allow"]:
                return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32)
        table = self.model.recommend(user_ids, k=k, ids="int", **asked)
        return _columns(table, "user_id", "item_id", "score")

    def _recommend_i2i(
        self, target_ids: IndexVector, dataset: Dataset, k: int, sorted_item_ids_to_recommend: IndexVector | None
    ) -> Recommended:
        """Return targets, the items most like each, itself first, and the cosines of their factors."""
        allowed = None if sorted_item_ids_to_recommend is None else self._known(sorted_item_ids_to_recommend)
        found: list[tuple[int, int, float]] = []
        for target in target_ids.tolist():
            table = self.model.similar_items(target, k=len(self.model.item_ids), ids="int")
            like = [(target, 1.0), *zip(table["item_id"].to_pylist(), table["similarity"].to_pylist(), strict=True)]
            kept = [(target, item, cosine) for item, cosine in like if allowed is None or item in allowed]
            found += kept[:k]
        columns = list(zip(*found, strict=True)) or [(), (), ()]
        return np.array(columns[0], np.int64), np.array(columns[1], np.int64), np.array(columns[2], np.float32)

    def _known(self, items: IndexVector) -> set[int]:
        """Those of some inside ids that had interactions when the model was fitted."""
        return set(items[items < len(self.model.item_ids)].tolist())


def _columns(table: pa.Table, *names: str) -> Recommended:
    users, items, scores = (table[name].to_numpy() for name in names)
    return users, items, scores
