"""Agreement with judges that are not ours: a stand-alone script, and ranx."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from scipy.sparse import coo_array

from deepcuts.data.interactions import Interactions
from deepcuts.evaluation import evaluate, item_features
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


@pytest.fixture(scope="module")
def judge(tools):
    judge = runpy.run_path(str(tools / "judge.py"))["judge"]
    judge.__globals__["round"] = lambda value, _: value  # it prints five digits, we want to see all
    return judge


def tags(path):
    rows = [line.split("\t")[1:3] for line in path.read_text("utf-8", "replace").splitlines()][1:]
    return pa.table(list(zip(*rows, strict=True)), names=["item_id", "label"])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*unclosed file:pytest.PytestUnraisableExceptionWarning", "ignore:unclosed file")
def test_agreement_with_the_judge_on_real_plays_and_tags(judge, hetrec, shared_data):
    train, holdout = read(hetrec / "train.parquet"), read(hetrec / "holdout.parquet")
    path = shared_data / "lastfm-hetrec2011" / "user_taggedartists.dat"
    lists = popular_lists(train, 100)
    pq.write_table(lists, hetrec / "lists.parquet")
    expected = judge(hetrec / "lists.parquet", hetrec / "train.parquet", hetrec / "holdout.parquet", path)

    evaluation = evaluate(lists, train, holdout, features=item_features(tags(path), train.item_ids))
    ours = {
        **evaluation.figures,
        "exposure_lambda": evaluation.figures["exposure_lambda@20"],
        "calibration_kl": evaluation.figures["calibration_kl@20"],
        "minority@50": evaluation.figures["minority_recall@50"],
    }
    assert evaluation.n_users == expected.pop("users")
    assert {name: ours[name] for name in expected} == pytest.approx(expected, abs=1e-9)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*unclosed file:pytest.PytestUnraisableExceptionWarning", "ignore:unclosed file")
def test_agreement_with_the_judge_on_short_and_missing_lists(judge, hetrec, shared_data):
    train, holdout = read(hetrec / "train.parquet"), read(hetrec / "holdout.parquet")
    path = shared_data / "lastfm-hetrec2011" / "user_taggedartists.dat"
    lists = popular_lists(train, 100)
    # Every third user gets no list, and the others lists of many lengths.
    user_index = train.user_ids.indexes_of(lists["user_id"])
    lists = lists.filter(pa.array((user_index % 3 > 0) & (lists["rank"].to_numpy() <= user_index % 120)))
    pq.write_table(lists, hetrec / "short.parquet")
    expected = judge(hetrec / "short.parquet", hetrec / "train.parquet", hetrec / "holdout.parquet", path)

    evaluation = evaluate(lists, train, holdout, features=item_features(tags(path), train.item_ids))
    assert evaluation.n_users == expected.pop("users")
    assert 0 < evaluation.n_without_list < evaluation.n_users
    listed = evaluation.per_user.filter(pc.is_valid(evaluation.per_user["novelty@20"]))
    ours = {
        **evaluation.figures,
        "exposure_lambda": evaluation.figures["exposure_lambda@20"],
        "calibration_kl": evaluation.figures["calibration_kl@20"],
        "minority@50": pc.mean(listed["minority_recall@50"]).as_py(),  # where the judge leaves out who has no list
    }
    assert {name: ours[name] for name in expected} == pytest.approx(expected, abs=1e-9)


_BY_RANX = """
import json, sys
import ranx

given = json.load(sys.stdin)
figures = ranx.evaluate(ranx.Qrels(given["qrels"]), ranx.Run(given["run"]), given["metrics"])
print(json.dumps({name: float(figure) for name, figure in figures.items()}))
"""


def run_without_compiling(code: str, given: str) -> str:
    """Run Python in a process of its own in which Numba compiles nothing: ranx takes 40 s for it."""
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-W", "ignore", "-c", code]
    return subprocess.run(command, input=given, env=environment, check=True, capture_output=True, text=True).stdout


@pytest.mark.slow
def test_agreement_with_ranx():
    """Where the definitions agree: full lists, and no user with more than k items held out.

    ranx divides precision by the length of a short list, and recall and average precision by all held-out items even
    where a list of k items cannot hold them.
    """
    pytest.importorskip("ranx")
    rng = np.random.default_rng(0)
    train, holdout, lists = {}, {}, {}
    for user in (f"user{n}" for n in range(60)):
        items = rng.permutation([f"item{n:02}" for n in range(60)]).tolist()
        train[user], holdout[user] = set(items[:20]), set(rng.permutation(items[20:])[: rng.integers(1, 10)].tolist())
        lists[user] = rng.permutation(items[20:]).tolist()[:25]
    cutoffs = {metric: [10, 25] for metric in ("recall", "precision", "hit_rate", "ndcg", "map", "mrr")}
    evaluation = evaluate(table(lists), interactions(train), interactions(holdout), cutoffs)
    given = {
        "qrels": {user: dict.fromkeys(items, 1) for user, items in holdout.items()},
        "run": {user: {item: 1 / rank for rank, item in enumerate(items, 1)} for user, items in lists.items()},
        "metrics": list(evaluation.figures),
    }
    theirs = json.loads(run_without_compiling(_BY_RANX, json.dumps(given)))
    assert dict(evaluation.figures) == pytest.approx(theirs, abs=1e-6)


def test_agreement_with_rectools_and_lenskit():
    """What RecTools 0.19 and LensKit 2025.8 give for the same lists, written down so that they need not be installed.

    LensKit gives the same hit rate, precision, recall and reciprocal rank; its ndcg does not discount the second rank.
    """
    train = {"ada": {"a", "b"}, "bob": {"a", "c"}, "cyd": {"a", "b", "d"}, "dot": {"e", "f"}}
    holdout = {"ada": {"c", "d"}, "bob": {"b"}, "cyd": {"e"}}
    lists = {"ada": ["e", "c", "d"], "bob": ["b", "e", "d"], "cyd": ["f", "c", "e"]}
    labels = {"a": "x", "b": "x", "c": "xy", "d": "y", "e": "yz", "f": "z"}
    rows = pa.table({"item_id": [*"abccdeef"], "label": [*"".join(labels.values())]})
    theirs = {
        "hit_rate@2": 0.6666666666666666,
        "recall@2": 0.5,
        "precision@2": 0.3333333333333333,
        "ndcg@2": 0.46228426907818054,  # NDCG(divide_by_achievable=True)
        "mrr@2": 0.5,
        "novelty@2": 1.8333333333333333,  # MeanInvUserFreq
        "popularity@2": 1.1666666666666667,  # AvgRecPopularity
        "ild@3": np.mean([0.361929, 0.764298, 0.597631]),  # IntraListDiversity with the cosine distance
        "gini@2": 0.444444,  # ListGini of LensKit
    }
    train = interactions(train)
    cutoffs = {metric: [int(k)] for metric, k in (name.split("@") for name in theirs)}
    features = item_features(rows, train.item_ids)
    figures = evaluate(table(lists), train, interactions(holdout), cutoffs, features=features).figures
    assert dict(figures) == pytest.approx(theirs, abs=1e-6)
