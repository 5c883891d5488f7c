"""What a report tells, as plain data: numbers and names, without a model, a plot or a page."""

from __future__ import annotations

from deepcuts.report.facts.contenders import ContenderFacts, DialPosition, Duel, ExposureFacts
from deepcuts.report.facts.estimates import Band, Difference, Estimate
from deepcuts.report.facts.models import (
    FactorFacts,
    ListedItem,
    ListenerFacts,
    ModelFacts,
    PersonaFacts,
    PersonaSummary,
)
from deepcuts.report.facts.plays import PlaysFacts
from deepcuts.report.facts.report import Report

__all__ = [
    "Band",
    "ContenderFacts",
    "DialPosition",
    "Difference",
    "Duel",
    "Estimate",
    "ExposureFacts",
    "FactorFacts",
    "ListedItem",
    "ListenerFacts",
    "ModelFacts",
    "PersonaFacts",
    "PersonaSummary",
    "PlaysFacts",
    "Report",
]
