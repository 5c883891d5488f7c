"""Files of deepcuts: what goes in comes out, lies where it can be used, and is described."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import safetensors
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from deepcuts import storage
from deepcuts.errors import FileFormatError, OutputError
from deepcuts.storage.header import DTYPES, MAX_HEADER_BYTES

NAMES = st.text("abcdefgh_", min_size=1, max_size=6)
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
ARRAYS = st.dictionaries(NAMES, hnp.arrays(st.sampled_from(list(DTYPES.values())), SHAPES), max_size=4)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
STRINGS = st.dictionaries(NAMES, st.lists(TEXT, max_size=4).map(lambda ids: pa.array(ids, pa.string())), max_size=2)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
META = st.dictionaries(TEXT, st.none() | st.booleans() | NUMBERS | TEXT)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "small.safetensors"


@pytest.fixture
def content(path: Path) -> bytes:
    """Bytes of a small, whole file, which also lies at `path`."""
    arrays = {"factors": np.arange(6, dtype=np.float32).reshape(3, 2), "indptr": np.array([0, 2, 3])}
    storage.write(path, "model", arrays, {"item_ids": pa.array(["Grouper", "坂本龍一"])}, {"n_factors": 2})
    return path.read_bytes()


@settings(deadline=None, max_examples=60)
@given(ARRAYS, STRINGS, META)
def test_what_is_written_is_read(tmp_path_factory, arrays, strings, meta):
    path = tmp_path_factory.mktemp("file") / "any.safetensors"
    storage.write(path, "model", arrays, strings, meta)
    stored = storage.read(path, "model")
    assert (stored.meta, stored.strings) == (meta, strings)
    assert stored.arrays.keys() == arrays.keys()
    for name, array in arrays.items():
        assert stored.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(stored.arrays[name], array)
    assert stored.header.data_begin % 64 == 0
    assert all(tensor.begin % tensor.dtype.itemsize == 0 for tensor in stored.header.tensors)


def test_the_safetensors_library_reads_our_file(path, content):
    loaded = safetensors.numpy.load_file(path)
    np.testing.assert_array_equal(loaded["factors"], [[0, 1], [2, 3], [4, 5]])
    np.testing.assert_array_equal(loaded["item_ids.offsets"], [0, 7, 19])
    assert loaded["item_ids.bytes"].tobytes().decode() == "Grouper坂本龍一"
    with safetensors.safe_open(path, "np") as file:
        assert json.loads(file.metadata()["meta"]) == {"n_factors": 2}


def test_an_array_in_another_order_is_stored_by_rows(path):
    array = np.arange(1_500_000.0).reshape(1_500, 1_000)  # more than one block
    storage.write(path, "model", {"turned": array.T, "swapped": array.astype(">f8"), "every": array[::3, ::2]}, {}, {})
    stored = storage.read(path, "model").arrays
    np.testing.assert_array_equal(stored["turned"], array.T)
    np.testing.assert_array_equal(stored["swapped"], array)
    np.testing.assert_array_equal(stored["every"], array[::3, ::2])


def test_a_slice_of_strings_and_large_strings_are_stored_alone(path):
    ids = pa.array(["ada", "bob", "cleo", "dan"])
    storage.write(path, "model", {}, {"some": ids[1:3], "large": ids.cast(pa.large_string()), "none": ids[2:2]}, {})
    stored = storage.read(path, "model")
    assert stored.strings["some"].to_pylist() == ["bob", "cleo"]
    assert stored.strings["large"] == ids
    assert stored.strings["none"].to_pylist() == []
    assert stored.strings["some"].buffers()[2].size == len("bobcleo")


def test_arrays_lie_in_the_file_and_cannot_be_changed(path, content):
    stored = storage.read(path, "model")
    assert not any(array.flags.owndata or array.flags.writeable for array in stored.arrays.values())
    with pytest.raises(ValueError, match="read-only"):
        stored.arrays["factors"][0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        stored.arrays["factors"].flags.writeable = True


def test_a_file_can_be_replaced_while_its_arrays_are_in_use(path, content):
    stored = storage.read(path, "model")
    storage.write(path, "model", {"factors": 2 * stored.arrays["factors"]}, stored.strings, {}, force=True)
    np.testing.assert_array_equal(stored.arrays["factors"], [[0, 1], [2, 3], [4, 5]])
    np.testing.assert_array_equal(storage.read(path, "model").arrays["factors"], [[0, 2], [4, 6], [8, 10]])


def test_the_same_content_gives_the_same_bytes(path):
    arrays = {"b": np.arange(3), "a": np.arange(4)}
    storage.write(path, "model", arrays, {}, {})
    first = path.read_bytes()
    storage.write(path, "model", dict(reversed(arrays.items())), {}, {}, force=True)
    assert path.read_bytes() == first


def test_describe_tells_what_a_file_holds(path, content):
    header = storage.describe(path)
    assert (header.kind, header.schema_version, header.meta) == ("model", storage.SCHEMA_VERSION, {"n_factors": 2})
    assert header.n_bytes == len(content)
    assert header.checksum.encode() in content
    sizes = {tensor.name: (str(tensor.dtype), tensor.shape) for tensor in header.tensors}
    assert sizes == {
        "indptr": ("int64", (3,)),
        "factors": ("float32", (3, 2)),
        "item_ids.offsets": ("int32", (3,)),
        "item_ids.bytes": ("uint8", (19,)),
    }


def test_meta_too_large_to_be_read_is_not_written(path):
    with pytest.raises(OutputError, match=r"its meta takes 16,\d\d\d,\d\d\d bytes. Put long lists into arrays"):
        storage.write(path, "model", {}, {}, {"long": "x" * MAX_HEADER_BYTES})
    assert not path.exists()


def test_an_array_must_have_its_type_and_shape(path, content):
    stored = storage.read(path, "model")
    assert stored.array("factors", np.float32, (3, None)) is stored.arrays["factors"]
    with pytest.raises(FileFormatError, match=r"array 'factors' is float32 \(3, 2\), but has to be int32 \(3, any\)"):
        stored.array("factors", np.int32, (3, None))
    for shape in ((3,), (2, None), (3, 2, 1)):
        with pytest.raises(FileFormatError, match=r"small\.safetensors is inconsistent: its array 'factors'"):
            stored.array("factors", np.float32, shape)


def test_what_is_missing_is_named(path, content):
    stored = storage.read(path, "model")
    assert stored.string_array("item_ids").to_pylist() == ["Grouper", "坂本龍一"]
    with pytest.raises(FileFormatError, match="is incomplete: it has no array 'plays'"):
        stored.array("plays", np.float32, (None,))
    with pytest.raises(FileFormatError, match="is incomplete: it has no strings 'user_ids'"):
        stored.string_array("user_ids")
