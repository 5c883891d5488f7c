"""The blend in a profile: which part is the visitor's own, and how alike the two people are.

It is told as it was computed where the two were blended, so that nothing has to be solved to show it again.
"""

from __future__ import annotations

from collections.abc import Mapping

from deepcuts.web.page.state.blend import MOST_COMMON
from deepcuts.web.page.state.profile_fields import field_of, is_number, pairs_of, part_of, text_of, texts_of
from deepcuts.web.page.state.visit import Blend

_MOST_SHARED = 64  # pairs of personas
_MOST_THEIRS = 10_000


def blend_fields(blend: Blend) -> dict[str, object]:
    """Return what a profile tells of a blend, besides the visitor's own artists."""
    return {
        "source": blend.source,
        "theirs": blend.n_theirs,
        "match": blend.match,
        "closer": blend.closer,
        "shared": [list(pair) for pair in blend.shared],
        "common": blend.common,
    }


def read_blend(saved: object, mine: Mapping[str, float]) -> Blend | None:
    """Read the blend of a profile.

    Parameters
    ----------
    saved
        What `blend_fields` gave; anything else is no blend.
    mine
        The visitor's own plays by item id; without any there is no blend.
    """
    n_theirs = field_of(saved, "theirs")
    if not mine or not is_number(n_theirs):
        return None
    return Blend(
        dict(mine),
        text_of(field_of(saved, "source")),
        int(min(max(n_theirs, 0), _MOST_THEIRS)),
        part_of(field_of(saved, "match")),
        part_of(field_of(saved, "closer")),
        pairs_of(field_of(saved, "shared"), _MOST_SHARED),
        texts_of(field_of(saved, "common"), MOST_COMMON),
    )
