"""A report as one HTML page that loads nothing else."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from string import Template

from deepcuts.checks import instance
from deepcuts.report.facts import Report
from deepcuts.report.plots.style import looks
from deepcuts.report.sections.comparison import exposure, for_whom, frontiers
from deepcuts.report.sections.html import embedded_json, plain, text
from deepcuts.report.sections.inside import factors, listeners, personas, training
from deepcuts.report.sections.overview import data, overview
from deepcuts.report.sections.provenance import provenance
from deepcuts.storage import StrPath, check_output, replacing
from deepcuts.wording import counted

_LINKS = {
    "figures": "At a glance",
    "data": "Data",
    "frontiers": "Frontiers",
    "exposure": "Exposure",
    "bands": "For whom",
    "personas": "Personas",
    "training": "Training",
    "factors": "Factors",
    "listeners": "Listeners",
    "settings": "Settings",
}


def render(report: Report) -> str:
    """Return a report as HTML: no scripts, no outside addresses, plots as SVG in the text.

    Parameters
    ----------
    report
        What to show.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    instance("report", report, Report, "Give what collect returns.")
    look_of = looks([one.name for one in report.contenders])
    sections = {
        "figures": overview(report),
        "data": data(report.plays),
        "frontiers": frontiers(report, look_of),
        "exposure": exposure(report, look_of),
        "bands": for_whom(report, look_of),
        "personas": personas(report, look_of),
        "training": training(report),
        "factors": factors(report),
        "listeners": listeners(report),
        "settings": provenance(report),
    }
    folder = files("deepcuts.report")
    return Template(folder.joinpath("page.html").read_text(encoding="utf-8")).substitute(
        title=plain(_title(report)),
        subtitle=_subtitle(report),
        css=folder.joinpath("page.css").read_text(encoding="utf-8"),
        links="".join(f'<a href="#{key}">{_LINKS[key]}</a> ' for key, part in sections.items() if part),
        sections="\n".join(sections.values()),
        numbers=embedded_json(report.to_dict()),
    )


def write(report: Report, path: StrPath, *, force: bool = False) -> None:
    """Write a report as one HTML file, whole or not at all.

    Parameters
    ----------
    report
        What to show.
    path
        The file to be.
    force
        Whether a file that exists already may be replaced.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    OutputError
        If the file exists and `force` is false, or if it cannot be written.
    """
    check_output(path, force=force)
    page = render(report)
    with replacing(path, force=force) as temporary:
        Path(temporary).write_text(page, encoding="utf-8")


def _title(report: Report) -> str:
    return "Report on " + ", ".join(model.name for model in report.models)


def _subtitle(report: Report) -> str:
    plays, n_ways = report.plays, len(report.contenders)
    ways = "One way" if n_ways == 1 else f"{n_ways} ways"
    return (
        f"{ways} to make lists, judged on {counted(plays.n_holdout, 'held-out pair')} of "
        f"{counted(plays.n_judged, 'user')} by deepcuts {text(report.versions.get('deepcuts', ''))}."
    )
