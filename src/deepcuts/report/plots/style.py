"""How all plots look: one look for every contender, text in the colour of the page, SVG that stands inside of HTML."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from html import escape
from typing import TYPE_CHECKING, Any, ParamSpec

from deepcuts.errors import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_P = ParamSpec("_P")

INK = "#010203"  # stands for the colour of the text around: dark on light, light on dark
ACCENT = "#010204"  # stands for the colour of links
_LONGEST = 22  # characters

WIDTH = 4.4  # inches; as wide as a phone, so that text keeps its size there

# Okabe and Ito 2008, colours that differ for every kind of colour vision; shapes and dashes tell lines apart in grey.
_COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", INK, "#E69F00", "#56B4E9", "#999933")
_MARKERS = ("o", "s", "^", "D", "X", "v", "P", "*")
_DASHES = ("-", (0, (5, 1.5)), (0, (1.5, 1)), (0, (6, 1.5, 1.5, 1.5)), (0, (3, 1)), (0, (1, 2)))

_RC: Any = {
    "svg.fonttype": "none",  # text stays text: it can be searched, and takes the font of the page
    "svg.hashsalt": "deepcuts",  # the same facts give the same file
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": INK,
    "grid.alpha": 0.13,
    "grid.linewidth": 0.5,
    "xtick.color": INK,
    "ytick.color": INK,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
}


@dataclass(frozen=True)
class Look:
    """Colour, marker and dashes of a contender, the same in every plot."""

    colour: str
    marker: str
    dash: Any

    def line(self) -> dict[str, Any]:
        """Arguments of a line with its markers."""
        return {"color": self.colour, "linestyle": self.dash, "marker": self.marker}


def looks(names: Sequence[str]) -> dict[str, Look]:
    """Give every contender a look of its own.

    Parameters
    ----------
    names
        Contenders, in the order of the legend.
    """
    n = len(_COLOURS)
    return {
        name: Look(_COLOURS[i % n], _MARKERS[(i + i // n) % len(_MARKERS)], _DASHES[(i + i // n) % len(_DASHES)])
        for i, name in enumerate(names)
    }


def require_matplotlib() -> None:
    """Make sure that plots can be drawn.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise MissingExtraError.of("matplotlib", "report") from error


def short(name: str, longest: int = _LONGEST) -> str:
    """Cut a name from outside, to what fits above a small plot or on a map, without characters that stand for nothing.

    Parameters
    ----------
    name
        The name.
    longest
        Characters that fit.
    """
    shown = "".join(c if c.isprintable() else "\ufffd" for c in name)
    cut = shown if len(shown) <= longest else shown[: longest - 1] + "…"
    return cut.replace("$", r"\$")  # two of them would stand around a formula


def styled(draw: Callable[_P, str]) -> Callable[_P, str]:
    """Let a function draw in the style of the report."""

    @wraps(draw)
    def drawn(*arguments: _P.args, **options: _P.kwargs) -> str:
        require_matplotlib()
        from matplotlib import rc_context

        with rc_context(_RC), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing")  # the font of the page may well have it
            return draw(*arguments, **options)

    return drawn


def new_figure(height: float = 3.3, width: float = WIDTH, **grid: Any) -> tuple[Figure, Any]:
    """Return an empty figure and its axes, for a function that is `styled`.

    Parameters
    ----------
    height, width
        In inches.
    grid
        Arguments of `Figure.subplots`.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(**grid)


def mark(axes: Axes, x: float, label: str) -> None:
    """Draw a dashed vertical line with a label beside its upper end, on the side where there is more room.

    Parameters
    ----------
    axes
        Where to draw.
    x
        On the horizontal axis.
    label
        A few words.
    """
    at = axes.transData.transform((x, axes.get_ylim()[1]))
    on_left = axes.transAxes.inverted().transform(at)[0] > 0.5
    axes.axvline(x, color=INK, linewidth=0.8, linestyle=(0, (3, 2)))
    axes.annotate(
        label,
        (x, 1),
        xycoords=("data", "axes fraction"),
        xytext=(-4 if on_left else 4, -2),
        textcoords="offset points",
        ha="right" if on_left else "left",
        va="top",
        fontsize=8,
    )


def to_svg(figure: Figure, name: str, description: str) -> str:
    """Return a figure as SVG to stand inside of HTML.

    Parameters
    ----------
    figure
        The figure.
    name
        A word that no other figure of the page has; it goes in front of all ids.
    description
        What it shows, for those who cannot see it; empty for an ornament.
    """
    file = io.StringIO()
    # No date, so that equal facts give equal files.
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _for_html(file.getvalue(), name, description)


def _for_html(svg: str, name: str, description: str) -> str:
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style .*?</style>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns(:\w+)?="[^"]*"| (width|height)="[\d.]+pt"| version="1.1"', "", svg)
    svg = svg.replace("xlink:href=", "href=")
    # Figures of one page share its ids: each gets the name of its figure in front, and so do the references to it.
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    svg = svg.replace(INK, "currentColor").replace(ACCENT, "var(--accent)")
    seen_by_all = f'role="img" aria-label="{escape(description, quote=True)}"' if description else 'aria-hidden="true"'
    return svg.replace("<svg", f'<svg class="plot" {seen_by_all}', 1).strip()
