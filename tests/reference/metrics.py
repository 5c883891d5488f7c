"""The metrics once more, as loops over sets of ids; and the same sets in the types that the package takes."""

from __future__ import annotations

from math import log2, nan

import numpy as np
import pyarrow as pa
from scipy.sparse import coo_array

from deepcuts.interactions import Interactions

Histories = dict[str, set[str]]
Lists = dict[str, list[str]]


def figures(lists: Lists, train: Histories, holdout: Histories, k: int) -> dict[str, float]:
    """Every figure at one cut-off; the catalogue is what anybody has in train."""
    judged = [user for user in holdout if user in train and holdout[user]]
    tops = {user: lists.get(user, [])[:k] for user in judged}
    listeners = count_listeners(train)
    accuracy = {
        name: mean([metric(tops[user], holdout[user], k) for user in judged])
        for name, metric in (
            ("recall", recall),
            ("precision", precision),
            ("ndcg", ndcg),
            ("map", average_precision),
            ("mrr", reciprocal_rank),
        )
    }
    exposure = [sum(item in top for top in tops.values()) for item in listeners]
    return {
        **accuracy,
        "novelty": mean([novelty(top, listeners, len(train)) for top in tops.values() if top]),
        "coverage": sum(times > 0 for times in exposure) / len(exposure),
        "gini": gini(exposure),
        "exposure_lambda": exposure_lambda(exposure),
    }


def mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else nan


def count_listeners(train: Histories) -> dict[str, int]:
    counts: dict[str, int] = {}
    for items in train.values():
        for item in items:
            counts[item] = counts.get(item, 0) + 1
    return counts


def recall(top: list[str], held: set[str], k: int) -> float:
    return sum(item in held for item in top) / min(k, len(held))


def precision(top: list[str], held: set[str], k: int) -> float:
    return sum(item in held for item in top) / k


def ndcg(top: list[str], held: set[str], k: int) -> float:
    gained = sum(1 / log2(rank + 1) for rank, item in enumerate(top, start=1) if item in held)
    ideal = sum(1 / log2(rank + 1) for rank in range(1, min(k, len(held)) + 1))
    return gained / ideal


def average_precision(top: list[str], held: set[str], k: int) -> float:
    precisions = [precision(top[:rank], held, rank) for rank, item in enumerate(top, start=1) if item in held]
    return sum(precisions) / min(k, len(held))


def reciprocal_rank(top: list[str], held: set[str], k: int) -> float:
    for rank, item in enumerate(top, start=1):
        if item in held:
            return 1 / rank
    return 0.0


def novelty(top: list[str], listeners: dict[str, int], n_train_users: int) -> float:
    return mean([-log2(listeners[item] / n_train_users) for item in top])


def gini(exposure: list[int]) -> float:
    """Half the mean absolute difference between any two items, relative to the mean exposure."""
    n, total = len(exposure), sum(exposure)
    return sum(abs(a - b) for a in exposure for b in exposure) / (2 * n * total) if total else 0.0


def exposure_lambda(exposure: list[int]) -> float:
    """Inverse of the mean exposure rank; all ranks count alike where nothing is exposed."""
    descending = sorted(exposure, reverse=True) if sum(exposure) else [1] * len(exposure)
    return sum(descending) / sum(rank * times for rank, times in enumerate(descending, start=1))


def interactions(histories: Histories) -> Interactions:
    """One play for every item of a history; ids that have no pair are unknown."""
    pairs = [(user, item) for user in histories for item in histories[user]]
    users, user_index = np.unique([user for user, _ in pairs], return_inverse=True)
    items, item_index = np.unique([item for _, item in pairs], return_inverse=True)
    matrix = coo_array((np.ones(len(pairs)), (user_index, item_index)), (len(users), len(items)))
    return Interactions.from_csr(matrix.tocsr(), users.tolist(), items.tolist())


def table(lists: Lists) -> pa.Table:
    """Ranked lists as anybody would hand them in."""
    rows = [(user, item, rank) for user in lists for rank, item in enumerate(lists[user], start=1)]
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    types = (pa.string(), pa.string(), pa.int32())
    arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
    return pa.table(arrays, names=["user_id", "item_id", "rank"])
