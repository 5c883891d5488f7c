"""Items by their ids, or else by their names: everywhere that takes items."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from scipy import sparse

import deepcuts as dc
from deepcuts.data.ids import Ids
from deepcuts.data.labels import Labels
from deepcuts.data.named_items import NamedItems
from deepcuts.errors import DataError, SettingsError, UnknownIdError

NAMES = {"1": "Low", "2": "LOW", "3": "Autechre", "4": "1"}


@pytest.fixture
def items() -> NamedItems:
    ids = Ids.of(["1", "2", "3", "4"], "item")
    return NamedItems(ids, Labels.of(ids, NAMES), np.array([5, 9, 1, 2]))


def test_ids_come_first(items):
    assert items.indexes_of(["1", 4, "autechre", "nobody"]).tolist() == [0, 3, 2, -1]


@pytest.mark.parametrize(("text", "index"), [("Low", 0), ("LOW", 1), ("low", 1), (" Low ", 0)])
def test_of_one_name_the_spelling_decides_and_then_the_listeners_and_it_is_said(items, text, index, caplog):
    assert items.index_of(text) == index
    (message,) = [record.getMessage() for record in caplog.records]
    assert message.startswith(f"2 items are called {text!r}; that with the id '{index + 1}' is meant")
    assert f"Give an id for another: '{2 - index}'." in message


def test_an_unknown_name_is_told_with_what_is_like_it(items):
    with pytest.raises(UnknownIdError, match=r"no item 'Autecher' among 4 items, by id or by name\. Did you mean 'Aut"):
        items.index_of("Autecher")


def test_without_names_ids_alone_count():
    ids = Ids.of(["1", "2"], "item")
    plain = NamedItems(ids, None, np.ones(2))
    assert plain.indexes_of(["Low", "2"]).tolist() == [-1, 1]
    with pytest.raises(UnknownIdError, match="no item 'Low' among 2 items"):
        plain.index_of("Low")


@pytest.fixture(scope="module")
def model():
    plays = dc.generate_world(n_users=60, n_items=100, items_per_user=9, seed=0).plays
    numbers = pa.table({"item_id": plays.item_ids.values, "name": plays.item_ids.values})
    coded = dc.Interactions.from_csr(plays.to_csr(), range(1000, 1060), range(100, 200))
    names = dict(zip(range(100, 200), numbers["name"].to_pylist(), strict=True))
    return dc.PersonaNMF(n_factors=6, n_personas=2).fit(coded.with_labels(names), seed=0)


def name(model, index: int) -> str:
    return model.item_names(np.array([index]))[0].as_py()


def test_a_visitor_may_give_names_or_ids(model):
    by_name = model.fold_in({name(model, 3): 5, name(model, 8).upper(): 2, "120": 1})
    by_id = model.fold_in({103: 5, 108: 2, 120: 1})
    assert by_name.recommend().equals(by_id.recommend())


def test_refused_items_may_be_named(model):
    plays = {103: 5, 108: 2, 120: 1}
    named, by_id = (model.fold_in(plays, refused=[item]) for item in (name(model, 8), "108"))
    assert named.recommend().equals(by_id.recommend())
    assert named.seen.n_pairs == 2


def test_an_id_and_its_name_are_one_item(model):
    with pytest.raises(DataError, match="are the same item id, '103'"):
        model.fold_in({"103": 5, name(model, 3): 2})


def test_tables_of_names_find_the_items_and_their_plays_are_summed(model):
    named = dc.read_plays(
        pa.table({"u": ["x"] * 3, "i": [name(model, 3), name(model, 3).upper(), "108"], "n": [2, 3, 2]}),
        user="u", item="i", plays="n",
    )  # fmt: skip
    expected = model.fold_in({103: 5, 108: 2}).recommend().drop_columns("user_id")
    assert model.fold_in(named).recommend().drop_columns("user_id").equals(expected)


def test_lists_allow_and_deny_by_name(model):
    allowed = model.recommend("1000", allow=[name(model, index) for index in range(100)], k=100)
    assert allowed.equals(model.recommend("1000", k=100))
    first = allowed["item_id"][0].as_py()
    denied = model.recommend("1000", deny=[name(model, int(first) - 100).lower()], k=100)
    assert first not in denied["item_id"].to_pylist()
    with pytest.raises(SettingsError, match="Cannot deny an item that is not in the catalogue"):
        model.recommend("1000", deny=["nobody has heard of this"])


def test_similar_items_and_explanations_take_names(model):
    assert model.similar_items(name(model, 3)).equals(model.similar_items(103))
    assert model.explain(1000, name(model, 3)).equals(model.explain("1000", "103"))


def test_lists_carry_names_and_whole_numbers(model):
    table = model.recommend(k=3, names=True, ids="int")
    assert table.schema.names == ["user_id", "item_id", "name", "rank", "score", "persona"]
    assert table.schema.field("user_id").type == table.schema.field("item_id").type == pa.int64()
    assert table["name"][0].as_py() == name(model, table["item_id"][0].as_py() - 100)
    assert table["item_id"].cast(pa.string()).equals(model.recommend(k=3)["item_id"])
    assert model.similar_items(103, names=True, ids="int").schema.names == ["item_id", "name", "rank", "similarity"]
    assert model.explain(1000, 103, names=True)["name"].num_chunks
    assert model.personas(1000, ids="int")["item_id"].type == pa.int64()


def test_lists_of_baselines_carry_them_too(model):
    lists = dc.Popularity().fit(model.seen).recommend(1000, k=2, names=True, ids="int")
    assert lists["user_id"].to_pylist() == [1000, 1000]
    assert lists["name"].to_pylist() == [name(model, item - 100) for item in lists["item_id"].to_pylist()]


def test_a_list_of_a_visitor_has_whole_numbers_of_items(model):
    lists = model.fold_in({103: 5}).recommend(k=2, ids="int")
    assert (lists["user_id"][0].as_py(), lists["item_id"].type) == ("visitor", pa.int64())


def test_a_join_with_a_frame_of_whole_numbers_loses_no_row(model):
    frame = pa.table({"item_id": range(100, 200), "year": range(1900, 2000)})
    joined = model.recommend(k=5, ids="int").join(frame, "item_id")
    assert joined.num_rows == 300
    assert joined["year"].null_count == 0


@pytest.mark.parametrize("wrong", ["ada", "007", "1.0", "9" * 25])
def test_ids_that_are_no_whole_numbers_cannot_be_given_back_as_such(wrong):
    plays = dc.Interactions.from_csr(sparse.csr_array(np.eye(2, 3)), ["1", wrong], [4, 5, 6])
    with pytest.raises(DataError, match=f"The user id '{wrong}' is not the text of a whole number"):
        dc.Popularity().fit(plays).recommend(k=1, ids="int")


def test_wrong_arguments_of_tables_are_refused_before_the_work(model):
    with pytest.raises(SettingsError, match="names is 'yes'"):
        model.recommend(names="yes")
    with pytest.raises(SettingsError, match="ids is 'number'"):
        model.recommend(ids="number")
    with pytest.raises(SettingsError, match=r"ListSettings has no setting 'rarety'\. Did you mean 'rarity'"):
        model.recommend(rarety=0.3)


def test_plays_as_a_table_have_whole_numbers_too(model):
    assert model.seen.to_arrow(ids="int")["user_id"].type == pa.int64()
    with pytest.raises(SettingsError, match="ids is 'float'"):
        model.seen.to_arrow(ids="float")
