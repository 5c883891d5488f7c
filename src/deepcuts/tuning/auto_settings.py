"""How settings are found without anybody looking at trials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepcuts.checks import check_ranges, truth
from deepcuts.errors import SettingsError
from deepcuts.model.training.density_rule import FACTORS
from deepcuts.model.training.settings import AUTO, PersonaSettings
from deepcuts.setting_names import refusing_unknown
from deepcuts.wording import counted


@refusing_unknown
@dataclass(frozen=True, kw_only=True)
class AutoSettings:
    """How `tune_automatically` searches.

    Parameters
    ----------
    budget
        Time that the search may take, in fits of the default settings on all plays, lists of the users who are judged
        included, 6 to 1000: as planned by epochs, and by the processor time of this process.
    any_sign
        Whether factors that may be negative may be chosen, for which names and explanations are harder to read.
    most_factors
        The most factors that may be chosen; the search begins with 128 then, if `fixed` has no number. None leaves
        their number as it is.
    fixed
        Values of settings that are not to be searched.
    seed
        Of the cuts and of training, ≥ 0.
    study_file
        SQLite file that remembers the trials, so that a run that was killed goes on where it was; it needs the extra
        `tune`. None remembers nothing.

    Raises
    ------
    SettingsError
        If a value is out of its range.
    """

    budget: float = 10.0
    any_sign: bool = False
    most_factors: int | None = None
    fixed: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    study_file: Path | None = None

    def __post_init__(self) -> None:
        check_ranges(self, budget=(6, 1000), seed=(0, 2**32 - 1))
        object.__setattr__(self, "any_sign", truth("any_sign", self.any_sign))
        default = PersonaSettings(**self.fixed)  # refuses what the model would
        if self.most_factors is None:
            return
        if default.n_factors == AUTO:  # a rehearsal might take more
            object.__setattr__(self, "fixed", {**self.fixed, "n_factors": FACTORS})
        least = FACTORS if default.n_factors == AUTO else default.n_factors
        if self.most_factors < least:
            raise SettingsError(
                f"most_factors is {self.most_factors:,}, below the {counted(least, 'factor')} that a search begins "
                "with. Give at least as many, or a smaller n_factors."
            )
