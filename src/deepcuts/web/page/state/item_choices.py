"""Artists of the list that a visitor refuses or keeps."""

from __future__ import annotations

from deepcuts.errors import DataError
from deepcuts.web.page.state.item_names import item_name
from deepcuts.web.page.state.visit import Visit

_MOST_REFUSED = 1_000
_MOST_KEPT = 1_000


def refuse(visit: Visit, item_id: str) -> None:
    """Never list an artist, and count it against the artists like it; it is not kept any more.

    Raises
    ------
    UnknownIdError
        If the catalogue has no such artist.
    DataError
        If too many are refused.
    """
    name = item_name(visit, item_id)
    if len(visit.refused) >= _MOST_REFUSED:
        raise DataError(f"These are {_MOST_REFUSED:,} refused artists already. Allow one again first.")
    visit.refused[item_id] = name
    visit.kept.pop(item_id, None)


def allow(visit: Visit, item_id: str) -> None:
    """Take a refusal back."""
    visit.refused.pop(item_id, None)


def toggle_kept(visit: Visit, item_id: str) -> None:
    """Put an artist on the keep list, or take it off.

    Raises
    ------
    UnknownIdError
        If the catalogue has no such artist.
    DataError
        If too many are kept.
    """
    if visit.kept.pop(item_id, None) is None:
        if len(visit.kept) >= _MOST_KEPT:
            raise DataError(f"The keep list holds {_MOST_KEPT:,} artists already. Take one off first.")
        visit.kept[item_id] = item_name(visit, item_id)
