"""Play counts below 0: refused, unless they are meant as dislikes."""

from __future__ import annotations

import pyarrow as pa
import pytest
from typer.testing import CliRunner

import deepcuts as dc
from deepcuts.cli.main import app
from deepcuts.errors import DataError

ROWS = "ada\tGrouper\t5\nada\tNickelback\t-2\nbob\tGrouper\t1\nbob\tNickelback\t9\neve\tGrouper\t-1\n"
NAMES = {"user": 1, "item": 2, "plays": 3}


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "plays.tsv"
    file.write_text(ROWS, encoding="utf-8")
    return file


def test_they_are_refused_unless_asked_for(path):
    with pytest.raises(DataError, match="plays are negative"):
        dc.read_plays(path, **NAMES)


def test_asked_for_they_are_dislikes_and_those_who_only_dislike_drop_out(path):
    plays = dc.read_plays(path, **NAMES, dislikes=True)
    assert plays.user_ids.values.to_pylist() == ["ada", "bob"]
    assert plays.to_csr().toarray().tolist() == [[5, 0], [1, 9]]
    assert plays.dislikes.to_csr().toarray().tolist() == [[0, 2], [0, 0]]


def test_rows_of_a_pair_are_summed_before_they_are_judged():
    table = pa.table({"u": list("aaabb"), "i": list("xxyzx"), "n": [3, -1, 4, 1, 1]})
    plays = dc.read_plays(table, user="u", item="i", plays="n", dislikes=True)
    assert plays.to_csr().toarray().tolist() == [[2, 4, 0], [1, 0, 1]]
    assert plays.dislikes is None


def test_other_bad_counts_are_bad_all_the_same(path):
    path.write_text(ROWS + "bob\tBurial\t0\n", encoding="utf-8")
    with pytest.raises(DataError, match="plays are zero"):
        dc.read_plays(path, **NAMES, dislikes=True)


def test_dislikes_alone_are_nothing_to_learn_from():
    table = pa.table({"u": ["a"], "i": ["x"], "n": [-1]})
    with pytest.raises(DataError, match="only dislikes in the table"):
        dc.read_plays(table, user="u", item="i", plays="n", dislikes=True)


def test_the_command_takes_them(path, tmp_path):
    out = tmp_path / "plays.safetensors"
    arguments = ["ingest", str(path), "--user", "1", "--item", "2", "--plays", "3", "--dislikes", "-o", str(out)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert dc.Interactions.load(out).dislikes.n_pairs == 1


def test_a_plain_table_cannot_hold_them(path, tmp_path):
    out = tmp_path / "plays.parquet"
    arguments = ["ingest", str(path), "--user", "1", "--item", "2", "--plays", "3", "--dislikes", "-o", str(out)]
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "300"})
    assert result.exit_code == 2
    assert "cannot hold dislikes. Give it the ending .safetensors." in result.output
    assert not out.exists()
