"""Personas by non-negative matrix factorisation."""

from typing import TYPE_CHECKING

from deepcuts.lazy import names_on_demand

if TYPE_CHECKING:
    from deepcuts.model.history import Epoch
    from deepcuts.model.persistence import load
    from deepcuts.model.persona_model import PersonaModel
    from deepcuts.model.persona_nmf import PersonaNMF
    from deepcuts.model.settings import PersonaSettings

_HOMES = {
    "Epoch": "history",
    "PersonaModel": "persona_model",
    "PersonaNMF": "persona_nmf",
    "PersonaSettings": "settings",
    "load": "persistence",
}

__all__ = ["Epoch", "PersonaModel", "PersonaNMF", "PersonaSettings", "load"]

__getattr__ = names_on_demand(__name__, _HOMES)
