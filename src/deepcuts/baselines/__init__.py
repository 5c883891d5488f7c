"""The papers' models, simple rivals and controls, with the interface of the model."""

from deepcuts.baselines.ease import EASE
from deepcuts.baselines.item_to_item import EDLAE, SLIM, RP3beta
from deepcuts.baselines.maxmf import MaxMF
from deepcuts.baselines.mmr import rerank
from deepcuts.baselines.multi_interest import MultiInterest
from deepcuts.baselines.peers import ImplicitALS, IrspackIALS, SklearnNMF
from deepcuts.baselines.pfp import PFP
from deepcuts.baselines.popularity import Popularity
from deepcuts.baselines.random_personas import RandomPersonas
from deepcuts.baselines.refit import refit_users
from deepcuts.baselines.scored import DotProduct, ScoredModel, UserRows
from deepcuts.baselines.spark_als import SparkALS
from deepcuts.lazy import public_names

__all__ = [
    "EASE",
    "EDLAE",
    "PFP",
    "SLIM",
    "DotProduct",
    "ImplicitALS",
    "IrspackIALS",
    "MaxMF",
    "MultiInterest",
    "Popularity",
    "RP3beta",
    "RandomPersonas",
    "ScoredModel",
    "SklearnNMF",
    "SparkALS",
    "UserRows",
    "refit_users",
    "rerank",
]

__dir__ = public_names(__name__)
