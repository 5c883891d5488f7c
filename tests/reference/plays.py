"""Plays, read and pruned the slow and readable way."""

from __future__ import annotations

import csv
import math
from collections import Counter, defaultdict
from pathlib import Path

from deepcuts.data.interactions import Interactions

Pairs = dict[tuple[str, str], float]


def pairs(plays: Interactions) -> Pairs:
    """Plays as a dict, for comparison."""
    return {(row["user_id"], row["item_id"]): row["plays"] for row in plays.to_arrow().to_pylist()}


def read_text(path: Path, delimiter: str, quote: str) -> tuple[Pairs, list[int]]:
    """Read user, item and plays from a text file without a header; return the plays and the numbers of bad lines."""
    quoting = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    total: Pairs = defaultdict(float)
    bad = []
    with open(path, newline="", encoding="utf-8-sig") as file:
        records = csv.reader(file, delimiter=delimiter, quotechar=quote or None, quoting=quoting, strict=True)
        while True:
            number = records.line_num + 1
            try:
                record = next(records)
            except StopIteration:
                return dict(total), bad
            except csv.Error:
                bad.append(number)
                continue
            if is_good(record):
                total[record[0], record[1]] += float(record[2])
            elif record:
                bad.append(number)


def is_good(record: list[str]) -> bool:
    """Whether a record is a user, an item and a play count."""
    if len(record) != 3 or not record[0].strip() or not record[1].strip():
        return False
    try:
        return 1e-30 <= float(record[2]) <= 1e30
    except ValueError:
        return False


def prune(plays: Pairs, min_users: int, min_items: int) -> Pairs:
    """Drop one rare item or short history after the other."""
    while True:
        n_users = Counter(item for _, item in plays)
        n_items = Counter(user for user, _ in plays)
        left = {(u, i): n for (u, i), n in plays.items() if n_users[i] >= min_users and n_items[u] >= min_items}
        if left == plays:
            return left
        plays = left


def n_holdout(n_items: int, fraction: float) -> int:
    """Items held out of a history."""
    return math.floor(n_items * fraction)
