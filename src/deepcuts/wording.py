"""Numbers and nouns of messages."""

from __future__ import annotations


def counted(number: float, one: str, several: str = "") -> str:
    """Put a number before what it counts: 1 user, 2 users.

    Parameters
    ----------
    number
        How many there are.
    one
        What it counts, where that is one; words behind the noun may go along, such as those of "row is".
    several
        The same for any other number; an s more where it is empty.
    """
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def with_article(noun: str) -> str:
    """Put a or an before a noun: an item, a user, an ndarray."""
    return f"an {noun}" if noun[:1].lower() in "aeio" or noun.startswith("nd") else f"a {noun}"


def counted_plays(n_pairs: int, n_users: int, n_items: int) -> str:
    """Say how large plays are: 5 pairs of 2 users and 4 items."""
    return f"{counted(n_pairs, 'pair')} of {counted(n_users, 'user')} and {counted(n_items, 'item')}"
