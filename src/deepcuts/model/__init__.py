"""Personas by non-negative matrix factorisation."""

from typing import TYPE_CHECKING

from deepcuts.lazy import names_on_demand, public_names

if TYPE_CHECKING:
    from deepcuts.model.persona_model import PersonaModel, load
    from deepcuts.model.persona_nmf import PersonaNMF
    from deepcuts.model.training.epochs import Epoch
    from deepcuts.model.training.settings import PersonaSettings

_HOMES = {
    "Epoch": "training.epochs",
    "PersonaModel": "persona_model",
    "PersonaNMF": "persona_nmf",
    "PersonaSettings": "training.settings",
    "load": "persona_model",
}

__all__ = ["Epoch", "PersonaModel", "PersonaNMF", "PersonaSettings", "load"]

__getattr__ = names_on_demand(__name__, _HOMES)

__dir__ = public_names(__name__)
