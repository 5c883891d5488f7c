"""Settings and versions: what it takes to make the same report again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deepcuts.report.facts import ModelFacts, Report
from deepcuts.report.sections.html import details, section, table, text


def provenance(report: Report) -> str:
    """Return the section of settings and versions."""
    parts = [
        _models(report.models),
        table(["report", "value"], _rows(vars(report.settings)), "Settings of this report", "words"),
        table(["with", "version"], _rows(report.versions), "Versions", "words"),
        "<p class=quiet>All numbers of this page are in it as JSON too, in the element with the id “numbers”.</p>",
    ]
    return section("settings", "Settings and versions", [details("Show them", "".join(parts))])


def _models(models: tuple[ModelFacts, ...]) -> str:
    names = list(dict.fromkeys(name for model in models for name in model.settings))
    rows = [["seed", *(text(model.seed) for model in models)]]
    rows += [[text(name), *(_value(model.settings.get(name, "–")) for model in models)] for name in names]
    return table(["setting", *(text(model.name) for model in models)], rows, "Settings of the models", "words")


def _rows(values: Mapping[str, Any]) -> list[list[str]]:
    return [[text(name), _value(value)] for name, value in values.items()]


def _value(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return ", ".join(map(_value, value)) or "–"
    return text(f"{value:g}" if isinstance(value, float) else value)
