"""Personas that settings name by number, and users who have no persona of such a number."""

from __future__ import annotations

import logging
from collections.abc import Collection

import numpy as np

from deepcuts.array_types import IndexVector
from deepcuts.checks import shown
from deepcuts.recommendation.settings import ListSettings
from deepcuts.recommendation.source import ScoreSource
from deepcuts.wording import counted

logger = logging.getLogger(__name__)


def warn_of_missing_personas(source: ScoreSource, users: IndexVector, settings: ListSettings) -> None:
    """Say how many of some users have none of the personas picked, and which other settings name one that nobody has.

    Parameters
    ----------
    source
        Where the personas come from.
    users
        int64, (n_users,): indexes of users.
    settings
        What is to be listed.
    """
    if settings.pick is not None and len(users):
        _warn_of_picks(source, users, settings.pick)
    if len(source.user_ids) == 1:
        return  # settings for many visitors may name personas that this one does not have
    most = int(np.diff(source.persona_indptr).max(initial=0))
    some_are_there = settings.pick is not None and min(settings.pick, default=most) < most  # else told of above
    for name in ("weights", "rarity", "strength", *(["pick"] if some_are_there else [])):
        unknown = [number for number in settings.named_personas(name) if number >= most]
        if unknown:
            logger.warning("%s names persona %d, which nobody has: %s.", name, min(unknown), _numbered(most))


def _warn_of_picks(source: ScoreSource, users: IndexVector, pick: Collection[int]) -> None:
    n_personas = source.persona_indptr[users + 1] - source.persona_indptr[users]
    most = int(n_personas.max())
    without = users[n_personas <= min(pick, default=most)]
    if len(without):
        logger.warning(
            "Of %s, %s no list, such as %s, for want of a persona of pick=%s: %s.",
            counted(len(users), "user"),
            counted(len(without), "gets", "get"),
            shown(source.user_ids.values[int(without[0])].as_py()),
            shown(list(pick)),
            _numbered(most),
        )


def _numbered(most: int) -> str:
    return "personas here are numbered " + (f"0 to {most - 1}" if most > 1 else "0 alone")
