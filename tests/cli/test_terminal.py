"""What tables in the terminal show of texts from outside."""

from __future__ import annotations

from deepcuts.cli.terminal import cell_text


def test_a_cell_has_no_control_characters_and_no_more_than_200_of_others():
    assert cell_text("\x1b[31mred") == "\\x1b[31mred"
    assert cell_text("x" * 200) == "x" * 200
    assert cell_text("x" * 3_000) == "x" * 199 + "…"
