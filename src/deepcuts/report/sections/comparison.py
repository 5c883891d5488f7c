"""The sections of contenders: frontiers, exposure of items, and accuracy by group of users and items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deepcuts.report.facts import ContenderFacts, Report
from deepcuts.report.plots.bands import bands
from deepcuts.report.plots.exposure import concentration, exposure_histograms
from deepcuts.report.plots.frontier import frontier, has_outsiders
from deepcuts.report.plots.recall import recall_curves
from deepcuts.report.plots.style import Look
from deepcuts.report.sections.html import details, estimates, figure, figures, rows_of, section, table, text
from deepcuts.report.sections.legend import legend
from deepcuts.report.sections.words import of_seeds

_TITLES = {"novelty": "accuracy × novelty", "calibration_kl": "accuracy × calibration"}


def frontiers(report: Report, looks: Mapping[str, Look]) -> str:
    """Return the section of the frontiers, their close-ups and numbers."""
    shown: list[str] = []
    for axis in filter(None, (report.novelty, report.calibration)):
        shown += _frontier(report, looks, axis)
    rarities = ", ".join(map(_signed, report.settings.rarities))
    parts = [
        f"<p>Each line is one contender under the rarity dial, at {rarities}. The large mark is the neutral dial. Bars "
        f"are 95&nbsp;% bootstrap intervals over users, of either axis; {_not_told(report)} "
        "Further up and further right is better: a line above another gives more accuracy for the same novelty. The "
        f"small numbers are rarities of {text(report.contenders[0].name)}.</p>",
        legend(looks, [one.name for one in report.contenders], "frontier"),
        figures([*shown, _recall(report, looks)]),
        details("The numbers behind the frontiers", _numbers(report)),
    ]
    return section("frontiers", "What accuracy is traded for", parts)


def _not_told(report: Report) -> str:
    if report.n_seeds == 1:
        return "they do not tell of other seeds or splits."
    return f"every point is a mean over {of_seeds(report)}, and intervals do not tell of other splits."


def _means(report: Report) -> str:
    return f" Means over {of_seeds(report)}." if report.n_seeds > 1 else ""


def _frontier(report: Report, looks: Mapping[str, Look], axis: str) -> list[str]:
    axes, metric = (axis, report.accuracy), axis.partition("@")[0]
    title, reverse = _TITLES[metric], metric == "calibration_kl"
    caption = (
        f"{text(report.accuracy)} over {text(axis)}. What was held out is mostly popular, so accuracy is bound to fall "
        "as lists get rarer; the question is how late."
        if metric == "novelty"
        else f"{text(report.accuracy)} over {text(axis)}. The horizontal axis runs backwards: lists further right come "
        "closer to the mix of labels in the user's own history."
    )
    plain = figure(title[0].upper() + title[1:], frontier(report.contenders, looks, axes, reverse=reverse), caption)
    if not has_outsiders(report.contenders, axes):
        return [plain]
    close = frontier(report.contenders, looks, axes, reverse=reverse, close_up=True)
    note = "The same, cut to the points with at least 85&nbsp;% of the best accuracy."
    return [plain, figure("Close-up: " + title, close, note)]


def _recall(report: Report, looks: Mapping[str, Look]) -> str:
    caption = (
        "Share of a user's held-out items among the first k, of as many as k items can hold, dial at neutral; bars are "
        "95&nbsp;% bootstrap intervals. Where lines cross, one is ahead in short lists and the other in long ones."
        + _means(report)
    )
    return figure("Recall by length of the list", recall_curves(report.contenders, looks), caption)


def _numbers(report: Report) -> str:
    names = list(report.contenders[0].dial[0].figures)
    found = [(one, position) for one in report.contenders for position in one.dial]
    rarities = [_signed(position.rarity) for _, position in found]
    columns = [rarities, *(estimates([position.figures[name] for _, position in found]) for name in names)]
    rows = rows_of([text(one.name) for one, _ in found], columns)
    return table(["contender", "rarity", *map(text, names)], rows, "Means over users and 95&nbsp;% intervals")


def _signed(rarity: float) -> str:
    return f"{rarity:g}".replace("-", "−")


def exposure(report: Report, looks: Mapping[str, Look]) -> str:
    """Return the section of how often items are listed."""
    k = report.accuracy.partition("@")[2]
    histogram = figure(
        "Exposure, and the exponential fitted to it",
        exposure_histograms(report.contenders, looks),
        f"Bars: share of the recommendations in all lists of {k} that an item has, by its exposure rank, dial at "
        "neutral. Line: the exponential with λ = 1 / mean exposure rank of a recommendation, straight on this "
        "logarithmic axis. Bars above the line at the right are a tail heavier than exponential. A low λ is flat; "
        "compare it over the same items only." + _means(report),
    )
    curve = figure(
        "Who gets heard",
        concentration(report.contenders, looks),
        "Share of all recommendations that the most listed items have, over their share of the catalogue on a "
        "logarithmic axis: the further left a line rises, the fewer items the lists are about. The dotted line is "
        "every item alike." + _means(report),
    )
    parts = [legend(looks, [one.name for one in report.contenders], "exposure"), figures([histogram, curve])]
    return section("exposure", "Where the lists go", parts)


def for_whom(report: Report, looks: Mapping[str, Look]) -> str:
    """Return the section of accuracy by history length and by popularity."""
    parts = [
        legend(looks, [one.name for one in report.contenders], "bands"),
        figures([_by_history(report, looks), _by_popularity(report, looks)]),
        f"<p class=quiet>Bars are 95&nbsp;% bootstrap intervals over the users of the band.{_means(report)}</p>",
        details("The numbers behind these plots", _band_numbers(report.contenders)),
    ]
    return section("bands", "For whom it works", parts)


def _by_history(report: Report, looks: Mapping[str, Look]) -> str:
    labels = "items of the user in train", report.accuracy
    plot = bands(report.contenders, looks, lambda one: one.by_history, labels, "by-history")
    caption = (
        f"{text(report.accuracy)} among users with short and with long histories, dial at neutral; users are cut into "
        "quarters as far as their numbers differ. Longer histories also have more held out to find."
    )
    return figure("By length of history", plot, caption)


def _by_popularity(report: Report, looks: Mapping[str, Look]) -> str:
    k = report.accuracy.partition("@")[2]
    labels = "listeners of the held-out item", f"share found in the first {k}"
    plot = bands(report.contenders, looks, lambda one: one.by_popularity, labels, "by-popularity")
    caption = (
        f"Share of a user's held-out items of a popularity that are among the first {k}, mean over the users who have "
        "some. Every band has about a quarter of all pairs."
    )
    return figure("By popularity", plot, caption)


def _band_numbers(contenders: Sequence[ContenderFacts]) -> str:
    found = [
        (one, kind, band)
        for one in contenders
        for kind, own in (("history", one.by_history), ("popularity", one.by_popularity))
        for band in own
    ]
    columns = [
        [kind for _, kind, _ in found],
        [text(band.name) for _, _, band in found],
        estimates([band.accuracy for _, _, band in found]),
        [f"{band.accuracy.n_users:,}" for _, _, band in found],
    ]
    rows = rows_of([text(one.name) for one, _, _ in found], columns)
    return table(["contender", "by", "band", "accuracy", "users"], rows, "Means over users and 95&nbsp;% intervals")
