"""What a script of a user calls, for type checkers: `make check` looks at it as it does at the package.

A line with an ignore is one that they are to refuse; without a refusal the ignore itself is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import csr_array

import deepcuts as dc
from deepcuts.baselines import EASE, ScoredModel
from deepcuts.comparison import Comparison, Contender, baseline, cuts_of, model, run_all, tabulate
from deepcuts.evaluation import RankedLists, UserMetric, register
from deepcuts.report import plot_frontier


@dataclass(frozen=True)
class Devotion:
    """A model of a user's own."""

    power: float = 0.5

    def fit(self, plays: dc.Interactions, *, seed: int = 0) -> ScoredModel:
        """Score every item alike for everybody."""
        scores = (plays.item_plays**self.power).astype(np.float32)
        return ScoredModel.of_users(plays, lambda rows: np.tile(scores, (len(rows), 1)))


def surprise(lists: RankedLists, k: int) -> npt.NDArray[np.float64]:
    """Measure what a user wants to."""
    return np.asarray(np.count_nonzero(lists.items[:, :k] >= 0, axis=1) / k, np.float64)


def some_users() -> Iterator[int]:
    """Ids as they come."""
    yield 7


def in_use(table: pa.Table) -> None:
    """Take the usual way, from a table to figures."""
    plays: dc.Interactions = dc.read_plays(table, user="user", item="artist", plays="count", min_users=3)
    plays = dc.prune(dc.Interactions.from_csr(csr_array([[1.0]]), ["ada"], [7]), min_users=2)
    train, holdout = dc.split_holdout(table, fraction=0.2)
    sizes: list[int] = [fold_train.n_pairs for fold_train, _ in dc.split_folds(plays, k=3)]
    method = dc.PersonaNMF(n_factors=min(sizes), user_regularization="auto").set_params(n_personas=3)
    fitted: dc.PersonaModel = method.fit(table, seed=1, progress=True)
    for users in ("ada", 7, np.int64(7), ["ada"], [7], np.array([7]), some_users(), fitted.user_ids):
        fitted.recommend(users, k=10, rarity=0.3, mix="share", deny=[7], names=True, ids="int")
    first: str = fitted.item_ids[0]
    several: list[str] = fitted.item_ids[:3]
    fitted.explain(7, first, persona=0)
    fitted.similar_items(7, k=3)
    fitted.personas(7, n_items=3)
    fitted.fold_in(dict.fromkeys(several, 2.5)).recommend(k=5)
    fitted.extend(table).without([7]).save("model.safetensors")
    found: dc.Evaluation = dc.evaluate(fitted.recommend(k=100), table, holdout, cutoffs={"recall": [20, 50]})
    figure: float = found["recall@20"]
    register(UserMetric("surprise", surprise, cutoffs=(10, 20)))
    contenders = [
        Contender("own", Devotion(), {"rarity": figure}),
        Contender("popular", dc.Popularity()),
        Contender("ease", EASE()),
        model("personas"),
        baseline("one-persona"),
    ]
    runs = run_all(contenders, cuts_of(plays, 0.2, seeds=[0, 1]), {"recall": [20], "surprise": (20,)})
    compared: Comparison = tabulate(runs, ["own", "popular"], reference="popular")
    compared.to_pandas()
    plot_frontier({"personas": fitted, "one persona": fitted.base}, train, holdout, rarities=[0, 0.5])
    plot_frontier(Devotion().fit(train), table, table)


def refused(fitted: dc.PersonaModel) -> None:
    """Make mistakes that checkers find."""
    fitted.recommend("ada", rarety=1)  # type: ignore[call-arg]
    fitted.recommend("ada", mix="both")  # type: ignore[arg-type]
    fitted.recommend("ada", k="3")  # type: ignore[arg-type]
    fitted.recommend(1.5)  # type: ignore[arg-type]
    dc.PersonaNMF(n_factor=3)  # type: ignore[call-arg]
    dc.PersonaNMF(n_factors="many")  # type: ignore[arg-type]
    dc.read_plays("plays.csv")  # type: ignore[call-arg]
    dc.evaluate(fitted, None, None)  # type: ignore[arg-type]
    Contender("own", Devotion)  # type: ignore[arg-type]
