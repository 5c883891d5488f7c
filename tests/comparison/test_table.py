"""Tables of comparisons: means over seeds and users, tests with Holm's correction, and the formats they are kept in."""

from __future__ import annotations

import csv
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from deepcuts.comparison import Run, tabulate, write_comparison
from deepcuts.comparison.formats import best, is_significant, to_csv, to_latex, to_markdown
from deepcuts.comparison.table import holm
from deepcuts.errors import SettingsError
from deepcuts.evaluation import Evaluation

USERS = [f"u{number:03}" for number in range(200)]


def made_run(name, seed, recall, gini=0.5, users=USERS):
    table = pa.table({"user_id": users, "recall@20": pa.array(recall, from_pandas=True)})
    figures = {"recall@20": float(np.nanmean(recall)), "gini@20": gini}
    draws = {"gini@20": gini + np.random.default_rng(seed).normal(0, 0.01, 500)}
    return Run(name, seed, Evaluation(figures, len(users), 0, table), draws)


@pytest.fixture(scope="module")
def comparison():
    rng = np.random.default_rng(0)
    base = rng.random(len(USERS))
    noise = [rng.normal(0, 0.01, len(USERS)) for _ in range(4)]
    runs = [made_run("old", seed, base + noise[seed]) for seed in (0, 1)]
    runs += [made_run("new", seed, base + 0.05 + noise[2 + seed], gini=0.4) for seed in (0, 1)]
    runs += [made_run("old_again^2 & 50 %", seed, base + noise[1 - seed]) for seed in (0, 1)]
    return tabulate(runs, ["old", "new", "old_again^2 & 50 %"], "old")


def test_holm_by_hand():
    assert holm(np.array([0.01, 0.04, 0.03, np.nan, 0.5])) == pytest.approx(
        [0.04, 0.09, 0.09, np.nan, 0.5], nan_ok=True
    )
    assert holm(np.array([0.9, 0.8])).tolist() == [1, 1]
    assert np.isnan(holm(np.array([np.nan]))).all()


def test_a_difference_that_is_there_is_found_and_one_that_is_not_is_not(comparison):
    new, same = (comparison.figures[name, "recall@20"] for name in ("new", "old_again^2 & 50 %"))
    assert new.difference == pytest.approx(0.05, abs=0.005)
    assert new.difference_low < new.difference < new.difference_high
    assert new.low < new.mean < new.high
    assert new.p_value == pytest.approx(2 / 1001)  # the smallest there is, of two rivals
    assert is_significant(new)
    assert not is_significant(same)
    assert np.isnan(comparison.figures["old", "recall@20"].p_value)


def test_figures_of_all_lists_together_are_tested_by_their_interval(comparison):
    new, same = (comparison.figures[name, "gini@20"] for name in ("new", "old_again^2 & 50 %"))
    assert (new.mean, new.difference) == pytest.approx((0.4, -0.1))
    assert np.isnan(new.p_value)
    assert is_significant(new)
    assert not is_significant(same)  # the same draws: the interval is [0, 0]


def test_a_user_counts_once_however_many_seeds_have_them():
    first = made_run("a", 0, [1.0, 0.0, np.nan], users=["x", "y", "z"])
    second = made_run("a", 1, [0.0, 1.0], users=["x", "w"])
    assert tabulate([first, second], ["a"], "a").figures["a", "recall@20"].mean == pytest.approx((0.5 + 0 + 1) / 3)


def test_less_is_better_where_it_is(comparison):
    assert best(comparison, "gini@20") == "new"
    assert best(comparison, "recall@20") == "new"


def test_a_reference_that_does_not_take_part_is_refused():
    with pytest.raises(SettingsError, match="The reference 'b' does not take part"):
        tabulate([made_run("a", 0, np.ones(200))], ["a"], "b")


def test_csv_keeps_every_number(comparison):
    rows = list(csv.DictReader(to_csv(comparison).splitlines()))
    assert len(rows) == 6
    figure = comparison.figures["new", "recall@20"]
    (row,) = [row for row in rows if row["model"] == "new" and row["metric"] == "recall@20"]
    assert {name: float(row[name]) for name in vars(figure)} == vars(figure)
    assert rows[0]["p_value"] == ""


def test_markdown_marks_the_best_and_what_differs(comparison):
    lines = to_markdown(comparison).splitlines()
    assert lines[0] == "| model | recall@20 | gini@20 |"
    new = comparison.figures["new", "recall@20"]
    assert rf"| new | **{new.mean:.4f}**\* ({new.low:.4f}–{new.high:.4f}) |" in lines[3]
    assert "2 seeds" in lines[-1]


def test_markdown_shows_names_as_they_are(comparison):
    odd = r"<b>a_b</b> | *c* `d` $e$ \f"
    figures = {(odd if name == "old" else name, metric): at for (name, metric), at in comparison.figures.items()}
    renamed = replace(comparison, contenders=(odd, *comparison.contenders[1:]), reference=odd, figures=figures)
    text = to_markdown(renamed)
    assert text.count(r"\<b\>a\_b\</b\> \| \*c\* \`d\` \$e\$ \\f") == 2  # its row, and what others differ from


def test_a_comparison_is_shown_as_a_table_in_a_terminal(comparison):
    lines = str(comparison).splitlines()
    assert [len(line) for line in lines[:4]] == [len(lines[0])] * 4
    new = comparison.figures["new", "recall@20"]
    assert lines[2].split()[:3] == ["new", f"{new.mean:.4f}*", f"({new.low:.4f}–{new.high:.4f})"]
    assert lines[4].startswith("Mean over users and 2 seeds")
    assert repr(comparison) == str(comparison)
    assert len(repr(made_run("old", 0, np.ones(len(USERS))))) < 200


def test_latex_escapes_what_it_has_to(comparison, tmp_path):
    text = to_latex(comparison)
    assert r"old\_again\textasciicircum{}2 \& 50 \% &" in text
    assert text.count(r"\\") == 4
    if shutil.which("pdflatex"):
        (tmp_path / "a.tex").write_text(
            f"\\documentclass{{article}}\\usepackage{{booktabs}}\\begin{{document}}{text}\\end{{document}}"
        )
        subprocess.run(["pdflatex", "-halt-on-error", "a.tex"], cwd=tmp_path, check=True, capture_output=True)


def test_the_ending_says_the_format(comparison, tmp_path):
    write_comparison(str(tmp_path / "t.md"), comparison)
    assert (tmp_path / "t.md").read_text(encoding="utf-8") == to_markdown(comparison)
    with pytest.raises(SettingsError, match=r"has to end in \.csv or \.md or \.tex"):
        write_comparison(tmp_path / "t.xlsx", comparison)
