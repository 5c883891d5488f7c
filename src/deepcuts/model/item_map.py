"""A map of the items: positions in the plane, where items whose vectors are alike lie near each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcuts import storage
from deepcuts.array_types import (
    AnyArray,
    CountVector,
    DoubleMatrix,
    DoubleVector,
    FloatMatrix,
    IndexVector,
    Indices,
)
from deepcuts.blas_threads import one_blas_thread
from deepcuts.data.vectors import unit_vectors
from deepcuts.storage import values

_MOST_ITEMS = 5_000  # every pair of them is compared once, so time grows with the square
_N_NEIGHBOURS = 12
_N_STEPS = 200
_N_REPELLING = 10  # items drawn at random that push every item away, at every step
_REPULSION = 0.3
_CORE = 0.05  # squared distance within which items hardly push harder
_LONGEST_STEP = 4.0  # in the units of `_leading_plane`, whose spread is 10
_BLOCK = 1_024  # items whose cosines with all others are in memory at a time
_RIM = 0.85  # coordinates beyond are drawn in
_OUTERMOST = 1.001  # coordinate, rounding allowed for
_N_ANCHORS = 5  # mapped items between which a vector is located
_LEAST_COSINE = 1e-6  # of an anchor, so that weights sum to more than 0
_LEAST = 1e-12  # of what is divided by


@dataclass(frozen=True, eq=False)
class ItemMap:
    """Positions of the most played items.

    Parameters
    ----------
    items
        int32, (n_mapped,): item indexes, the most played first.
    positions
        float32, (n_mapped, 2): x and y, from −1 to 1.
    """

    items: Indices
    positions: FloatMatrix

    def to_stored(self) -> dict[str, AnyArray]:
        """Arrays that hold this map in a file."""
        return {"map_items": self.items, "map_places": self.positions}

    @classmethod
    def from_stored(cls, stored: storage.Stored, n_items: int) -> ItemMap | None:
        """Read the map of a file of `n_items` items; None where it has none.

        Raises
        ------
        FileFormatError
            If it does not fit the items, or a position is not in the square.
        """
        if "map_items" not in stored.arrays:
            return None
        items = stored.array("map_items", np.int32, (None,))
        positions = stored.array("map_places", np.float32, (len(items), 2))
        values.check_between(stored.path, "map_items", items, 0, n_items - 1)
        values.check_between(stored.path, "map_places", positions, -_OUTERMOST, _OUTERMOST)
        if not len(items) or len(np.unique(items)) < len(items):
            raise values.inconsistent(stored.path, "its array 'map_items' is empty or has an item twice")
        return cls(items, positions)

    def locate(self, vectors: FloatMatrix, item_factors: FloatMatrix) -> FloatMatrix:
        """Position vectors that are not on the map: between the mapped items nearest by cosine, weighted by cos⁴.

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
        weights = np.maximum(np.take_along_axis(cosines, nearest, axis=1), _LEAST_COSINE) ** 4
        weights /= weights.sum(axis=1, keepdims=True)
        return np.asarray(np.einsum("ij,ijk->ik", weights, self.positions[nearest]), np.float32)


def draw_map(item_factors: FloatMatrix, listeners: CountVector, seed: int) -> ItemMap:
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
    with one_blas_thread():
        start = _leading_plane(units)
        heads, tails, weights = _neighbour_edges(units)
    rng = np.random.default_rng(seed)
    return ItemMap(items, _fill_square(_relax_layout(start, heads, tails, weights, rng)))


def _leading_plane(units: FloatMatrix) -> DoubleMatrix:
    """Coordinates along the two directions in which the vectors differ most, of a spread of 10."""
    centred = (units - units.mean(axis=0)).astype(np.float64)
    _, vectors = np.linalg.eigh(centred.T @ centred)  # eigenvalues ascend: the leading directions are the last
    plane = np.zeros((len(units), 2))
    leading = vectors[:, ::-1][:, :2]
    leading = leading * np.where(np.abs(leading).max(axis=0) == leading.max(axis=0), 1, -1)  # eigh may flip signs
    plane[:, : leading.shape[1]] = centred @ leading
    return plane * (10 / max(float(plane.std()), _LEAST))


def _neighbour_edges(units: FloatMatrix) -> tuple[IndexVector, IndexVector, DoubleVector]:
    """Edges from every item to its nearest: heads, tails, and weights 1 / √rank."""
    n = min(_N_NEIGHBOURS, len(units) - 1)
    nearest = np.empty((len(units), n), np.int64)
    for first in range(0, len(units), _BLOCK):
        cosines = units[first : first + _BLOCK] @ units.T
        # No item is its own neighbour.
        cosines[np.arange(len(cosines)), np.arange(first, first + len(cosines))] = -np.inf
        nearest[first : first + _BLOCK] = np.argsort(-cosines, axis=1, kind="stable")[:, :n]
    weights = np.tile(1 / np.sqrt(1 + np.arange(n)), len(units))
    return np.repeat(np.arange(len(units)), n), nearest.ravel(), weights


def _relax_layout(
    xy: DoubleMatrix, heads: IndexVector, tails: IndexVector, weights: DoubleVector, rng: np.random.Generator
) -> DoubleMatrix:
    """Move the items along the forces on them, by steps that shrink to 0."""
    n_items = len(xy)
    pull = np.bincount(heads, weights, n_items) + np.bincount(tails, weights, n_items)
    per_item = 1 / np.maximum(pull, _LEAST)  # what many items are near to is not pulled harder than the others
    for step in range(_N_STEPS):
        move = _attraction(xy, heads, tails, weights) * per_item[:, None] + _repulsion(xy, rng)
        # Moves longer than _LONGEST_STEP are cut to it; for others, the quotient below is 1.
        longest = np.maximum(np.linalg.norm(move, axis=1, keepdims=True), _LONGEST_STEP)
        xy = xy + move * (_LONGEST_STEP / longest) * (1 - step / _N_STEPS)
    return xy


def _attraction(xy: DoubleMatrix, heads: IndexVector, tails: IndexVector, weights: DoubleVector) -> DoubleMatrix:
    """Sum of the pulls of its edges on every item, in proportion to their length."""
    forces = (xy[heads] - xy[tails]) * weights[:, None]
    axes = [np.bincount(tails, force, len(xy)) - np.bincount(heads, force, len(xy)) for force in forces.T]
    return np.column_stack(axes).astype(np.float64, copy=False)  # int64 where there are no edges


def _repulsion(xy: DoubleMatrix, rng: np.random.Generator) -> DoubleMatrix:
    """Sum of the pushes of items drawn at random on every item, in inverse proportion to their distance."""
    push = np.zeros_like(xy)
    for _ in range(_N_REPELLING):
        away = xy - xy[rng.integers(len(xy), size=len(xy))]  # an item that draws itself is not pushed
        push += away * (_REPULSION / (_CORE + np.einsum("ij,ij->i", away, away)))[:, None]
    return push


def _fill_square(xy: DoubleMatrix) -> FloatMatrix:
    """Stretch a map over −1 to 1 in both directions; the few that lie far out are drawn in, and still differ."""
    if not len(xy):
        return xy.astype(np.float32)
    low, high = np.quantile(xy, [0.01, 0.99], axis=0)  # of all, a few far items would squeeze the others together
    scaled = (xy - (low + high) / 2) / np.maximum((high - low) / 2, _LEAST)
    distance = np.abs(scaled)
    drawn_in = _RIM + (1 - _RIM) * np.tanh((distance - _RIM) / (1 - _RIM))
    return np.asarray(np.sign(scaled) * np.where(distance > _RIM, drawn_in, distance), np.float32)
