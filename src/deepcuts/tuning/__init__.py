"""Search for settings of the model that are good on two metrics of lists, on a validation part of train."""

from __future__ import annotations

from deepcuts.lazy import public_names
from deepcuts.tuning.auto_search import AutoTrial, AutoTuning, tune_automatically
from deepcuts.tuning.auto_settings import AutoSettings
from deepcuts.tuning.files import read_settings, write_settings
from deepcuts.tuning.plot import plot_front
from deepcuts.tuning.result import Trial, Tuning
from deepcuts.tuning.settings import TuningSettings
from deepcuts.tuning.tune import tune

__all__ = [
    "AutoSettings",
    "AutoTrial",
    "AutoTuning",
    "Trial",
    "Tuning",
    "TuningSettings",
    "plot_front",
    "read_settings",
    "tune",
    "tune_automatically",
    "write_settings",
]

__dir__ = public_names(__name__)
