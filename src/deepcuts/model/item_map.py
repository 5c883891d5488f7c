"""A map of the items: places in the plane where items that are loved by the same people lie near each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from deepcuts import storage
from deepcuts.data.vectors import unit_vectors
from deepcuts.errors import FileFormatError

_MOST_ITEMS = 5_000
_N_NEIGHBOURS = 12
_N_STEPS = 200
_N_REPELLING = 10  # items drawn at random that push every item away, at every step
_REPULSION = 0.3
_CORE = 0.05  # squared distance within which items hardly push harder
_LONGEST_STEP = 4.0
_BLOCK = 1_024
_RIM = 0.85  # from here on, places are drawn in
_N_ANCHORS = 5  # mapped items that place another one


@dataclass(frozen=True, eq=False)
class ItemMap:
    """Places of the most played items.

    Parameters
    ----------
    items
        int32, (n_mapped,): item indexes, the most played first.
    places
        float32, (n_mapped, 2): from −1 to 1.
    """

    items: np.ndarray
    places: np.ndarray

    def to_stored(self) -> dict[str, np.ndarray]:
        """Arrays that hold this map in a file."""
        return {"map_items": self.items, "map_places": self.places}

    @classmethod
    def from_stored(cls, stored: storage.Stored, n_items: int) -> ItemMap | None:
        """Read the map of a file of `n_items` items; None where it has none.

        Raises
        ------
        FileFormatError
            If it does not fit the items.
        """
        if "map_items" not in stored.arrays:
            return None
        items = stored.array("map_items", np.int32, (None,))
        places = stored.array("map_places", np.float32, (len(items), 2))
        if len(items) and items.view(np.uint32).max() >= n_items:
            raise FileFormatError(f"{stored.path} is inconsistent: its map shows an item that it does not have.")
        return cls(items, places)

    def place(self, vectors: np.ndarray, item_factors: np.ndarray) -> np.ndarray:
        """Find places for vectors that are not on the map: between the mapped items most like each.

        Parameters
        ----------
        vectors
            float32, (n, n_factors), such as personas or rarer items.
        item_factors
            float32, (n_items, n_factors).

        Returns
        -------
        float32, (n, 2).
        """
        cosines = unit_vectors(vectors) @ unit_vectors(item_factors[self.items]).T
        nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :_N_ANCHORS]
        weights = np.maximum(np.take_along_axis(cosines, nearest, axis=1), 1e-6) ** 4
        weights /= weights.sum(axis=1, keepdims=True)
        return np.asarray(np.einsum("ij,ijk->ik", weights, self.places[nearest]), np.float32)


def draw_map(item_factors: np.ndarray, listeners: np.ndarray, seed: int) -> ItemMap:
    """Draw a map of the most played items; the same for the same factors and seed.

    It starts from the two leading directions of the unit vectors. Then nearest neighbours by cosine pull each other in
    proportion to their distance, and items drawn at random push each other in inverse proportion to it: the forces of
    ForceAtlas2 (Jacomy et al. 2014, doi:10.1371/journal.pone.0098679), with steps that shrink to 0. Compared with the
    forces of UMAP they leave more of what lies between groups visible.

    Parameters
    ----------
    item_factors
        float32, (n_items, n_factors).
    listeners
        int64, (n_items,): users who played each item.
    seed
        Of the items that push.
    """
    items = np.argsort(-listeners, kind="stable")[:_MOST_ITEMS].astype(np.int32)
    units = unit_vectors(item_factors[items])
    with threadpool_limits(limits=1, user_api="blas"):
        start = _leading_plane(units)
        heads, tails, weights = _neighbour_edges(units)
    rng = np.random.default_rng(seed)
    return ItemMap(items, _fill(_settle(start, heads, tails, weights, rng)))


def _leading_plane(units: np.ndarray) -> np.ndarray:
    """Coordinates along the two directions in which the vectors differ most, of a spread of 10."""
    centred = (units - units.mean(axis=0)).astype(np.float64)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    plane = np.zeros((len(units), 2))
    leading = vectors[:, ::-1][:, :2]
    leading = leading * np.where(np.abs(leading).max(axis=0) == leading.max(axis=0), 1, -1)  # eigh may flip signs
    plane[:, : leading.shape[1]] = centred @ leading
    return plane * (10 / max(float(plane.std()), 1e-12))


def _neighbour_edges(units: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Edges from every item to its nearest, and their weights, which fall with the rank."""
    n = min(_N_NEIGHBOURS, len(units) - 1)
    nearest = np.empty((len(units), n), np.int64)
    for first in range(0, len(units), _BLOCK):
        cosines = units[first : first + _BLOCK] @ units.T
        cosines[np.arange(len(cosines)), np.arange(first, first + len(cosines))] = -np.inf
        nearest[first : first + _BLOCK] = np.argsort(-cosines, axis=1, kind="stable")[:, :n]
    weights = np.tile(1 / np.sqrt(1 + np.arange(n)), len(units))
    return np.repeat(np.arange(len(units)), n), nearest.ravel(), weights


def _settle(
    places: np.ndarray, heads: np.ndarray, tails: np.ndarray, weights: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Follow the forces; an item that many others are near to is not pulled harder than the rest."""
    n_items = len(places)
    pull = np.bincount(heads, weights, n_items) + np.bincount(tails, weights, n_items)
    per_item = 1 / np.maximum(pull, 1e-12)
    for step in range(_N_STEPS):
        forces = (places[heads] - places[tails]) * weights[:, None]
        total = np.column_stack(
            [np.bincount(tails, forces[:, d], n_items) - np.bincount(heads, forces[:, d], n_items) for d in (0, 1)]
        )
        move = total * per_item[:, None]
        for _ in range(_N_REPELLING):
            away = places - places[rng.integers(n_items, size=n_items)]
            move += away * (_REPULSION / (_CORE + np.einsum("ij,ij->i", away, away)))[:, None]
        longest = np.maximum(np.linalg.norm(move, axis=1, keepdims=True), _LONGEST_STEP)
        places = places + move * (_LONGEST_STEP / longest) * (1 - step / _N_STEPS)
    return places


def _fill(places: np.ndarray) -> np.ndarray:
    """Stretch a map over −1 to 1 in both directions; the few that lie far out are drawn in, and still differ."""
    if not len(places):
        return places.astype(np.float32)
    low, high = np.quantile(places, [0.01, 0.99], axis=0)
    scaled = (places - (low + high) / 2) / np.maximum((high - low) / 2, 1e-12)
    distance = np.abs(scaled)
    drawn_in = _RIM + (1 - _RIM) * np.tanh((distance - _RIM) / (1 - _RIM))
    return np.asarray(np.sign(scaled) * np.where(distance > _RIM, drawn_in, distance), np.float32)
