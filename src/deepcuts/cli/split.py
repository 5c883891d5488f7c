"""`deepcuts split`: the whole road on an invented world."""

from __future__ import annotations

EXAMPLES = ("deepcuts split",)


def split() -> None:
    """split."""
