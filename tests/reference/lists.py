"""A readable twin of recommendation, dense scores and dictionaries; and dense scores as what lists are made from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean, linear_regression

import numpy as np
import pyarrow as pa
from scipy import sparse

from deepcuts.array_types import CountVector, DoubleVector, FloatMatrix, FloatVector, IndexVector, Indptr
from deepcuts.data.csr import indptr_of
from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions
from deepcuts.recommendation import ListSettings
from reference import ranking

Lists = dict[str, list[tuple[str, int]]]  # item and persona by rank, of every user who has a list


@dataclass(frozen=True, eq=False)
class DenseScores:
    """A source of lists: the plays of users, and a table of scores with one row for every persona of theirs."""

    seen: Interactions
    persona_indptr: Indptr
    persona_shares: FloatVector
    table: FloatMatrix

    @property
    def user_ids(self) -> Ids:
        return self.seen.user_ids

    @property
    def item_ids(self) -> Ids:
        return self.seen.item_ids

    @property
    def item_listeners(self) -> CountVector:
        return self.seen.item_listeners

    @property
    def item_plays(self) -> DoubleVector:
        return self.seen.item_plays

    @property
    def n_listeners(self) -> int:
        return self.seen.n_users

    def scores(self, rows: IndexVector) -> FloatMatrix:
        return self.table[rows]

    def taken(self, users: IndexVector, items: IndexVector) -> DenseScores:
        """Give every user and every item the index, and with it the id, of another."""
        rows = [np.arange(*self.persona_indptr[user : user + 2]) for user in users]
        plays = self.seen.to_csr()[users][:, items]
        order = np.concatenate(rows)
        return DenseScores(
            Interactions.from_csr(plays, self.user_ids.values, self.item_ids.values),
            indptr_of(np.array(list(map(len, rows)))),
            self.persona_shares[order],
            self.table[order][:, items],
        )


def random_source(seed: int, n_users: int = 7, n_items: int = 25, most_personas: int = 4) -> DenseScores:
    """Users with one to four personas; a third of all pairs are seen, a third of all scores are 0."""
    rng = np.random.default_rng(seed)
    plays = rng.poisson(5, (n_users, n_items)) * (
        rng.uniform(size=(n_users, n_items)) < rng.uniform(0.05, 0.6, n_items)
    )
    counts = rng.integers(1, most_personas + 1, n_users)
    indptr = indptr_of(counts)
    shares = np.concatenate([np.sort(rng.dirichlet(np.ones(n)))[::-1] for n in counts])
    table = rng.gamma(1.0, size=(indptr[-1], n_items)) * (rng.uniform(size=(indptr[-1], n_items)) < 2 / 3)
    return DenseScores(
        Interactions.from_csr(sparse.csr_array(plays), names("user", n_users), names("item", n_items)),
        indptr,
        shares.astype(np.float32),
        table.astype(np.float32),
    )


@dataclass(frozen=True, eq=False)
class FactoredScores(DenseScores):
    """A source that shows its factors; its table holds the same scores, for the twin."""

    persona_factors: FloatMatrix
    item_factors: FloatMatrix
    base_factors: FloatMatrix | None = None

    def all_factors(self, user: int) -> FloatMatrix:
        base = [] if self.base_factors is None else [self.base_factors[user]]
        return np.array([*self.persona_factors[slice(*self.persona_indptr[user : user + 2])], *base])

    def without_factors(self) -> DenseScores:
        sizes = np.array(sizes_of(self))
        return SizedScores(self.seen, self.persona_indptr, self.persona_shares, self.table, sizes)


@dataclass(frozen=True, eq=False)
class SizedScores(DenseScores):
    """Dense scores whose source says how large its items are."""

    item_sizes: DoubleVector


def factored_source(
    seed: int, *, ties: bool, signed: bool = False, n_users: int = 7, base: bool = False
) -> FactoredScores:
    """Half of all factors are 0. With ties, they are small whole numbers: many scores are alike, none is rounded."""
    rng = np.random.default_rng(seed)
    dense = random_source(seed, n_users=n_users, n_items=150)

    def factors(n: int) -> FloatMatrix:
        shape = n, 6
        values = rng.integers(0, 3, shape) if ties else rng.gamma(1.0, size=shape) * (rng.uniform(size=shape) < 0.5)
        return (values * rng.choice([-1, 1], shape) if signed else values).astype(np.float32)

    personas, items = factors(dense.persona_indptr[-1]), factors(150)
    arrays = dense.persona_indptr, dense.persona_shares, personas @ items.T, personas, items
    return FactoredScores(dense.seen, *arrays, base_factors=factors(n_users) if base else None)


def names(kind: str, n: int) -> list[str]:
    """So many ids in ascending order."""
    return [f"{kind} {index:03d}" for index in range(n)]


def lists_of_table(table: pa.Table) -> Lists:
    """What a table of lists says."""
    lists: Lists = {}
    for row in table.to_pylist():
        lists.setdefault(row["user_id"], []).append((row["item_id"], row["persona"]))
        assert row["rank"] == len(lists[row["user_id"]])
    return lists


def lists(source: DenseScores, settings: ListSettings) -> Lists:
    """All lists, user by user."""
    of_users = {user: list_of(source, index, settings) for index, user in enumerate(source.user_ids.values.to_pylist())}
    return {user: own for user, own in of_users.items() if own}


def list_of(source: DenseScores, user: int, settings: ListSettings) -> list[tuple[str, int]]:
    """Items and personas of the list of one user; what is popular where none of their factors scores an item."""
    if isinstance(source, FactoredScores) and not np.any(source.all_factors(user) @ source.item_factors.T):
        return popular_items(source, user, settings)
    shares = source.persona_shares[slice(*source.persona_indptr[user : user + 2])].tolist()
    weights = [weight_of(p, settings) for p in range(len(shares))]
    rows = source.table[slice(*source.persona_indptr[user : user + 2])].astype(np.float64).tolist()
    if isinstance(source, FactoredScores):
        rows = [(source.item_factors @ each).astype(np.float64).tolist() for each in leaning(source, user, settings)]
    strengths = [strength_of(persona, settings) for persona in range(len(shares))]
    scores = dialled_scores(source, user, rows, strengths, weights, settings)
    parts = [weight * share for weight, share in zip(weights, shares, strict=True)]
    base = getattr(source, "base_factors", None)
    if settings.mix == "max":
        listed = ranking.by_max(scores, settings.k)
    elif base is None or settings.base_weight == 0 or 0 in weights:
        listed = ranking.by_share(scores, parts, settings.k)
    else:
        strength = sum(map(float.__mul__, shares, strengths)) / sum(shares)
        row = (source.item_factors @ base[user]).astype(np.float64).tolist()
        (own,) = dialled_scores(source, user, [row], [strength], [1.0], settings)
        kept = [item for item, _ in ranking.top(own, settings.k) if any(each[item] for each in rows)]
        scores.append([own[item] if item in kept else -math.inf for item in range(len(own))])
        listed = [
            (item, score, persona if persona < len(rows) else ranking.best_persona([each[item] for each in rows]))
            for item, score, persona in ranking.by_share(
                scores, [*parts, settings.base_weight * sum(parts)], settings.k
            )
        ]
    return [(source.item_ids.values[item].as_py(), persona) for item, _, persona in listed]


def leaning(source: FactoredScores, user: int, settings: ListSettings) -> FloatMatrix:
    """Factors of the personas of a user, as far on the way to the base vector as they lean."""
    own = source.persona_factors[slice(*source.persona_indptr[user : user + 2])]
    if source.base_factors is None:
        return own
    is_muted = any(weight_of(persona, settings) == 0 for persona in range(len(own)))
    leans = [settings.base_lean] * len(own)
    if settings.base_lean == "auto":
        of_form = {"norm": 0.5, "shift": 0.375, "power": 2.0}[settings.dial]
        leans = [0 if is_muted else min(0.8, max(0, of_form * strength_of(p, settings))) for p in range(len(own))]
    return own + np.float32(leans)[:, None] * (source.base_factors[user] - own)


def popular_items(source: FactoredScores, user: int, settings: ListSettings) -> list[tuple[str, int]]:
    """Items that may be listed, by listeners; none where every persona is muted."""
    n_personas = int(np.diff(source.persona_indptr)[user])
    if not any(weight_of(persona, settings) for persona in range(n_personas)):
        return []
    listeners = source.item_listeners.tolist()
    order = sorted(listable_items(source, user, settings), key=lambda item: (-listeners[item], item))
    return [(source.item_ids.values[item].as_py(), 0) for item in order[: settings.k]]


def rounding_orders_none(source: FactoredScores, settings: ListSettings) -> bool:
    """Whether no two of the best scores of a row, the base row among them, are as near as float32 rounds."""
    assert source.base_factors is not None
    strength = [strength_of(0, settings)]
    for user, base in enumerate(source.base_factors):
        for factors in (*leaning(source, user, settings), base):
            row = (source.item_factors.astype(np.float64) @ factors.astype(np.float64)).tolist()
            (scores,) = dialled_scores(source, user, [row], strength, [1.0], settings)
            best = np.sort([score for score in scores if score > -math.inf])[: -2 * settings.k : -1]
            if np.any(-np.diff(best) < 1e-6 * np.abs(best).max(initial=0)):
                return False
    return True


def dialled_scores(
    source: DenseScores,
    user: int,
    rows: list[list[float]],
    strengths: list[float],
    weights: list[float],
    settings: ListSettings,
) -> list[list[float]]:
    """Scores of every row after the dial; −inf where an item may not be listed."""
    spreads = [spread_of(row) for row in rows]
    if settings.mix == "max":
        rows = [[score * weight for score in row] for row, weight in zip(rows, weights, strict=True)]
        spreads = [max(map(float.__mul__, spreads, weights))] * len(rows)
    listable, frequencies = listable_items(source, user, settings), frequencies_of(source, settings)
    commonness = standardised([math.log(frequency) for frequency in frequencies])
    bases = fitted(sizes_of(source), frequencies) if settings.dial == "norm" else frequencies

    def dialled(score: float, item: int, persona: int) -> float:
        strength = strengths[persona]
        if settings.dial == "shift":
            return score - strength * spreads[persona] * commonness[item]
        return score * bases[item] ** (-strength if score > 0 else strength)

    return [
        [dialled(score, item, p) if item in listable and score != 0 else -math.inf for item, score in enumerate(row)]
        for p, row in enumerate(rows)
    ]


def sizes_of(source: DenseScores) -> list[float]:
    """Length of the factors of every item, or how its scores spread."""
    if isinstance(source, FactoredScores):
        return [math.hypot(*factors) for factors in source.item_factors.astype(np.float64).tolist()]
    if isinstance(source, SizedScores):
        return list(source.item_sizes)
    return [spread_of(column) for column in source.table.astype(np.float64).T.tolist()]


def fitted(sizes: list[float], frequencies: list[float]) -> list[float]:
    """The best function of the frequency that does not fall: neighbours that would are pooled, again and again.

    Of the growth of log sizes along a straight line on the log frequency, 0.2 stays out, and the rest is stretched.
    """
    if max(sizes) == 0:
        return [1.0] * len(sizes)
    least = max(float(np.quantile(sizes, 0.02)), 1e-6 * max(sizes))
    logs = [math.log(max(size, least)) for size in sizes]
    line = [math.log(own) for own in frequencies]
    slope = max(0.0, linear_regression(line, logs).slope) if len(set(line)) > 1 else 0.0
    logs = [(log - 0.2 * slope * own) / 0.8 for log, own in zip(logs, line, strict=True)]
    pools = [[item for item, own in enumerate(frequencies) if own == level] for level in sorted(set(frequencies))]

    def mean(pool: list[int]) -> float:
        return fmean(logs[item] for item in pool)

    while falling := [i for i in range(len(pools) - 1) if mean(pools[i]) > mean(pools[i + 1])]:
        pools[falling[0] : falling[0] + 2] = [pools[falling[0]] + pools[falling[0] + 1]]
    values = {item: mean(pool) for pool in pools for item in pool}
    return [max(1e-6, math.exp(values[item] - mean(pools[-1]))) for item in range(len(sizes))]


def listable_items(source: DenseScores, user: int, settings: ListSettings) -> set[int]:
    ids = source.item_ids.values.to_pylist()
    seen = set() if settings.include_seen else set(source.seen.user_items(user)[0].tolist())
    wanted = set(ids if settings.allow is None else settings.allow) - set(settings.deny)
    return {item for item, name in enumerate(ids) if name in wanted} - seen


def frequencies_of(source: DenseScores, settings: ListSettings) -> list[float]:
    counts = source.item_plays if settings.frequency == "plays" else source.item_listeners
    total = sum(counts) if settings.frequency == "plays" else source.n_listeners
    return [float((count + 1) / (total + 1)) for count in counts]


def standardised(values: list[float]) -> list[float]:
    mean, spread = fmean(values), spread_of(values) or 1.0
    return [(value - mean) / spread for value in values]


def spread_of(values: list[float]) -> float:
    """Standard deviation."""
    mean = fmean(values)
    return math.sqrt(fmean((value - mean) ** 2 for value in values))


def weight_of(persona: int, settings: ListSettings) -> float:
    is_picked = settings.pick is None or persona in settings.pick
    return float(settings.weights.get(persona, 1.0)) if is_picked else 0.0


def strength_of(persona: int, settings: ListSettings) -> float:
    strength = settings.strength or 0.0
    return strength.get(persona, 0.0) if isinstance(strength, Mapping) else strength
