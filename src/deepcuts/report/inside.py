"""The facts of one model: its training, personas and factors, and lists of some users."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepcuts.model import PersonaModel
from deepcuts.report.facts import FactorFacts, ModelFacts
from deepcuts.report.grouped_rows import rows_by
from deepcuts.report.judge import Judge
from deepcuts.report.listeners import listener_facts
from deepcuts.report.personas import persona_facts

_N_FACTOR_ITEMS = 8


def model_facts(name: str, model: PersonaModel, judge: Judge, listeners: Sequence[str]) -> ModelFacts:
    """Look inside a model.

    Parameters
    ----------
    name
        As in the legend.
    model
        The model.
    judge
        Holdout, labels and settings of the report.
    listeners
        Ids of the users to show.
    """
    return ModelFacts(
        name=name,
        settings=dict(vars(model.settings)),
        seed=model.item_side.seed,
        interrupted=model.interrupted,
        epochs=tuple(model.loss_history().to_pylist()) if model.epochs else (),
        personas=persona_facts(model, judge.item_labels),
        factors=factor_facts(model, judge.settings.n_factors),
        listeners=tuple(listener_facts(model, user, judge.holdout) for user in listeners),
    )


def factor_facts(model: PersonaModel, n_factors: int) -> tuple[FactorFacts, ...]:
    """Describe the factors that most of all scores come through.

    Parameters
    ----------
    model
        A model.
    n_factors
        The most factors.
    """
    if not n_factors:
        return ()
    by_factor = rows_by(model.factors(_N_FACTOR_ITEMS), "factor")
    strongest = sorted(by_factor, key=lambda factor: (-by_factor[factor][0]["share"], factor))[:n_factors]
    return tuple(_factor(number, by_factor[number]) for number in strongest)


def _factor(number: int, rows: Sequence[dict[str, Any]]) -> FactorFacts:
    items = tuple((row["name"], row["loading"]) for row in rows)
    return FactorFacts(number, rows[0]["factor_name"], rows[0]["share"], items)
