"""Claim: what an epoch on Spark moves and what a shelf holds, predicted for sizes that one machine does not have.

Usage: python benchmarks/spark_sizes.py [--items 1000000] [--factors 64] [--executors 16] [--cores 4]

Users with 25 items each are drawn, items in proportion to rank ** −s (Zipf), and dealt to B blocks as training deals
them. Counted is in how many blocks a user has items: so many copies of the user's vector are sent in
an epoch. All bytes are before compression. Processor time is predicted from what benchmarks/spark.py has measured: an
epoch takes so long for each pair, and so long for each byte of vectors, which more blocks make more, with 64 factors.
"""

from __future__ import annotations

import argparse

import numpy as np
from common import print_json, print_table

from deepcuts.shelf.blocks import deal_out

ITEMS_OF_USER, DRAWN_USERS = 25, 20_000
PAIR_BYTES = 16  # on the shelf: index, confidence and target of a pair, and its plays
# Printed by benchmarks/spark.py for a million users, with --heavy-share 0.3 --item-blocks 2 16 64, and without.
MEASURED = {0.51: 5.93, 2.68: 8.47, 4.71: 12.45}  # gigabytes of vectors, and processor seconds of an epoch
MEASURED_PAIRS = 25_300_000
INGEST = 40.17 / 25_000_000  # processor seconds of a pair
SIZES = {10_000_000: 16, 100_000_000: 156}  # users, and item blocks of 16 million pairs


def blocks_of_user(n_users: int, n_items: int, n_factors: int, n_blocks: int, exponent: float) -> float:
    """Mean number of blocks that a user has items in."""
    weights = np.arange(1, n_items + 1) ** -exponent
    shares = weights / weights.sum()
    items = np.searchsorted(np.cumsum(shares), np.random.default_rng(0).random((DRAWN_USERS, ITEMS_OF_USER)))
    listeners = (n_users * np.minimum(1, ITEMS_OF_USER * shares)).astype(np.int64)
    blocks = np.sort(deal_out(listeners, n_factors, n_blocks)[items], axis=1)
    return float(1 + np.count_nonzero(np.diff(blocks, axis=1), axis=1).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--executors", type=int, default=16)
    parser.add_argument("--cores", type=int, default=4)
    args = parser.parse_args()
    a_gigabyte, at_rest = np.polyfit(list(MEASURED), list(MEASURED.values()), 1)
    vector, gigabyte = 4 * args.factors, 1e9
    rows, figures = [], {}
    for n_users, n_blocks in SIZES.items():
        sizes = n_users, args.items, args.factors, n_blocks
        sent = [n_users * blocks_of_user(*sizes, s) * vector / gigabyte for s in (1.0, 0.8)]
        n_pairs = n_users * ITEMS_OF_USER
        epochs = [(at_rest * n_pairs / MEASURED_PAIRS + a_gigabyte * of_vectors) / 60 for of_vectors in sent]
        n_cores = args.executors * args.cores
        parts = {
            "vectors to the item blocks": f"{sent[0]:,.0f} to {sent[1]:,.0f} GB",
            "an epoch, time of the processor": f"{epochs[1]:,.1f} min",
            f"an epoch on {n_cores} cores": f"{60 * epochs[1] / n_cores:,.1f} s",
            "its vectors written and read, 1 GB/s an executor": f"{2 * sent[1] / args.executors:,.0f} s",
            "ingest, time of the processor": f"{INGEST * n_pairs / 60:,.0f} min",
            "items read by the executors": f"{args.executors * args.items * vector / gigabyte:,.1f} GB",
            "user factors written": f"{n_users * vector / gigabyte:,.1f} GB",
            "sums to the driver": f"{min(256, -(-n_users // 8_192)) * 8 * args.factors**2 / 1e6:,.1f} MB",
            "items to the driver": f"{args.items * vector / 1e6:,.0f} MB",
            "a task of items holds": f"{sent[1] / n_blocks:,.2f} GB",
            "the shelf: plays, pairs by user and by item": f"{3 * PAIR_BYTES * n_pairs / gigabyte:,.0f} GB",
            "the shelf: two epochs": f"{2 * (n_users + args.items) * vector / gigabyte:,.0f} GB",
        }
        figures[n_users] = parts
        rows.append([f"{n_users:,}", str(n_blocks), *parts.values()])
    names = ["users", "item blocks", *next(iter(figures.values()))]
    header, *lines = ([name, *cells] for name, *cells in zip(names, *rows, strict=True))
    print_table(header, lines)
    print_json(benchmark="spark sizes", items=args.items, factors=args.factors, figures=figures)


if __name__ == "__main__":
    main()
