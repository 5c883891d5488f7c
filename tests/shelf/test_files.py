"""A shelf on a local file system and on a store of objects."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import fs

from deepcuts.data.ids import Ids
from deepcuts.data.labels import Labels
from deepcuts.errors import DataError, OutputError
from deepcuts.shelf.files import FORMAT, MANIFEST, Shelf
from deepcuts.shelf.units import Catalogue
from shelf.object_store import object_store


@pytest.fixture(params=["folder", "store of objects"])
def shelf(request, tmp_path, monkeypatch) -> Iterator[Shelf]:
    if request.param == "folder":
        yield Shelf.at(tmp_path / "shelf")
        return
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")  # or the client asks for credentials elsewhere
    with object_store() as store:
        yield Shelf.at(store.url("some/shelf"))


def names(shelf: Shelf, folder: str) -> list[str]:
    system, path = shelf.locate(folder)
    found = system.get_file_info(fs.FileSelector(path, allow_not_found=True))
    return sorted(entry.base_name for entry in found)


def test_what_is_written_is_read(shelf):
    arrays = {"factors": np.arange(12, dtype=np.float32).reshape(3, 4), "none": np.empty((0, 5), np.int64)}
    shelf.write("epoch-1/items.arrow", [arrays | {"ids": pa.array(["ada", "bob", "é"])}])
    found = pickle.loads(pickle.dumps(shelf)).read("epoch-1/items.arrow")
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
    assert found["ids"].to_pylist() == ["ada", "bob", "é"]
    assert names(shelf, "epoch-1") == ["items.arrow"]


def test_many_parts_of_a_file_take_hardly_more_requests_than_one(monkeypatch):
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with object_store() as store:
        shelf = Shelf.at(store.url("shelf"))
        shelf.write("dealt.arrow", [{"numbers": np.arange(part)} for part in range(8)])
        before = store.requests.total()
        shelf.read("dealt.arrow", 5)
        of_one = store.requests.total() - before
        assert [len(part["numbers"]) for part in shelf.read_parts("dealt.arrow", [2, 3, 7])] == [2, 3, 7]
        assert store.requests.total() - before == 2 * of_one + 2
        assert of_one <= 4


def test_a_file_is_replaced_whole_and_a_failure_leaves_what_was_there(shelf):
    shelf.write_json("done.json", {"epochs": 1})
    shelf.write_json("done.json", {"epochs": 2})
    assert shelf.read_json("done.json") == {"epochs": 2}
    assert names(shelf, "") == ["done.json"]


def test_a_failure_leaves_no_part_of_a_file_in_a_folder(tmp_path):
    shelf = Shelf.at(tmp_path)

    def write_half() -> None:
        with shelf.writing("part.bin") as sink:
            sink.write(b"half")
            assert [path.name[0] for path in tmp_path.iterdir()] == ["."]  # which readers of the folder leave out
            raise ValueError("the other half is missing")

    with pytest.raises(ValueError, match="the other half"):
        write_half()
    assert list(tmp_path.iterdir()) == []


def test_folders_are_removed_and_a_shelf_is_cleared_only_by_force(shelf):
    for number in (1, 2):
        shelf.write_json(f"epochs/{number}/done.json", {})
    shelf.remove("epochs/1")
    shelf.remove("epochs/9")
    assert names(shelf, "epochs") == ["2"]
    assert shelf.holds("epochs/2/done.json")
    with pytest.raises(OutputError, match="exists already"):
        shelf.clear([], force=False)
    shelf.clear([], force=True)
    assert names(shelf, "epochs") == []
    shelf.clear([], force=False)


def test_what_was_published_is_the_manifest(shelf):
    with pytest.raises(DataError, match="There are no plays on the shelf"):
        shelf.manifest()
    shelf.write_json(MANIFEST, {"format": FORMAT, "n_users": 3})
    assert shelf.manifest()["n_users"] == 3
    shelf.write_json("shelf.json", {"format": 0})
    with pytest.raises(DataError, match="of another version"):
        shelf.manifest()


@pytest.mark.parametrize("read", ["{0}", "{0}/units", "{0}/..", "file://{0}"])
def test_what_is_read_is_never_cleared_even_by_force(tmp_path, read):
    shelf = Shelf.at(tmp_path / "some" / "shelf")
    shelf.write_json("shelf.json", {})
    with pytest.raises(OutputError, match=r"would be lost|lies in a folder that is read"):
        shelf.clear([read.format(shelf.url)], force=True)
    assert shelf.read_json("shelf.json") == {}
    shelf.clear([str(tmp_path / "some" / "shelf-2"), "s3://bucket/shelf"], force=True)


@pytest.mark.parametrize("read", ["s3a://bucket/plays/", "s3://other:secret@bucket/plays/part-1?region=x"])
def test_one_place_of_a_store_is_known_by_all_of_its_addresses(read):
    with pytest.raises(OutputError, match=r"^(In )?s3://bucket/plays .*would be lost"):
        Shelf.at("s3://key:secret@bucket/plays?region=us-east-1").clear([read], force=True)


def test_an_address_of_no_known_kind_is_refused():
    with pytest.raises(DataError, match="cannot be reached"):
        Shelf.at("gopher://host/shelf")


TAGS = pa.table({"item_id": ["a", "c", "c"], "tag": ["x", "y", "x"], "tagger": ["ada", "ada", "bob"]})


@pytest.mark.parametrize("tags", [None, TAGS])
def test_labels_come_back_whole(tmp_path, tags):
    shelf, ids = Shelf.at(tmp_path), Ids.of(["a", "b", "c"], "item")
    mbids = {"b": "b10bbbfc-cf9e-42e0-be17-e2c3e1d2600d"}
    labels = Labels.of(ids, {"a": "Ann"}, tags, mbids=mbids)
    items = pa.table({"item": ids.values, "listeners": [1, 2, 3], "plays": [1.0, 2.0, 3.5]})
    found = Catalogue.write(shelf, items, labels).labels()
    assert found is not None
    assert found.names.equals(labels.names)
    assert found.tag_names.equals(labels.tag_names)
    assert found.mbids.equals(labels.mbids)
    np.testing.assert_array_equal(found.n_taggers, labels.n_taggers)
    np.testing.assert_array_equal(found.tags.toarray(), labels.tags.toarray())
