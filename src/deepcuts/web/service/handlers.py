"""Answers of a model to the questions of a request, as JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import pyarrow as pa

from deepcuts.errors import SettingsError
from deepcuts.model.state import VISITOR
from deepcuts.recommendation import recommend
from deepcuts.web.problems import Problem, ProblemError
from deepcuts.web.server.store import LoadedModel
from deepcuts.web.service.lookup import check_filter, check_known
from deepcuts.web.service.requests import FoldInQuestion, ListBatch, ListQuestion, OfUser, OfVisitor, ReasonsQuestion
from deepcuts.web.service.visitors import fold_in

_DIGITS = ".6g"  # all that a float32 can tell for sure
_SPEAKING = 50  # items of a persona that its tags are taken from

Reply = dict[str, Any]


class _Asker:
    """Whom an answer is for: the model that knows them, and their id in it."""

    def __init__(self, loaded: LoadedModel, question: OfUser | OfVisitor) -> None:
        self.unknown_items: list[str] = []
        if isinstance(question, OfVisitor):
            visitor = fold_in(loaded, question.history, question.dislikes)
            self.model, self.user, self.unknown_items = visitor.model, VISITOR, visitor.unknown_items
            self.told: str | None = None
        else:
            check_known(loaded.model.user_ids, question.user)
            self.model, self.user, self.told = loaded.model, question.user, question.user

    def reply(self, loaded: LoadedModel, **members: Any) -> Reply:
        """Begin a reply."""
        return {"model": loaded.version, "user": self.told, "unknown_items": self.unknown_items, **members}


def answer_list(loaded: LoadedModel, question: ListQuestion) -> Reply:
    """Return a ranked list."""
    for name in ("allow", "deny"):
        check_filter(loaded, name, getattr(question, name) or ())
    asker = _Asker(loaded, question)
    table = recommend(asker.model, asker.user, question.list_settings())
    return asker.reply(loaded, items=item_rows(loaded, table.select(["rank", "item_id", "score", "persona"])))


def answer_batch(loaded: LoadedModel, batch: ListBatch) -> Reply:
    """Return several lists; a request that cannot be answered has a problem instead of a list."""
    return {"model": loaded.version, "results": [_batch_entry(loaded, question) for question in batch.requests]}


def answer_personas(loaded: LoadedModel, question: OfUser | FoldInQuestion, n_items: int) -> Reply:
    """Return the personas of a user or of a visitor."""
    asker = _Asker(loaded, question)
    table = asker.model.personas(asker.user, n_items=max(n_items, _SPEAKING))
    personas = [
        {"persona": persona, "name": name, "share": _short(share)} | _members(loaded, list(members), n_items)
        for (persona, name, share), members in groupby(
            table.to_pylist(), key=itemgetter("persona", "persona_name", "share")
        )
    ]
    return asker.reply(loaded, personas=personas)


def answer_reasons(loaded: LoadedModel, question: ReasonsQuestion) -> Reply:
    """Return which of their own items speak for an item."""
    check_known(loaded.model.item_ids, question.item)
    asker = _Asker(loaded, question)
    table = asker.model.explain(asker.user, question.item, question.k)
    item = _item(loaded, question.item)
    return asker.reply(loaded, item=item, reasons=_rows(_with_names(loaded, table)))


def answer_similar(loaded: LoadedModel, item: str, k: int) -> Reply:
    """Return the neighbours of an item."""
    check_known(loaded.model.item_ids, item)
    rows = item_rows(loaded, loaded.model.similar_items(item, k))
    return {"model": loaded.version, "item": _item(loaded, item), "items": rows}


def answer_search(loaded: LoadedModel, query: str, k: int) -> Reply:
    """Return items whose names are like what was typed."""
    table = loaded.matcher.search(query, k)
    return {"model": loaded.version, "items": item_rows(loaded, table.select(["item_id", "score"]))}


def item_rows(loaded: LoadedModel, table: pa.Table) -> list[Reply]:
    """Return the rows of a table that has an item_id, with the names and the listeners of the items."""
    indexes = loaded.item_indexes(table["item_id"].to_pylist())
    table = table.append_column("listeners", pa.array(loaded.model.item_listeners[indexes]))
    return _rows(_with_names(loaded, table, indexes))


def _batch_entry(loaded: LoadedModel, question: ListQuestion) -> Reply:
    try:
        return {"list": answer_list(loaded, question)}
    except ProblemError as error:
        return {"problem": error.problem.document()}
    except SettingsError as error:
        return {"problem": Problem(422, str(error), "setting").document()}


def _members(loaded: LoadedModel, rows: list[Reply], n_items: int) -> Reply:
    """Tell the items of a persona, and what tags describe them."""
    labels, tags = loaded.model.seen.labels, []
    if labels is not None and labels.n_tags:
        indexes = loaded.item_indexes(row["item_id"] for row in rows)
        tags = labels.tags_of(indexes, np.log1p([row["plays"] for row in rows]))
    items = [_shortened({name: row[name] for name in ("item_id", "name", "plays")}) for row in rows[:n_items]]
    return {"tags": tags, "items": items}


def _item(loaded: LoadedModel, item: str) -> Reply:
    return {"item_id": item, "name": loaded.model.item_names(loaded.item_indexes([item]))[0].as_py()}


def _with_names(loaded: LoadedModel, table: pa.Table, indexes: np.ndarray | None = None) -> pa.Table:
    if "name" in table.column_names:
        return table
    if indexes is None:
        indexes = loaded.item_indexes(table["item_id"].to_pylist())
    return table.append_column("name", loaded.model.item_names(indexes))


def _rows(table: pa.Table) -> list[Reply]:
    return [_shortened(row) for row in table.to_pylist()]


def _shortened(row: Mapping[str, Any]) -> Reply:
    return {name: _short(value) if isinstance(value, float) else value for name, value in row.items()}


def _short(value: float) -> float:
    return float(format(value, _DIGITS))
