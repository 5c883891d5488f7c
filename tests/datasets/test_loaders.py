"""Readers of the public sets: small files in their formats, with their quirks, and the real ones at hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import deepcuts as dc
from deepcuts.datasets import (
    load_audioscrobbler,
    load_lastfm_1k,
    load_lastfm_2k,
    load_lastfm_360k,
    load_lfm_2b,
    load_listenbrainz,
    load_mlhd,
    load_taste_profile,
)
from deepcuts.datasets.audioscrobbler import parse_alias, parse_name, read_audioscrobbler, resolve
from deepcuts.datasets.lastfm_2k import parse_artist, parse_tag, parse_tagged, read_lastfm_2k
from deepcuts.datasets.lastfm_mbid import read_lastfm_360k
from deepcuts.errors import DataError, SettingsError
from deepcuts.ingest import ReadOptions, TimeRules

RADIOHEAD = "a74b1b7f-71a5-4011-9441-d0b5e4122711"
OTHER = "00000000-0000-4000-8000-000000000000"


def counts(plays: dc.Interactions) -> dict[tuple[str, str], float]:
    return {(row["user_id"], row["item_id"]): row["plays"] for row in plays.to_arrow().to_pylist()}


def names(plays: dc.Interactions) -> dict[str, str]:
    return dict(zip(plays.item_ids.values.to_pylist(), plays.labels.names.to_pylist(), strict=True))


@pytest.fixture
def hetrec(tmp_path: Path) -> Path:
    """Two users and three artists, with the line ends and encodings of HetRec."""
    (tmp_path / "user_artists.dat").write_bytes(
        b"userID\tartistID\tweight\r\n2\t51\t13883\r\n2\t52\t11690\r\n3\t51\t7\r\n3\t9\t1\r\n"
    )
    (tmp_path / "artists.dat").write_text(
        'id\tname\turl\tpictureURL\n51\tDuran Duran\tu\tp\n52\tMorcheeba "live"\tu\tp\n9\tSigur Rós\tu\tp\n', "utf-8"
    )
    (tmp_path / "tags.dat").write_bytes("tagID\ttagValue\r\n1\t80s\r\n2\tíslenskt\r\n".encode("iso-8859-1"))
    (tmp_path / "user_taggedartists.dat").write_bytes(
        b"userID\tartistID\ttagID\tday\tmonth\tyear\r\n2\t51\t1\t1\t4\t2009\r\n3\t51\t1\t1\t4\t2009\r\n"
        b"3\t51\t1\t1\t5\t2009\r\n3\t9\t2\t1\t4\t2009\r\n"
    )
    return tmp_path


def test_hetrec_has_names_and_tags_by_people(hetrec):
    plays = load_lastfm_2k(hetrec)
    assert counts(plays) == {("2", "51"): 13883, ("2", "52"): 11690, ("3", "51"): 7, ("3", "9"): 1}
    assert names(plays) == {"51": "Duran Duran", "52": 'Morcheeba "live"', "9": "Sigur Rós"}
    assert plays.labels.tag_names.to_pylist() == ["80s", "íslenskt"]
    np.testing.assert_array_equal(plays.labels.tags.toarray(), [[2, 0], [0, 0], [0, 1]])  # 51, 52, 9: ids are text


@pytest.mark.parametrize(
    "read",
    [
        load_audioscrobbler,
        load_lastfm_1k,
        load_lastfm_2k,
        load_lastfm_360k,
        load_lfm_2b,
        load_listenbrainz,
        load_mlhd,
        load_taste_profile,
        read_audioscrobbler,
        read_lastfm_2k,
        read_lastfm_360k,
    ],
)
def test_options_of_another_kind_are_refused(read, hetrec):
    with pytest.raises(SettingsError, match=r"options is {'header': True}. Pass ReadOptions\(...\)\."):
        read(hetrec, options={"header": True})


def test_hetrec_without_its_companions_has_ids_only(hetrec):
    for file in ("artists.dat", "tags.dat"):
        (hetrec / file).unlink()
    plays, report = read_lastfm_2k(hetrec)
    assert plays.labels is None
    assert report.remarks[0] == "There is no artists.dat, so artists have no names."
    (hetrec / "user_artists.dat").unlink()
    with pytest.raises(DataError, match=r"There is no user_artists.dat in .* Name the folder that holds"):
        load_lastfm_2k(hetrec)
    with pytest.raises(DataError, match="is no folder"):
        load_lastfm_2k(hetrec / "nowhere")


@pytest.mark.slow
def test_the_real_hetrec(shared_data):
    plays = load_lastfm_2k(shared_data / "lastfm-hetrec2011")
    assert (plays.n_users, plays.n_items, plays.n_pairs) == (1892, 17632, 92834)
    top = np.argsort(-plays.item_listeners, kind="stable")[:3]
    assert plays.item_names(top).to_pylist() == ["Lady Gaga", "Britney Spears", "Rihanna"]
    assert plays.labels.tags_of(top[:1], n=2) == ["pop", "dance"]
    assert "die Ärzte" in plays.labels.tag_names.to_pylist()
    assert not any("\ufffd" in tag for tag in plays.labels.tag_names.to_pylist())


@pytest.fixture
def scrobbles(tmp_path: Path) -> Path:
    """Three users; 11 is an alias of 10, 12 of 11, and 20 and 21 of each other."""
    (tmp_path / "user_artist_data.txt").write_text("1 10 5\n1 11 2\n1 12 1\n2 20 3\n2 21 4\n3 30 1\n")
    (tmp_path / "artist_alias.txt").write_text("11\t10\n12\t11\n\t2002877\n20\t21\n21\t20\n10\t10\n99\t98\n")
    (tmp_path / "artist_data.txt").write_bytes("10\tBjörk\n11\tBjork\nno id\tx\n30\t\n21\tB\tC\n\n".encode())
    return tmp_path


def test_aliases_are_followed_to_their_end(scrobbles, caplog):
    plays, report = read_audioscrobbler(scrobbles)
    assert counts(plays) == {("1", "10"): 8, ("2", "20"): 7, ("3", "30"): 1}
    assert names(plays) == {"10": "Björk", "20": "20", "30": "30"}
    assert report.remarks == (
        "Left out: 1 malformed line of artist_data.txt.",
        "Left out: 1 malformed line of artist_alias.txt.",
        "Counted for the artists they stand for: 3 aliases.",
    )
    assert "Left out 1 malformed line of" in caplog.text
    assert r"the first is line 3: '\t2002877'" in caplog.text


def test_profiles_without_companions_are_read_as_they_are(scrobbles):
    for file in ("artist_alias.txt", "artist_data.txt"):
        (scrobbles / file).unlink()
    assert len(counts(load_audioscrobbler(scrobbles))) == 6


def test_the_real_cut_of_audioscrobbler(shared_data):
    plays = load_audioscrobbler(shared_data / "audioscrobbler-2005-small")
    assert plays.n_users == 50
    assert float(plays.plays.sum(dtype=np.float64)) == sum(
        int(line.split()[2])
        for line in (shared_data / "audioscrobbler-2005-small" / "user_artist_data_small.txt").read_text().splitlines()
    )
    top = np.argsort(-plays.item_listeners, kind="stable")[:2]
    assert plays.item_names(top).to_pylist() == ["The Beatles", "Weezer"]


def test_the_malformed_lines_of_the_real_aliases_are_counted(shared_data):
    lines = (shared_data / "audioscrobbler-2005-small" / "artist_alias_full.txt").read_text().splitlines()
    assert len(lines) == 193_027
    assert sum(parse_alias(line) is None for line in lines) == 2_135


links = st.dictionaries(st.integers(0, 12).map(str), st.integers(0, 12).map(str))


@settings(max_examples=300, deadline=None)
@given(links)
def test_resolved_aliases_stand_for_themselves(aliases):
    ends = resolve(aliases)
    assert set(ends) == set(aliases)
    for bad, good in ends.items():
        assert ends.get(good, good) == good
        assert ends.get(aliases[bad], aliases[bad]) == good  # an alias ends where the one it stands for ends


def test_names_with_and_without_an_mbid_are_one_artist(tmp_path, caplog):
    (tmp_path / "usersha1-artmbid-artname-plays.tsv").write_text(
        f"u1\t{RADIOHEAD}\tradiohead\t10\nu1\t\tRadiohead \t5\nu2\t{RADIOHEAD}\tradiohead\t2\n"
        f'u2\t{OTHER}\tradiohead\t1\nu2\t\tno "id\t3\nu3\t\tNO  "ID\t4\nu3\t\t\t9\nu3\tx\ty\n'
    )
    plays, report = read_lastfm_360k(tmp_path)
    assert counts(plays) == {
        ("u1", RADIOHEAD): 15,
        ("u2", RADIOHEAD): 3,
        ("u2", 'no "id'): 3,
        ("u3", 'no "id'): 4,
    }
    assert names(plays)[RADIOHEAD] == "radiohead"
    assert report.n_skipped == 2
    assert "Left out 2 of 8 rows that cannot be used" in caplog.text
    assert report.remarks == ("4 names are 2 artists, 1 of them by their MusicBrainz id.",)
    assert counts(load_lastfm_360k(tmp_path)) == counts(plays)


def test_every_play_of_lastfm_1k_is_counted_with_its_time(tmp_path):
    (tmp_path / "userid-timestamp-artid-artname-traid-traname.tsv").write_text(
        f"user_1\t2009-05-04T23:08:57Z\t{RADIOHEAD}\tRadiohead\t\tLucky\n"
        f"user_1\t2009-05-01T13:54:10Z\t\tRadiohead\t\tLucky\n"
        f"user_2\t2005-01-01T00:00:00Z\t\tNo id\t\tsong\n"
    )
    plays = load_lastfm_1k(tmp_path)
    assert counts(plays) == {("user_1", RADIOHEAD): 2, ("user_2", "no id"): 1}
    assert plays.last_played.tolist() == [1_241_478_537, 1_104_537_600]
    recent = load_lastfm_1k(tmp_path, ReadOptions(times=TimeRules(since="2009-05-02")))
    assert counts(recent) == {("user_1", RADIOHEAD): 1}


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(["\t", "7", "12", " "]), st.text(max_size=5)), max_size=9).map("".join))
def test_whatever_a_line_holds_it_is_understood_or_malformed(line):
    parsers = {parse_alias: 2, parse_name: 2, parse_artist: 2, parse_tag: 2, parse_tagged: 3}
    for parse, n_cells in parsers.items():
        assert all(len(row) == n_cells for row in parse(line) or ())
