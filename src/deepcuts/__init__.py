"""Recommendations for people with several tastes, from familiar to deep cuts.

>>> import deepcuts as dc
>>> world = dc.generate_world(n_users=200, n_items=300, seed=0)
>>> train, holdout = dc.split_holdout(world.plays, fraction=0.2, seed=0)
>>> model = dc.PersonaNMF(n_factors=16, n_personas=3).fit(train, seed=0)
>>> lists = model.recommend(k=50, rarity=0.2)
>>> figures = dc.evaluate(lists, train, holdout)
"""

from typing import TYPE_CHECKING

from deepcuts._version import __version__ as __version__
from deepcuts.lazy import names_on_demand

if TYPE_CHECKING:
    from deepcuts import adapters as adapters
    from deepcuts import baselines as baselines
    from deepcuts import comparison as comparison
    from deepcuts import datasets as datasets
    from deepcuts import errors as errors
    from deepcuts import evaluation as evaluation
    from deepcuts import history as history
    from deepcuts import ingest as ingest
    from deepcuts import model as model
    from deepcuts import recommendation as recommendation
    from deepcuts import report as report
    from deepcuts import spark as spark
    from deepcuts import tuning as tuning
    from deepcuts.baselines import Popularity
    from deepcuts.data.interactions import Interactions
    from deepcuts.data.split import drop_known, split_at, split_folds, split_holdout, split_last, split_users
    from deepcuts.errors import DeepcutsError
    from deepcuts.evaluation.evaluate import Evaluation, evaluate
    from deepcuts.ingest import prune, read_plays
    from deepcuts.model import Epoch, PersonaModel, PersonaNMF, load
    from deepcuts.synthetic import World, generate_world

_HOMES = {
    "DeepcutsError": "errors",
    "Epoch": "model",
    "Evaluation": "evaluation",
    "Interactions": "data.interactions",
    "PersonaModel": "model",
    "PersonaNMF": "model",
    "Popularity": "baselines",
    "World": "synthetic",
    "drop_known": "data.split",
    "evaluate": "evaluation",
    "generate_world": "synthetic",
    "load": "model",
    "prune": "ingest",
    "read_plays": "ingest",
    "split_at": "data.split",
    "split_folds": "data.split",
    "split_holdout": "data.split",
    "split_last": "data.split",
    "split_users": "data.split",
}

# Packages whose public names are of use by themselves.
_PACKAGES = (
    "adapters",
    "baselines",
    "comparison",
    "datasets",
    "errors",
    "evaluation",
    "history",
    "ingest",
    "model",
    "recommendation",
    "report",
    "spark",
    "tuning",
)

__all__ = [
    "DeepcutsError",
    "Epoch",
    "Evaluation",
    "Interactions",
    "PersonaModel",
    "PersonaNMF",
    "Popularity",
    "World",
    "drop_known",
    "evaluate",
    "generate_world",
    "load",
    "prune",
    "read_plays",
    "split_at",
    "split_folds",
    "split_holdout",
    "split_last",
    "split_users",
]

__getattr__ = names_on_demand(__name__, _HOMES, _PACKAGES)


def __dir__() -> list[str]:
    return sorted([*__all__, *_PACKAGES, "__version__"])
