"""Personas by non-negative matrix factorisation."""

from deepcuts.model.history import Epoch
from deepcuts.model.persistence import load
from deepcuts.model.persona_model import PersonaModel
from deepcuts.model.persona_nmf import PersonaNMF
from deepcuts.model.settings import PersonaSettings

__all__ = ["Epoch", "PersonaModel", "PersonaNMF", "PersonaSettings", "load"]
