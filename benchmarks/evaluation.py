"""Claim: all figures of a million users' lists of 100 items in under a minute and 3 GB.

Usage: python benchmarks/evaluation.py [--users 1000000] [--items 40000] [--json FILE]

An invented world, a fifth of it held out; everyone's list is 100 items that they have not played, drawn as often as
people play them. Items are labelled by their scenes; personas are dealt at random, as what they are does not matter
to the time. Lists are written to a Parquet file first. Reading, checking and judging them is timed in a process of its
own, figure by figure, with kernels compiled beforehand; its memory is the most that the process ever had.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from common import print_json, print_table, setting

import deepcuts as dc
from deepcuts.data.csr import block_of_rows, row_of_entry
from deepcuts.evaluation import evaluate_ranked, item_features, rank_lists
from deepcuts.evaluation.registry import default_cutoffs

LENGTH = 100
N_PERSONAS = 4
_BLOCK_USERS = 20_000


def write_case(folder: Path, n_users: int, n_items: int) -> None:
    """Invent listeners, hold out a fifth of their plays, and write train, holdout, lists and labels."""
    world = dc.generate_world(n_users, n_items, items_per_user=25, seed=0)
    train, holdout = dc.split_holdout(world.plays, fraction=0.2, seed=0)
    train.save(folder / "train.safetensors")
    holdout.save(folder / "holdout.safetensors")
    scenes = [world.scene_names[scene] for scene in world.item_scenes]
    labels = pa.table({"item_id": world.plays.item_ids.values, "label": scenes})
    pq.write_table(labels, folder / "labels.parquet")
    blocks = lists_of(train)
    first = next(blocks)
    with pq.ParquetWriter(folder / "lists.parquet", first.schema) as writer:
        writer.write_table(first)
        for block in blocks:
            writer.write_table(block)


def lists_of(train: dc.Interactions) -> Iterator[pa.Table]:
    """Draw everyone's list, some users at a time."""
    rng = np.random.default_rng(1)
    for start in range(0, train.n_users, _BLOCK_USERS):
        users = np.arange(start, min(start + _BLOCK_USERS, train.n_users))
        indptr, pairs = block_of_rows(train.indptr, start, start + len(users))
        seen = (start + row_of_entry(indptr)) * train.n_items + train.indices[pairs]
        drawn = train.indices[rng.integers(train.n_pairs, size=(len(users), 2 * LENGTH))]
        keys = np.unique((users[:, None] * train.n_items + drawn).ravel())
        keys = keys[~np.isin(keys, seen, assume_unique=True)]
        user, item = np.divmod(keys, train.n_items)
        order = np.lexsort((rng.random(len(keys)), user))
        user, item = user[order], item[order]
        rank = 1 + np.arange(len(user)) - np.searchsorted(user, user)
        kept = rank <= LENGTH
        yield pa.table(
            {
                "user_id": train.user_ids.take(user[kept]),
                "item_id": train.item_ids.take(item[kept]),
                "rank": rank[kept].astype(np.int32),
                "persona": rng.integers(N_PERSONAS, size=int(kept.sum())).astype(np.int8),
            }
        )


def judge(folder: Path) -> dict[str, Any]:
    """Time reading and checking the lists, and each figure."""
    train, holdout = (dc.Interactions.load(folder / f"{name}.safetensors") for name in ("train", "holdout"))
    personas = np.random.default_rng(2).integers(N_PERSONAS, size=train.n_pairs).astype(np.int8)
    seconds, processor = {}, {}
    start, busy = perf_counter(), process_time()
    item_labels = item_features(pq.read_table(folder / "labels.parquet"), train.item_ids)
    file = pq.ParquetFile(folder / "lists.parquet")
    reader = pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches())
    ranked = rank_lists(reader, train, holdout, item_labels, personas)
    seconds["read and check"], processor["read and check"] = perf_counter() - start, process_time() - busy
    for metric, lengths in default_cutoffs(ranked).items():
        start, busy = perf_counter(), process_time()
        evaluate_ranked(ranked, {metric: lengths})
        seconds[metric], processor[metric] = perf_counter() - start, process_time() - busy
    return {
        "n_users": ranked.n_users,
        "seconds": seconds,
        "processor_seconds": processor,
        "gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
    }


def compile_kernels() -> None:
    """Judge a small world, so that no kernel is compiled within the time taken."""
    with tempfile.TemporaryDirectory() as small:
        write_case(Path(small), 400, 600)
        judge(Path(small))


def main() -> None:
    """Write, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=40_000)
    parser.add_argument("--json", type=Path, help="file for the figures")
    args = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as name:
        for target, arguments in ((compile_kernels, ()), (write_case, (Path(name), args.users, args.items))):
            process = context.Process(target=target, args=arguments)
            process.start()
            process.join()
        with context.Pool(1) as pool:
            found = pool.apply(judge, (Path(name),))
    rows = [
        [part, f"{wall:.2f}", f"{found['processor_seconds'][part]:.2f}"]
        for part, wall in sorted(found["seconds"].items(), key=lambda item: -item[1])
    ]
    total, busy = sum(found["seconds"].values()), sum(found["processor_seconds"].values())
    print(f"{found['n_users']:,} users × {LENGTH} items, {args.items:,} items in all")
    print(setting("pyarrow"))
    print_table(["part", "seconds", "processor seconds"], [*rows, ["all", f"{total:.2f}", f"{busy:.2f}"]])
    print(f"most memory: {found['gigabytes']:.2f} GB")
    summary = {"benchmark": "evaluation", "setting": setting("pyarrow"), **found, "total": total}
    print_json(**summary)
    if args.json:
        args.json.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
