"""The papers' models, simple rivals and controls, with the interface of the model."""

from deepcuts.baselines.ease import EASE
from deepcuts.baselines.maxmf import MaxMF
from deepcuts.baselines.mmr import rerank
from deepcuts.baselines.peers import ImplicitALS, IrspackIALS, SklearnNMF
from deepcuts.baselines.pfp import PFP
from deepcuts.baselines.popularity import Popularity
from deepcuts.baselines.random_personas import RandomPersonas
from deepcuts.baselines.refit import refit_users
from deepcuts.baselines.scored import DotProduct, ScoredModel, UserRows

__all__ = [
    "EASE",
    "PFP",
    "DotProduct",
    "ImplicitALS",
    "IrspackIALS",
    "MaxMF",
    "Popularity",
    "RandomPersonas",
    "ScoredModel",
    "SklearnNMF",
    "UserRows",
    "refit_users",
    "rerank",
]
