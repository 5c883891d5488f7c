"""Tables with more than 2 GiB of text, the most that one Arrow array holds: the long form alone tries them.

`DEEPCUTS_FAULTS=long` asks for it; `tests/data/test_arrow_columns.py` tries the same with a limit of some bytes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import deepcuts as dc
from deepcuts.baselines.mmr import rerank
from deepcuts.data.labels import Labels
from deepcuts.evaluation.item_labels import item_features
from faults.table import add_row

MIB = 1 << 20
N_ITEMS = 60


def has_much_memory() -> bool:
    known = Path("/proc/meminfo")
    found = re.search(r"MemAvailable: +(\d+) kB", known.read_text()) if known.exists() else None
    return found is not None and int(found[1]) > 12 * MIB


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.environ.get("DEEPCUTS_FAULTS") != "long", reason="half a minute, in the long form only"),
    pytest.mark.skipif(not has_much_memory(), reason="needs 12 GB of free memory"),
]


def world() -> tuple[dc.Interactions, dc.Interactions, dc.PersonaModel]:
    """Plays of items whose ids have a MiB each: train, holdout, and a model of train."""
    plays = dc.generate_world(300, N_ITEMS, items_per_user=8, seed=1).plays
    users, items = [f"{index:03}" for index in range(300)], [f"{index:03}" + "x" * MIB for index in range(N_ITEMS)]
    train, holdout = dc.split_holdout(dc.Interactions.from_csr(plays.to_csr(), users, items), fraction=0.3, seed=1)
    return train, holdout, dc.PersonaNMF(n_factors=4, base_epochs=2, persona_epochs=1).fit(train)


def plays_as_a_table() -> None:
    train, _, _ = world()
    table = pa.concat_tables([train.to_arrow()] * 2)
    assert table["item_id"].nbytes > 2048 * MIB
    assert train.item_ids.indexes_of(table["item_id"]).tolist() == train.indices.tolist() * 2


def lists_judged() -> None:
    train, holdout, model = world()
    lists = model.recommend(k=8)
    assert lists["item_id"].nbytes > 2048 * MIB
    assert dc.evaluate(lists, train, holdout).to_dict()["n_users"] == train.n_users
    short = model.recommend(model.user_ids.values[:2], k=8)["item_id"]
    assert lists["item_id"][:16].to_pylist() == short.to_pylist()


def lists_made_again() -> None:
    _, _, model = world()
    lists = model.recommend(k=7)
    again = rerank(lists, model.item_ids, model.item_factors, k=7)
    assert lists.select(["user_id", "rank"]) == again.select(["user_id", "rank"])
    before, after = (model.item_ids.indexes_of(table["item_id"]).reshape(-1, 7) for table in (lists, again))
    assert np.array_equal(np.sort(before), np.sort(after))  # the same items, in another order


def factors_described() -> None:
    train, _, _ = world()
    model = dc.PersonaNMF(n_factors=36, base_epochs=1, persona_epochs=1).fit(train)
    table = model.factors(n_items=N_ITEMS)
    assert table["item_id"].nbytes > 2048 * MIB
    assert table.num_rows == 36 * N_ITEMS


def tags_of_an_item() -> None:
    ids = dc.generate_world(20, N_ITEMS, items_per_user=5).plays.item_ids
    tag = pa.array(["x" * MIB])
    tags = pa.chunked_array([tag.take(pa.array(np.zeros(n, np.int64))) for n in (1_100, 1_000)])
    item = pa.array([ids.values[0].as_py()] * len(tags))
    labels = Labels.of(ids, tags=pa.table({"item_id": item, "tag": tags}))
    assert labels.tags.toarray().sum() == len(tags)
    assert item_features(pa.table({"item_id": item, "label": tags}), ids).n_labels == 1


CASES: Mapping[str, Callable[[], None]] = {
    case.__name__: case
    for case in (plays_as_a_table, lists_judged, lists_made_again, factors_described, tags_of_an_item)
}


def test_text_beyond_two_gibibytes() -> None:
    wrong = []
    for name, case in CASES.items():
        try:
            case()
        except Exception as error:
            wrong.append(f"{name}: {error!r}"[:600])
    add_row("long text", "tables of more than 2 GiB of ids, names or tags", len(CASES), len(wrong))
    assert not wrong, "\n".join(wrong)
