"""Who takes part in the evidence, and the settings that are tried for each on every data set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa

import deepcuts as dc
from deepcuts.baselines import DotProduct, RandomPersonas, refit_users, rerank
from deepcuts.baselines.scored import Scorer
from deepcuts.comparison import BASELINES, Contender, baseline
from deepcuts.comparison.contenders import settings_of
from deepcuts.errors import SettingsError

BUDGET = 8  # settings that are tried for each rival on each data set
K = 100
MOST_SCORES = 50_000_000
Settings = Mapping[str, Any]
Lists = Callable[[Settings], pa.Table]


@dataclass(frozen=True)
class Rival:
    """Another model and the settings to be tried.

    Parameters
    ----------
    name
        One of `deepcuts.comparison.BASELINES`.
    values
        Of each setting, at equal ratios or one: all combinations are tried first, half of `BUDGET` of them.
    mixes
        Ways to make a list from several vectors; all are judged for each setting, as it needs no training.
    """

    name: str
    values: Mapping[str, tuple[Any, ...]]
    mixes: tuple[str, ...] = ("max",)

    @property
    def grid(self) -> list[Settings]:
        """Settings to start with."""
        return [dict(zip(self.values, chosen, strict=True)) for chosen in product(*self.values.values())]

    def around(self, best: Settings, step: float) -> Iterator[Settings]:
        """Settings a step away from the best, of the grid or beyond its edge, as far as the model takes them."""
        own = {name: best[name] for name in self.values}
        for name, values in self.values.items():
            ratio = (values[-1] / values[0]) ** (step / max(len(values) - 1, 1))  # 1 where there is one value
            for value in (own[name] / ratio, own[name] * ratio):
                moved = {**own, name: type(own[name])(float(f"{value:.3g}"))}
                if self._takes(moved):
                    yield moved

    def _takes(self, values: Settings) -> bool:
        try:
            BASELINES[self.name](**values)
        except SettingsError:
            return False
        return True

    def contender(self, title: str, values: Settings, n_factors: int) -> Contender:
        """Give the model settings, and so many factors where it has any."""
        own = {"n_factors": n_factors} if "n_factors" in settings_of(BASELINES[self.name]) else {}
        return baseline(self.name, {**own, **values}, title)


RIVALS: dict[str, Rival] = {
    "RP3beta": Rival("rp3beta", {"popularity_exponent": (0.2, 0.4), "n_neighbours": (500, 2_000)}),
    "EASE": Rival("ease", {"regularization": (25.0, 75.0, 225.0, 675.0)}),
    "EDLAE": Rival("edlae", {"dropout": (0.3, 0.5), "regularization": (30.0, 120.0)}),
    "SLIM": Rival("slim", {"regularization": (0.01, 0.04), "l1_share": (0.003, 0.03)}),
    "implicit ALS": Rival("implicit", {"regularization": (30.0, 90.0), "confidence": (15.0, 40.0)}),
    "irspack iALS": Rival("irspack", {"unobserved_weight": (0.01, 0.03), "regularization": (0.008, 0.02)}),
    "Spark ALS": Rival("spark", {"regularization": (0.4, 1.2), "confidence": (15.0, 40.0)}),
    "MaxMF": Rival("maxmf", {"max_norm": (1.5, 2.0), "n_personas": (2, 4)}, ("max", "share")),
    "multi-interest": Rival(
        "multi-interest",
        {"regularization": (0.2, 0.3), "n_personas": (2, 4), "learning_rate": (0.1,)},
        ("max", "share"),
    ),
}


def ours(train: dc.Interactions, seed: int) -> Iterator[tuple[str, Lists]]:
    """Name our own models, all from one training at the defaults, and say how each makes lists with some settings."""
    model = dc.PersonaNMF().fit(train, seed=seed)
    yield "personas", partial(lists_of, model)
    yield "one persona", partial(lists_of, model.base)
    half = model.settings.user_regularization / 2
    yield "one persona, users refitted", partial(lists_of, refit_users(model, n_personas=1, user_regularization=half))


def either_sign(train: dc.Interactions, seed: int) -> Iterator[tuple[str, Lists]]:
    """Name the defaults but for the signs, which are free on both sides."""
    model = dc.PersonaNMF(nonnegative="none").fit(train, seed=seed)
    yield "personas, either sign", partial(lists_of, model)


def controls(train: dc.Interactions, seed: int) -> Iterator[tuple[str, Lists]]:
    """Name the controls: items dealt to personas at random, and one persona whose lists are diversified."""
    random = RandomPersonas().fit(train, seed=seed)
    yield "random personas", partial(lists_of, random)
    base = random.base
    yield (
        "one persona + MMR",
        lambda settings: rerank(
            base.recommend(k=2 * K, **settings), base.item_ids, base.item_factors, k=K, diversity=0.2
        ),
    )


def rival_lists(title: str, values: Settings, n_factors: int, train: dc.Interactions, seed: int) -> Lists:
    """Train a rival with the settings that were chosen, and keep all of its scores where they fit into memory."""
    own = {name: value for name, value in values.items() if name != "mix"}
    model: Any = RIVALS[title].contender(title, own, n_factors).method.fit(train, seed=seed)
    n_rows = len(model.persona_shares)
    if n_rows * len(model.item_ids) <= MOST_SCORES:  # a position of the dial then costs no matrix product
        model = replace(model, scorer=with_scores_kept(model.scorer, n_rows))
    return lambda settings: model.recommend(k=K, mix=values["mix"], **settings)


@dataclass(frozen=True, eq=False)
class KeptProduct(DotProduct):
    """Dot products that were computed before; still one of factors, by whose lengths a form of the dial goes."""

    scores: np.ndarray

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Copy the scores of some rows."""
        return self.scores[rows]


def with_scores_kept(scorer: Scorer, n_rows: int) -> Scorer:
    """Compute all scores now, once."""
    scores = scorer(np.arange(n_rows))
    if isinstance(scorer, DotProduct):
        return KeptProduct(scorer.row_factors, scorer.item_factors, scores)
    return lambda rows: scores[rows]


def lists_of(model: dc.PersonaModel, settings: Settings) -> pa.Table:
    """Lists of a model of ours."""
    return model.recommend(k=K, **settings)
