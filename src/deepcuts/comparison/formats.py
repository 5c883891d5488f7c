"""A comparison as a file: CSV in long form, Markdown and LaTeX as people read it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import StringIO

import numpy as np

from deepcuts.checks import instance
from deepcuts.comparison.table import Comparison, Figure
from deepcuts.evaluation.registry import metric_of
from deepcuts.html_table import html_page, html_table
from deepcuts.storage import StrPath, path_with_ending, replacing
from deepcuts.wording import counted

SIGNIFICANT = 0.05

_LATEX_STAR = r"$^{*}$"
_IN_WORDS = {
    c: rf"\text{word}{{}}" for c, word in {"\\": "backslash", "~": "asciitilde", "^": "asciicircum", "|": "bar"}.items()
}
_IN_WORDS |= {c: f"${c}$" for c in "<>"}
# All in one pass of translate, so that backslashes that it inserts are not escaped again.
_MARKDOWN = str.maketrans({c: rf"\{c}" for c in r"\`*_[]<>|$~&"})
_LATEX = str.maketrans({c: rf"\{c}" for c in "&%$#_{}"} | _IN_WORDS)


def write_comparison(path: StrPath, comparison: Comparison, *, force: bool = False) -> None:
    """Write a comparison in the format that the ending says, whole or not at all.

    Parameters
    ----------
    path
        The .csv, .md or .tex file to be.
    comparison
        What to write.
    force
        Whether a file that exists already may be replaced.

    Raises
    ------
    SettingsError
        If the ending is not known.
    OutputError
        If the file exists and `force` is false, or if it cannot be written.
    """
    path = path_with_ending(path, FORMATS)
    instance("comparison", comparison, Comparison, "Give what tabulate returns.")
    with replacing(path, force=force) as temporary:
        temporary.write_text(FORMATS[path.suffix](comparison), encoding="utf-8")


def to_csv(comparison: Comparison) -> str:
    """One row per model and metric, with every field of `Figure`; empty where undefined."""
    text = StringIO()
    table = comparison.to_arrow()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.column_names)
    writer.writerows(row.values() for row in table.to_pylist())
    return text.getvalue()


def to_markdown(comparison: Comparison) -> str:
    """One row per model, intervals in the cells, the best in bold, a star at significant differences."""
    header = ["model", *comparison.metrics]
    rows = [
        [
            name.translate(_MARKDOWN),
            *(_cell(comparison, name, metric, "**{}**", r"\*") for metric in comparison.metrics),
        ]
        for name in comparison.contenders
    ]
    lines = [header, ["---", *(["---:"] * len(comparison.metrics))], *rows]
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return f"{table}\n\n{caption(comparison).translate(_MARKDOWN)}\n"


def to_html(comparison: Comparison) -> str:
    """A table for a notebook: the best in bold, a star at significant differences."""
    rows = [
        [name, *(_cell(comparison, name, metric, "**{}**", "*") for metric in comparison.metrics)]
        for name in comparison.contenders
    ]
    return html_page("Comparison", caption(comparison), html_table(["model", *comparison.metrics], rows))


def to_text(comparison: Comparison) -> str:
    """A table for a terminal, with a star at significant differences."""
    rows = [["model", *comparison.metrics]]
    rows += [
        [name, *(_cell(comparison, name, metric, "{}", "*") for metric in comparison.metrics)]
        for name in comparison.contenders
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]
    return "\n".join([*lines, caption(comparison)])


def to_latex(comparison: Comparison) -> str:
    """A table for the package booktabs."""
    columns = "l" + "r" * len(comparison.metrics)
    rows = [
        " & ".join(
            [
                name.translate(_LATEX),
                *(_cell(comparison, name, metric, r"\textbf{{{}}}", _LATEX_STAR) for metric in comparison.metrics),
            ]
        )
        for name in comparison.contenders
    ]
    header = " & ".join(["model", *(metric.translate(_LATEX) for metric in comparison.metrics)])
    body = " \\\\\n".join(rows).replace("–", "--")
    # Escaped first: the stars and signs put in after it are LaTeX already.
    text = caption(comparison).translate(_LATEX).replace("*", _LATEX_STAR).replace("–", "--")
    return (
        "\\begin{table}\n\\centering\n"
        f"\\caption{{{text}}}\n\\begin{{tabular}}{{{columns}}}\n\\toprule\n{header} \\\\\n\\midrule\n{body} \\\\\n"
        "\\bottomrule\n\\end{tabular}\n\\end{table}\n"
    )


def caption(comparison: Comparison) -> str:
    """Say what stands in the cells."""
    n_seeds = len(set(comparison.seeds))
    return (
        f"Mean over users and {counted(n_seeds, 'seed')}, with 95 % intervals over users. "
        f"* differs from {comparison.reference} (paired by user, p < {SIGNIFICANT} after Holm's correction over the "
        f"rivals; figures of all lists together: the interval of the difference leaves out 0)."
    )


def is_significant(figure: Figure) -> bool:
    """Tell whether a figure differs from the reference's by more than chance."""
    if np.isnan(figure.p_value):  # figures of all lists together; of the reference all comparisons with NaN are false
        return bool(figure.difference_low > 0 or figure.difference_high < 0)
    return figure.p_value < SIGNIFICANT


def best(comparison: Comparison, metric: str) -> str | None:
    """Name the contender with the best mean of a metric; None where it is undefined for all."""
    sign = -1 if metric_of(metric).lower_is_better else 1
    means = np.array([sign * comparison.figures[name, metric].mean for name in comparison.contenders])
    return None if np.all(np.isnan(means)) else comparison.contenders[int(np.nanargmax(means))]


def digits(value: float) -> str:
    """Write a figure with as many digits as its size asks for."""
    return (
        "–"
        if np.isnan(value)
        else f"{value:.4f}"
        if abs(value) < 1
        else f"{value:.3f}"
        if value < 100
        else f"{value:,.0f}"
    )


def _cell(comparison: Comparison, name: str, metric: str, bold: str, star: str) -> str:
    figure = comparison.figures[name, metric]
    mean = bold.format(digits(figure.mean)) if best(comparison, metric) == name else digits(figure.mean)
    return f"{mean}{star if is_significant(figure) else ''} ({digits(figure.low)}–{digits(figure.high)})"


FORMATS: dict[str, Callable[[Comparison], str]] = {".csv": to_csv, ".md": to_markdown, ".tex": to_latex}
