"""Agreement with judges that are not ours: a stand-alone script, and ranx."""

from __future__ import annotations

import runpy
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.sparse import coo_array

from deepcuts.evaluation import evaluate
from deepcuts.interactions import Interactions
from reference.metrics import interactions, table


@pytest.fixture(scope="module")
def tools(shared_data):
    folder = shared_data.parent / "tools"
    if not (folder / "judge.py").is_file():
        pytest.skip(f"no judge at {folder}")
    return folder


@pytest.fixture(scope="module")
def hetrec(shared_data, tools, tmp_path_factory):
    """Folder with train.parquet and holdout.parquet of the HetRec protocol."""
    folder = tmp_path_factory.mktemp("hetrec")
    plays = shared_data / "lastfm-hetrec2011" / "user_artists.dat"
    subprocess.run([sys.executable, tools / "protocol.py", plays, folder], check=True, capture_output=True)
    return folder


def read(path):
    rows = pq.read_table(path)
    users, user_index = np.unique(rows["user_id"].to_numpy(), return_inverse=True)
    items, item_index = np.unique(rows["item_id"].to_numpy(), return_inverse=True)
    matrix = coo_array((rows["plays"].to_numpy(), (user_index, item_index)), (len(users), len(items)))
    return Interactions.from_csr(matrix.tocsr(), users.tolist(), items.tolist())


def popular_lists(train, k):
    """Each user's `k` items with the most listeners among those they do not have."""
    popularity = np.tile(train.item_listeners.astype(float), (train.n_users, 1))
    popularity[train.user_of_pair(), train.indices] = -1
    items = np.argsort(-popularity, axis=1, kind="stable")[:, :k]
    return pa.table(
        {
            "user_id": train.user_ids.take(np.repeat(np.arange(train.n_users), k)),
            "item_id": train.item_ids.take(items.ravel()),
            "rank": np.tile(np.arange(1, k + 1), train.n_users),
        }
    )


def test_agreement_with_the_judge_on_real_plays(tools, hetrec):
    train, holdout = read(hetrec / "train.parquet"), read(hetrec / "holdout.parquet")
    lists = popular_lists(train, 100)
    # Every third user gets no list, and the others lists of many lengths.
    user_index = train.user_ids.indexes_of(lists["user_id"])
    lists = lists.filter(pa.array((user_index % 3 > 0) & (lists["rank"].to_numpy() <= user_index % 120)))
    pq.write_table(lists, hetrec / "lists.parquet")
    judge = runpy.run_path(str(tools / "judge.py"))["judge"]
    judge.__globals__["round"] = lambda value, _: value  # it prints five digits, we want to see all
    expected = judge(hetrec / "lists.parquet", hetrec / "train.parquet", hetrec / "holdout.parquet", None)

    evaluation = evaluate(lists, train, holdout)
    assert evaluation.n_users == expected["users"]
    assert 0 < evaluation.n_without_list < evaluation.n_users
    ours = {**evaluation.figures, "exposure_lambda": evaluation.figures["exposure_lambda@20"]}
    shared = {"recall@20", "recall@50", "ndcg@100", "novelty@20", "coverage@20", "gini@20", "exposure_lambda"}
    assert {name: ours[name] for name in shared} == pytest.approx({name: expected[name] for name in shared}, abs=1e-9)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_agreement_with_ranx():
    """Where the definitions agree: full lists, and no user with more than k items held out.

    ranx divides precision by the length of a short list, and recall and average precision by all held-out items even
    where a list of k items cannot hold them.
    """
    ranx = pytest.importorskip("ranx")
    rng = np.random.default_rng(0)
    train, holdout, lists = {}, {}, {}
    for user in (f"user{n}" for n in range(60)):
        items = rng.permutation([f"item{n:02}" for n in range(60)]).tolist()
        train[user], holdout[user] = set(items[:20]), set(rng.permutation(items[20:])[: rng.integers(1, 10)].tolist())
        lists[user] = rng.permutation(items[20:]).tolist()[:25]
    cutoffs = {metric: [10, 25] for metric in ("recall", "precision", "ndcg", "map", "mrr")}
    evaluation = evaluate(table(lists), interactions(train), interactions(holdout), cutoffs)
    theirs = ranx.evaluate(
        ranx.Qrels({user: dict.fromkeys(held, 1) for user, held in holdout.items()}),
        ranx.Run({user: {item: 1 / place for place, item in enumerate(items, 1)} for user, items in lists.items()}),
        list(evaluation.figures),
    )
    assert dict(evaluation.figures) == pytest.approx(dict(theirs), abs=1e-6)
