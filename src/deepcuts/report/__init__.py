"""What models do, on one page: figures, frontiers over the rarity dial, exposure, personas, factors, listeners."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepcuts.report.collection import collect, n_steps
    from deepcuts.report.contenders import Contender, baseline_contender, model_contenders
    from deepcuts.report.facts import Report
    from deepcuts.report.page import render, write
    from deepcuts.report.settings import ReportSettings

_HOMES = {
    "Contender": "contenders",
    "Report": "facts",
    "ReportSettings": "settings",
    "baseline_contender": "contenders",
    "collect": "collection",
    "model_contenders": "contenders",
    "n_steps": "collection",
    "render": "page",
    "write": "page",
}

__all__ = [
    "Contender",
    "Report",
    "ReportSettings",
    "baseline_contender",
    "collect",
    "model_contenders",
    "n_steps",
    "render",
    "write",
]


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for: the command reads the settings, and needs no numerics for that."""
    if name not in _HOMES:
        raise AttributeError(f"module 'deepcuts.report' has no attribute {name!r}")
    return getattr(import_module(f"deepcuts.report.{_HOMES[name]}"), name)
