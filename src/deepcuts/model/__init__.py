"""Personas by non-negative matrix factorisation."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for: the command reads the settings, and needs no numerics for that."""
    if name not in _HOMES:
        raise AttributeError(f"module 'deepcuts.model' has no attribute {name!r}")
    return getattr(import_module(f"deepcuts.model.{_HOMES[name]}"), name)
