"""Options that would do nothing beside the others are refused, before anything is read or written."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import run

INGEST = ("ingest", "plays.csv", "--user", "1", "--item", "2", "-o", "out.safetensors")
ME = ("me", "export.csv", "--model", "model.safetensors")
SPLIT = ("split", "plays.safetensors", "--train", "a.csv", "--holdout", "b.csv")
LISTS = ("evaluate", "lists.csv", "--train", "a.csv", "--holdout", "b.csv")
REPORT = ("report", "m.safetensors", "--train", "a.csv", "--holdout", "b.csv", "-o", "r.html")
COMPARE = ("compare", "plays.csv", "--baseline", "popularity")


@pytest.mark.parametrize(
    ("command", "option", "value", "needed"),
    [
        (INGEST, "--names-columns", "id,title", "--names"),
        (INGEST, "--tags-columns", "id,tag", "--tags"),
        (INGEST, "--mbids-columns", "id,mbid", "--mbids"),
        (INGEST, "--bad-rows", "bad.csv", "--on-bad-rows skip"),
        (INGEST, "--dates", "dmy", "--time"),
        (INGEST, "--decimal", ",", "--plays"),
        (INGEST, "--now", "2024-01-01", "--half-life"),
        (INGEST, "--session-gap", 10, "--session-cap"),
        (ME, "--now", "2024-01-01", "--half-life"),
        (ME, "--session-gap", 10, "--session-cap"),
        ((*ME, "--mix", "max"), "--base-weight", 0.5, "--mix share"),
        (("recommend", "model.safetensors", "--user", "ada", "--mix", "max"), "--base-weight", 0.5, "--mix share"),
        (("recommend", "model.safetensors", "--user", "ada"), "--dial", "shift", "--rarity"),
        (("recommend", "model.safetensors", "--user", "ada"), "--frequency", "plays", "--rarity"),
        (SPLIT, "--last", 3, "--method last"),
        (SPLIT, "--users", 20, "--method users"),
        (SPLIT, "--min-items", 3, "--method users"),
        ((*SPLIT, "--method", "last"), "--fraction", 0.5, "--method random or users"),
        (LISTS, "--tags-columns", "id,tag", "--tags"),
        (LISTS, "--resamples", 100, "--intervals or --against"),
        (REPORT, "--tags-columns", "id,tag", "--tags"),
        (COMPARE, "--tags-columns", "id,tag", "--tags"),
        (("download", "lastfm-2k"), "--by", "song", "taste-profile"),
        (("download", "lastfm-2k"), "--min-users", 3, "-o"),
        (("serve", "model.safetensors"), "--share", 0.5, "--second"),
        (("train", "plays.csv", "-o", "model.safetensors"), "--budget", 12, "--auto"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(
    command: tuple[str, ...],
    option: str,
    value: object,
    needed: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    said = " ".join(run(*command, option, value, code=2).stderr.split())
    assert said == (f"Error: {option} does nothing without {needed}. Pass {needed} as well, or leave {option} out.")
    assert not list(tmp_path.iterdir())


def test_plays_that_are_cut_already_are_not_cut_by_a_fraction() -> None:
    said = run(*COMPARE, "--holdout", "holdout.csv", "--fraction", 0.3, code=2).stderr
    assert "--fraction is how much of PLAYS to hold out, and --holdout has that." in " ".join(said.split())
