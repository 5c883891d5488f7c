"""What a report comes to, in a sentence or two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import repeat

from deepcuts.report.facts import ContenderFacts, Report
from deepcuts.report.sections.html import number, percent, text
from deepcuts.report.sections.words import best_of
from deepcuts.wording import counted

_RELIABLE = 0.05  # p value below which a difference is called reliable


def verdict(report: Report) -> str:
    """Say which contender finds most, how reliably, and what the dial of the first one trades it for, as HTML."""
    return " ".join(filter(None, [_who_finds_most(report), _over_seeds(report), _what_the_dial_does(report)]))


def _who_finds_most(report: Report) -> str:
    contenders, accuracy = report.contenders, report.accuracy
    means = [one.figures[accuracy].mean for one in contenders]
    best = best_of(accuracy, means)
    if best < 0:
        return "No user can be judged."
    who, share = text(contenders[best].name), number(means[best])
    found = f"<strong>{who}</strong> finds most of what was held out ({text(accuracy)} {share})"
    if len(contenders) == 1:
        return f"<strong>{who}</strong> finds {percent(means[0])} of what was held out ({text(accuracy)} {share})."
    if best > 0:
        return (
            f"{found}, {_ahead_of_first(contenders[best], accuracy)} {text(contenders[0].name)} ({number(means[0])})."
        )
    rivals = contenders[1:]
    beaten = [
        one for one in rivals if (of := one.differences.get(accuracy)) and of.p_value < _RELIABLE and of.difference < 0
    ]
    if len(beaten) == len(rivals):
        return f"{found}, reliably more than {'the other' if len(rivals) == 1 else f'all {len(rivals)} others'}."
    return f"{found}; that is more than chance would give against {len(beaten)} of {counted(len(rivals), 'other')}."


def _ahead_of_first(rival: ContenderFacts, accuracy: str) -> str:
    difference = rival.differences.get(accuracy)
    is_reliable = difference is not None and difference.p_value < _RELIABLE
    return "reliably more than" if is_reliable else "though no more than chance may give over"


def _over_seeds(report: Report) -> str:
    """Say how far seeds differ, and with how many of them the best contender is ahead of every other one."""
    contenders, accuracy = report.contenders, report.accuracy
    best = contenders[max(0, best_of(accuracy, [one.figures[accuracy].mean for one in contenders]))]
    if len(best.seeds) < 2:
        return ""
    spread = f"Over {counted(len(best.seeds), 'seed')} its {text(accuracy)} varies by ±{number(best.spread(accuracy))}"
    rivals = [one for one in contenders if one is not best]
    if not rivals:
        return f"{spread}."
    ahead = sum(
        best_of(accuracy, [own[accuracy], *(theirs[accuracy] for theirs in others)]) == 0
        for own, *others in zip(best.seeds, *map(_for_each_seed, rivals), strict=False)
    )
    return f"{spread}, and it is ahead with {ahead} of them."


def _for_each_seed(rival: ContenderFacts) -> Iterable[Mapping[str, float]]:
    """Figures to compare with those of each seed of another; those of a rival with one seed with all of them."""
    return rival.seeds if len(rival.seeds) > 1 else repeat(rival.seeds[0])


def _what_the_dial_does(report: Report) -> str:
    first = report.contenders[0]
    neutral = next((position for position in first.dial if position.rarity == 0), None)
    deepest = first.dial[-1]
    if neutral is None or deepest.rarity <= 0:
        return ""
    novelty = [position.figures[report.novelty].mean for position in (neutral, deepest)]
    accuracy = [position.figures[report.accuracy].mean for position in (neutral, deepest)]
    return (
        f"Turned to rarity {deepest.rarity:g}, {text(first.name)} lists items "
        f"{number(novelty[1] - novelty[0], 10)} bits rarer, and its {text(report.accuracy)} goes from "
        f"{number(accuracy[0])} to {number(accuracy[1])}."
    )
