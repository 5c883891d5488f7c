"""The figures of all contenders side by side, and the data they are measured on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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

# What each figure says, and which way is better.
MEANINGS: Mapping[str, str] = {
    "recall": "share of the held-out items among the first k, of min(k, held out); higher is better",
    "precision": "share of the first k that were held out; higher is better",
    "hit_rate": "share of users with at least one held-out item among the first k; higher is better",
    "ndcg": "as recall, with items further up counting more; higher is better",
    "map": "mean precision at the places of held-out items; higher is better",
    "mrr": "inverse rank of the first held-out item; higher is better",
    "tail_recall": "recall of all held-out items, each weighing listeners^−½; higher is better",
    "novelty": "mean of −log2(share of users who play the item), bits; one bit is half as many listeners",
    "long_tail": "share of listed items outside the few that have 80 % of all pairs",
    "coverage": "share of the catalogue that is in at least one list",
    "gini": "inequality of how often items are listed; 0 is every item alike",
    "exposure_lambda": "1 / mean exposure rank of a list place; low is flat",
    "calibration_kl": "distance of a list's labels from those of the user's history, nats; lower is better",
    "ild": "how unlike each other the items of a list are by label, 0 to 1",
    "minority_recall": "recall of held-out items whose label is a minority taste of the user; higher is better",
}


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
        details("What the contenders are", _who(contenders)),
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
    metrics = dict.fromkeys(name.partition("@")[0] for name in names)
    rows = [[text(metric), MEANINGS[metric]] for metric in metrics]
    return table(["figure", "meaning"], rows, "The number after @ is the length of the lists.", "words")


def _who(contenders: Sequence[ContenderFacts]) -> str:
    return table(["contender", "what it is"], [[text(one.name), text(one.about)] for one in contenders], "", "words")


def data(plays: PlaysFacts) -> str:
    """Return the section of the data."""
    tiles = {
        "users": f"{plays.n_users:,}",
        "items": f"{plays.n_items:,}",
        "pairs in train": f"{plays.n_pairs:,}",
        "plays": f"{plays.n_plays:,.0f}",
        "held-out pairs": f"{plays.n_held:,}",
        "users judged": f"{plays.n_judged:,}",
    }
    shown = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in tiles.items())
    density = plays.n_pairs / (plays.n_users * plays.n_items)
    parts = [
        f'<dl class="tiles">{shown}</dl>',
        f"<p>{percent(density, 2)} of all user–item pairs have plays. {_labels(plays)}</p>",
        figures(
            [
                figure(
                    "Popularity",
                    popularity_curve(plays),
                    "Listeners of every item, the most popular first; both axes are logarithmic. Items left of the "
                    "dashed line have half of all pairs.",
                ),
                figure(
                    "History lengths",
                    history_lengths(plays),
                    "Users by the number of items that they have in train. The dashed line is the median.",
                ),
            ]
        ),
    ]
    return section("data", "The data", parts)


def _labels(plays: PlaysFacts) -> str:
    if not plays.n_labels:
        return "The items carry no labels, so calibration cannot be measured: give tags with the plays, or a table of "
        "labels."
    return (
        f"Labels of items are {text(plays.label_source)}: the {plays.n_labels:,} most used, which "
        f"{plays.n_labelled:,} of {plays.n_items:,} items have."
    )
