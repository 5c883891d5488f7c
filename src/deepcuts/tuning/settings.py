"""How a study is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deepcuts.checks import check_ranges, real_number, texts
from deepcuts.errors import SettingsError
from deepcuts.setting_names import refusing_unknown
from deepcuts.tuning.objectives import Objective, parse_objectives
from deepcuts.tuning.space import check_fixed


@refusing_unknown
@dataclass(frozen=True, kw_only=True)
class TuningSettings:
    """How settings of the model are searched.

    Parameters
    ----------
    n_trials
        Trials of the study in all, those of earlier runs included, at least 1; the first is the default setting.
    objectives
        Two metrics of lists, such as "ndcg" or "recall@50": the first is held up, the second traded against it.
    fraction
        Share of every user's items of train that becomes the validation part, above 0 and below 1.
    n_workers
        Trials at a time, each in a process of its own, 1 to 256.
    early_epochs
        Epochs of the one-persona model after which a trial may be stopped, at least 1.
    rarity
        Position of the dial of all lists, from −4 to 4; 1 is deep cuts.
    fixed
        Values of settings that are not to be searched.
    seed
        Of the validation part, of training and of the search, ≥ 0.

    Raises
    ------
    SettingsError
        If a value is out of its range.
    """

    n_trials: int = 30
    objectives: tuple[str, ...] = ("ndcg", "novelty")
    fraction: float = 0.2
    n_workers: int = 1
    early_epochs: int = 5
    rarity: float = 0.0
    fixed: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        check_ranges(
            self,
            n_trials=(1, 1_000_000),
            n_workers=(1, 256),
            early_epochs=(1, 10_000),
            rarity=(-4, 4),
            seed=(0, 2**32 - 1),
        )
        advice = "Give a share above 0 and below 1."
        fraction = real_number("fraction", self.fraction, 0, 1, advice)
        if fraction in (0, 1):
            raise SettingsError(f"fraction is {fraction}. {advice}")
        object.__setattr__(self, "fraction", fraction)
        check_fixed(self.fixed)
        object.__setattr__(self, "objectives", texts("objectives", self.objectives))
        parse_objectives(self.objectives)

    @property
    def parsed_objectives(self) -> tuple[Objective, Objective]:
        """Both objectives, accuracy first."""
        return parse_objectives(self.objectives)
