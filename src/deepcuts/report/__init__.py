"""A report on models as one HTML page: metrics, frontiers over the rarity dial, exposure, personas and factors."""

from typing import TYPE_CHECKING

from deepcuts.lazy import names_on_demand, public_names

if TYPE_CHECKING:
    from deepcuts.comparison.contenders import Contender, model_contenders
    from deepcuts.comparison.named_baselines import baseline_contender
    from deepcuts.report.collection import collect, n_steps
    from deepcuts.report.facts import Report
    from deepcuts.report.notebook import plot_frontier
    from deepcuts.report.page import render, write
    from deepcuts.report.settings import ReportSettings

_HOMES = {
    "Contender": ".comparison.contenders",
    "Report": "facts",
    "ReportSettings": "settings",
    "baseline_contender": ".comparison.named_baselines",
    "collect": "collection",
    "model_contenders": ".comparison.contenders",
    "n_steps": "collection",
    "plot_frontier": "notebook",
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
    "plot_frontier",
    "render",
    "write",
]

__getattr__ = names_on_demand(__name__, _HOMES)

__dir__ = public_names(__name__)
