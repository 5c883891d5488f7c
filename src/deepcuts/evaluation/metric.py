"""What a metric is: how it is computed from ranked lists, and how it is reported.

Every file of `deepcuts.evaluation.metrics` has the formula and the source of a metric, the function that computes it,
and at its foot one of the types below, which says all that the rest of the package has to know of it. The arguments of
the functions are the same everywhere:

lists
    `deepcuts.evaluation.ranked_lists.RankedLists` of the users that are judged: all of them, or a block.
k
    Length at which lists are cut, at least 1.
exposure
    Numbers, (n_items,): how many lists hold each item of train among their first k; users drawn several times count as
    often.

What a function returns for each user is float64, (lists.n_users,). The first line of its docstring says what the
figure is, in the guide, in reports and in the help of the command.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from math import inf
from numbers import Real
from typing import Any, ClassVar

import numpy as np

from deepcuts.array_types import AnyArray, DoubleVector, NumberVector
from deepcuts.checks import instances, is_several, naming, shown, truth, whole_number
from deepcuts.data.csr import quotient
from deepcuts.errors import SettingsError
from deepcuts.evaluation.ranked_lists import RankedLists
from deepcuts.wording import counted

_LARGEST = 1e100  # of a value: squares of as many as there are people stay finite

_NAME = re.compile(r"[a-z][a-z0-9_]*", re.IGNORECASE)


@dataclass(frozen=True)
class Need:
    """Something that a metric cannot be computed without, beyond lists, train and holdout.

    Parameters
    ----------
    given_as
        The argument or column that gives it.
    advice
        What it is and how to give it, after "The metric … needs".
    is_given
        Tells whether lists have it.
    """

    given_as: str
    advice: str
    is_given: Callable[[RankedLists], bool]


ITEM_LABELS = Need(
    "features=",
    "labels of the items. Pass features=item_features(labels, train.item_ids) (--tags on the command line)",
    lambda lists: lists.item_labels.n_labels > 0,
)
LIST_PERSONAS = Need(
    "a column persona",
    "to know for which persona each item is listed. Give the lists a column 'persona' of whole numbers",
    lambda lists: lists.tells_personas,
)
TRAIN_PERSONAS = Need(
    "personas=",
    "the personas of train. Pass personas=, one whole number for each pair",
    lambda lists: lists.persona_shares.shape[1] > 0,
)


@dataclass(frozen=True)
class Metric:
    """How a metric is reported.

    Parameters
    ----------
    name
        Name of its figures, without the cut-off.
    function
        Computes it; what it takes and returns, the types of metrics below say.
    cutoffs
        Lengths at which it is reported unless others are asked for.
    is_main
        Whether it is among those that tell most, which the command shows unless others are asked for.
    on_request
        Whether it is left out unless it is asked for, because it takes much longer than others.
    lower_is_better
        Whether less is better; of other metrics, more is.
    needs
        What it cannot be computed without.
    least, most
        Range of its values.
    unit
        Unit of its values; empty for a number without one.
    """

    returns: ClassVar[str] = ""  # what its function takes and returns, for messages

    name: str
    function: Callable[..., Any]
    cutoffs: tuple[int, ...] = (20,)
    is_main: bool = False
    on_request: bool = False
    lower_is_better: bool = False
    needs: tuple[Need, ...] = ()
    least: float = 0
    most: float = 1
    unit: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            raise SettingsError(f"A metric is called {shown(self.name)}. Use letters, digits and _, such as 'recall'.")
        if not callable(self.function):
            raise SettingsError(f"The function of the metric {self.name!r} is {shown(self.function)}. {self.returns}")
        instances(f"The needs of the metric {self.name!r}", self.needs, Need, "Give a tuple of Need.")
        for name in ("least", "most"):
            if not isinstance(value := getattr(self, name), Real):
                raise SettingsError(f"{name} of the metric {self.name!r} is {shown(value)}. Give a number.")
        if not self.least < self.most:  # NaN is not, either
            raise SettingsError(
                f"The metric {self.name!r} is {self.least} at least and {self.most} at most. Give its range."
            )
        if not isinstance(self.unit, str):
            raise SettingsError(f"unit of the metric {self.name!r} is {shown(self.unit)}. Give text.")
        for field in fields(self):
            if field.type in {"bool", bool}:
                truth(f"{field.name} of the metric {self.name!r}", getattr(self, field.name))
        object.__setattr__(self, "cutoffs", checked_cutoffs(self.name, self.cutoffs))

    @property
    def meaning(self) -> str:
        """What the figure is, in a line."""
        return (self.function.__doc__ or "").partition("\n")[0]

    @property
    def better(self) -> str:
        """Which way is better, "higher" or "lower"."""
        return "lower" if self.lower_is_better else "higher"

    def value(self, lists: RankedLists, k: int) -> float:
        """Compute the figure; NaN where it is undefined."""
        return self.figure(self.sums(lists, k))

    def sums(self, lists: RankedLists, k: int) -> NumberVector:
        """Sum up over the users all that the figure is computed from; sums over parts of the users may be added up."""
        raise NotImplementedError

    def figure(self, sums: NumberVector) -> float:
        """Compute the figure from the sums over all users."""
        raise NotImplementedError

    def _called(self, *given: Any) -> Any:
        """Call the function; an error of a caller's names the metric."""
        with naming(f"The metric {self.name!r}", self.function, self.returns):
            return self.function(*given)

    def _numbers(self, values: Any, n_users: int | None = None) -> AnyArray:
        """Take what the function has returned as float64, (n_users,); one number where None.

        Raises
        ------
        SettingsError
            If it is anything else, or a number is infinite or so large that sums of squares of some would be.
        """
        try:
            found = np.asarray(_undefined_where_masked(values))
        except ValueError:  # rows of different lengths
            found = np.empty(0, object)
        if found.shape != (() if n_users is None else (n_users,)) or found.dtype.kind not in "biuf":
            is_array = isinstance(values, np.ndarray)
            came = f"an array of the shape {found.shape} and type {found.dtype}" if is_array else shown(values)
            of_whom = "" if n_users is None else f" for {counted(n_users, 'user')}"
            raise SettingsError(f"The metric {self.name!r} returned {came}{of_whom}. {self.returns}")
        numbers = found.astype(np.float64, copy=False)
        if len(infinite := numbers[np.isinf(numbers)]):
            raise SettingsError(f"The metric {self.name!r} returned {infinite[0]}. {self.returns}")
        if len(large := numbers[np.abs(numbers) > _LARGEST]):
            raise SettingsError(
                f"The metric {self.name!r} returned {large[0]:g}, and no mean is safe beyond {_LARGEST:g}. "
                f"{self.returns}"
            )
        return numbers

    @property
    def range(self) -> str:
        """Range and unit of its values, such as "0 … 1" or "≥ 0 bits"."""
        span = f"≥ {self.least:g}" if self.most == inf else f"{self.least:g} … {self.most:.2g}"
        return f"{span} {self.unit}".strip()

    def missing(self, lists: RankedLists) -> list[Need]:
        """Return what it needs and lists do not have."""
        return [need for need in self.needs if not need.is_given(lists)]

    def at(self, k: int) -> str:
        """Name of its figure at a cut-off, such as "recall@20"."""
        return f"{self.name}@{k}"


@dataclass(frozen=True)
class UserMetric(Metric):
    """One value per user; the figure is the mean over the users where it is defined.

    Its function takes (lists, k) and returns float64, (lists.n_users,), NaN where it is undefined.

    Parameters
    ----------
    all_users_at_once
        Whether it wants all users at once, because counting anew for each block of them would be slow.
    """

    returns: ClassVar[str] = (
        "Its function takes (lists, k) and returns a finite number for each user, NaN where it is undefined."
    )

    all_users_at_once: bool = False

    def values(self, lists: RankedLists, k: int) -> DoubleVector:
        """Compute the value of each user, float64, (lists.n_users,); NaN where it is undefined."""
        blocks = [lists] if self.all_users_at_once else lists.blocks()
        return np.concatenate([self._of_block(block, k) for block in blocks])

    def sums(self, lists: RankedLists, k: int) -> NumberVector:
        """Sum of the values, and how many users have one."""
        return sums_of_defined(self.values(lists, k))

    def figure(self, sums: NumberVector) -> float:
        """Compute the mean over the users that have a value."""
        return float(quotient(*sums))

    def _of_block(self, block: RankedLists, k: int) -> DoubleVector:
        return self._numbers(self._called(block, k), block.n_users)


@dataclass(frozen=True)
class ExposureMetric(Metric):
    """One value for all lists together, by how often each item is listed; its function takes (exposure,)."""

    returns: ClassVar[str] = "Its function takes (exposure,) and returns a finite number, NaN where it is undefined."

    def sums(self, lists: RankedLists, k: int) -> NumberVector:
        """How often each item is listed, (n_items,)."""
        return lists.exposure(k)

    def figure(self, sums: NumberVector) -> float:
        """Compute the figure from how often each item is listed."""
        return float(self._numbers(self._called(sums)))


@dataclass(frozen=True)
class QuotientMetric(Metric):
    """One value for all lists together, a quotient of two sums over users.

    Its function takes (lists, k) and returns two arrays, float64, (lists.n_users,): what each user adds to the
    numerator, and to the denominator.
    """

    returns: ClassVar[str] = (
        "Its function takes (lists, k) and returns two arrays of a finite number for each user: what is added to the "
        "numerator, and to the denominator."
    )

    def sums(self, lists: RankedLists, k: int) -> NumberVector:
        """Numerator and denominator."""
        return np.array([part.sum() for part in self.parts(lists, k)])

    def figure(self, sums: NumberVector) -> float:
        """Divide; NaN where the denominator is 0.

        Raises
        ------
        SettingsError
            If the quotient is infinite.
        """
        with np.errstate(over="ignore"):
            found = float(quotient(*sums))
        if math.isinf(found):
            raise SettingsError(f"The metric {self.name!r} is {sums[0]:g} / {sums[1]:g}, an infinite figure.")
        return found

    def parts(self, lists: RankedLists, k: int) -> tuple[DoubleVector, DoubleVector]:
        """Compute what each user adds to the numerator, and to the denominator, float64, (lists.n_users,)."""
        numerators, denominators = zip(*(self._of_block(block, k) for block in lists.blocks()), strict=True)
        return np.concatenate(numerators), np.concatenate(denominators)

    def _of_block(self, block: RankedLists, k: int) -> tuple[DoubleVector, DoubleVector]:
        found = self._called(block, k)
        if not isinstance(found, tuple | list) or len(found) != 2:
            raise SettingsError(f"The metric {self.name!r} returned {shown(found)}. {self.returns}")
        return self._numbers(found[0], block.n_users), self._numbers(found[1], block.n_users)


def _undefined_where_masked(values: Any) -> Any:
    """Have NaN where a masked array has no value; there lies anything, such as what was divided by 0."""
    return np.ma.filled(values.astype(np.float64), np.nan) if isinstance(values, np.ma.MaskedArray) else values


def checked_cutoffs(name: str, lengths: Any) -> tuple[int, ...]:
    """Take the cut-offs of a metric.

    Raises
    ------
    SettingsError
        If they are no whole numbers from 1 up, or none.
    """
    if not is_several(lengths):
        raise SettingsError(f"The cut-offs of {name} are {shown(lengths)}. Give a list of them, such as [20, 50].")
    advice = "Cut-offs are whole numbers from 1 up."
    if not (cutoffs := tuple(whole_number(f"A cut-off of {name}", k, 1, advice=advice) for k in lengths)):
        raise SettingsError(f"The metric {name!r} has no cut-offs. Give one at least, such as (20,).")
    return cutoffs


def sums_of_defined(values: DoubleVector) -> NumberVector:
    """Sum of the values that are not NaN, and how many they are."""
    defined = values[~np.isnan(values)]
    return np.array([defined.sum(), len(defined)])
