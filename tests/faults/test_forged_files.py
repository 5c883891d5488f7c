"""Files with right checksums and wrong contents are refused when they are read, or do no harm in use.

With DEEPCUTS_FAULTS=long all forgeries are tried, else every so many of them. Set NUMBA_BOUNDSCHECK=1 besides, and
NUMBA_CACHE_DIR to an empty folder, to see that no index leads a kernel out of its arrays.
"""

from __future__ import annotations

import copy
import hashlib
import json
import math
import os
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pytest
from scipy import sparse

import deepcuts as dc
from deepcuts import storage
from deepcuts._version import __version__
from deepcuts.errors import DeepcutsError
from deepcuts.model.training.solve import gram
from deepcuts.storage import strings as stored_strings
from deepcuts.storage.container import _in_order
from deepcuts.storage.header import encode, seal
from faults.table import add_row

IS_LONG = os.environ.get("DEEPCUTS_FAULTS") == "long"
N_SHORT = 120
N_LONG = 1_500  # at least
K = 5


class Content(NamedTuple):
    """What a file says: its kind, plain arrays (strings are two each) and meta."""

    kind: str
    arrays: dict[str, np.ndarray]
    meta: Any


class Forgery(NamedTuple):
    what: str
    content: Content


# Files to begin with


def good_plays() -> dc.Interactions:
    plays = dc.generate_world(n_users=24, n_items=60, items_per_user=8, n_scenes=3, n_personas=2, seed=2).plays
    counts = plays.to_csr().tolil()
    disliked = np.argwhere(counts.toarray() == 0)[:: 97 // 2]
    for user, item in disliked:
        counts[user, item] = -2.0
    items = plays.item_ids.values.to_pylist()
    n = 2 * len(items)
    given = {"item_id": items * 2, "tag": [f"tag {i % 7}" for i in range(n)], "tagger": [i % 11 for i in range(n)]}
    tags = pa.table(given)
    matrix = sparse.csr_array(counts)
    signed = dc.Interactions.from_csr(matrix, plays.user_ids.values, plays.item_ids.values, dislikes=True)
    return signed.with_labels({items[0]: "A name"}, tags)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("good")
    plays = good_plays()
    settings = {"n_factors": 4, "base_epochs": 2}
    made = {
        "plays": plays,
        "personas": dc.PersonaNMF(n_personas=3, **settings).fit(plays).with_map(),
        "signed": dc.PersonaNMF(n_personas=3, nonnegative=False, distinction=0.1, **settings).fit(plays),
        "one persona": dc.PersonaNMF(n_personas=1, diversity=0.1, target="signed_log", **settings).fit(plays),
        "weights by popularity": dc.PersonaNMF(
            n_personas=2, unobserved_exponent=0.5, nonnegative="items", **settings
        ).fit(plays),
    }
    for name, data in made.items():
        data.save(folder / name)
    timed = dc.read_plays(
        pa.table({"user": ["ada", "ada", "bob"], "item": ["x", "y", "x"], "time": [10, 20, 30]}),
        user="user",
        item="item",
        time="time",
    )
    timed.save(folder / "timed plays")
    return {name: folder / name for name in (*made, "timed plays")}


def content_of(path: Path) -> Content:
    header = storage.describe(path)
    stored = storage.read(path, header.kind)
    return Content(header.kind, {**stored.arrays, **stored_strings.split(stored.strings)}, stored.meta)


def write(path: Path, content: Content) -> None:
    """Write contents of any kind with right checksums, which `storage.write` would not always do."""
    arrays = _in_order({name: np.asarray(array, order="C") for name, array in content.arrays.items()})
    data = b"".join(array.tobytes() for array in arrays.values())
    metadata = {
        "format": "deepcuts",
        "kind": content.kind,
        "schema_version": "1",
        "package_version": __version__,
        "meta": json.dumps(content.meta),
    }
    path.write_bytes(seal(encode(arrays, metadata, hashlib.sha256(data).hexdigest())) + data)


# Forged arrays


def put(array: np.ndarray, index: int, value: float) -> np.ndarray | None:
    """Copy with one number replaced; None where the type cannot hold it."""
    limits = np.iinfo(array.dtype) if array.dtype.kind in "iu" else None
    if array.size == 0 or (limits and not (math.isfinite(value) and limits.min <= value <= limits.max)):
        return None
    changed = array.copy()
    changed.reshape(-1)[index % array.size] = value
    return changed


def swapped(array: np.ndarray) -> np.ndarray | None:
    if array.size < 2:
        return None
    changed = array.copy()
    flat = changed.reshape(-1)
    flat[0], flat[-1] = array.reshape(-1)[-1], array.reshape(-1)[0]
    return changed


VALUES = (-1, 0, 1, 2, 127, 200, math.nan, math.inf, -math.inf, 1e9, 3e38, -3e38, 1e-45, 2**31 - 1, 2**62, 1e300)

WHOLE: dict[str, Callable[[np.ndarray], np.ndarray | None]] = {
    "in reverse": lambda array: array[::-1].copy(),
    "ascending": lambda array: np.sort(array, axis=0),
    "descending": lambda array: np.sort(array, axis=0)[::-1].copy(),
    "with two numbers swapped": swapped,
    "with its first twice": lambda array: np.concatenate([array[:1], array[:-1]]),
    "one short": lambda array: array[:-1].copy(),
    "one longer": lambda array: np.concatenate([array, array[-1:]]),
    "empty": lambda array: array[:0].copy(),
    "with one axis more": lambda array: array[:, None].copy(),
    "all 0": np.zeros_like,
    "all 1": np.ones_like,
    "negated": lambda array: -array if array.dtype.kind != "u" else None,
    "doubled": lambda array: array + array,
    "of float64": lambda array: array.astype(np.float64),
    "of float32": lambda array: array.astype(np.float32),
    "of int64": lambda array: np.asarray(array, np.int64),
    "of int32": lambda array: np.asarray(array, np.int32),
    "of uint8": lambda array: np.asarray(array).astype(np.uint8),
}


def forged_arrays(good: Content) -> Iterator[Forgery]:
    for name, array in good.arrays.items():
        others = {key: value for key, value in good.arrays.items() if key != name}
        yield Forgery(f"{name} left out", good._replace(arrays=others))
        for index in (0, array.size // 2, array.size - 1):
            for value in VALUES:
                yield from forged(good, f"{name}[{index}] = {value:g}", name, put(array, index, value))
        for what, change in WHOLE.items():
            yield from forged(good, f"{name} {what}", name, change(array))


def forged(good: Content, what: str, name: str, array: np.ndarray | None) -> Iterator[Forgery]:
    """The good file with another array; nothing where the array would be the same."""
    before = good.arrays[name]
    if array is not None and (array.dtype != before.dtype or not np.array_equal(array, before)):
        yield Forgery(what, good._replace(arrays={**good.arrays, name: array}))


# Forged strings

STRINGS: dict[str, Callable[[list[str]], list[str]]] = {
    "in reverse": lambda texts: texts[::-1],
    "with its first twice": lambda texts: [texts[0], *texts[:-1]],
    "with its last twice": lambda texts: [*texts[:-1], texts[-2]],
    "with an empty one": lambda texts: ["", *texts[1:]],
    "with a blank one": lambda texts: ["  ", *texts[1:]],
    "all alike": lambda texts: ["ada"] * len(texts),
    "one short": lambda texts: texts[:-1],
    "one longer": lambda texts: [*texts, texts[-1] + "z"],
    "none": lambda texts: [],
    "with a long one": lambda texts: [*texts[:-1], "z" * 100_000],
    "with NUL": lambda texts: ["\0", *texts[1:]],
}


def forged_strings(good: Content) -> Iterator[Forgery]:
    names = [name.removesuffix(stored_strings.OFFSETS) for name in good.arrays if name.endswith(stored_strings.OFFSETS)]
    for name in names:
        texts = stored_strings.join(good.arrays, "")[name].to_pylist()
        for what, change in STRINGS.items():
            if len(texts) > 1:
                arrays = stored_strings.split({name: pa.array(change(texts), pa.string())})
                yield Forgery(f"{name} {what}", good._replace(arrays={**good.arrays, **arrays}))


# Forged meta

JSON = (
    None,
    "text",
    "",
    True,
    False,
    -1,
    0,
    1,
    2,
    101,
    1.5,
    -0.5,
    math.nan,
    math.inf,
    1e308,
    2**63,
    10**400,
    [],
    {},
    [1],
)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths to everything in a JSON value, itself included."""
    yield path
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield from leaves(value[key], (*path, key))


def forged_meta(good: Content) -> Iterator[Forgery]:
    for path in leaves(good.meta):
        name = ".".join(map(str, path)) or "meta"
        for value in JSON:
            yield Forgery(f"{name} = {str(value)[:20]}", good._replace(meta=with_leaf(good.meta, path, value)))
        if path and not isinstance(path[-1], int):
            holder = copy.deepcopy(good.meta)
            del inside(holder, path[:-1])[path[-1]]
            yield Forgery(f"{name} left out", good._replace(meta=holder))
        if isinstance(inside(good.meta, path), dict):
            yield Forgery(f"{name}.more", good._replace(meta=with_leaf(good.meta, (*path, "more"), 1)))


def inside(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def with_leaf(meta: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = copy.deepcopy(meta)
    inside(changed, path[:-1])[path[-1]] = value
    return changed


# Forged factors whose Gram matrix is forged with them


def forged_factors(good: Content) -> Iterator[Forgery]:
    """Item factors that agree with all else in the file: of other lengths, and of fewer dimensions."""
    factors = good.arrays.get("item_factors")
    if factors is None:
        return
    alone, first, long = np.zeros_like(factors), np.tile(factors[:1], (len(factors), 1)), factors.copy()
    alone[:, 0], long[0] = 1, 1e9
    changed = {f"times {scale:g}": factors * np.float32(scale) for scale in (0, 1e-38, 1e-20, 1e-8, 1e4, 1e8)}
    for what, array in {**changed, "of one factor": alone, "all alike": first, "of one long item": long}.items():
        arrays = {**good.arrays, "item_factors": array, "item_gram": gram(array)}
        if "unobserved_gram" in arrays:
            arrays["unobserved_gram"] = gram(array, arrays["unobserved_weights"])
        yield Forgery(f"items {what}", good._replace(arrays=arrays))


# What is done with a file that was not refused


def use(path: Path, kind: str) -> int:
    """Do everything with a file that was accepted; return the number of its pairs or users."""
    return use_plays(dc.Interactions.load(path)) if kind == "interactions" else use_model(dc.load(path))


def refuses(path: Path, kind: str) -> bool:
    try:
        (dc.Interactions.load if kind == "interactions" else dc.load)(path)
    except DeepcutsError as error:
        if str(path) not in str(error) or len(str(error)) > 2_000:
            raise AssertionError(f"the message does not name the file, or is long: {error}") from error
        return True
    return False


def use_plays(plays: dc.Interactions) -> int:
    assert plays.user(0).n_pairs
    assert np.isfinite(plays.known_pairs.plays).all()
    assert np.isfinite(plays.item_plays).all()
    table = plays.keep_pairs(np.arange(plays.n_pairs) % 2 == 0).to_arrow()
    assert np.isfinite(table["plays"]).all()
    return plays.to_arrow().num_rows


def use_model(model: dc.PersonaModel) -> int:
    user, item = model.user_ids.values[1].as_py(), model.item_ids.values[3].as_py()
    liked = dict.fromkeys(model.item_ids.values.to_pylist()[:6], 4.0)
    visitor = model.fold_in(liked)
    tables = {
        "lists": model.recommend(k=K),
        "rare lists": model.recommend(k=K, rarity=1.0),
        "visitor": visitor.recommend(k=K),
        "similar": model.similar_items(item, k=K),
        "explained": model.explain(user, item),
        "personas": model.personas(user),
        "factors": model.factors(n_items=2),
    }
    for name, table in tables.items():
        for column in table.column_names:
            if pa.types.is_floating(table[column].type):
                assert np.isfinite(table[column].drop_null()).all(), f"{name}: {column} is not finite"
    assert np.isfinite(visitor.persona_factors).all()
    assert math.isfinite(model.diagnostics().effective_personas)
    assert model.loss_history().num_rows == len(model.epochs)
    n_rows = {"lists": n_lists(model), "rare lists": n_lists(model), "visitor": n_lists(visitor)}
    for name, n in n_rows.items():
        assert tables[name].num_rows == K * n, f"{tables[name].num_rows} rows of {name} instead of {K * n}"
    return len(model.user_ids)


def n_lists(model: dc.PersonaModel) -> int:
    """Users who have a list: all but those whose base alone scores an item, as settings may make of anybody.

    Where the base scores none either, nothing is known of a user, and the list is what is popular.
    """
    scores = np.any(model.persona_factors @ model.item_factors.T, axis=1)
    listed = np.zeros(len(model.user_ids), bool)
    listed[np.repeat(np.arange(len(listed)), np.diff(model.persona_indptr))[scores]] = True
    return int(np.sum(listed | ~np.any(model.base_factors @ model.item_factors.T, axis=1)))


FORGERS = (forged_arrays, forged_strings, forged_meta, forged_factors)


def forgeries(good: Content) -> list[Forgery]:
    with np.errstate(all="ignore"):
        return [forgery for forge in FORGERS for forgery in forge(good)]


def test_factors_that_agree_with_all_else_do_no_harm(files, tmp_path):
    path = tmp_path / "forged.safetensors"
    for name in ("personas", "signed", "one persona", "weights by popularity"):
        n_good = use(files[name], "model")
        for forgery in forged_factors(content_of(files[name])):
            write(path, forgery.content)
            assert not fault(path, "model", n_good), f"{name}: {forgery.what}"


def test_forged_files_are_refused_or_do_no_harm(files, tmp_path):
    path = tmp_path / "forged.safetensors"
    all_forgeries = [(name, forgery) for name, file in files.items() for forgery in forgeries(content_of(file))]
    step = 1 if IS_LONG else len(all_forgeries) // N_SHORT
    tried = all_forgeries[step // 2 :: step]
    n_good = {name: use(file, storage.describe(file).kind) for name, file in files.items()}
    failed = []
    for name, forgery in tried:
        write(path, forgery.content)
        reason = fault(path, forgery.content.kind, n_good[name])
        if reason:
            failed.append(f"{name}: {forgery.what}: {reason}")
    reach = "right checksums, indexes of kernels checked" if os.environ.get("NUMBA_BOUNDSCHECK") else "right checksums"
    add_row("forged files", reach, len(tried), len(failed))
    assert len(all_forgeries) >= N_LONG
    assert not failed, "\n".join(failed)


def fault(path: Path, kind: str, n_good: int) -> str:
    """What is wrong with how a file is treated; empty where it is refused, or used without harm."""
    try:
        if refuses(path, kind):
            return ""
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = use(path, kind)
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:200]}"
    return "" if found == n_good else f"{found} pairs or users instead of {n_good}"
