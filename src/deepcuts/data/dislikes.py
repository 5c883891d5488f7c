"""Dislikes: pairs that a user does not want, kept apart from the plays, with strengths above 0."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse

from deepcuts.data.play_counts import Plays
from deepcuts.data.selection import select_pairs


def set_dislikes_apart(plays: Plays) -> Plays:
    """Take counts below 0 out of the plays and keep their absolute values as dislikes; counts of 0 are dropped."""
    below = select_pairs(plays, plays.plays < 0)
    dislikes = replace(below, plays=-below.plays, last_played=None, labels=None) if below.n_pairs else None
    return replace(select_pairs(plays, plays.plays > 0), dislikes=dislikes)


def with_dislikes(plays: Plays) -> Plays:
    """Return the pairs that have plays or are disliked, without times and labels; `plays` itself without dislikes."""
    if plays.dislikes is None:
        return plays
    matrix = sparse.csr_array(plays.to_csr() + plays.dislikes.to_csr())  # no pair is in both
    matrix.sort_indices()
    return replace(
        plays,
        indptr=matrix.indptr.astype(np.int64),
        indices=matrix.indices.astype(np.int32),
        plays=matrix.data.astype(np.float32),
        last_played=None,
        labels=None,
        dislikes=None,
    )
