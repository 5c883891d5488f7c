"""The two metrics that a study optimises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deepcuts.errors import SettingsError
from deepcuts.evaluation.registry import metric_of, metrics_at, parse_cutoffs


@dataclass(frozen=True)
class Objective:
    """A metric at one cut-off.

    Parameters
    ----------
    metric
        Name of a metric of `deepcuts.evaluation.registry`.
    k
        Length at which lists are cut, at least 1.

    Raises
    ------
    SettingsError
        If there is no such metric, or `k` is below 1.
    """

    metric: str
    k: int

    def __post_init__(self) -> None:
        metrics_at({self.metric: (self.k,)})

    @classmethod
    def parse(cls, text: str) -> Objective:
        """Read "ndcg@100", or "ndcg" for the first of its default cut-offs."""
        ((metric, lengths),) = parse_cutoffs([text]).items()
        return cls(metric, lengths[0])

    @property
    def name(self) -> str:
        """Name with the cut-off, such as "ndcg@100"."""
        return f"{self.metric}@{self.k}"

    @property
    def sign(self) -> int:
        """1 where more is better, -1 where less is."""
        return -1 if metric_of(self.metric).lower_is_better else 1


def parse_objectives(texts: Sequence[str]) -> tuple[Objective, Objective]:
    """Read the two objectives of a study, accuracy first.

    Raises
    ------
    SettingsError
        If there are not two different ones, or one of them is no metric.
    """
    objectives = tuple(map(Objective.parse, texts))
    if len(objectives) != 2 or objectives[0] == objectives[1]:
        raise SettingsError(
            f"The objectives are {', '.join(texts) or 'none'}. Give two that are different, such as ndcg,novelty: "
            "the first is what is held up, the second what it is traded against."
        )
    return objectives[0], objectives[1]
