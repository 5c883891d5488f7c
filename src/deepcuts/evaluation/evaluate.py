"""From ranked lists to a table of figures.

``docs/guide/evaluation.md`` says what each figure is for and what happens to lists that have something wrong with them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import pyarrow as pa

from deepcuts.array_types import AnyArray
from deepcuts.data.arrow_columns import ArrowTable
from deepcuts.data.frames import as_frame
from deepcuts.evaluation.item_labels import ItemFeatures
from deepcuts.evaluation.list_layout import rank_lists
from deepcuts.evaluation.metric import Metric, UserMetric, sums_of_defined
from deepcuts.evaluation.ranked_lists import RankedLists, check_ranked
from deepcuts.evaluation.registry import (
    Cutoffs,
    check_needs,
    check_own,
    checked,
    default_cutoffs,
    metrics_at,
    with_arrow,
)
from deepcuts.html_table import html_page, html_table
from deepcuts.ingest import PlaysLike
from deepcuts.setting_names import check_names
from deepcuts.wording import counted

logger = logging.getLogger(__name__)

_SHORT_SHOWN = 6
_MANY_LISTS = 20  # of which one at least is expected to hit
# The room of plots stands on this one: it is entered by name, when a plot is asked for.
_PLOTS = "deepcuts.report.notebook"


class _ReadOnly(dict[str, float]):
    """A dict that nobody changes; unlike a view of one, it goes into JSON, and to another process and back."""

    def _refused(self, *_: object, **__: object) -> Any:
        raise TypeError("The figures of an evaluation cannot be changed; dict(figures) is a copy that can.")

    __setitem__ = __delitem__ = __ior__ = update = setdefault = pop = popitem = clear = _refused

    def __reduce__(self) -> tuple[Any, ...]:
        return _ReadOnly, (dict(self),)


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation(Mapping[str, float]):
    """How good ranked lists are, by several figures; a mapping from their names to values.

    Parameters
    ----------
    figures
        From names such as "recall@20" to values; NaN where no user has a value.
    n_users
        Users that were judged: those of the holdout that are in train.
    n_without_list
        Those of them that had no list; they score 0 on accuracy and have no novelty.
    per_user
        user_id, and one float64 column per metric that has a value for each user; null where it is undefined.
    """

    figures: Mapping[str, float]
    n_users: int
    n_without_list: int
    per_user: pa.Table

    def __post_init__(self) -> None:
        object.__setattr__(self, "figures", _ReadOnly(self.figures))

    @property
    def n_defined(self) -> dict[str, int]:
        """How many users each figure of users is the mean of."""
        columns = self.per_user.column_names[1:]
        return {name: self.n_users - self.per_user[name].null_count for name in columns}

    def __getitem__(self, figure: str) -> float:
        """One figure, such as that of "recall@20"; NaN where it is undefined.

        Raises
        ------
        SettingsError
            If it was not computed; the message names those that were.
        """
        if figure not in self.figures:
            check_names("This evaluation", [figure], list(self.figures), "figure")
        return self.figures[figure]

    def get(self, figure: str, default: Any = None) -> Any:
        """One figure, or else the default where it was not computed."""
        return self.figures.get(figure, default)

    def __contains__(self, figure: object) -> bool:
        return figure in self.figures

    def __iter__(self) -> Iterator[str]:
        return iter(self.figures)

    def __len__(self) -> int:
        return len(self.figures)

    def to_arrow(self) -> pa.Table:
        """Return one row per figure: metric, value (null where undefined), n_users that it is the mean of."""
        n_defined = self.n_defined
        values = pa.array(list(self.figures.values()), pa.float64(), from_pandas=True)  # NaN becomes null
        numbers = pa.array([n_defined.get(name, self.n_users) for name in self.figures], pa.int64())
        return pa.table({"metric": list(self.figures), "value": values, "n_users": numbers})

    def to_pandas(self) -> Any:
        """Return the rows of `to_arrow` as a DataFrame of pandas, by metric.

        Raises
        ------
        MissingExtraError
            If pandas is not installed.
        """
        return as_frame(self.to_arrow(), "metric")

    def plot(self, *, ax: Any = None) -> Any:
        """Draw the figures that lie between 0 and 1 as bars, with 95 % intervals over users; needs the extra `report`.

        Parameters
        ----------
        ax
            Axes of matplotlib to draw into; None makes some.

        Returns
        -------
        The axes.

        Raises
        ------
        MissingExtraError
            If matplotlib is not installed.
        SettingsError
            If `ax` is no axes, or no figure lies between 0 and 1.
        """
        return import_module(_PLOTS).plot_evaluation(self, ax=ax)

    def to_dict(self) -> dict[str, float | int | None]:
        """Return figures and numbers of users for a JSON file; None where a figure is undefined."""
        figures = {name: None if np.isnan(value) else value for name, value in self.figures.items()}
        return {"n_users": self.n_users, "n_without_list": self.n_without_list, **figures}

    def _repr_html_(self) -> str:
        rows = [
            [with_arrow(name), _readable(value), self._remark(name).strip()] for name, value in self.figures.items()
        ]
        return html_page("Evaluation", self._users(), html_table(["figure", "mean", ""], rows, _footnote(self.figures)))

    def _users(self) -> str:
        return f"{counted(self.n_users, 'user')}, {self.n_without_list:,} of them without a list"

    def __str__(self) -> str:
        width = max(map(len, self.figures), default=0)
        lines = [f"{name:<{width}}  {_readable(value):>9}{self._remark(name)}" for name, value in self.figures.items()]
        note = _footnote(self.figures)
        return "\n".join([self._users(), *lines, *([note] if note else [])])

    __repr__ = __str__

    def _remark(self, name: str) -> str:
        n_defined = self.n_defined.get(name, self.n_users)
        return f"  of {counted(n_defined, 'user')}" if 0 < n_defined < self.n_users else ""


def evaluate(
    lists: ArrowTable,
    train: PlaysLike,
    holdout: PlaysLike,
    cutoffs: Cutoffs | None = None,
    *,
    features: ItemFeatures | None = None,
    personas: AnyArray | None = None,
    metrics: Iterable[Metric] = (),
) -> Evaluation:
    """Judge anybody's ranked lists by what was held out.

    Every user of the holdout that is in train is judged; one without a list scores 0 on accuracy. Lists of other users
    are left out, of accuracy and of everything else.

    Parameters
    ----------
    lists
        A table with the columns user_id, item_id, rank (1 = best), in any order of rows, from pyarrow, polars, pandas,
        DuckDB or a stream of record batches, which is read without ever being whole in memory. A column persona of
        whole numbers, 0 for the dominant one, gives the figures of personas; other columns are ignored. Lists may be
        shorter than the cut-offs.
    train
        What the lists were made from; also as a table with the columns user_id, item_id and plays.
    holdout
        What was taken out of train beforehand, alike.
    cutoffs
        From names of metrics to the list lengths at which to report them, each at least 1; None for all metrics that
        can be computed from what is given, but for those on request, at their default lengths
        (`deepcuts.evaluation.registry.METRICS`).
    features
        Labels of the items, from `deepcuts.evaluation.item_features`; diversity and calibration are measured on them.
    personas
        Integers, (train.n_pairs,): the persona that each pair of train belongs to, 0 the user's dominant one, -1 none.
    metrics
        Metrics of your own, or on request, each at its own cut-offs, beside those of `cutoffs`;
        docs/guide/own_metric.md tells how to write one.

    Raises
    ------
    DataError
        If lists and holdout do not fit train or each other, as `deepcuts.evaluation.rank_lists` says in full.
    SettingsError
        If there is no such metric, it needs what is not given, or a cut-off is below 1; or a metric of your own returns
        what it should not.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from scipy.sparse import csr_array
    >>> from deepcuts import Interactions
    >>> items = ["Autechre", "Burial", "Can", "Daphni"]
    >>> train = Interactions.from_csr(csr_array([[5, 0, 0, 0], [2, 1, 1, 1]]), ["ada", "bob"], items)
    >>> holdout = Interactions.from_csr(csr_array([[0, 0, 3, 0]]), ["ada"], items)
    >>> lists = pa.table({"user_id": ["ada", "ada"], "item_id": ["Burial", "Can"], "rank": [1, 2]})
    >>> print(evaluate(lists, train, holdout, cutoffs={"recall": [1, 2], "ndcg": [2], "coverage": [2]}))
    1 user, 0 of them without a list
    recall@1      0.00000
    recall@2      1.00000
    ndcg@2        0.63093
    coverage@2    0.50000
    recall@k: hits among the first k, over min(k, held-out items)
    """
    # Before the lists are read, which may take long.
    cutoffs, metrics = None if cutoffs is None else checked(cutoffs), check_own(metrics)
    return evaluate_ranked(rank_lists(lists, train, holdout, features, personas), cutoffs, metrics)


def evaluate_ranked(ranked: RankedLists, cutoffs: Cutoffs | None = None, metrics: Iterable[Metric] = ()) -> Evaluation:
    """Judge lists that lie beside their holdout already; `evaluate` does both.

    Parameters
    ----------
    ranked
        What `deepcuts.evaluation.rank_lists` returns.
    cutoffs, metrics
        As for `evaluate`.

    Raises
    ------
    SettingsError
        If there is no such metric, it needs what is not given, or a cut-off is below 1.
    """
    check_ranked("ranked", ranked)
    metrics = check_own(metrics)
    wanted = metrics_at(default_cutoffs(ranked) if cutoffs is None else cutoffs)
    wanted += [(metric, k) for metric in metrics for k in metric.cutoffs if (metric, k) not in wanted]
    check_needs((metric for metric, _ in wanted), ranked)
    _warn_of_short_lists(ranked, wanted)
    _warn_of_no_hit(ranked)
    figures: dict[str, float] = {}
    columns: dict[str, pa.Array] = {"user_id": ranked.user_ids}
    for metric, k in wanted:
        name = metric.at(k)
        if isinstance(metric, UserMetric):
            values = metric.values(ranked, k)
            figures[name] = metric.figure(sums_of_defined(values))
            columns[name] = pa.array(values, from_pandas=True)  # NaN becomes null
        else:
            figures[name] = metric.value(ranked, k)
    return Evaluation(figures, ranked.n_users, ranked.n_without_list, pa.table(columns))


def _warn_of_short_lists(ranked: RankedLists, wanted: Sequence[tuple[Metric, int]]) -> None:
    """Say once that figures are of lists that all end before their cut-offs, where there was more to list."""
    longest = int(np.count_nonzero(ranked.items >= 0, axis=1).max(initial=0))
    could_be = ranked.train.n_items - int(ranked.seen.sizes.max(initial=0))
    short = [metric.at(k) for metric, k in wanted if longest < min(k, could_be)]
    if short and longest:
        more = f" and {len(short) - _SHORT_SHOWN} more" if len(short) > _SHORT_SHOWN else ""
        logger.warning(
            "The longest list has %s, and %s cut lists later: what lies behind counts as missed. Make longer "
            "lists, such as recommend(k=%d) (deepcuts recommend -k %d), or ask for shorter cut-offs.",
            counted(longest, "item"),
            ", ".join(short[:_SHORT_SHOWN]) + more,
            *[max(k for _, k in wanted)] * 2,
        )


def _warn_of_no_hit(ranked: RankedLists) -> None:
    """Say what is likely where many lists hold nothing of what was held out."""
    n_lists = ranked.n_users - ranked.n_without_list
    if n_lists >= _MANY_LISTS and not np.any(ranked.hits):
        logger.warning(
            "None of %d lists holds anything that was held out. If their model was trained on the holdout too, train "
            "it on train alone: what users have played already is left out of lists.",
            n_lists,
        )


def _footnote(figures: Mapping[str, float]) -> str:
    """Say how recall is divided, which libraries do differently."""
    is_there = any(name.startswith("recall@") for name in figures)
    return "recall@k: hits among the first k, over min(k, held-out items)" if is_there else ""


def _readable(value: float) -> str:
    if np.isnan(value):
        return "undefined"
    return f"{value:.5f}" if value == 0 or abs(value) >= 0.001 else f"{value:.2e}"
