"""Artists found in a catalogue: what counts as the same name, what as nearly so, and what is left alone."""

from __future__ import annotations

import logging
import time

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcuts.data.ids import Ids
from deepcuts.errors import DataError, SettingsError
from deepcuts.history import Matcher, fuzzy
from deepcuts.history.names import compact_form, spaced_form

NAMES = {
    "a1": "Björk",
    "a2": "Guns N' Roses",
    "a3": "The Beatles",
    "a4": "Beatles",
    "a5": "Radiohead",
    "a6": "Blink-182",
    "a7": "坂本龍一",
    "a8": "!!!",
    "a9": "Muse",
    "b1": "Maroon 5",
    "b2": "Gorillas",
    "b3": "Gorillaz",
}


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    listeners = np.array([5 if item == "a4" else 1 for item in NAMES])
    return Matcher(Ids.of(list(NAMES), "item"), pa.array(list(NAMES.values())), listeners)


def found(matcher: Matcher, artist: str) -> tuple[str | None, str]:
    (row,) = matcher.match([artist]).table.select(["item_id", "how"]).to_pylist()
    return row["item_id"], row["how"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Björk", "BJORK"),
        ("Bjo\u0308rk", "Björk"),
        ("Guns N' Roses", "Guns and Roses"),
        ("Guns n Roses", "guns & roses"),
        ("The Beatles", "Beatles, The"),
        ("AC/DC", "ACDC"),
        ("Jay‐Z", "Jay Z"),
        ("Mos Def feat. Talib Kweli", "Mos Def"),
        ("Mos Def (ft. Talib Kweli)", "Mos Def"),
        ("Ke$ha", "Kesha"),
        ("R.E.M.", "REM"),
        ("Sinéad O’Connor", "Sinead O'Connor"),
        ("Mø", "MO"),
        ("Godspeed You! Black Emperor", "Godspeed You Black Emperor!"),
    ],
)
def test_spellings_of_one_name(one, other):
    assert compact_form(spaced_form(one)) == compact_form(spaced_form(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [("!!!", "???"), ("Muse", "Mute"), ("ハ", "バ"), ("The The", "!!!"), ("Feathers", "The"), ("Daft Punk", "Da")],
)
def test_names_that_stay_apart(one, other):
    assert compact_form(spaced_form(one)) != compact_form(spaced_form(other))


@given(st.text(max_size=40))
def test_the_form_of_a_name(name):
    form = spaced_form(name)
    assert bool(form) == bool(name.strip())
    assert form == form.strip()
    assert spaced_form(name.upper()) == spaced_form(name.upper().lower())


@pytest.mark.parametrize(
    ("artist", "item", "how"),
    [
        ("Björk", "a1", "exact"),
        ("bjork", "a1", "normalised"),
        ("Radiohaed", "a5", "fuzzy"),
        ("坂本龍一", "a7", "exact"),
        ("!!!", "a8", "exact"),
        ("The Beatles", "a3", "exact"),
        ("the beatles", "a4", "normalised"),  # two items have this form; the one with more listeners is meant
        ("Mute", None, "none"),  # in so short a name one letter is too much
        ("Blink-183", None, "none"),  # digits are never a slip
        ("Maroon", None, "none"),
        ("Gorillax", None, "none"),  # two are equally near
        ("Somebody Else", None, "none"),
        ("", None, "none"),
    ],
)
def test_how_an_artist_is_found(matcher, artist, item, how):
    assert found(matcher, artist) == (item, how)


def test_plays_of_all_spellings_are_summed(matcher):
    matches = matcher.match(["Radiohead", "RADIOHEAD", "Radiohaed", "Nobody", "Björk"], [10, 5, 2, 8, 1.5])
    assert matches.plays() == {"a5": 17, "a1": 1.5}
    assert matches.n_by_how() == {"exact": 2, "normalised": 1, "fuzzy": 1, "none": 1}
    assert repr(matcher) == f"Matcher({len(matcher.names)} names, min_score=83)"
    assert repr(matches) == "Matches(5 artists: 2 exact, 1 normalised, 1 fuzzy found)"
    assert matches.share_of_plays == pytest.approx(18.5 / 26.5)
    assert matches.found("none")["artist"].to_pylist() == ["Nobody"]


def test_names_not_found_get_suggestions(matcher):
    rows = matcher.match(["Gorillax", "Radiohead"]).table.to_pylist()
    assert [each["item_id"] for each in rows[0]["suggestions"]] == ["b2", "b3"]
    assert rows[0]["suggestions"][0]["score"] == pytest.approx(87.5)
    assert rows[1]["suggestions"] is None


def test_a_stricter_score_finds_less(matcher):
    strict = Matcher(matcher.item_ids, matcher.names, min_score=95)
    assert found(strict, "Radiohaed") == (None, "none")
    assert found(strict, "radiohead") == ("a5", "normalised")


def test_without_rapidfuzz_the_rest_still_works(matcher, monkeypatch, caplog):
    monkeypatch.setattr(fuzzy, "find_spec", lambda name: None)
    with caplog.at_level(logging.WARNING, "deepcuts"):
        assert found(matcher, "bjork") == ("a1", "normalised")
        assert not caplog.text
        assert found(matcher, "Radiohaed") == (None, "none")
    assert "pip install 'deepcuts[history]'" in caplog.text
    assert matcher.search("radio", 3)["item_id"].to_pylist() == ["a5"]


def test_nearest_agrees_with_every_pair_compared():
    rng = np.random.default_rng(0)
    words = sorted({"".join(rng.choice(list("abc"), rng.integers(3, 12))) for _ in range(300)})
    names, forms = words[::3], [word for word in words if word not in words[::3]]
    from rapidfuzz.distance import OSA

    for min_score in (60.0, 75.0, 90.0):
        got = fuzzy.nearest(names, forms, min_score)
        for name, index in zip(names, got.forms, strict=True):
            scores = np.array([OSA.normalized_similarity(name, form) for form in forms])
            top = np.flatnonzero(scores >= scores.max() - 1e-9)
            alone = len(top) == 1 and scores.max() >= min_score / 100
            assert index == (top[0] if alone else -1)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("bj", "a1"),
        ("BJÖ", "a1"),
        ("the bea", "a4"),
        ("roses", "a2"),
        ("radoi", "a5"),
        ("blink 1", "a6"),
        ("坂本", "a7"),
        ("!!", "a8"),
        ("guns and", "a2"),
    ],
)
def test_search_while_typing(matcher, query, first):
    assert matcher.search(query, 5)["item_id"][0].as_py() == first


def test_search_puts_beginnings_first_and_keeps_to_k(matcher):
    table = matcher.search("m", 3)
    assert table["name"].to_pylist() == ["Muse", "Maroon 5"]
    assert matcher.search("be", 1)["name"].to_pylist() == ["Beatles"]  # of two, that with more listeners
    assert table["score"].to_pylist() == sorted(table["score"].to_pylist(), reverse=True)
    assert table["item_index"].to_pylist() == [list(NAMES).index(item) for item in table["item_id"].to_pylist()]
    assert matcher.search("", 3).num_rows == 0
    assert matcher.search("q" * 500, 3).num_rows == 0


def test_search_is_fast_among_forty_thousand_names():
    rng = np.random.default_rng(0)
    syllables = ["ra", "dio", "head", "kel", "mor", "sig", "ur", "bo", "ards", "tan", "vex", "lo", "mi", "ne", "zu"]
    drawn, n_words = rng.choice(syllables, (40_000, 3, 3)).tolist(), rng.integers(1, 4, 40_000).tolist()
    names = [" ".join(map("".join, words[:n])) for words, n in zip(drawn, n_words, strict=True)]
    matcher = Matcher(Ids.of([f"{number:05}" for number in range(40_000)], "item"), pa.array(names))
    matcher.search("warm", 10)
    queries = ["rad", "radiohaed", "kelmor sig", "zuzuzv", "tanvexlo bords"]
    start = time.process_time()
    for query in queries:
        matcher.search(query, 10)
    assert (time.process_time() - start) / len(queries) < 0.06  # 20 ms on an idle machine


def test_what_a_matcher_refuses(matcher):
    with pytest.raises(DataError, match="12 items and 1 name"):
        Matcher(matcher.item_ids, pa.array(["x"]))
    with pytest.raises(SettingsError, match="min_score is 0"):
        Matcher(matcher.item_ids, matcher.names, min_score=0)
