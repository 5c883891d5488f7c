"""The runs of a comparison: every contender on every cut, under one protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from deepcuts.array_types import DoubleVector
from deepcuts.checks import check_callbacks, instance, is_several, seed_number, shown
from deepcuts.comparison.contenders import Contender, check_contenders, judging
from deepcuts.data.interactions import Interactions
from deepcuts.data.split import split_holdout
from deepcuts.errors import SettingsError
from deepcuts.evaluation import Evaluation, ItemFeatures, evaluate_ranked, item_features, rank_lists, tag_features
from deepcuts.evaluation.catalogue_intervals import catalogue_draws
from deepcuts.evaluation.intervals import draws_of
from deepcuts.evaluation.registry import Cutoffs, checked, parse_cutoffs
from deepcuts.ingest import PlaysLike, as_plays


@dataclass(frozen=True)
class Cut:
    """Plays to learn from, plays to judge by, and the seed of what is left to chance."""

    train: Interactions
    holdout: Interactions
    seed: int


@dataclass(frozen=True, eq=False)
class Run:
    """One contender on one cut.

    Parameters
    ----------
    contender
        Its name.
    seed
        Seed of the cut and of training.
    evaluation
        How good its lists are.
    draws
        Figures of all lists together, by name, for every draw of the users, float64, (n_resamples,).
    """

    contender: str
    seed: int
    evaluation: Evaluation
    draws: Mapping[str, DoubleVector] = field(repr=False)


RunProgress = Callable[[Run], None]


def cuts_of(plays: PlaysLike, fraction: float, seeds: Iterable[int]) -> Iterator[Cut]:
    """Cut plays once for each seed, as `deepcuts.split_holdout` does; the cuts are made one at a time.

    Parameters
    ----------
    plays
        All plays; also as a table.
    fraction
        Share of every user's items that is held out, above 0 and below 1.
    seeds
        Different whole numbers from 0 up, at least one, each of a cut and of training on it.

    Raises
    ------
    SettingsError
        If the share or a seed is out of its range, or a seed stands twice.
    DataError
        If there is nothing to hold out.
    """
    for seed in _seeds(seeds):
        train, holdout = split_holdout(plays, fraction, seed)
        yield Cut(train, holdout, seed)


def one_cut(train: PlaysLike, holdout: PlaysLike, seeds: Iterable[int]) -> Iterator[Cut]:
    """Take one cut that is there already, for several seeds of training.

    Parameters
    ----------
    train, holdout
        What to learn from, and what was taken out of it; also as tables.
    seeds
        As for `cuts_of`, of training alone.

    Raises
    ------
    SettingsError
        If a seed is out of its range, or stands twice.
    DataError
        If train or holdout are neither plays nor tables of them.
    """
    train, holdout = as_plays(train), as_plays(holdout)
    for seed in _seeds(seeds):
        yield Cut(train, holdout, seed)


def _seeds(seeds: Iterable[int]) -> tuple[int, ...]:
    if not is_several(seeds):
        raise SettingsError(f"seeds is {shown(seeds)}. Give a list of seeds, even of a single one.")
    numbers = tuple(seed_number(seed) for seed in seeds)
    if not numbers:
        raise SettingsError("seeds is empty. Give one seed at least, such as [0].")
    if len(set(numbers)) < len(numbers):  # one run would count twice, as if it were evidence of its own
        raise SettingsError(f"seeds is {shown(list(numbers))}. Give each seed once.")
    return numbers


def _say_nothing(_: Run) -> None:
    """Report no progress."""


def run_all(
    contenders: Sequence[Contender],
    cuts: Iterable[Cut],
    cutoffs: Cutoffs,
    *,
    labels: pa.Table | None = None,
    n_resamples: int = 1000,
    on_run: RunProgress = _say_nothing,
) -> list[Run]:
    """Train every contender on every cut and judge its lists.

    Parameters
    ----------
    contenders
        At least one; their names differ.
    cuts
        What to learn from and to be judged by.
    cutoffs
        From names of metrics to list lengths; lists are as long as the longest.
    labels
        Labels of the items, as `deepcuts.evaluation.item_features` takes them; None takes the tags that travel with
        plays.
    n_resamples
        Draws of users for the intervals of figures of all lists together, at least 1.
    on_run
        Called after every run.

    Raises
    ------
    SettingsError
        If two contenders share a name, a metric needs what is not given, or `on_run` cannot be called.
    MissingExtraError
        If the library of a peer is not installed.
    """
    check_contenders(contenders)
    check_callbacks(on_run=on_run)
    n_resamples, _ = draws_of(n_resamples)
    cutoffs = checked(cutoffs)
    k = max((length for lengths in cutoffs.values() for length in lengths), default=0)
    if not k:
        raise SettingsError("cutoffs has no metric. Give cut-offs by metric, such as {'recall': [20, 50]}.")
    runs = []
    for cut in _checked(cuts):
        item_labels = _item_labels(cut, labels)
        for contender, lists in _lists(contenders, cut, k):
            with judging(contender.name):
                ranked = rank_lists(lists, cut.train, cut.holdout, item_labels)
            # By the same seed for all, so that draws of two contenders can be subtracted.
            draws = catalogue_draws(ranked, cutoffs, n_resamples=n_resamples)
            runs.append(Run(contender.name, cut.seed, evaluate_ranked(ranked, cutoffs), draws))
            on_run(runs[-1])
    return runs


def _checked(cuts: Iterable[Cut]) -> Iterator[Cut]:
    """Yield cuts as they come: those of `cuts_of` are made one at a time."""
    advice = "Give what cuts_of or one_cut returns."
    if not is_several(cuts):
        raise SettingsError(f"cuts is {shown(cuts)}. {advice}")
    cut = None
    for cut in cuts:
        yield instance("A cut", cut, Cut, advice)
    if cut is None:
        raise SettingsError(f"cuts is empty. {advice}")


def _lists(contenders: Sequence[Contender], cut: Cut, k: int) -> Iterator[tuple[Contender, pa.Table]]:
    """Train every method once and yield the lists of the contenders that use it."""
    # Equal methods train once, and one fitted model is in memory at a time.
    for method in dict.fromkeys(contender.method for contender in contenders):
        own = [each for each in contenders if each.method == method]
        fitted = own[0].fit(cut.train, cut.seed)
        for contender in own:
            yield contender, contender.lists_of(fitted, k)


def main_cutoffs(*, with_labels: bool) -> dict[str, tuple[int, ...]]:
    """Return the figures that a comparison shows unless others are asked for."""
    names = ("recall@20", "ndcg@100", "novelty@20", "coverage@20", "gini@20", *(["calibration_kl@20"] * with_labels))
    return parse_cutoffs(names)


def _item_labels(cut: Cut, labels: pa.Table | None) -> ItemFeatures | None:
    if labels is not None:
        return item_features(labels, cut.train.item_ids)
    return None if cut.train.labels is None else tag_features(cut.train.labels, cut.train.item_ids)
