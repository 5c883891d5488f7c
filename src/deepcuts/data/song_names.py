"""What songs are called where items are songs: "artist – title"."""

from __future__ import annotations

from collections.abc import Iterable

BETWEEN = " – "


def are_songs(names: Iterable[str | None]) -> bool:
    """Whether more than half of some names are those of songs.

    Examples
    --------
    >>> are_songs(["Muse – Uprising", "Björk – Jóga", "SOABC12"]), are_songs(["Muse", "Björk"])
    (True, False)
    """
    found = [bool(name) and BETWEEN in str(name) for name in names]
    return 2 * sum(found) > len(found)
