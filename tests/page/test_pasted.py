"""Texts with names, as people type and paste them, taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import deepcuts as dc
from deepcuts.data.ids import Ids
from deepcuts.history import Matcher
from deepcuts.web.page.state.pasted import MOST_NAMES, Named, names_in, take_names
from deepcuts.web.page.state.visit import Visit

NAMES = [
    "Radiohead",
    "Björk",
    "Nas",
    "Tyler, The Creator",
    "Crosby, Stills, Nash & Young",
    "311",
    "Earth, Wind & Fire",
    "Seether (Live)",
]
IDS = Ids.of(sorted(NAMES), "item")
MATCHER = Matcher(IDS, IDS.values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Radiohead", ["Radiohead"]),
        ("  radiohead ", ["radiohead"]),
        ("Radiohead, Björk, Nas", ["Radiohead", "Björk", "Nas"]),
        ("Radiohead;Björk ; Nas;", ["Radiohead", "Björk", "Nas"]),
        ("Radiohead\tBjörk", ["Radiohead", "Björk"]),
        ("Radiohead; Björk, Nas; Tyler, The Creator", ["Radiohead", "Björk", "Nas", "Tyler, The Creator"]),
        ("Radiohead\nBjörk\r\n\n nas\n", ["Radiohead", "Björk", "nas"]),
        ("1. Radiohead\n2) Björk\n- Nas\n• 311", ["Radiohead", "Björk", "Nas", "311"]),
        ("Tyler, The Creator", ["Tyler, The Creator"]),
        ("Nas, Tyler, The Creator, Radiohead", ["Nas", "Tyler, The Creator", "Radiohead"]),
        ("crosby, stills, nash & young, Nas", ["crosby, stills, nash & young", "Nas"]),
        ("Nas, 311, Björk", ["Nas", "311", "Björk"]),
        ('artist\n"Tyler, The Creator"\nNas', ["Tyler, The Creator", "Nas"]),
        ("Nas, nas, NAS", ["Nas"]),
        ("Nobody Else, Nas", ["Nobody Else", "Nas"]),
        (" ,;\n\t", []),
        ("radiohead / bjork | Nas", ["radiohead", "bjork", "Nas"]),
        ("Radiohead、Nas，Björk", ["Radiohead", "Nas", "Björk"]),
        ("Radiohead and Björk & Nas", ["Radiohead", "Björk", "Nas"]),
        ("Radiohead/Nas", ["Radiohead", "Nas"]),
        ("Earth, Wind & Fire and Nas", ["Earth", "Wind & Fire and Nas"]),
        ("Nas and somebody", ["Nas and somebody"]),
        (
            "Radiohead - Creep\nTyler, The Creator – Yonkers\nNobody - Song",
            ["Radiohead", "Tyler, The Creator", "Nobody - Song"],
        ),
        ("Nas • 311 · Björk", ["Nas", "311", "Björk"]),
        ("Nas (Remastered)", ["Nas"]),
        ("Radiohead [Live at Home]\nNas (1994)", ["Radiohead", "Nas"]),
        ("Nas (40 plays), Björk (3 plays)", ["Nas", "Björk"]),
        ("Seether (Live)", ["Seether (Live)"]),
        ("Nobody (40 plays)", ["Nobody (40 plays)"]),
    ],
)
def test_names_in_a_text(text, expected):
    assert [(one.name, one.plays) for one in names_in(text, MATCHER.has)] == [(name, None) for name in expected]


@pytest.mark.parametrize(
    "line",
    [
        "Nas, 2024-01-02",
        "2024-01-02T10:11:12Z\tNas",
        "Nas;12.05.2021",
        "Nas, 1 Jan 2024",
        "Nas, Jan 1, 2024",
        "12 May 2021 10:03, Nas",
        "Nas,1612137600",
        "Nas 2024-01-02",
        "[2024-01-02] Nas",
        "10:15 Nas",
    ],
)
def test_a_moment_beside_a_name_is_none(line):
    assert names_in(line, MATCHER.has) == [Named("Nas", None)]
    assert names_in(f"{line}\nBjörk", MATCHER.has) == [Named("Nas", None), Named("Björk", None)]


def test_moments_leave_plays_and_names_alone():
    table = "Nas,2021-01-01,13\nBjörk,2021-01-02,5\n311,2021-01-03,2"
    assert names_in(table, MATCHER.has) == [Named("Nas", 13), Named("Björk", 5), Named("311", 2)]
    assert names_in("2024-01-02", MATCHER.has) == [Named("2024-01-02", None)]
    assert names_in("10:15, Nas", lambda name: name in ("10:15", "Nas")) == [Named("10:15", None), Named("Nas", None)]


def test_a_table_has_plays():
    text = 'artist,plays\nRadiohead,120\n"Tyler, The Creator",7\n311,12.5\nBjörk\n'
    assert names_in(text, MATCHER.has) == [
        Named("Radiohead", 120), Named("Tyler, The Creator", 7), Named("311", 12.5), Named("Björk", None),
    ]  # fmt: skip
    assert names_in("Nas - 12\nBjörk – 3", MATCHER.has) == [Named("Nas", 12), Named("Björk", 3)]
    counted = "Nas (1,240 plays)\n• Tyler, The Creator [7 scrobbles]\n3. Björk (12×)"
    assert names_in(counted, MATCHER.has) == [
        Named("Nas", 1240), Named("Tyler, The Creator", 7), Named("Björk", 12),
    ]  # fmt: skip
    assert names_in("1\tNas\t40\n2\tBjörk\t3", MATCHER.has) == [Named("Nas", 40), Named("Björk", 3)]


@given(st.text(max_size=300))
def test_any_text_is_taken_apart_into_few_names(text):
    names = [one.name for one in names_in(text, MATCHER.has)]
    assert len({name.casefold() for name in names}) == len(names) <= MOST_NAMES
    assert all(name.strip() == name != "" for name in names)


def test_names_that_are_found_are_added_and_others_are_listed():
    plays = dc.generate_world(80, 100, items_per_user=8, seed=0).plays
    model = dc.PersonaNMF(n_factors=4).fit(plays, seed=0)
    ids = model.item_ids.values.to_pylist()
    visit, matcher = Visit(lambda: model), Matcher(model.item_ids, model.item_ids.values)
    assert take_names(visit, matcher, f"{ids[0]}, {ids[1].upper()}, Nobody You Know", 20.0) == 2
    assert visit.plays == {ids[0]: 20, ids[1]: 20}
    assert take_names(visit, matcher, f"{ids[2]}\t7\n{ids[3]}\t9", 20.0) == 2
    assert (visit.plays[ids[2]], visit.plays[ids[3]]) == (7, 9)
    assert ([one.artist for one in visit.unmatched], visit.n_unmatched) == (["Nobody You Know"], 1)
    assert take_names(visit, matcher, ids[4][:-1], 3.0) == 1  # as the search finds what is not typed to its end
    assert visit.plays[ids[4]] == 3
    assert take_names(visit, matcher, "Nobody You Know", 3.0) == 0
    assert visit.n_unmatched == 1  # told once
