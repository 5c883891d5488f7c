"""The public calls, each as a function of one scene, and the traces by which their results are compared to the bit.

Run as a program, it makes every call once, then again after forks or in threads, and prints what came out otherwise.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import fields, is_dataclass, replace
from functools import cached_property
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv
from scipy import sparse

import deepcuts as dc
from deepcuts.baselines import EASE, PFP, MaxMF, RandomPersonas, refit_users, rerank
from deepcuts.baselines.peers import ImplicitALS, IrspackIALS, SklearnNMF
from deepcuts.cli.main import main as main_of_cli
from deepcuts.tuning import TuningSettings, tune

PATIENCE = 240  # seconds: children compile what the first process did not need
N_THREADS = 16


class Scene:
    """Plays, their halves, a model and its file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plays = dc.generate_world(120, 150, items_per_user=12, seed=0).plays
        self.train, self.holdout = dc.split_holdout(self.plays, fraction=0.2, seed=0)
        self.later = dc.generate_world(30, 150, items_per_user=12, seed=1).plays
        self.settings = dc.PersonaNMF(n_factors=8, n_personas=3, base_epochs=2)
        self.model = self.settings.fit(self.train, seed=0)
        self.model.save(folder / "model.safetensors")
        self.table = self.plays.to_arrow()
        csv.write_csv(self.table, folder / "plays.csv")
        self.user, self.other = self.model.user_ids.values[:2].to_pylist()
        self.items = self.model.item_ids.values[:6].to_pylist()
        self.lists = self.model.recommend(k=10)

    @cached_property
    def matrix(self) -> sparse.csr_matrix:
        return sparse.csr_matrix((self.train.plays, self.train.indices, self.train.indptr), shape=self.train.shape)

    @cached_property
    def timed(self) -> dc.Interactions:
        return replace(self.plays, last_played=np.arange(self.plays.n_pairs, dtype=np.int64))

    def ids_of_train(self) -> tuple[pa.Array, pa.Array]:
        return self.train.user_ids.values, self.train.item_ids.values

    def path(self) -> Path:
        """Return a path of this call's own."""
        return self.folder / f"{os.getpid()}-{threading.get_ident()}.out"


def saved(scene: Scene, value: Any, load: Callable[[Path], Any]) -> Any:
    value.save(scene.path(), force=True)
    return load(scene.path())


def command(scene: Scene, *words: str, ending: str = ".csv") -> Path:
    """Run a command in this process, and return the path of what it writes."""
    output = scene.path().with_suffix(ending)
    try:
        main_of_cli([*words, "-o", str(output), "--force", "--quiet"])
    except SystemExit as ended:
        if ended.code:
            raise RuntimeError(f"{words[0]} ended with {ended.code}") from None
    return output


def tuned(scene: Scene) -> list[Any]:
    """What the trials of a search found; each search has a study of its own."""
    settings = TuningSettings(n_trials=2, n_workers=1, fixed={"n_factors": 8, "base_epochs": 2})
    with tempfile.TemporaryDirectory() as folder:
        return [trial.values for trial in tune(scene.train, Path(folder) / "study.db", settings).trials]


def _calls_of_extras() -> dict[str, Callable[[Scene], Any]]:
    """Calls that need libraries beside the required ones, where these are installed."""
    calls: dict[str, tuple[str, Callable[[Scene], Any]]] = {
        "tune": ("optuna", tuned),
        "ImplicitALS": ("implicit", lambda s: ImplicitALS(n_factors=8).fit(s.train, seed=0).recommend(k=5)),
        "IrspackIALS": ("irspack", lambda s: IrspackIALS(n_factors=8).fit(s.train, seed=0).recommend(k=5)),
        "SklearnNMF": ("sklearn", lambda s: SklearnNMF(n_factors=8).fit(s.train, seed=0).recommend(k=5)),
    }
    return {name: call for name, (library, call) in calls.items() if find_spec(library)}


CALLS: Mapping[str, Callable[[Scene], Any]] = {
    "generate_world": lambda s: dc.generate_world(60, 80, items_per_user=9, seed=2).plays,
    "split_holdout": lambda s: dc.split_holdout(s.plays, fraction=0.3, seed=1),
    "split_users": lambda s: dc.split_users(s.plays, fraction=0.3, seed=1),
    "read_plays csv": lambda s: dc.read_plays(s.folder / "plays.csv", user="user_id", item="item_id", plays="plays"),
    "read_plays table": lambda s: dc.read_plays(s.table, user="user_id", item="item_id", plays="plays"),
    "Interactions.from_csr": lambda s: dc.Interactions.from_csr(
        s.matrix, s.train.user_ids.values, s.train.item_ids.values
    ),
    "Interactions.save": lambda s: saved(s, s.plays, dc.Interactions.load),
    "Interactions.align_items": lambda s: s.later.align_items(s.model.item_ids),
    "fit": lambda s: s.settings.fit(s.train, seed=0),
    "fit one persona": lambda s: dc.PersonaNMF(n_factors=8, n_personas=1, base_epochs=2).fit(s.train, seed=0),
    "fit together": lambda s: dc.PersonaNMF(n_factors=8, base_epochs=2, persona_epochs=2).fit(s.train, seed=0),
    "load": lambda s: dc.load(s.folder / "model.safetensors"),
    "save": lambda s: saved(s, s.model, dc.load),
    "recommend": lambda s: s.model.recommend(k=10),
    "recommend with rarity": lambda s: s.model.recommend(k=10, rarity=0.5),
    "recommend one": lambda s: s.model.recommend(s.user, k=10),
    "recommend_batches": lambda s: list(s.model.recommend_batches(k=5)),
    "personas": lambda s: s.model.personas(s.user),
    "explain": lambda s: s.model.explain(s.user, s.items[0]),
    "similar_items": lambda s: s.model.similar_items(s.items[0]),
    "factors": lambda s: s.model.factors(),
    "persona_names": lambda s: s.model.persona_names(s.user),
    "factor_names": lambda s: s.model.factor_names(),
    "fold_in": lambda s: s.model.fold_in(dict.fromkeys(s.items, 2.0)).recommend(k=10),
    "fold_in many": lambda s: s.model.fold_in(s.later),
    "extend": lambda s: s.model.extend(s.later),
    "base": lambda s: s.model.base.recommend(k=5),
    "with_map": lambda s: s.model.with_map().item_map,
    "diagnostics": lambda s: s.model.diagnostics(s.holdout),
    "evaluate": lambda s: dc.evaluate(s.lists, s.train, s.holdout),
    "Popularity": lambda s: dc.Popularity().fit(s.train).recommend(k=5),
    "EASE": lambda s: EASE().fit(s.train).recommend(k=5),
    "MaxMF": lambda s: MaxMF().fit(s.train, seed=0).recommend(k=5),
    "PFP": lambda s: PFP().fit(s.train, seed=0).recommend(k=5),
    "RandomPersonas": lambda s: RandomPersonas(n_factors=8).fit(s.train, seed=0).recommend(k=5),
    "refit_users": lambda s: refit_users(s.model, n_personas=2).recommend(k=5),
    "split_last": lambda s: dc.split_last(s.timed),
    "Interactions.without": lambda s: s.plays.without(s.user),
    "PersonaModel.without": lambda s: s.model.without(s.user),
    "deepcuts recommend": lambda s: command(
        s, "recommend", str(s.folder / "model.safetensors"), "-k", "5"
    ).read_bytes(),
    "deepcuts train": lambda s: dc.load(
        command(s, "train", str(s.folder / "plays.csv"), "--factors", "8", "--base-epochs", "2", ending=".safetensors")
    ),
    **_calls_of_extras(),
    "rerank": lambda s: rerank(s.lists, s.model.item_ids, s.model.item_factors, k=5),
}


def trace(result: Any) -> str:
    """Hash whatever a call returned, to the last bit; times that were measured are left out."""
    digest = hashlib.sha256()
    _feed(digest, result)
    return digest.hexdigest()


def _feed(digest: Any, value: Any) -> None:
    if isinstance(value, dc.PersonaModel):
        value = (value.item_factors, value.user_personas, value.seen)
    digest.update(type(value).__name__.encode())
    if isinstance(value, np.ndarray):
        digest.update(f"{value.shape} {value.dtype}".encode() + np.ascontiguousarray(value).tobytes())
    elif isinstance(value, pa.Table):
        _feed(digest, value.to_pydict())
    elif isinstance(value, (pa.Array, pa.ChunkedArray)):
        _feed(digest, value.to_pylist())
    elif is_dataclass(value):
        _feed(digest, [getattr(value, field.name) for field in fields(value)])
    elif isinstance(value, Mapping):
        _feed(digest, list(value.items()))
    elif isinstance(value, (list, tuple)):
        for part in value:
            _feed(digest, part)
    else:
        digest.update(repr(value).encode())


_scene: Scene | None = None  # what forked processes find


def call(name: str) -> str:
    """Make a call, and return the trace of its result or the error it ended with."""
    assert _scene is not None
    try:
        return trace(CALLS[name](_scene))
    except dc.DeepcutsError as error:
        return f"DeepcutsError: {error}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def in_pool(names: list[str]) -> list[str]:
    with get_context("fork").Pool(2) as pool:
        return pool.map_async(call, names, chunksize=4).get(PATIENCE)


def in_executor(names: list[str]) -> list[str]:
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
        return list(pool.map(call, names, timeout=PATIENCE))


def in_joblib(names: list[str]) -> list[str]:
    """By joblib's pool of forked processes; its default one starts processes of its own."""
    import joblib

    with joblib.parallel_config("multiprocessing", n_jobs=2):
        return list(joblib.Parallel(timeout=PATIENCE)(joblib.delayed(call)(name) for name in names))


def in_preloaded_workers(names: list[str]) -> list[str]:
    """As a server does that loads its application before it forks its workers, each of which has threads."""
    receiver, sender = get_context("fork").Pipe(duplex=False)

    def work() -> None:
        with ThreadPoolExecutor(4) as pool:
            sender.send(list(pool.map(call, names)))

    process = get_context("fork").Process(target=work)
    process.start()
    results = receiver.recv() if receiver.poll(PATIENCE) else ["hung"] * len(names)
    process.kill()
    return results


def in_a_fork_of_a_fork(names: list[str]) -> list[str]:
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
        return pool.submit(in_preloaded_workers, names).result(2 * PATIENCE)


def in_forks_from_threads(names: list[str]) -> list[str]:
    """Fork while other threads of the process are in kernels."""
    with ThreadPoolExecutor(3) as busy:
        stopping = threading.Event()
        threads = [busy.submit(lambda: [call("fit") for _ in iter(stopping.is_set, True)]) for _ in range(3)]
        try:
            results = in_preloaded_workers(names)
        finally:
            stopping.set()
    assert all(thread.done() for thread in threads)
    return results


def in_threads(names: list[str]) -> list[str]:
    """Make every call in sixteen threads at once; return the first result that is not the most frequent one's."""
    results = []
    with ThreadPoolExecutor(N_THREADS) as pool:
        for name in names:
            outcomes = set(pool.map(call, [name] * N_THREADS))
            results.append(outcomes.pop() if len(outcomes) == 1 else f"differing: {sorted(outcomes)}")
    return results


def all_at_once(names: list[str]) -> list[str]:
    """Make different calls in sixteen threads at once."""
    with ThreadPoolExecutor(N_THREADS) as pool:
        return list(pool.map(call, names))


WAYS: Mapping[str, Callable[[list[str]], list[str]]] = {
    "Pool": in_pool,
    "ProcessPoolExecutor": in_executor,
    "joblib": in_joblib,
    "preloaded workers with threads": in_preloaded_workers,
    "fork of a fork": in_a_fork_of_a_fork,
    "forks beside busy threads": in_forks_from_threads,
    "16 threads, one call": in_threads,
    "16 threads, all calls": all_at_once,
}


def main(ways: list[str]) -> None:
    """Print, as JSON, how many calls were made in each way, and those whose results differ from the first."""
    global _scene  # noqa: PLW0603  forked processes find it, unlike an argument, without pickling
    names = list(CALLS)
    with tempfile.TemporaryDirectory() as folder:
        _scene = Scene(Path(folder))
        expected = [call(name) for name in names]
        report: dict[str, Any] = {
            "broken": [f"{name}: {result}" for name, result in zip(names, expected, strict=True) if ": " in result]
        }
        for way in ways:
            results = WAYS[way](names)
            counts = report.setdefault(way, {"tried": 0, "failed": []})
            counts["tried"] += len(results) * (N_THREADS if way == "16 threads, one call" else 1)
            counts["failed"] += [
                f"{name}: {result}"
                for name, result, good in zip(names, results, expected, strict=True)
                if result != good and not result.startswith("DeepcutsError")
            ]
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1:])
