"""The legend that all plots of a page share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deepcuts.report.plots.legend import legend_sample
from deepcuts.report.plots.style import Look
from deepcuts.report.sections.html import text


def legend(looks: Mapping[str, Look], names: Sequence[str], key: str) -> str:
    """Return the lines and names of some contenders.

    Parameters
    ----------
    looks
        Of all contenders.
    names
        Those to list.
    key
        A word that no other legend of the page has.
    """
    rows = (
        f"<li>{legend_sample(f'legend-{key}-{number}', looks[name])}<span>{text(name)}</span></li>"
        for number, name in enumerate(names)
    )
    return f'<ul class="legend" aria-label="Legend">{"".join(rows)}</ul>'
