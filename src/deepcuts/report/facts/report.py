"""All that a page shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deepcuts.report.facts.contenders import ContenderFacts
from deepcuts.report.facts.models import ModelFacts
from deepcuts.report.facts.plays import PlaysFacts
from deepcuts.report.published import json_values
from deepcuts.report.settings import ReportSettings
from deepcuts.wording import counted


@dataclass(frozen=True, repr=False)
class Report:
    """All that a page shows.

    Parameters
    ----------
    accuracy, novelty, calibration
        Names of the figures on the axes, such as "recall@20"; `calibration` is None where items have no labels.
    plays, contenders, models
        See there; the first contender is the one that others are compared with.
    settings
        Of the report itself.
    versions
        Of Python, of this package and of those it worked with.
    """

    accuracy: str
    novelty: str
    calibration: str | None
    plays: PlaysFacts
    contenders: tuple[ContenderFacts, ...]
    models: tuple[ModelFacts, ...]
    settings: ReportSettings
    versions: Mapping[str, str]

    @property
    def n_seeds(self) -> int:
        """With how many seeds contenders were trained."""
        return max(1, *(len(one.seeds) for one in self.contenders))

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values; what is not a number is None."""
        values: dict[str, Any] = json_values(self)
        return values

    def __repr__(self) -> str:
        names = ", ".join(one.name for one in self.contenders)
        return f"Report({names}; {counted(self.plays.n_judged, 'user')} judged)"
