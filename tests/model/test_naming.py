"""Names of personas and factors, and how pure these are."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from scipy import sparse
from typer.testing import CliRunner

import deepcuts as dc
from deepcuts.cli.main import app
from deepcuts.data.tag_support import is_plain
from deepcuts.data.tags import tag_shares
from deepcuts.datasets import load_lastfm_2k
from deepcuts.errors import DataError, UnknownIdError
from deepcuts.evaluation.item_labels import main_columns
from deepcuts.evaluation.purity import group_purity
from deepcuts.model.namer import Namer

TAGS = {"calm": "abcde", "loud": "fghij", "rock": "abcdefghij"}


def labelled(items: str, rows: dict[str, list], names: dict[str, str] | None = None) -> dc.Interactions:
    """Two people who played all items once, with tags in the columns of `rows`."""
    matrix = sparse.csr_array(np.ones((2, len(items))))
    return dc.Interactions.from_csr(matrix, ["u", "v"], list(items)).with_labels(names, pa.table(rows))


@pytest.fixture(scope="module")
def plays() -> dc.Interactions:
    """Ten items, all of them rock, half of them calm and half of them loud, as a table of genres tells."""
    rows = [(item, tag) for tag, items in TAGS.items() for item in items]
    tags = {"item_id": [item for item, _ in rows], "tag": [tag for _, tag in rows]}
    return labelled("abcdefghij", tags, {"a": "Ada"})


@pytest.fixture(scope="module")
def world() -> dc.World:
    return dc.generate_world(n_users=300, n_items=200, items_per_user=24, seed=3)


@pytest.fixture(scope="module")
def model(world: dc.World) -> dc.PersonaModel:
    tags = pa.table({"item_id": world.plays.item_ids.values, "tag": [f"scene {s}" for s in world.item_scenes]})
    names = {item: item.upper() for item in world.plays.item_ids.values.to_pylist()}
    return dc.PersonaNMF(n_factors=16, n_personas=3).fit(world.plays.with_labels(names, tags), seed=1)


def test_a_tag_that_all_share_names_nothing(plays):
    namer = Namer.of(plays, plays.item_listeners)
    groups = [np.array([0, 1]), np.array([5, 6, 7])]
    assert namer.names(groups, [np.array([1, 2]), np.array([3, 2, 1])]) == ["calm · b, Ada", "loud · f, g"]


def test_groups_that_are_alike_get_different_names(plays):
    namer = Namer.of(plays, plays.item_listeners)
    same = [np.array([0, 1])] * 3
    assert namer.names(same, [np.ones(2)] * 3) == ["calm · Ada, b", "calm · Ada, b (2)", "calm · Ada, b (3)"]


def test_items_without_weight_name_nothing_and_none_is_said(plays):
    namer = Namer.of(plays, plays.item_listeners)
    assert namer.names([np.array([0, 5])], [np.array([1.0, 0.0])]) == ["Ada"]  # a tag of one item names nothing
    assert namer.names([np.array([], int)], [np.array([])]) == ["no items"]


def given(tag: str, items: str, takers: list[str]) -> list[tuple[str, str, str]]:
    """Rows of a tag that people gave: `takers[i]` has a letter for everyone who gave it to `items[i]`."""
    return [(item, tag, person) for item, people in zip(items, takers, strict=True) for person in people]


GIVEN = [
    *given("drone", "abcdef", ["xyz", "xy", "xz", "xy", "y", "z"]),
    *given("few uses", "abcdef", ["x", "y", "z", "x", "y", "z"]),
    *given("few people", "abcdef", ["xy"] * 6),
    *given("few artists", "abcd", ["xyz"] * 4),
    *given("I sing this in the shower", "abcdef", ["xyz"] * 6),
    *given("my favourites", "abcdef", ["xyz"] * 6),
    *given("ada", "abcdef", ["wxyz", *["xyz"] * 5]),
    *given("2007", "abcdef", ["xyz"] * 6),
    *given("pop", "ghijk", ["xyz"] * 5),
]


@pytest.mark.parametrize("counted", [True, False])
def test_only_what_many_people_call_many_artists_names_anything(counted):
    item, tag, person = zip(*GIVEN, strict=True)
    rows = {"item_id": list(item), "tag": list(tag)} | ({"tagger": list(person)} if counted else {})
    plays = labelled("abcdefghijk", rows, {"a": "Ada"})
    assert plays.labels.tag_names.filter(pa.array(plays.labels.supported)).to_pylist() == ["drone", "pop"]
    namer, group = Namer.of(plays, plays.item_listeners), np.arange(6)
    assert namer.tags([group], [np.ones(6)]) == [["drone"]]
    assert namer.describing_tags(group, np.ones(6)) == ["drone"]
    assert namer.names([group], [np.ones(6)]) == ["drone · Ada, b"]
    assert namer.names([group[:1]], [np.ones(1)]) == ["Ada"]


def test_what_one_in_hundreds_has_called_an_item_does_not_name_it():
    joke = [*given("drone", "abcdef", ["xyz"] * 6), *given("pop", "cghijk", ["x" * 61, *["xyz"] * 5])]
    plays = labelled("abcdefghijk", {"item_id": [row[0] for row in joke], "tag": [row[1] for row in joke]})
    namer, ones = Namer.of(plays, plays.item_listeners), np.ones(2)
    assert namer.tags([np.array([0, 1])], [ones]) == [["drone"]]
    assert namer.tags([np.array([0, 2])], [ones]) == [[]]  # three of 64 uses for the second of them
    assert namer.describing_tags(np.array([0, 2]), ones) == []
    assert namer.tags([np.array([2, 6])], [ones]) == [["pop"]]


@pytest.mark.parametrize("tag", ["new wave of british heavy metal", "hip-hop", "drum & bass", "60s", "r&b", "москва"])
def test_kinds_of_music_are_plain(tag):
    assert is_plain(tag)


@pytest.mark.parametrize(
    "tag", ["", "2007", "<3", "love", "Seen Live", "so fucking loud", "play it at my funeral", "a" * 41]
)
def test_what_people_say_of_music_is_not(tag):
    assert not is_plain(tag)


def test_a_second_tag_stands_beside_the_first_where_it_is_nearly_as_apt():
    tags = {"metal": "abcde", "doom": "abcde", "doom metal": "abcde", "pop": "fghij"}
    rows = [(item, tag) for tag, items in tags.items() for item in items]
    plays = labelled("abcdefghij", {"item_id": [item for item, _ in rows], "tag": [tag for _, tag in rows]})
    groups = [np.arange(5), np.arange(5, 10)]
    assert Namer.of(plays, plays.item_listeners).tags(groups, [np.ones(5)] * 2) == [["doom", "metal"], ["pop"]]


def test_ids_that_look_like_numbers_name_nothing():
    ids = ["1000", "12.5", "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "311", "Can"]
    plays = dc.Interactions.from_csr(sparse.csr_array(np.ones((1, 5))), ["u"], ids).with_labels({"311": "311 (band)"})
    namer, at = Namer.of(plays, plays.item_listeners), plays.item_ids.index_of
    everything = np.arange(5)
    assert namer.names([everything], [np.ones(5)]) == ["311 (band), Can"]
    assert namer.names([np.array([at("1000")])] * 2, [np.ones(1)] * 2, "factor") == ["factor 1", "factor 2"]


@pytest.mark.slow
def test_names_on_real_tags_have_support(shared_data):
    plays = load_lastfm_2k(shared_data / "lastfm-hetrec2011")
    labels = plays.labels
    n_items = np.bincount(labels.tags.indices, minlength=labels.n_tags)
    n_uses = np.bincount(labels.tags.indices, labels.tags.data, labels.n_tags)
    assert np.all((n_items >= 5) & (n_uses >= 10) & (labels.n_taggers >= 3) | ~labels.supported)
    listened = Namer.of(plays, plays.item_listeners)
    groups = [plays.user_items(user)[0] for user in range(300)]
    found = [tag for group in groups for own in listened.tags([group], [np.ones(len(group))]) for tag in own]
    assert len(found) > 300
    assert set(found) <= set(labels.tag_names.filter(pa.array(labels.supported)).to_pylist())


def test_tag_shares_by_hand(plays):
    # a: calm ½, rock ½, weighed 3; f: loud ½, rock ½, weighed 1
    np.testing.assert_allclose(tag_shares(plays, np.array([0, 5]), np.array([3.0, 1.0])), [3 / 8, 1 / 8, 1 / 2])


def test_personas_are_named_from_their_own_items(world, model):
    user = model.user_ids.values[7].as_py()
    names = model.persona_names(user)
    table = model.personas(user, n_items=99).to_pylist()
    assert len(set(names)) == len(names) == np.diff(model.persona_indptr)[7]
    for number, name in enumerate(names):
        tag, items = name.split(" · ")
        own = {row["name"] for row in table if row["persona"] == number}
        assert {row["persona_name"] for row in table if row["persona"] == number} == {name}
        assert set(items.split(", ")) <= own
        assert tag.startswith("scene ")
    with pytest.raises(UnknownIdError, match="no user 'nobody'"):
        model.persona_names("nobody")


def test_without_labels_names_are_items(world):
    bare = dc.PersonaNMF(n_factors=8, base_epochs=3).fit(world.plays)
    user = bare.user_ids.values[0].as_py()
    own = set(bare.personas(user, n_items=99)["item_id"].to_pylist())
    assert all(set(name.split(", ")) <= own for name in bare.persona_names(user))


def test_factors_list_their_strongest_items_and_share_all_scores(model):
    table = model.factors(n_items=5)
    assert table.num_rows == 5 * model.settings.n_factors
    firsts = table.filter(pa.compute.equal(table["rank"], 1))
    assert firsts["factor_name"].to_pylist() == model.factor_names()
    assert len(set(model.factor_names())) == model.settings.n_factors
    assert sum(firsts["share"].to_pylist()) == pytest.approx(1)
    row = table.slice(7, 1).to_pylist()[0]
    item = model.item_ids.index_of(row["item_id"])
    assert row["loading"] == model.item_factors[item, row["factor"]]
    assert row["name"] == row["item_id"].upper()


def test_factors_are_purer_than_the_same_items_dealt_out(model):
    groups = np.argsort(-model.item_factors, axis=0)[:10].T
    dealt = np.random.default_rng(0).permutation(groups.ravel()).reshape(groups.shape)
    listeners = model.item_listeners
    pure, mixed = (group_purity(model.seen, items, listeners) for items in (groups, dealt))
    assert pure.main_tag.mean() > mixed.main_tag.mean() + 0.1
    assert pure.divergence.mean() > mixed.divergence.mean() + 0.1
    assert pure.entropy.mean() < mixed.entropy.mean() - 0.1


def test_purity_by_hand(plays):
    assert main_columns(plays.labels.tags).tolist() == [0] * 5 + [1] * 5
    purity = group_purity(plays, np.array([[0, 1], [0, 5]]), np.ones(10))
    # all items: ¼ calm, ¼ loud, ½ rock; the first group ½ calm, ½ rock; the second is as mixed as all
    np.testing.assert_allclose(purity.main_tag, [1, 0.5])
    np.testing.assert_allclose(purity.divergence, [0.5, 0], atol=1e-12)
    np.testing.assert_allclose(purity.entropy, [1, 1.5])


def test_purity_needs_tags(world):
    with pytest.raises(DataError, match="The items have no tags"):
        group_purity(world.plays, np.array([[0, 1]]), np.ones(world.plays.n_items))


def test_commands_show_names_beside_ids(model, tmp_path):
    path, user = tmp_path / "model.safetensors", model.user_ids.values[0].as_py()
    model.save(path)
    item = model.item_ids.values[0].as_py()

    def run(*arguments: object) -> str:
        result = CliRunner().invoke(app, list(map(str, arguments)), env={"COLUMNS": "200"})
        assert result.exit_code == 0, result.output
        return result.stdout

    assert model.persona_names(user)[0].split(" · ")[0] in run("personas", path, user)
    assert json.loads(run("personas", path, "--factors", "--json")) == model.factors().to_pylist()
    assert "scene " in run("personas", path, "--factors")
    for shown in (("similar", path, item), ("explain", path, user, item)):
        assert all(row["name"] == row["item_id"].upper() for row in json.loads(run(*shown, "--json")))
    best = model.recommend(user, k=1)["item_id"][0].as_py()
    assert best.upper() in run("recommend", path, "--user", user, "-k", 1)


def test_personas_wants_a_user_or_factors(model, tmp_path):
    model.save(tmp_path / "model.safetensors")
    result = CliRunner().invoke(app, ["personas", str(tmp_path / "model.safetensors")])
    assert result.exit_code == 2
    assert "Name a user to see their personas, or pass --all-factors" in result.output
