"""The figures of all contenders side by side, and the data they are measured on."""

from __future__ import annotations

from collections.abc import Sequence

from deepcuts.evaluation.registry import metric_of
from deepcuts.report.facts import ContenderFacts, PlaysFacts, Report
from deepcuts.report.plots.plays import history_lengths, popularity_curve
from deepcuts.report.sections.html import (
    details,
    differences,
    estimates,
    figure,
    figures,
    percent,
    rows_of,
    section,
    table,
    text,
)


def overview(report: Report) -> str:
    """Return the section of all figures at the neutral dial."""
    contenders = report.contenders
    names = list(contenders[0].figures)
    columns = [estimates([one.figures[name] for one in contenders]) for name in names]
    rows = rows_of([text(one.name) for one in contenders], columns)
    parts = [
        "<p>Every contender with the dial at neutral (rarity 0). Below each mean over users stands its 95&nbsp;% "
        "bootstrap interval; figures of all lists together have none. Intervals of two contenders may overlap although "
        "one is reliably ahead, because both are judged on the same users: the differences below are paired by "
        "user.</p>",
        table(["contender", *map(text, names)], rows, f"Figures of {report.plays.n_judged:,} users"),
        _differences(contenders),
        details("What the figures mean", _meanings(names)),
        details("What the contenders are", _abouts(contenders)),
    ]
    return section("figures", "At a glance", parts)


def _differences(contenders: Sequence[ContenderFacts]) -> str:
    rivals = [one for one in contenders if one.differences]
    if not rivals:
        return ""
    names = list(rivals[0].differences)
    columns = [differences([one.differences[name] for one in rivals]) for name in names]
    rows = rows_of([text(one.name) for one in rivals], columns)
    first = text(contenders[0].name)
    caption = (
        f"Difference from {first}, paired by user: above 0 where the contender's figure is larger. "
        "p by random signs, not corrected for the number of figures."
    )
    return table(["contender", *map(text, names)], rows, caption)


def _meanings(names: Sequence[str]) -> str:
    metrics = dict.fromkeys(map(metric_of, names))
    rows = [[text(one.name), text(f"{one.meaning} Range: {one.range}; {one.better} is better.")] for one in metrics]
    return table(["figure", "meaning"], rows, "The number after @ is the length of the lists.", "words")


def _abouts(contenders: Sequence[ContenderFacts]) -> str:
    return table(["contender", "what it is"], [[text(one.name), text(one.about)] for one in contenders], "", "words")


def data(plays: PlaysFacts) -> str:
    """Return the section of the data."""
    density = plays.n_pairs / (plays.n_users * plays.n_items)
    parts = [
        _sizes(plays),
        f"<p>{percent(density, 2)} of all user–item pairs have plays. {_labels(plays)}</p>",
        figures([_popularity(plays), _history_lengths(plays)]),
    ]
    return section("data", "The data", parts)


def _sizes(plays: PlaysFacts) -> str:
    sizes = {
        "users": plays.n_users,
        "items": plays.n_items,
        "pairs in train": plays.n_pairs,
        "plays": plays.n_plays,
        "held-out pairs": plays.n_holdout,
        "users judged": plays.n_judged,
    }
    tiles = "".join(f"<div><dt>{name}</dt><dd>{size:,.0f}</dd></div>" for name, size in sizes.items())
    return f'<dl class="tiles">{tiles}</dl>'


def _popularity(plays: PlaysFacts) -> str:
    caption = (
        "Listeners of every item, the most popular first; both axes are logarithmic. Items left of the dashed line "
        "have half of all pairs."
    )
    return figure("Popularity", popularity_curve(plays), caption)


def _history_lengths(plays: PlaysFacts) -> str:
    caption = "Users by the number of items that they have in train. The dashed line is the median."
    return figure("History lengths", history_lengths(plays), caption)


def _labels(plays: PlaysFacts) -> str:
    if not plays.n_labels:
        return (
            "The items carry no labels, so calibration cannot be measured: give tags with the plays, or a table of "
            "labels."
        )
    return (
        f"Labels of items are {text(plays.label_source)}: the {plays.n_labels:,} most used, which "
        f"{plays.n_labelled:,} of {plays.n_items:,} items have."
    )
