"""What tables in the terminal show of texts from outside."""

from __future__ import annotations

import pytest

from deepcuts.cli.terminal import cell_text, print_table, ruled_table


def test_a_cell_has_no_control_characters_and_no_more_than_200_of_others():
    assert cell_text("\x1b[31mred") == "\\x1b[31mred"
    assert cell_text("x" * 200) == "x" * 200
    assert cell_text("x" * 3_000) == "x" * 199 + "…"


@pytest.mark.parametrize("columns", ["80", "40", "24"])
def test_no_number_is_cut_on_a_narrow_terminal(monkeypatch, capsys, columns):
    monkeypatch.setenv("COLUMNS", columns)
    shown = ruled_table("Listeners")
    shown.add_column("artist", overflow="fold")
    shown.add_column("listeners", justify="right")
    shown.add_row("A name that is longer than any narrow terminal", "1,234,567")
    print_table(shown)
    said = capsys.readouterr().out
    assert "1,234,567" in said
    assert "listeners" in said
