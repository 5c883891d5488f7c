"""Names and tags: given once, they travel with plays and models."""

from uuid import UUID

import numpy as np
import pyarrow as pa
import pytest
from scipy import sparse

import deepcuts as dc
from deepcuts.data.interactions import Interactions
from deepcuts.data.merge import merge_labels
from deepcuts.data.tags import tag_shares
from deepcuts.errors import DataError
from deepcuts.evaluation import item_features

TAGS = pa.table(
    {
        "item_id": ["a", "a", "b", "b", "z", "a", "c"],
        "tag": ["calm", "deep", "deep", "loud", "loud", "calm", " "],
        "weight": [1.0, 1.0, 3.0, 2.0, 9.0, 2.0, 1.0],
    }
)


@pytest.fixture
def plays() -> Interactions:
    matrix = sparse.csr_array(np.array([[3, 1, 0], [0, 2, 5]]))
    return Interactions.from_csr(matrix, ["u", "v"], ["a", "b", "c"]).with_labels(
        {"a": "Ada", "c": " ", "z": "Z"}, TAGS
    )


def test_an_item_without_a_name_shows_its_id(plays):
    assert plays.item_names(np.array([2, 1, 0])).to_pylist() == ["c", "b", "Ada"]


def test_rows_of_the_same_tag_are_summed_and_foreign_items_left_out(plays):
    assert plays.labels.tag_names.to_pylist() == ["calm", "deep", "loud"]
    np.testing.assert_array_equal(plays.labels.tags.toarray(), [[3, 1, 0], [0, 3, 2], [0, 0, 0]])


def test_labels_may_be_frames_of_polars(plays):
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame(TAGS.to_pydict()).with_columns(tagger=pl.Series(range(7), dtype=pl.Int128))
    labels = plays.with_labels(names=pl.DataFrame({"item_id": ["a"], "name": ["Ada"]}), tags=frame).labels
    np.testing.assert_array_equal(labels.tags.toarray(), plays.labels.tags.toarray())
    assert labels.tag_names.equals(plays.labels.tag_names)
    assert labels.n_taggers.tolist() == [2, 2, 1]
    assert item_features(frame.select("item_id", label="tag"), plays.item_ids).labels == ("calm", "deep", "loud", " ")


def test_every_item_of_a_group_speaks_as_loud_as_the_others(plays):
    # a: calm 3/4, deep 1/4; b: deep 3/5, loud 2/5
    assert plays.labels.tags_of(np.array([0, 1])) == ["deep", "calm", "loud"]
    assert plays.labels.tags_of(np.array([0, 1]), weights=np.array([9, 1]), n=1) == ["calm"]
    assert plays.labels.tags_of(np.array([2])) == []


def test_labels_follow_the_items_that_are_kept(plays):
    kept = plays.keep_pairs(np.array([False, False, True, True]))
    assert kept.item_ids.values.to_pylist() == ["b", "c"]
    np.testing.assert_array_equal(kept.labels.tags.toarray(), [[0, 3, 2], [0, 0, 0]])


def test_labels_are_saved_with_plays(plays, tmp_path):
    plays.save(tmp_path / "p.safetensors")
    loaded = Interactions.load(tmp_path / "p.safetensors")
    assert loaded.labels.names.equals(plays.labels.names)
    assert loaded.labels.tag_names.equals(plays.labels.tag_names)
    np.testing.assert_array_equal(loaded.labels.tags.toarray(), plays.labels.tags.toarray())


def test_labels_travel_in_a_model_and_to_those_who_are_folded_in(tmp_path):
    plays = dc.generate_world(n_users=60, n_items=300, seed=0).plays
    first = plays.item_ids.values[0].as_py()
    model = dc.PersonaNMF(n_factors=4, n_personas=2).fit(plays.with_labels({first: "First"}), seed=0)
    model.save(tmp_path / "m.safetensors")
    loaded = dc.load(tmp_path / "m.safetensors")
    for known in (model, loaded, loaded.fold_in({first: 3.0})):
        assert known.item_names(np.array([0])).to_pylist() == ["First"]


def test_a_table_without_its_column_is_refused(plays):
    with pytest.raises(DataError, match="The table of names has no column 'name'; its columns are item_id, title"):
        plays.with_labels(pa.table({"item_id": ["a"], "title": ["A"]}))


def test_tags_of_a_group_are_those_with_the_largest_shares(plays):
    items, weights = np.array([0, 1, 2]), np.array([1.0, 4.0, 2.0])
    shares = tag_shares(plays, items, weights)
    by_hand = np.zeros(len(shares))
    for item, weight in zip(items, weights, strict=True):
        tags = plays.labels.tags[[item]].toarray()[0].astype(np.float64)
        by_hand += weight * tags / tags.sum() if tags.any() else 0
    np.testing.assert_allclose(plays.labels.tag_weights(items, weights), by_hand, rtol=1e-6)
    np.testing.assert_allclose(shares, by_hand / by_hand.sum(), rtol=1e-6)
    order = np.argsort(-shares, kind="stable")
    expected = [plays.labels.tag_names[int(tag)].as_py() for tag in order if shares[tag] > 0]
    assert plays.labels.tags_of(items, weights) == expected


def test_names_that_have_no_text_are_refused(plays):
    class Silent:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    with pytest.raises(DataError, match=r"A name is of the type Silent, which has no text\. Pass texts\."):
        plays.with_labels({"a": Silent()})


def test_names_and_tags_that_mean_something_else_than_they_are_stored_as_are_refused(plays):
    stored = pa.ExtensionArray.from_storage(pa.opaque(pa.int64(), "month", "test"), pa.array([600, 601]))
    for given in (
        {"names": pa.table({"item_id": ["a", "b"], "name": stored})},
        {"tags": pa.table({"item_id": ["a", "b"], "tag": stored})},
    ):
        with pytest.raises(DataError, match=r"Names and tags of the type .* cannot be read as text\. Turn them into"):
            plays.with_labels(**given)


def test_people_who_gave_a_tag_are_counted_kept_and_may_be_unknown(plays, tmp_path):
    rows = {"item_id": ["a", "b", "a", "b", "z", "a"], "tag": ["deep"] * 3 + ["calm"] * 3}
    rows["tagger"] = ["x", "x", "y", "z", "w", None]
    given = plays.with_labels(None, pa.table(rows))
    assert given.labels.n_taggers.tolist() == [1, 2]  # calm by z alone: w gave it to an item of another catalogue
    given.save(tmp_path / "p.safetensors")
    assert Interactions.load(tmp_path / "p.safetensors").labels.n_taggers.tolist() == [1, 2]
    assert given.keep_pairs(np.array([False, False, True, True])).labels.n_taggers.tolist() == [1, 2]
    ids = [None if name is None else UUID(int=ord(name)).bytes for name in rows["tagger"]]
    of_ids = pa.table(rows | {"tagger": pa.ExtensionArray.from_storage(pa.uuid(), pa.array(ids, pa.binary(16)))})
    assert plays.with_labels(None, of_ids).labels.n_taggers.tolist() == [1, 2]
    plays.save(tmp_path / "q.safetensors")
    assert Interactions.load(tmp_path / "q.safetensors").labels.n_taggers is None


def test_of_two_counts_of_people_the_larger_is_kept(plays):
    first, second = (
        plays.with_labels(None, pa.table({"item_id": ["a"] * n, "tag": ["deep"] * n, "tagger": list("xyz"[:n])}))
        for n in (3, 2)
    )
    assert merge_labels(first, second, plays.item_ids).n_taggers.tolist() == [3]
    assert merge_labels(first, plays, plays.item_ids).n_taggers is None
    untagged = plays.with_labels({"a": "Ada"})
    assert merge_labels(first, untagged, plays.item_ids).n_taggers.tolist() == [3]


@pytest.mark.parametrize(("weight", "said"), [(-1.0, "-1.0"), (np.nan, "nan"), (np.inf, "inf")])
def test_weights_of_tags_below_0_and_such_as_are_no_number_are_refused(plays, weight, said):
    rows = pa.table({"item_id": ["a", "z"], "tag": ["deep", "calm"], "weight": [2.0, weight]})
    with pytest.raises(DataError, match=rf"A tag of item 'z' has the weight {said}\. Weights are numbers from 0 up\."):
        plays.with_labels(tags=rows)


def test_weights_of_tags_that_are_text_are_refused(plays):
    rows = pa.table({"item_id": ["a"], "tag": ["deep"], "weight": ["2"]})
    with pytest.raises(DataError, match=r"Column 'weight' of the tags holds string\. Weights are numbers from 0 up\."):
        plays.with_labels(tags=rows)


def test_a_missing_weight_is_0_and_one_beyond_float32_the_largest(plays):
    rows = pa.table({"item_id": ["a", "b"], "tag": ["deep", "calm"], "weight": [None, 1e39]})
    labels = plays.with_labels(tags=rows).labels
    np.testing.assert_array_equal(labels.tags.toarray()[:2], [[0, 0], [np.finfo(np.float32).max, 0]])
