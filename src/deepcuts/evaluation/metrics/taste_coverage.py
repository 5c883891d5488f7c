"""Taste coverage: how many of a user's tastes a list serves, the larger ones counting for more.

::

    taste_coverage@k   = Σ over main labels g on the first k of share of the user's labelled items with main label g
    persona_coverage@k = Σ over personas p served by the first k of share of the user's items that belong to p

1 is something for every taste, however little; `calibration_kl` asks for the right amounts. It is the coverage of
subtopics (Zhai, Cohen, Lafferty 2003, "Beyond independent relevance", doi:10.1145/860435.860440) with tastes for
subtopics, weighted by their shares.
"""

from __future__ import annotations

import numpy as np

from deepcuts.evaluation.metrics.calibration import persona_mix
from deepcuts.evaluation.ranked_lists import RankedLists


def taste_coverage(lists: RankedLists, k: int) -> np.ndarray:
    """Share of each user's history whose main label is on the list.

    Parameters
    ----------
    lists
        The lists to judge.
    k
        Length at which they are cut, at least 1.

    Returns
    -------
    numpy.ndarray
        float64, (lists.n_users,), from 0 to 1; NaN without a list, or without a labelled item in the history.
    """
    listed, main = lists.listed(k), lists.features.main_labels
    served = lists.features.main_shares(listed) > 0
    covered = np.einsum("ug,ug->u", lists.features.main_shares(lists.seen), served)
    known = (listed.sizes > 0) & (lists.seen.sums(main >= 0) > 0)
    return np.where(known, covered, np.nan)


def persona_coverage(lists: RankedLists, k: int) -> np.ndarray:
    """Share of each user's history whose persona the list serves.

    Parameters
    ----------
    lists
        The lists to judge.
    k
        Length at which they are cut, at least 1.

    Returns
    -------
    numpy.ndarray
        float64, (lists.n_users,), from 0 to 1; NaN without a list or personas.
    """
    mix = persona_mix(lists, k)
    known = ~np.isnan(mix).any(axis=1) & np.any(lists.persona_shares, axis=1)
    return np.where(known, np.sum(lists.persona_shares, axis=1, where=mix > 0), np.nan)
