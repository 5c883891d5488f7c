"""The listening world: its laws, its names and its files."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcuts.errors import OutputError, SettingsError
from deepcuts.synthetic import World, generate_world, words
from deepcuts.synthetic.names import MOST_ARTISTS, artist_names, scene_names


@pytest.fixture(scope="module")
def world() -> World:
    return generate_world(n_users=1_500, n_items=1_000, items_per_user=25, seed=7)


def assert_same(one: World, other: World) -> None:
    for field in dataclasses.fields(World):
        if field.name != "plays":
            np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))
    for name in ("indptr", "indices", "plays"):
        np.testing.assert_array_equal(getattr(one.plays, name), getattr(other.plays, name))
    assert one.plays.user_ids.values == other.plays.user_ids.values
    assert one.plays.item_ids.values == other.plays.item_ids.values


# The plays


def test_it_has_the_pairs_that_were_asked_for(world: World) -> None:
    assert world.plays.shape == (1_500, 1_000)
    assert world.plays.n_pairs == pytest.approx(1_500 * 25, rel=0.01)


def test_items_ascend_within_a_user_without_repeats(world: World) -> None:
    first_of_user = np.isin(np.arange(world.plays.n_pairs), world.plays.indptr)
    assert np.all((np.diff(world.plays.indices, prepend=-1) > 0) | first_of_user)


def test_plays_are_whole_and_heavy_tailed(world: World) -> None:
    plays = world.plays.plays
    assert plays.dtype == np.float32
    assert np.all((plays >= 1) & (plays == np.rint(plays)))
    assert plays.mean() > 2 * np.median(plays)


def test_history_lengths_are_heavy_tailed(world: World) -> None:
    lengths = np.diff(world.plays.indptr)
    assert lengths.min() == 5
    assert lengths.mean() > 1.15 * np.median(lengths)
    assert lengths.max() > 4 * np.median(lengths)


def test_ids_are_readable_and_ascend(world: World) -> None:
    assert world.plays.user_ids.values[0].as_py() == "user 0000001"
    for ids in (world.plays.user_ids.values, world.plays.item_ids.values):
        assert pc.all(pc.less(ids[:-1], ids[1:])).as_py()


# The planted truth


def test_persona_scenes_are_distinct_and_shares_fall_and_sum_to_one(world: World) -> None:
    for user in range(world.plays.n_users):
        rows = slice(world.persona_indptr[user], world.persona_indptr[user + 1])
        shares = world.persona_shares[rows]
        assert 1 <= len(shares) <= min(4, 1 + math.log2(world.plays.indptr[user + 1] - world.plays.indptr[user]))
        assert len(set(world.persona_scenes[rows])) == len(shares)
        assert np.all(np.diff(shares) <= 0)
        assert shares.sum() == pytest.approx(1.0, abs=1e-6)


def test_every_number_of_personas_occurs(world: World) -> None:
    assert np.all(np.bincount(np.diff(world.persona_indptr))[1:] > 100)


def test_planted_personas_agree_with_scenes(world: World) -> None:
    planted, users = world.planted_personas(), world.plays.user_of_pair()
    assert planted.dtype == np.int8
    scenes = world.item_scenes[world.plays.indices]
    inside = planted >= 0
    assert np.all(world.persona_scenes[world.persona_indptr[users[inside]] + planted[inside]] == scenes[inside])
    for pair in np.flatnonzero(~inside):
        own = slice(world.persona_indptr[users[pair]], world.persona_indptr[users[pair] + 1])
        assert scenes[pair] not in world.persona_scenes[own]


def test_personas_have_their_shares_of_the_pairs(world: World) -> None:
    planted, users = world.planted_personas(), world.plays.user_of_pair()
    inside = planted >= 0
    found = np.bincount(world.persona_indptr[users[inside]] + planted[inside], minlength=len(world.persona_shares))
    expected = world.persona_shares * np.bincount(users[inside])[world.persona_users]
    assert np.abs(found - expected).max() <= 1.0


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3])
def test_stray_plays_are_as_many_as_asked(share: float) -> None:
    planted = generate_world(1_000, 600, items_per_user=15, stray_share=share).planted_personas()
    assert np.mean(planted < 0) == pytest.approx(share, abs=0.01)


def test_popularity_follows_zipf_within_scenes(world: World) -> None:
    slopes = []
    for scene in range(len(world.scene_names)):
        items = np.flatnonzero(world.item_scenes == scene)
        ranks, listeners = world.item_ranks[items], world.plays.item_listeners[items]
        assert sorted(ranks) == list(range(1, len(items) + 1))
        slopes.append(np.polyfit(np.log(ranks), np.log(1 + listeners), 1)[0])
    assert -1.1 < np.mean(slopes) < -0.4  # −1 but for repeats, which are drawn again


def test_scenes_are_uneven_in_size_and_popularity(world: World) -> None:
    sizes = np.bincount(world.item_scenes)
    pairs = np.bincount(world.item_scenes[world.plays.indices])
    assert sizes.min() >= 10
    assert sizes.max() > 2 * sizes.min()
    assert pairs.max() > 3 * pairs.min()


def test_a_persona_keeps_to_its_circle(world: World) -> None:
    planted, users = world.planted_personas(), world.plays.user_of_pair()
    inside = planted >= 0
    circles = world.persona_circles[world.persona_indptr[users[inside]] + planted[inside]]
    same = world.item_circles[world.plays.indices[inside]] == circles
    assert 0.65 < same.mean() < 0.85  # 0.75 + 0.25 / 4, less what was played already


def test_larger_personas_are_played_more(world: World) -> None:
    planted = world.planted_personas()
    mean_of_persona = [np.log(world.plays.plays[planted == number]).mean() for number in range(-1, 4)]
    assert mean_of_persona[1] > mean_of_persona[2] > mean_of_persona[3] > mean_of_persona[4]
    assert mean_of_persona[0] < mean_of_persona[1]


def test_popular_items_are_played_more_by_the_same_persona(world: World) -> None:
    planted, users = world.planted_personas(), world.plays.user_of_pair()
    inside = planted >= 0
    personas = world.persona_indptr[users[inside]] + planted[inside]
    sizes = np.maximum(1, np.bincount(personas))

    def within_persona(values: np.ndarray) -> np.ndarray:
        return values - (np.bincount(personas, values) / sizes)[personas]

    ranks = within_persona(np.log(world.item_ranks[world.plays.indices[inside]]))
    plays = within_persona(np.log(world.plays.plays[inside]))
    assert np.corrcoef(ranks, plays)[0, 1] < -0.03  # its standard error is 0.005


def test_arrays_cannot_be_changed(world: World) -> None:
    with pytest.raises(ValueError, match="read-only"):
        world.persona_shares[0] = 1.0


def test_repr_is_short(world: World) -> None:
    assert repr(world).startswith("World(Interactions(1,500 users × 1,000 items, ")


# Seeds, threads and settings


def test_the_same_seed_gives_the_same_world(world: World) -> None:
    assert_same(world, generate_world(n_users=1_500, n_items=1_000, items_per_user=25, seed=7))


def test_another_seed_gives_another_world(world: World) -> None:
    other = generate_world(n_users=1_500, n_items=1_000, items_per_user=25, seed=8)
    assert other.plays.item_ids.values != world.plays.item_ids.values
    assert not np.array_equal(other.plays.indptr, world.plays.indptr)


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="needs two threads")
def test_the_number_of_threads_does_not_matter(world: World) -> None:
    before = numba.get_num_threads()
    try:
        for n_threads in (1, 2):
            numba.set_num_threads(n_threads)
            assert_same(world, generate_world(n_users=1_500, n_items=1_000, items_per_user=25, seed=7))
    finally:
        numba.set_num_threads(before)


def test_the_catalogue_does_not_depend_on_the_listeners(world: World) -> None:
    other = generate_world(n_users=3, n_items=1_000, items_per_user=9, n_personas=2, seed=7)
    assert other.scene_names == world.scene_names
    assert other.plays.item_ids.values == world.plays.item_ids.values
    np.testing.assert_array_equal(other.item_scenes, world.item_scenes)


@settings(max_examples=30, deadline=None)
@given(
    n_users=st.integers(1, 40),
    n_items=st.integers(60, 300),
    items_per_user=st.floats(5, 9),
    n_scenes=st.integers(2, 6),
    n_personas=st.integers(1, 5),
    stray_share=st.floats(0, 0.5),
    seed=st.integers(0, 2**63 - 1),
)
def test_any_settings_that_pass_give_a_sound_world(n_scenes: int, n_personas: int, **arguments: float) -> None:
    try:
        world = generate_world(n_scenes=n_scenes, n_personas=n_personas, **arguments)
    except SettingsError as error:
        assert n_personas >= n_scenes or "which allows" in str(error)  # noqa: PT017
        return
    assert np.diff(world.plays.indptr).min() >= 5
    assert abs(world.plays.n_pairs - arguments["items_per_user"] * arguments["n_users"]) <= 1 + arguments["n_users"]
    assert [len(set(world.plays.user_items(u)[0])) for u in range(world.plays.n_users)] == list(
        np.diff(world.plays.indptr)
    )
    assert world.planted_personas().max() < n_personas


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_users": 2**31}, r"n_users is 2,147,483,648\. There are indexes for at most 2,147,483,647 listeners\."),
        ({"n_users": 0}, r"n_users is 0\. Give a whole number of 1 or more\."),
        ({"n_users": 2.5}, r"n_users is 2\.5\. Give a whole number"),
        ({"n_items": 4}, r"n_items is 4, too few for 5 scenes of at least 10 artists\. Give at least 50 items"),
        ({"n_items": -3}, r"n_items is -3\. Give a whole number of 1 or more\."),
        ({"n_items": "many"}, r"n_items is 'many'\. Give a whole number"),
        ({"n_items": MOST_ARTISTS + 1, "n_scenes": 9}, r"There are names for at most [\d,]+ artists"),
        ({"n_scenes": 0}, r"n_scenes is 0\. Give a whole number of 2 or more\."),
        (
            {"n_items": 40, "n_scenes": 50},
            r"n_items is 40, too few for 50 scenes of at least 10 artists\. Give at least 500",
        ),
        ({"n_personas": 0}, r"n_personas is 0\. Give a whole number of 1 or more\."),
        ({"n_personas": 17, "n_scenes": 30}, r"n_personas is 17\. Give 1 to 16\."),
        ({"n_personas": 3, "n_scenes": 3}, r"n_personas is 3, and there are 3 scenes\. .* more scenes\."),
        ({"items_per_user": 4}, r"items_per_user is 4\. Give a number from 5 to 1,500\."),
        ({"items_per_user": math.nan}, r"items_per_user is nan\. Give a number"),
        ({"items_per_user": math.inf}, r"items_per_user is inf\. Give a number"),
        ({"items_per_user": 700}, r"items_per_user is 700, .* allows \d+\.\d items a user\. Lower items_per_user"),
        ({"stray_share": -0.1}, r"stray_share is -0\.1\. Give a number from 0\.0 to 0\.5\."),
        ({"stray_share": "some"}, r"stray_share is 'some'\. Give a number"),
        ({"seed": -1}, r"seed is -1\. Give a whole number of 0 or more\."),
        (
            {"seed": 2**63},
            r"seed is 9223372036854775808\. It is at most 9,223,372,036,854,775,807, which 64 bits hold\.",
        ),
    ],
)
def test_bad_settings_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        generate_world(**arguments)


# Names


@pytest.mark.parametrize("n", [1, 2, 10, 1_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_artist_names_are_distinct_at_any_number(n: int) -> None:
    names = artist_names(np.random.default_rng(0), n)
    assert len(names) == n
    assert pc.count_distinct(names).as_py() == n


@pytest.mark.parametrize("n", [1, 30, 1_770, 20_000])
def test_scene_names_are_distinct_at_any_number(n: int) -> None:
    names = scene_names(np.random.default_rng(0), n).to_pylist()
    assert len(names) == len(set(names)) == n
    assert all(name.split()[-1] in words.GENRES for name in names)


def test_artist_names_come_in_several_shapes() -> None:
    names = artist_names(np.random.default_rng(0), 1_000).to_pylist()
    for shape in ("The ", "DJ "):
        assert 10 < sum(name.startswith(shape) for name in names) < 200
    assert 10 < sum(" & the " in name for name in names) < 200
    assert 50 < sum(" " not in name for name in names) < 200
    assert all(name == name.strip() and "  " not in name for name in names)


def test_no_word_stands_in_two_lists() -> None:
    every = words.ADJECTIVES + words.NOUNS + words.ENSEMBLES + words.GIVEN_NAMES
    assert len(every) == len(set(every))


def test_plurals_of_nouns_are_regular() -> None:
    assert not [noun for noun in words.NOUNS if noun.endswith(("s", "x", "z", "ch", "sh"))]
    assert not [noun for noun in words.NOUNS if noun[-1] == "y" and noun[-2] not in "aeiou"]


# Files


def test_files_hold_the_plays_and_the_truth(world: World, tmp_path: Path) -> None:
    world.save(tmp_path / "new" / "folder")
    plays, artists, personas = (
        pq.read_table(tmp_path / "new" / "folder" / f"{name}.parquet") for name in ("plays", "artists", "personas")
    )
    raw = world.plays.to_arrow().rename_columns(["user", "artist", "plays"])
    assert plays == raw.set_column(2, "plays", raw["plays"].cast(pa.int32()))
    assert artists.column_names == ["artist", "scene", "circle", "rank"]
    assert artists["artist"].combine_chunks() == world.plays.item_ids.values
    assert artists["scene"].to_pylist() == [world.scene_names[scene] for scene in world.item_scenes]
    assert artists["rank"].to_pylist() == world.item_ranks.tolist()
    assert personas.column_names == ["user", "persona", "scene", "circle", "share"]
    assert personas["user"].combine_chunks() == world.plays.user_ids.take(world.persona_users)
    assert personas["persona"].to_pylist()[: world.persona_indptr[1]] == list(range(world.persona_indptr[1]))
    assert personas["scene"].to_pylist() == [world.scene_names[scene] for scene in world.persona_scenes]
    np.testing.assert_array_equal(personas["share"], world.persona_shares)


def test_plays_are_written_part_by_part(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deepcuts.synthetic.world._PAIRS_AT_A_TIME", 1_000)
    world.save(tmp_path)
    plays = pq.ParquetFile(tmp_path / "plays.parquet")
    assert plays.metadata.num_row_groups > 30
    assert plays.read()["artist"].combine_chunks() == world.plays.item_ids.take(world.plays.indices)
    assert plays.read()["user"].combine_chunks() == world.plays.user_ids.take(world.plays.user_of_pair())


def test_existing_files_are_kept_unless_forced(world: World, tmp_path: Path) -> None:
    kept = tmp_path / "personas.parquet"
    kept.write_text("mine")
    with pytest.raises(OutputError, match=r"personas\.parquet exists already\. Pass force=True"):
        world.save(tmp_path)
    assert kept.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["personas.parquet"]
    world.save(tmp_path, force=True)
    assert pq.read_table(kept).num_rows == len(world.persona_scenes)
    assert len(list(tmp_path.iterdir())) == 3


def test_a_folder_that_cannot_be_made_is_refused(world: World, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"The folder .*file cannot be made: .*\. Choose another one\."):
        world.save(tmp_path / "file")
