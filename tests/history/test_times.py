"""How much a play counts by when it was heard: compared with a slow twin, in tables of many users and in exports."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import deepcuts as dc
from deepcuts.errors import DataError, SettingsError
from deepcuts.history import HistoryOptions, read_upload
from deepcuts.ingest import TimeRules

T0 = int(datetime(2021, 1, 1, tzinfo=UTC).timestamp())
HOUR, DAY = 3600, 86_400

Row = tuple[str, str, float, int]  # user, item, plays, seconds


def twin(rows: list[Row], rules: TimeRules) -> dict[tuple[str, str], float]:
    """Plays of every pair, play by play, as the formulas say."""
    since = T0 + 10 * HOUR if rules.since else -np.inf
    until = T0 + 3 * DAY if rules.until else np.inf
    kept = sorted((row for row in rows if since <= row[3] < until), key=lambda row: row[3])
    now = T0 + (5 if rules.now == "2021-01-06" else 3) * DAY
    sessions: dict[str, tuple[int, int]] = {}
    in_session: dict[object, float] = defaultdict(float)
    in_day: dict[object, float] = defaultdict(float)
    totals: dict[tuple[str, str], float] = defaultdict(float)
    for user, item, plays, at in kept:
        number, before = sessions.get(user, (0, at))
        number += at - before > rules.session_gap * 60
        sessions[user] = number, at
        for used, span, cap in (
            (in_session, (user, item, number), rules.session_cap),
            (in_day, (user, item, at // DAY), rules.day_cap),
        ):
            if cap is not None:
                plays = min(plays, max(0, cap - used[span]))  # noqa: PLW2901
                used[span] += plays
        fading = 1.0 if rules.half_life is None else max(1e-6, 2.0 ** (-max(0, now - at) / DAY / rules.half_life))
        totals[user, item] += plays * fading
    return {pair: total for pair, total in totals.items() if total > 0}


rows_of_plays = st.lists(
    st.tuples(
        st.sampled_from(["ada", "bob"]),
        st.sampled_from(["x", "y"]),
        st.sampled_from([1.0, 1.0, 2.0, 0.5]),
        st.integers(0, 4 * 24 * 6).map(lambda tenths: T0 + tenths * 600),
    ),
    min_size=1,
    max_size=40,
)
any_rules = st.builds(
    TimeRules,
    since=st.sampled_from([None, "2021-01-01T10:00:00Z"]),
    until=st.sampled_from([None, "2021-01-04"]),
    half_life=st.sampled_from([None, 0.5, 30.0]),
    now=st.sampled_from(["2021-01-04", "2021-01-06"]),
    session_cap=st.sampled_from([None, 1, 3]),
    session_gap=st.sampled_from([10.0, 30.0, 200.0]),
    day_cap=st.sampled_from([None, 1, 4]),
)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(rows_of_plays, any_rules)
def test_plays_count_as_the_formulas_say(rows, rules):
    users, items, counts, times = zip(*rows, strict=True)
    table = pa.table({"user": users, "item": items, "plays": counts, "time": times})
    expected = twin(rows, rules)
    if not expected:
        with pytest.raises(DataError, match="None of the plays"):
            dc.read_plays(table, user="user", item="item", plays="plays", time="time", times=rules)
        return
    got = dc.read_plays(table, user="user", item="item", plays="plays", time="time", times=rules).to_arrow()
    found = zip(got["user_id"].to_pylist(), got["item_id"].to_pylist(), got["plays"].to_pylist(), strict=True)
    assert {(user, item): plays for user, item, plays in found} == pytest.approx(expected, rel=1e-6)


def export(moments: list[tuple[str, int]]) -> bytes:
    """A table of scrobbles."""
    return ("Artist,Track,Time\n" + "".join(f"{artist},{n},{at}\n" for n, (artist, at) in enumerate(moments))).encode()


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(rows_of_plays, any_rules)
def test_exports_count_alike(rows, rules):
    moments = [(item, at) for _, item, _, at in rows]
    expected = twin([("me", item, 1.0, at) for item, at in moments], rules)
    if not expected:
        with pytest.raises(DataError, match="No listen counts"):
            read_upload("export.csv", export(moments), HistoryOptions(times=rules))
        return
    counts = read_upload("export.csv", export(moments), HistoryOptions(times=rules)).counts
    got = dict(zip(counts["artist"].to_pylist(), counts["plays"].to_pylist(), strict=True))
    assert got == pytest.approx({item: plays for (_, item), plays in expected.items()}, rel=1e-6)


def test_a_sleep_playlist_does_not_make_a_taste():
    night = [("Rain Sounds", T0 + 22 * HOUR + 180 * n) for n in range(140)]
    day = [("Grouper", T0 + DAY * d + HOUR * 12) for d in range(8)]
    everything = read_upload("export.csv", export(night + day))
    assert everything.counts["artist"].to_pylist() == ["Rain Sounds", "Grouper"]
    capped = read_upload("export.csv", export(night + day), HistoryOptions(times=TimeRules(session_cap=5)))
    assert capped.counts["artist"].to_pylist() == ["Grouper", "Rain Sounds"]
    assert capped.counts["plays"].to_pylist() == [8, 5]
    assert capped.n_outside == 135


def test_half_a_play_after_one_half_life():
    moments = [("new", T0 + 100 * DAY), ("old", T0)]
    counts = read_upload(
        "export.csv", export(moments), HistoryOptions(times=TimeRules(half_life=100, now="2021-04-11"))
    ).counts
    assert counts["plays"].to_pylist() == [1, 0.5]
    assert counts["last_played"].to_pylist() == [T0 + 100 * DAY, T0]


def test_listens_without_a_time_do_not_count_where_times_matter():
    text = f"Artist,Track,Time\nA,x,{T0}\nB,x,\nC,x,{T0 // 1000}\n".encode()
    assert read_upload("export.csv", text).n_artists == 3
    timed = read_upload("export.csv", text, HistoryOptions(times=TimeRules(since="2020")))
    assert (timed.counts["artist"].to_pylist(), timed.n_outside) == (["A"], 2)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2021", T0),
        ("2021-01", T0),
        ("2021-01-01", T0),
        ("2021-01-01T01:00:00+01:00", T0),
        ("2021-01-01 00:00:00", T0),
    ],
)
def test_moments(text, seconds):
    rows = pa.table({"user": ["a", "a"], "item": ["x", "y"], "time": [seconds, seconds - 1]})
    kept = dc.read_plays(rows, user="user", item="item", time="time", times=TimeRules(since=text))
    assert kept.item_ids.values.to_pylist() == ["x"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-W05-3", "2024-01-31"),
        ("2024-W05", "2024-01-29"),
        ("2024W053", "2024-01-31"),
        ("2020-W53-7", "2021-01-03"),
    ],
)
def test_weeks_are_the_same_days_in_options_and_in_tables(text, day):
    assert TimeRules(since=text, until=f"{day}T00:00:01").since == text  # no later than that day
    with pytest.raises(SettingsError, match="is not before"):
        TimeRules(since=text, until=day)  # nor earlier
    table = pa.table({"user": ["a", "a"], "item": ["x", "y"], "time": [text, f"{text}T18:30"]})
    last_played = dc.read_plays(table, user="user", item="item", time="time").last_played.tolist()
    midnight = int(datetime.fromisoformat(f"{day}T00:00Z").timestamp())
    assert last_played == [midnight, midnight + 18 * HOUR + HOUR // 2]


@pytest.mark.parametrize("text", ["2024-W54", "2023-W53-1", "2024-W05-8", "2024-W00"])
def test_weeks_that_there_are_not_are_refused(text):
    with pytest.raises(SettingsError, match=f"since is '{text}'. Give a date"):
        TimeRules(since=text)
    with pytest.raises(DataError, match="neither a timestamp nor seconds since 1970"):
        dc.read_plays(pa.table({"user": ["a"], "item": ["x"], "time": [text]}), user="user", item="item", time="time")


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"half_life": 0.0}, "half_life is 0.0. Give a number above 0"),
        ({"session_cap": 0}, "session_cap is 0. Give a whole number of at least 1"),
        ({"since": "yesterday"}, "since is 'yesterday'. Give a date such as"),
        ({"since": "2021", "until": "2020"}, "since='2021' is not before until='2020'"),
    ],
)
def test_rules_out_of_range(rules, message):
    with pytest.raises(SettingsError, match=message):
        TimeRules(**rules)


@pytest.mark.parametrize(
    "moment",
    [date(2024, 3, 1), datetime(2024, 3, 1, tzinfo=UTC), pd.Timestamp("2024-03-01"), np.datetime64("2024-03-01")],
)
def test_moments_may_be_dates(moment):
    table = pa.table({"user": ["a", "a"], "item": ["x", "y"], "time": ["2024-02-29", "2024-03-01"]})
    read = {"user": "user", "item": "item", "time": "time"}
    assert list(dc.read_plays(table, **read, times=TimeRules(since=moment)).item_ids) == ["y"]
    assert list(dc.read_plays(table, **read, times=TimeRules(until=moment)).item_ids) == ["x"]
    faded = dc.read_plays(table, **read, times=TimeRules(half_life=1, now=moment))
    assert faded.plays.tolist() == [0.5, 1.0]
    with pytest.raises(SettingsError, match=r"^since is 2024\. Give a date such as"):  # or seconds?
        TimeRules(since=2024)


def test_times_need_a_column():
    table = pa.table({"user": ["a"], "item": ["x"]})
    with pytest.raises(SettingsError, match="only with times"):
        dc.read_plays(table, user="user", item="item", times=TimeRules(half_life=1))


def test_dislikes_fade_and_are_not_capped():
    rows = [("a", "x", 3.0, T0), ("a", "y", -2.0, T0), ("a", "y", -2.0, T0), ("b", "y", 1.0, T0 + DAY)]
    users, items, counts, times = zip(*rows, strict=True)
    table = pa.table({"user": users, "item": items, "plays": counts, "time": times})
    columns = {"user": "user", "item": "item", "plays": "plays", "time": "time", "dislikes": True}
    plain = dc.read_plays(table, **columns)
    faded = dc.read_plays(table, **columns, times=TimeRules(half_life=1, day_cap=2, now="2021-01-02"))
    assert faded.plays.tolist() == [1, 1]
    assert faded.dislikes.plays.tolist() == [each / 2 for each in plain.dislikes.plays.tolist()]


def test_rows_that_are_left_out_do_not_come_back(tmp_path):
    rows = [{"user": "a", "item": "x", "time": T0}, {"user": "a", "item": "y", "time": None}]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    columns = {"user": "user", "item": "item", "time": "time", "on_bad_rows": "skip"}
    kept = dc.read_plays(tmp_path / "log.jsonl", **columns, times=TimeRules(day_cap=1))
    assert kept.item_ids.values.to_pylist() == ["x"]


def test_age_is_counted_from_the_clock_and_fading_has_a_floor(caplog):
    now = int(time.time())
    rows = pa.table({"user": list("abc"), "item": list("xyz"), "time": [now, now - 10 * DAY, T0 - 3000 * DAY]})
    plays = dc.read_plays(rows, user="user", item="item", time="time", times=TimeRules(half_life=10))
    assert plays.plays.tolist() == pytest.approx([1, 0.5, 1e-6], rel=1e-3)
    assert "1 of 3 pairs were last played so long ago" in caplog.text


def test_one_play_to_come_is_a_bad_row_and_moves_nothing():
    rows = pa.table({"user": list("abc"), "item": list("xyz"), "time": [T0, T0 + DAY, 2_145_916_800]})
    columns = {"user": "user", "item": "item", "time": "time"}
    with pytest.raises(DataError, match="row 3: time is in the future: '2145916800'"):
        dc.read_plays(rows, **columns, times=TimeRules(half_life=30))
    kept = dc.read_plays(rows, **columns, times=TimeRules(half_life=30, now="2021-01-02"), on_bad_rows="skip")
    assert kept.plays.tolist() == pytest.approx([2 ** (-1 / 30), 1])
