"""Text of tables in chunks: whatever their limit is, tables hold the same."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import deepcuts as dc
from deepcuts.baselines.mmr import rerank
from deepcuts.data import arrow_columns
from deepcuts.data.arrow_columns import encoded, take_rows, take_text
from deepcuts.data.merge import merge_plays
from deepcuts.evaluation.item_labels import tag_features

TEXTS = st.lists(st.none() | st.text(max_size=4), min_size=1, max_size=8)


def sizes(column: pa.ChunkedArray) -> list[int]:
    return [sum(len((text or "").encode()) for text in chunk.to_pylist()) for chunk in column.chunks]


@given(TEXTS, st.data(), st.sampled_from([1, 3, 8, 1 << 30]))
def test_texts_are_taken_in_few_chunks_within_the_limit(texts: list[str | None], data: Any, limit: int) -> None:
    chosen = data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=12))
    start = data.draw(st.integers(0, min(chosen, default=0)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrow_columns, "_CHUNK_BYTES", limit)
        array = pa.array(texts, pa.string()).slice(start)  # which begins within its buffers
        column = take_text(array, np.array(chosen, np.int64) - start)
    assert column.to_pylist() == [texts[index] for index in chosen]
    found = sizes(column)
    assert all(size <= limit or len(chunk) == 1 for size, chunk in zip(found, column.chunks, strict=True))
    assert all(one + next_one > limit for one, next_one in pairwise(found))


@given(st.lists(TEXTS, max_size=4), st.data())
def test_rows_of_a_table_of_several_chunks(chunks: list[list[str | None]], data: Any) -> None:
    column = pa.chunked_array(chunks, pa.string())
    texts, codes = encoded(column)
    assert [texts[int(code)].as_py() for code in codes] == column.to_pylist()
    assert len(texts) == len(set(column.to_pylist()))
    chosen = data.draw(st.lists(st.integers(0, len(column) - 1), max_size=9)) if len(column) else []
    table = pa.table({"text": column, "number": pa.array(np.arange(len(column)))})
    taken = take_rows(table, np.array(chosen, np.int64))
    assert taken.to_pylist() == [{"text": column[index].as_py(), "number": index} for index in chosen]


def test_columns_of_dictionaries_are_encoded_as_one() -> None:
    column = pa.chunked_array([pa.array(part).dictionary_encode() for part in (["b", "a"], ["a", "c"])])
    texts, codes = encoded(column)
    assert [texts[int(code)].as_py() for code in codes] == ["b", "a", "a", "c"]


@pytest.fixture(scope="module")
def model() -> dc.PersonaModel:
    plays = dc.generate_world(30, 60, items_per_user=8, seed=1).plays
    items = plays.item_ids.values
    tags = pa.table({"item_id": items, "tag": [("dub", "ambient", "jazz")[n % 3] for n in range(len(items))]})
    labelled = plays.with_labels({item.as_py(): f"name of {item}" for item in items}, tags)
    return dc.PersonaNMF(n_factors=4, base_epochs=2, persona_epochs=1).fit(labelled)


TABLES: dict[str, Callable[[dc.PersonaModel], pa.Table]] = {
    "plays": lambda model: model.seen.to_arrow(),
    "lists": lambda model: model.recommend(k=5),
    "personas": lambda model: model.personas(model.user_ids.values[0]),
    "explain": lambda model: model.explain(model.user_ids.values[0], model.item_ids.values[0]),
    "similar": lambda model: model.similar_items(model.item_ids.values[0]),
    "factors": lambda model: model.factors(),
    "reranked": lambda model: rerank(model.recommend(k=9), model.item_ids, model.item_factors, k=5),
    "rows of lists as one chunk": lambda model: model.recommend(k=9).combine_chunks(),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_hold_the_same_in_chunks_of_any_size(
    name: str, model: dc.PersonaModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = TABLES[name](model)
    monkeypatch.setattr(arrow_columns, "_CHUNK_BYTES", 40)
    parts = TABLES[name](model)
    assert parts.schema == whole.schema
    assert parts.combine_chunks().equals(whole.combine_chunks())
    assert parts["item_id"].num_chunks > 1 or name == "rows of lists as one chunk"


def test_tags_and_evaluation_are_the_same_from_chunks(model: dc.PersonaModel, monkeypatch: pytest.MonkeyPatch) -> None:
    def found() -> list[Any]:
        train, holdout = dc.split_holdout(model.seen, fraction=0.3, seed=1)
        fitted = dc.PersonaNMF(n_factors=4, base_epochs=2, persona_epochs=1).fit(train)
        merged = merge_plays(train, holdout)
        features = tag_features(merged.labels, merged.item_ids)
        judged = dc.evaluate(fitted.recommend(k=5), train, holdout).to_dict()
        return [merged.labels.names.to_pylist(), merged.labels.tags.toarray().tolist(), features.labels, judged]

    whole = found()
    monkeypatch.setattr(arrow_columns, "_CHUNK_BYTES", 40)
    assert found() == whole
