"""The figures of all contenders side by side, and the data they are measured on."""

from __future__ import annotations

import math
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
    marked,
    percent,
    seconds,
    section,
    table,
    text,
    with_spreads,
)
from deepcuts.report.sections.verdict import verdict
from deepcuts.report.sections.words import best_of, in_words, of_seeds
from deepcuts.wording import counted

_INTERVALS = (
    "Below each mean over users stands its 95&nbsp;% bootstrap interval; figures of all lists together have none."
)
_ONE = f"Lists with the dial at neutral (rarity 0). The arrow says which way is better. {_INTERVALS}"
_SEVERAL = (
    "Every contender with the dial at neutral (rarity 0). The arrow says which way is better, and the best of a row is "
    f"marked. {_INTERVALS} Intervals of two contenders may overlap although one is reliably ahead, because both are "
    "judged on the same users: the differences below are paired by user."
)


def overview(report: Report) -> str:
    """Return the section of all figures at the neutral dial, the verdict in front."""
    contenders = report.contenders
    parts = [
        f'<p class="verdict">{verdict(report)}</p>',
        f"<p>{_SEVERAL if len(contenders) > 1 else _ONE}</p>",
        _figures(report),
        _differences(contenders),
        _duels(report),
        _seconds(contenders),
        details("What the figures mean", _meanings(list(contenders[0].figures))),
        details("What the contenders are", _abouts(contenders)),
    ]
    return section("figures", "At a glance", parts)


def _figures(report: Report) -> str:
    """All figures, one a row, the best marked."""
    contenders, rows = report.contenders, []
    for name in contenders[0].figures:
        found = [one.figures[name] for one in contenders]
        cells = with_spreads(estimates(found), [one.spread(name) for one in contenders])
        best = best_of(name, [one.mean for one in found]) if len(found) > 1 else -1
        rows.append([in_words(name), *(marked(cell) if at == best else cell for at, cell in enumerate(cells))])
    seeds = f", means over {of_seeds(report)}; after ± their standard deviation" if report.n_seeds > 1 else ""
    caption = f"Figures of {counted(report.plays.n_judged, 'user')}{seeds}"
    return table(["figure", *(text(one.name) for one in contenders)], rows, caption, "beside")


def _differences(contenders: Sequence[ContenderFacts]) -> str:
    rivals = [one for one in contenders if one.differences]
    if not rivals:
        return ""
    names = list(rivals[0].differences)
    rows = [[in_words(name), *differences([one.differences[name] for one in rivals])] for name in names]
    caption = (
        f"Difference from {text(contenders[0].name)}, paired by user: above 0 where the contender's figure is larger. "
        "p by random signs, not corrected for the number of figures."
    )
    return details(
        f"Differences from {text(contenders[0].name)}",
        table(["figure", *(text(one.name) for one in rivals)], rows, caption, "beside"),
    )


def _duels(report: Report) -> str:
    """For how many users each contender is better than the first one."""
    rivals = [(one, one.duel) for one in report.contenders if one.duel is not None]
    if not rivals:
        return ""
    rows = []
    for one, duel in rivals:
        total = max(duel.better + duel.alike + duel.worse, 1)
        parts = [percent(n / total) for n in (duel.better, duel.alike, duel.worse)]
        rows.append([text(one.name), *parts])
    first = text(report.contenders[0].name)
    caption = f"Users for whom a contender finds more than {first}, as much, or less, by {text(report.accuracy)}"
    return table(["contender", "more", "as much", "less"], rows, caption, "fits")


def _seconds(contenders: Sequence[ContenderFacts]) -> str:
    """Time that training and lists took."""
    rows = [
        [
            text(one.name),
            "before" if math.isnan(one.fit_seconds) else seconds(one.fit_seconds),
            seconds(one.list_seconds),
        ]
        for one in contenders
    ]
    caption = "Time to train, and to make the lists of all users at the neutral dial, on this machine and this once"
    return table(["contender", "to train", "to list"], rows, caption, "fits")


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
        f"{counted(plays.n_labelled, 'has', 'have')}, of {counted(plays.n_items, 'item')}."
    )
