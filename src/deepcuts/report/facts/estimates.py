"""Figures with what is known of their uncertainty."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A mean over users and how sure it is.

    Parameters
    ----------
    mean, low, high
        The mean and its 95 % bootstrap interval; NaN where no user has a value. A figure of all lists together has no
        interval, and NaN bounds.
    n_users
        Users that have a value.
    """

    mean: float
    low: float
    high: float
    n_users: int


@dataclass(frozen=True)
class Difference:
    """A figure of a contender less that of the first one, paired by user: interval and p value as in evaluation."""

    difference: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True)
class Band:
    """Accuracy among some users, or for some items."""

    name: str
    accuracy: Estimate
