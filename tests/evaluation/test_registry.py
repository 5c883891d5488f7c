"""Metrics are registered once: what the list of files, the guide, the command and the report say of them agree."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deepcuts.cli.main import app
from deepcuts.errors import SettingsError
from deepcuts.evaluation import metrics
from deepcuts.evaluation.metric import ExposureMetric, QuotientMetric, UserMetric
from deepcuts.evaluation.registry import METRICS, metric_of, parse_cutoffs

GUIDE = (Path(__file__).parents[2] / "docs" / "guide" / "evaluation.md").read_text("utf-8")
FILES = [importlib.import_module(f"{metrics.__name__}.{file.name}") for file in pkgutil.iter_modules(metrics.__path__)]
TYPES = (UserMetric, ExposureMetric, QuotientMetric)


def guide_row(metric):
    """What the table of the guide says of a metric."""
    cutoffs, needs = (", ".join(map(str, values)) for values in (metric.cutoffs, [n.given_as for n in metric.needs]))
    main = " ●" if metric.is_main else " ○" if metric.on_request else ""
    cells = (f"`{metric.name}`{main}", cutoffs, metric.range, metric.better, needs)
    return "| " + " | ".join((*cells, metric.meaning.rstrip("."))) + " |"


def test_every_file_of_a_metric_is_in_the_list():
    found = [metric for file in FILES for metric in getattr(file, "METRICS", ())]
    assert len({metric.name for metric in found}) == len(found)
    assert {metric.name: metric for metric in found} == METRICS


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.__name__.rpartition(".")[2])
def test_a_file_registers_functions_of_its_own_that_say_what_they_are(file):
    for metric in getattr(file, "METRICS", ()):
        assert metric.function.__module__ == file.__name__
        assert metric.function.__doc__.endswith("."), metric.name
        assert "\n" not in metric.function.__doc__, metric.name
        assert f"{metric.name}@k" in file.__doc__ or metric.name in ("map", "mrr", "ild")
        assert isinstance(metric, TYPES)
        assert metric.cutoffs
        assert metric.least < metric.most


def test_the_guide_has_a_row_for_every_metric_that_says_what_is_registered():
    rows = [line for line in GUIDE.splitlines() if re.match(r"\| `\w+`( [●○])? \| \d", line)]
    assert rows == [guide_row(metric) for metric in METRICS.values()]


def test_the_guide_says_when_to_ask_for_every_metric():
    table = GUIDE.partition("| figure | denominator")[2].partition("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert re.findall(r"`(\w+)`", "".join(cells)) == list(METRICS)


@pytest.mark.parametrize("command", ["evaluate", "compare"])
def test_the_help_of_commands_names_every_metric_once(command):
    for _ in range(2):
        shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"}).stdout
        assert re.sub(r"[\s│]+", " ", shown).count(f"There are {', '.join(METRICS)}.") == 1


def test_metrics_are_found_by_the_names_of_their_figures():
    assert metric_of("recall@20") is metric_of("recall") is METRICS["recall"]
    assert parse_cutoffs(["recall", "epc@7", "recall@5"]) == {"recall": (20, 50, 5), "epc": (7,)}
    with pytest.raises(
        SettingsError, match=r"There is no metric 'recal'\. Did you mean 'recall'\? Choose from recall, "
    ):
        metric_of("recal@20")
