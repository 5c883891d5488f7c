"""One value far from all others decides nothing for them."""

from __future__ import annotations

import logging

import numpy as np
import pyarrow as pa
import pytest

from deepcuts.errors import FileFormatError
from deepcuts.history import HistoryOptions, read_upload
from deepcuts.ingest import TimeRules, read_plays

T0 = 1_600_000_000


def test_one_time_that_can_be_believed_says_nothing_of_the_others():
    minutes = "".join(f"Muse,x,{n}\n" for n in range(1, 40))
    history = read_upload("export", f"Artist,Track,Time\nBlur,x,{T0}\n{minutes}".encode(), HistoryOptions(dates="none"))
    assert history.last_played is None
    log = "".join(f"Muse\tx\ty\t1\t200\tL\t{n}\t\n" for n in range(1, 40))
    history = read_upload("export", f"#AUDIOSCROBBLER/1.1\nBlur\tx\ty\t1\t200\tL\t{T0}\t\n{log}".encode())
    assert "few of its times are after 2000" in history.sources[0].remarks[0]


@pytest.mark.parametrize(("latest", "said"), [([7], "All times lie in 1970"), ([T0], "Most times lie in 1970")])
def test_one_later_time_does_not_hide_that_the_others_are_no_moments(caplog, latest, said):
    times = [45_000 + n for n in range(30)] + latest
    table = pa.table({"user": [f"u{n}" for n in range(31)], "item": ["a"] * 31, "time": times})
    with caplog.at_level(logging.WARNING):
        read_plays(table, user="user", item="item", time="time")
    assert said in caplog.text


def test_few_old_times_are_no_reason_to_warn(caplog):
    table = pa.table({"user": ["a", "b", "c"], "item": ["x"] * 3, "time": [0, T0, T0 + 1]})
    with caplog.at_level(logging.WARNING):
        read_plays(table, user="user", item="item", time="time")
    assert "1970" not in caplog.text


def test_one_play_to_come_fades_nobody():
    rows = "".join(f"Artist {n % 3},x,{T0 + 60 * n}\n" for n in range(30)) + "Blur,x,2145916800\n"
    options = HistoryOptions(times=TimeRules(half_life=30, now="2020-10-01"))
    plays = read_upload("export", f"Artist,Track,Time\n{rows}".encode(), options).counts["plays"].to_numpy()
    assert np.all(plays > 5)


def test_one_count_of_many_digits_does_not_change_the_others():
    rows = "".join(f"Artist {n},{n + 1}\n" for n in range(20))
    counts = read_upload("export", f"Artist,Plays\n{rows}Blur,999999999\n".encode()).counts
    assert sorted(counts["plays"].to_pylist())[:20] == list(range(1, 21))


def test_one_time_of_day_does_not_make_moments_of_dates():
    rows = "Muse,2023-11-14 00:00:00\n" * 20 + "Blur,2023-11-14 10:11:12\n" * 2
    counts = read_upload("export", f"Artist,Time\n{rows}".encode()).counts
    assert counts.select(["artist", "plays"]).to_pydict() == {"artist": ["Muse", "Blur"], "plays": [20, 1]}


@pytest.mark.parametrize(
    "numbers", [[1, 2, 2, 4, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12], [*range(2001, 2020), 7]], ids=str
)
def test_one_number_that_differs_makes_no_plays_of_ranks_and_years(numbers):
    text = "".join(f"Name {chr(65 + n)},{number}\n" for n, number in enumerate(numbers))
    with pytest.raises(FileFormatError, match="no plays that are known as such"):
        read_upload("export", text.encode())


def test_one_row_does_not_make_plays_of_a_site_those_of_one():
    rows = "".join(f"Artist {n},{900 + n},{10 + n}\n" for n in range(20)) + "Blur,3,40\n"
    with pytest.raises(FileFormatError, match="the plays of all listeners"):
        read_upload("export", f"Artist,Plays,Listeners\n{rows}".encode())


def test_one_title_without_an_artist_does_not_make_artists_of_the_others():
    rows = "".join(f"Muse - song {n}\t1\n" for n in range(15)) + "Intro\t1\n"
    history = read_upload("export", rows.encode())
    assert history.counts.select(["artist", "plays"]).to_pydict() == {"artist": ["Muse"], "plays": [15]}
    assert history.sources[0].dropped == {"no artist": 1}
