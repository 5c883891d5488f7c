"""The figures of a contender: those of the frontiers at every position of the dial, all of them at the neutral one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from time import perf_counter

from deepcuts.comparison.contenders import Contender, FittedModel, Trained, describe
from deepcuts.evaluation import Evaluation
from deepcuts.report.exposure import exposure_facts
from deepcuts.report.facts import ContenderFacts, DialPosition
from deepcuts.report.judge import CURVE, Judge
from deepcuts.report.seeds import mean_over_seeds

Step = Callable[[str], None]

_LONG = max(CURVE)  # length of the lists that ndcg@100 and recall@50 are measured on


def judge_contender(
    contender: Contender, judge: Judge, reference: Evaluation | None, on_step: Step, n_seeds: int = 1
) -> tuple[ContenderFacts, Evaluation]:
    """Fit a contender and judge its lists at every position of the dial.

    Parameters
    ----------
    contender
        What is trained, and how its lists are made.
    judge
        Plays, holdout, metrics and seed.
    reference
        Evaluation of the first contender at the neutral dial; None if this is the first.
    on_step
        Called after fitting and after every position.
    n_seeds
        With how many seeds a baseline is trained.

    Returns
    -------
    Its facts, and the evaluation of its lists at the neutral dial.
    """
    began = perf_counter()
    first = contender.fit(judge.train, judge.settings.seed)
    fit_seconds = math.nan if isinstance(contender.method, Trained) else perf_counter() - began
    trainings = [first, *_with_other_seeds(contender, judge, n_seeds)]
    on_step(contender.name)
    dial = _over_the_dial(trainings, contender, judge, on_step)
    longest = max(_LONG, judge.settings.k)  # metrics cut shorter lists
    began = perf_counter()
    neutral = [contender.lists_of(first, longest, rarity=0.0)]
    list_seconds = perf_counter() - began
    neutral += [contender.lists_of(other, longest, rarity=0.0) for other in trainings[1:]]
    of_seeds = [judge.evaluate(lists, judge.table) for lists in neutral]
    evaluation, ranked = mean_over_seeds(of_seeds), [judge.rank(lists) for lists in neutral]
    facts = ContenderFacts(
        name=contender.name,
        about=describe(contender),
        figures=judge.estimates(evaluation),
        seeds=_of_seeds(contender, of_seeds, max(n_seeds, len(of_seeds))),
        differences={} if reference is None else judge.differences(reference, evaluation),
        dial=dial,
        exposure=exposure_facts(ranked, judge.settings.k),
        duel=None if reference is None else judge.duel(reference, evaluation),
        recall_curve=judge.recall_curve(neutral),
        fit_seconds=fit_seconds,
        list_seconds=list_seconds,
        by_history=judge.bands.by_history(ranked, judge.settings),
        by_popularity=judge.bands.by_popularity(ranked, judge.settings),
    )
    return facts, evaluation


def _of_seeds(contender: Contender, trainings: Sequence[Evaluation], n_seeds: int) -> tuple[dict[str, float], ...]:
    """Figures of every seed, where there are several; where nothing is drawn, those of one training.

    A model that was given with one seed has that one: how others would differ is not known.
    """
    draws_nothing = len(trainings) == 1 and not isinstance(contender.method, Trained)
    every = list(trainings) * n_seeds if draws_nothing else trainings
    return tuple(dict(one.figures) for one in every) if n_seeds > 1 else ()


def _with_other_seeds(contender: Contender, judge: Judge, n_seeds: int) -> Iterator[FittedModel]:
    """Return further trainings: of a model those that were given, of a baseline one for every seed after the first.

    A baseline whose training draws nothing, which says so by `draws`, is not trained again.
    """
    if isinstance(contender.method, Trained):
        yield from contender.method.others
        return
    if not getattr(contender.method, "draws", True):
        return
    for number in range(1, n_seeds):
        yield contender.fit(judge.train, judge.settings.seed + number)


def _over_the_dial(
    trainings: Sequence[FittedModel], contender: Contender, judge: Judge, on_step: Step
) -> tuple[DialPosition, ...]:
    positions = []
    for rarity in judge.settings.rarities:
        lists = (contender.lists_of(one, judge.settings.k, rarity=rarity) for one in trainings)
        evaluation = mean_over_seeds([judge.evaluate(one, judge.axes) for one in lists])
        positions.append(DialPosition(rarity, judge.estimates(evaluation)))
        on_step(f"{contender.name}, rarity {rarity:g}")
    return tuple(positions)
