"""Readable twins of the metrics, loops over sets of ids; and the same sets in the types that the package takes."""

from __future__ import annotations

from math import isnan, log, log2, nan, sqrt

import numpy as np
import pyarrow as pa
from scipy.sparse import coo_array

from deepcuts.array_types import PersonaVector
from deepcuts.data.interactions import Interactions
from deepcuts.evaluation import ItemFeatures, item_features

Histories = dict[str, set[str]]
Lists = dict[str, list[str]]
Labels = dict[str, dict[str, float]]  # of every item that has any: labels and their weights
Personas = dict[str, dict[str, int]]  # of every user: the persona of each item, -1 for none


def figures(lists: Lists, train: Histories, holdout: Histories, k: int) -> dict[str, float]:
    """Every figure at one cut-off that needs no more; the catalogue is what anybody has in train."""
    judged = [user for user in holdout if user in train and holdout[user]]
    tops = {user: lists.get(user, [])[:k] for user in judged}
    listeners = count_listeners(train)
    exposure = [sum(item in top for top in tops.values()) for item in listeners]
    accuracy = {
        name: mean([metric(tops[user], holdout[user], k) for user in judged])
        for name, metric in (
            ("recall", recall),
            ("precision", precision),
            ("hit_rate", hit_rate),
            ("ndcg", ndcg),
            ("map", average_precision),
            ("mrr", reciprocal_rank),
        )
    }
    weighted = {
        "epc": mean([epc(tops[user], holdout[user], k, listeners, len(train)) for user in judged]),
        "efd": mean([efd(tops[user], holdout[user], k, listeners) for user in judged]),
        "tail_recall": tail_recall(tops, {user: holdout[user] for user in judged}, listeners),
        "ips_recall": mean([ips_recall(tops[user], holdout[user], listeners) for user in judged]),
        "ips_sample_size": mean([ips_sample_size(holdout[user], listeners) for user in judged]),
    }
    listed = {user: top for user, top in tops.items() if top}
    return {
        **accuracy,
        **weighted,
        "novelty": mean([novelty(top, listeners, len(train)) for top in listed.values()]),
        "popularity": mean([mean([listeners[item] for item in top]) for top in listed.values()]),
        "popularity_lift": popularity_lift(listed, train, listeners),
        "long_tail": mean([mean([item not in short_head(listeners) for item in top]) for top in listed.values()]),
        "unexpectedness": mean([unexpectedness(listed[user], train[user], train) for user in listed]),
        "coverage": sum(times > 0 for times in exposure) / len(exposure),
        "gini": gini(exposure),
        "exposure_lambda": exposure_lambda(exposure),
        "entropy": entropy(exposure),
    }


def label_figures(lists: Lists, train: Histories, holdout: Histories, k: int, labels: Labels) -> dict[str, float]:
    """Every figure at one cut-off that needs labels of items; `labels` holds them from the most used to the least."""
    judged = [user for user in holdout if user in train and holdout[user]]
    tops = {user: lists.get(user, [])[:k] for user in judged}
    values = [
        {
            "calibration_kl": calibration_kl(tops[user], train[user], labels),
            "ild": intra_list_distance(tops[user], labels),
            "taste_coverage": taste_coverage(tops[user], train[user], labels),
            "minority_recall": minority_recall(tops[user], holdout[user], train[user], k, labels),
        }
        for user in judged
    ]
    return {name: mean([value[name] for value in values if not isnan(value[name])]) for name in values[0]}


def mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else nan


def count_listeners(train: Histories) -> dict[str, int]:
    counts: dict[str, int] = {}
    for items in train.values():
        for item in items:
            counts[item] = counts.get(item, 0) + 1
    return counts


def recall(top: list[str], holdout: set[str], k: int) -> float:
    return sum(item in holdout for item in top) / min(k, len(holdout))


def precision(top: list[str], holdout: set[str], k: int) -> float:
    return sum(item in holdout for item in top) / k


def ndcg(top: list[str], holdout: set[str], k: int) -> float:
    gained = sum(1 / log2(rank + 1) for rank, item in enumerate(top, start=1) if item in holdout)
    ideal = sum(1 / log2(rank + 1) for rank in range(1, min(k, len(holdout)) + 1))
    return gained / ideal


def average_precision(top: list[str], holdout: set[str], k: int) -> float:
    precisions = [precision(top[:rank], holdout, rank) for rank, item in enumerate(top, start=1) if item in holdout]
    return sum(precisions) / min(k, len(holdout))


def reciprocal_rank(top: list[str], holdout: set[str], k: int) -> float:
    for rank, item in enumerate(top, start=1):
        if item in holdout:
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


def entropy(exposure: list[int]) -> float:
    shares = [times / sum(exposure) for times in exposure if times]
    return sum(-share * log2(share) for share in shares) if shares else nan


def hit_rate(top: list[str], holdout: set[str], k: int) -> float:
    return float(any(item in holdout for item in top))


def epc(top: list[str], holdout: set[str], k: int, listeners: dict[str, int], n_train_users: int) -> float:
    hits = [(rank, item) for rank, item in enumerate(top, 1) if item in holdout]
    gains = [(1 - listeners[item] / n_train_users) / log2(rank + 1) for rank, item in hits]
    return sum(gains) / sum(1 / log2(rank + 1) for rank in range(1, k + 1))


def efd(top: list[str], holdout: set[str], k: int, listeners: dict[str, int]) -> float:
    n_pairs = sum(listeners.values())
    gains = [-log2(listeners[item] / n_pairs) / log2(rank + 1) for rank, item in enumerate(top, 1) if item in holdout]
    return sum(gains) / sum(1 / log2(rank + 1) for rank in range(1, k + 1))


def tail_recall(tops: Lists, holdout: Histories, listeners: dict[str, int]) -> float:
    def weigh(items: set[str]) -> float:
        return sum(1 / sqrt(listeners.get(item, 1)) for item in items)

    hits = sum(weigh(items & set(tops[user])) for user, items in holdout.items())
    return hits / sum(map(weigh, holdout.values()))


def ips_weight(item: str, listeners: dict[str, int]) -> float:
    return 1 / max(0.01, (listeners.get(item, 1) / max(listeners.values())) ** 1.25)


def ips_recall(top: list[str], holdout: set[str], listeners: dict[str, int]) -> float:
    weights = {item: ips_weight(item, listeners) for item in holdout}
    return sum(weights[item] for item in top if item in holdout) / sum(weights.values())


def ips_sample_size(holdout: set[str], listeners: dict[str, int]) -> float:
    weights = [ips_weight(item, listeners) for item in holdout]
    return sum(weights) ** 2 / sum(weight**2 for weight in weights)


def popularity_lift(listed: Lists, train: Histories, listeners: dict[str, int]) -> float:
    if not listed:
        return nan
    lists = mean([mean([listeners[item] for item in top]) for top in listed.values()])
    histories = mean([mean([listeners[item] for item in train[user]]) for user in listed])
    return lists / histories - 1


def short_head(listeners: dict[str, int]) -> set[str]:
    """Items from the most popular on, ties by id, until they hold 80 % of all pairs."""
    head: set[str] = set()
    for item in sorted(listeners, key=lambda item: (-listeners[item], item)):
        if 5 * sum(listeners[other] for other in head) >= 4 * sum(listeners.values()):
            break
        head.add(item)
    return head


def unexpectedness(top: list[str], history: set[str], train: Histories) -> float:
    def cosine(one: str, other: str) -> float:
        first, second = ({user for user in train if item in train[user]} for item in (one, other))
        return len(first & second) / sqrt(len(first) * len(second))

    return mean([1 - max(cosine(item, own) for own in history) for item in top])


def distribution(item: str, labels: Labels) -> dict[str, float]:
    total = sum(labels[item].values())
    return {label: weight / total for label, weight in labels[item].items()}


def profile(items: list[str], labels: Labels) -> dict[str, float]:
    """Mean distribution of the items that have labels."""
    parts = [distribution(item, labels) for item in items if item in labels]
    return {label: mean([part.get(label, 0) for part in parts]) for part in parts for label in part}


def calibration_kl(top: list[str], history: set[str], labels: Labels) -> float:
    return kl(profile(sorted(history), labels), profile(top, labels))


def kl(p: dict[str, float], q: dict[str, float]) -> float:
    if not p or not q:
        return nan
    return sum(share * log(share / (0.99 * q.get(name, 0) + 0.01 * share)) for name, share in p.items() if share)


def intra_list_distance(top: list[str], labels: Labels) -> float:
    def cosine(one: dict[str, float], other: dict[str, float]) -> float:
        lengths = [sqrt(sum(weight**2 for weight in vector.values())) for vector in (one, other)]
        return sum(one[label] * other.get(label, 0) for label in one) / (lengths[0] * lengths[1])

    vectors = [labels[item] for item in top if item in labels]
    pairs = [(one, other) for n, one in enumerate(vectors) for other in vectors[:n]]
    return mean([1 - cosine(*pair) for pair in pairs])


def main_label(item: str, labels: Labels) -> str | None:
    """The heaviest label, of equals the most used; weights keep the order of use."""
    return max(labels[item], key=lambda label: labels[item][label]) if item in labels else None


def main_shares(items: set[str], labels: Labels) -> dict[str | None, float]:
    main = [main_label(item, labels) for item in items if item in labels]
    return {label: main.count(label) / len(main) for label in main}


def taste_coverage(top: list[str], history: set[str], labels: Labels) -> float:
    shares = main_shares(history, labels)
    served = {main_label(item, labels) for item in top}
    return sum(share for label, share in shares.items() if label in served) if shares and top else nan


def minority_recall(top: list[str], holdout: set[str], history: set[str], k: int, labels: Labels) -> float:
    shares = main_shares(history, labels)
    minor = {item for item in holdout if item in labels and shares.get(main_label(item, labels), 0) <= 0.2}
    return len(minor & set(top)) / min(k, len(minor)) if minor else nan


def persona_figures(
    lists: Lists, served: dict[str, list[int]], train: Histories, holdout: Histories, k: int, personas: Personas
) -> dict[str, float]:
    """Figures of personas at one cut-off; `served` says for which persona each item of a list is."""
    values: dict[str, list[float]] = {"nondominant_recall": [], "persona_coverage": [], "persona_calibration_kl": []}
    for user in (user for user in holdout if user in train and holdout[user]):
        top, own = lists.get(user, [])[:k], served.get(user, [])[:k]
        hits = [item in holdout[user] and persona > 0 for item, persona in zip(top, own, strict=True)]
        values["nondominant_recall"].append(sum(hits) / min(k, len(holdout[user])))
        assigned = [persona for persona in personas[user].values() if persona >= 0]
        shares = {str(persona): assigned.count(persona) / len(assigned) for persona in assigned}
        mix = {str(persona): own.count(persona) / len(own) for persona in own}
        if shares and mix:
            values["persona_coverage"].append(sum(share for persona, share in shares.items() if persona in mix))
            values["persona_calibration_kl"].append(kl(shares, mix))
    return {name: mean(of_users) for name, of_users in values.items()}


def jaccard(top: list[str], other: list[str]) -> float:
    return len({*top} & {*other}) / len({*top, *other}) if top or other else nan


def purity(history: set[str], personas: dict[str, int], labels: Labels) -> float:
    """Share of a user's items that have their persona's most common main label."""
    groups: dict[int, list[str | None]] = {}
    for item in history:
        if item in labels and personas[item] >= 0:
            groups.setdefault(personas[item], []).append(main_label(item, labels))
    common = sum(max(group.count(label) for label in group) for group in groups.values())
    return common / sum(map(len, groups.values())) if groups else nan


def item_labels(labels: Labels, train: Histories) -> ItemFeatures:
    """Labels as a table, in the type that the package takes."""
    rows = [(item, label, weight) for item in labels for label, weight in labels[item].items()]
    columns = [pa.array(column) for column in zip(*rows, strict=True)]
    return item_features(pa.table(columns, ["item_id", "label", "weight"]), interactions(train).item_ids)


def assignment(personas: Personas, train: Histories) -> PersonaVector:
    """Persona of each pair of train, in its order."""
    return np.array([personas[user][item] for user in sorted(train) for item in sorted(train[user])], np.int8)


def interactions(histories: Histories) -> Interactions:
    """One play for every item of a history; ids that have no pair are unknown."""
    pairs = [(user, item) for user in histories for item in histories[user]]
    users, user_index = np.unique([user for user, _ in pairs], return_inverse=True)
    items, item_index = np.unique([item for _, item in pairs], return_inverse=True)
    matrix = coo_array((np.ones(len(pairs)), (user_index, item_index)), (len(users), len(items)))
    return Interactions.from_csr(matrix.tocsr(), users.tolist(), items.tolist())


def table(lists: Lists, served: dict[str, list[int]] | None = None) -> pa.Table:
    """Ranked lists as anybody would hand them in; with the persona that each item is listed for, if that is told."""
    rows = [(user, item, rank) for user in lists for rank, item in enumerate(lists[user], start=1)]
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    types = (pa.string(), pa.string(), pa.int32())
    arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
    ranked = pa.table(arrays, names=["user_id", "item_id", "rank"])
    if served is None:
        return ranked
    return ranked.append_column("persona", pa.array([p for user in lists for p in served[user]], pa.int8()))
