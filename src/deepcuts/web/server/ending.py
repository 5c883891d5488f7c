"""Whether a process is about to end."""

from __future__ import annotations


class Ending:
    """Whether a process is about to end: `/readyz` says so from then on, and responses close their connection."""

    has_begun = False
