"""Settings that are "auto", by the sizes of the data: how much pairs weigh that were not observed, the ridge, and more.

The rule was chosen on validation cuts: docs/guide/weights.md has the figures, and benchmarks/density_rule.py prints
them.
"""

from __future__ import annotations

import math
from dataclasses import replace

from deepcuts.data.play_counts import PlayCounts
from deepcuts.model.training.settings import AUTO, ByRidge, PersonaSettings, Weighting

FACTORS, MOST_FACTORS = 128, 512  # whatever the sizes, and the most that a rehearsal takes; decisions 25 and 33

_JOIN, _LEAST_JOIN = 0.62, 0.45  # cosine from which clusters of a user are joined; decision 30

ITEM_WEIGHTING = 0.2  # γ where a rehearsal has better lists with it; decision 32

RIDGE_BY_RATIO = -0.7  # λ goes with this power of the ratio: more unobserved weight wants less ridge

_MOST_EXPONENT = 0.4
_LEAST_RATIO, _MOST_RATIO = 8.0, 16.0
_LEAST_RIDGE, _MOST_RIDGE = 0.02, 0.035  # at a ratio of 8
_FEW_PAIRS = 5.5  # N where λ is half-way up
_SHORT_ROWS, _LONG_ROWS = 12.0, 40.0  # L where users are held half-way more, and half-way less
_SETTLED, _OF_PERSONAS = 0.85, 0.8  # λ of settled users and of personas where rows are neither short nor long
_MOST_HOLD, _LEAST_HOLD = 1.6, 0.6
_UNOBSERVED, _OF_SPLIT = 0.5, 0.3  # factors on w0 of settled users and of personas, where λ is the rule's; decision 31
_MOST_UNOBSERVED, _NOT_SHORT_ROWS = 4.0, 14.0  # by how much they grow, and L where they grow half as far


def weighting_by_density(n_users: int, n_items: int, n_pairs: int) -> Weighting:
    """Weights for data of these sizes, by smooth functions of its sparsity x and of N and L, mean lengths of rows.

        x = log10(users · items / pairs),  N = pairs / (users + items),  L = pairs / √(users · items)
        α = 0.4 S((x − 2.08) / 0.17),  S(t) = 1 / (1 + exp(−t))
        ratio = 8 · 2^(S((x − 2.4) / 0.1) · S((log10 pairs − 5.2) / 0.15))
        λ = (0.02 + 0.015 / (1 + (N / 5.5)^8)) · (8 / ratio)^0.7
        h = 0.6 + 0.6 / (1 + (L / 12)^8) + 0.4 / (1 + (L / 40)^8)
        λ of settled users = 0.85 h λ,  λ of personas = 0.8 h λ

    Parameters
    ----------
    n_users, n_items, n_pairs
        Sizes of the data, the first two at least 1.
    """
    pairs = max(1, n_pairs)
    sparsity = math.log10(n_users * n_items / pairs)
    exponent = _MOST_EXPONENT * _step((sparsity - 2.08) / 0.17)
    is_sparse_and_large = _step((sparsity - 2.4) / 0.1) * _step((math.log10(pairs) - 5.2) / 0.15)
    ratio = _LEAST_RATIO * (_MOST_RATIO / _LEAST_RATIO) ** is_sparse_and_large
    ridge = _ridge(n_users, n_items, pairs, ratio)
    hold = _hold(n_users, n_items, pairs)
    return Weighting(ridge, ridge, ratio, exponent, _SETTLED * hold, _OF_PERSONAS * hold)


def resolved(settings: PersonaSettings, plays: PlayCounts) -> PersonaSettings:
    """Replace every setting that is "auto" by its number for these plays; λ follows the ratio that is used.

    Parameters
    ----------
    settings
        As they were asked for.
    plays
        What the model is trained on.
    """
    sizes = plays.n_users, plays.n_items, plays.n_pairs
    weighting = weighting_by_density(*sizes)
    if settings.unobserved_ratio != AUTO:
        ridge = _ridge(*sizes, settings.unobserved_ratio)
        weighting = weighting._replace(user_regularization=ridge, item_regularization=ridge)
    numbers = {"n_factors": FACTORS, "item_weight_exponent": 0.0, **weighting._asdict()}
    found = replace(settings, **{name: n for name, n in numbers.items() if getattr(settings, name) == AUTO})
    by_rule = _ridge(*sizes, found.weighting.unobserved_ratio)
    ridge = math.sqrt(found.weighting.user_regularization * found.weighting.item_regularization)
    following = settings_by_ridge(ridge / by_rule, _length(*sizes))._asdict()
    return replace(found, **{name: n for name, n in following.items() if getattr(settings, name) == AUTO})


def settings_by_ridge(share: float, length: float) -> ByRidge:
    """Settings that follow λ, as a share s of λ by the rule for the ratio that is used.

        g = 4^(min(1, 2 max(0, 1 − s)) · (1 − 1 / (1 + (L / 14)^8)))
        w0 of settled users is multiplied by 0.5 g, w0 of personas by 0.3 g
        clusters are joined from a cosine of 0.62 √min(1, s) on, at least 0.45

    With less of λ the vectors of one taste are less alike, and item vectors tell more: where rows are long enough to
    find users by, what they do not play should count for more.

    Parameters
    ----------
    share
        s, above 0.
    length
        L, the geometric mean of the mean lengths of users' and of items' rows, at least 0.
    """
    less = min(1.0, 2 * max(0.0, 1 - share))
    growth = _MOST_UNOBSERVED ** (less * (1 - _below(length, _NOT_SHORT_ROWS)))
    join = max(_LEAST_JOIN, _JOIN * math.sqrt(min(1.0, share)))
    return ByRidge(_UNOBSERVED * growth, _OF_SPLIT * growth, join)


def _ridge(n_users: int, n_items: int, n_pairs: int, ratio: float) -> float:
    """λ of both sides: more where a row has few pairs, less where all that was not observed weighs more."""
    few = _below(n_pairs / (n_users + n_items), _FEW_PAIRS)
    at_eight = _LEAST_RIDGE + (_MOST_RIDGE - _LEAST_RIDGE) * few
    return float(at_eight * (max(1.0, ratio) / 8) ** RIDGE_BY_RATIO)


def _hold(n_users: int, n_items: int, n_pairs: int) -> float:
    """Factor on λ of users once items are found: more where rows of both sides are short, less where they are long."""
    length = _length(n_users, n_items, n_pairs)
    short, not_long = _below(length, _SHORT_ROWS), _below(length, _LONG_ROWS)
    return _LEAST_HOLD + (_MOST_HOLD - 1) * short + (1 - _LEAST_HOLD) * not_long


def _length(n_users: int, n_items: int, n_pairs: int) -> float:
    """L, the geometric mean of the mean lengths of users' and of items' rows."""
    return n_pairs / math.sqrt(n_users * n_items)


def _below(value: float, middle: float) -> float:
    """From 1, far below the middle, to 0, far above it."""
    return 1 / (1 + (value / middle) ** 8)


def _step(t: float) -> float:
    """The logistic function, from 0 to 1."""
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, t))))
