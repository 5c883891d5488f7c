"""Responses to validated requests, computed with a loaded model, as JSON values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import pyarrow as pa

from deepcuts.array_types import IndexVector
from deepcuts.data.labels import known_mbids
from deepcuts.errors import SettingsError
from deepcuts.model.state import VISITOR
from deepcuts.model.stranger import popular_items
from deepcuts.recommendation import ListSettings, recommend
from deepcuts.recommendation.guesses import doubt_of
from deepcuts.web.problems import Problem, ProblemError
from deepcuts.web.server.store import LoadedModel, ModelStore
from deepcuts.web.service.lookup import check_filter, check_known, check_persona, check_personas, known_item
from deepcuts.web.service.requests import (
    FoldInRequest,
    ListBatch,
    ListRequest,
    ReasonsRequest,
    UserRequest,
    VisitorRequest,
)
from deepcuts.web.service.visitors import fold_in

_DIGITS = ".6g"  # all that a float32 holds
_N_TAGGED_ITEMS = 50  # items of a persona that its tags are taken from

Json = dict[str, Any]


class _Subject:
    """The user or visitor that a request is about: a model that has them, and their id in it.

    Further items of the request, given as `items`, are told as well where they were given by their names.
    """

    def __init__(self, loaded: LoadedModel, request: UserRequest | VisitorRequest, items: Collection[str] = ()) -> None:
        self.version = loaded.version
        self.unknown_items: list[str] = []
        given = [*request.history, *request.dislikes] if isinstance(request, VisitorRequest) else []
        self.named_items = loaded.named_items([*given, *items])
        self.user_id: str | None = None  # None for a visitor
        if isinstance(request, VisitorRequest):
            visitor = fold_in(loaded, request.history, request.dislikes)
            self.model, self.user, self.unknown_items = visitor.model, VISITOR, visitor.unknown_items
        else:
            check_known(loaded.model.user_ids, request.user)
            self.model, self.user, self.user_id = loaded.model, request.user, request.user

    @property
    def n_personas(self) -> int:
        """How many personas they have."""
        user_index = self.model.user_ids.index_of(self.user)
        return int(self.model.persona_indptr[user_index + 1] - self.model.persona_indptr[user_index])

    def response(self, **members: Any) -> Json:
        """Return what responses about a user or visitor have in common, and further members."""
        return {
            "model": self.version,
            "user": self.user_id,
            "unknown_items": self.unknown_items,
            "named_items": self.named_items,
            "is_guess": doubt_of(self.model, self.model.user_ids.index_of(self.user)) is not None,
            **members,
        }


def handle_list(loaded: LoadedModel, request: ListRequest) -> Json:
    """Return a ranked list."""
    allow, deny = request.allow or (), request.deny
    check_filter(loaded, "allow", allow)
    check_filter(loaded, "deny", deny)
    subject = _Subject(loaded, request, [*allow, *deny])
    check_personas(request.persona_numbers(), subject.n_personas)
    settings = _filters_by_ids(loaded, request.list_settings())
    table = recommend(subject.model, subject.user, settings, warns=False)  # a log has no ids of users
    return subject.response(items=item_rows(loaded, table.select(["rank", "item_id", "score", "persona"])))


def handle_batch(loaded: LoadedModel, batch: ListBatch) -> Json:
    """Return several lists; a request that fails has a problem instead of a list."""
    return {"model": loaded.version, "results": [_batch_entry(loaded, request) for request in batch.requests]}


def handle_personas(loaded: LoadedModel, request: UserRequest | FoldInRequest, n_items: int) -> Json:
    """Return the personas of a user or of a visitor."""
    subject = _Subject(loaded, request)
    # In order of personas, as groupby needs it.
    table = subject.model.personas(subject.user, n_items=max(n_items, _N_TAGGED_ITEMS))
    personas = [
        {"persona": persona, "name": name, "share": _short(share)} | _tags_and_items(loaded, list(rows), n_items)
        for (persona, name, share), rows in groupby(
            table.to_pylist(), key=itemgetter("persona", "persona_name", "share")
        )
    ]
    return subject.response(personas=personas)


def handle_reasons(loaded: LoadedModel, request: ReasonsRequest) -> Json:
    """Return which of their own items speak for an item."""
    item_id = known_item(loaded, request.item)
    subject = _Subject(loaded, request, [request.item])
    check_persona(request.persona, subject.n_personas)
    check_personas(request.persona_numbers(), subject.n_personas)
    explain, persona = subject.model.explain, request.persona
    table = explain(subject.user, item_id, request.k, persona=persona, **request.turn())
    item = _item(loaded, item_id)
    return subject.response(item=item, reasons=_rows(_with_names(loaded, table)))


def handle_similar(loaded: LoadedModel, item: str, k: int) -> Json:
    """Return the neighbours of an item."""
    item_id = known_item(loaded, item)
    rows = item_rows(loaded, loaded.model.similar_items(item_id, k))
    return {"model": loaded.version, "item": _item(loaded, item_id), "items": rows}


def handle_popular(loaded: LoadedModel, settings: ListSettings, least_listeners: int) -> Json:
    """Return a list for somebody without a history."""
    table = popular_items(loaded.model.stranger, settings, least_listeners)
    return {"model": loaded.version, "items": item_rows(loaded, table.select(["item_id", "rank", "score"]))}


def handle_lidarr(loaded: LoadedModel, user: str, settings: ListSettings) -> list[dict[str, str]]:
    """Return the list of a user as a custom list of Lidarr: ids of MusicBrainz, and nothing else.

    Raises
    ------
    ProblemError
        If there is no such user, or no item of their list has such an id.
    """
    check_known(loaded.model.user_ids, user)
    rows = recommend(loaded.model, [user], settings, warns=False)
    indexes = loaded.item_indexes(rows["item_id"].to_pylist())
    mbids = known_mbids(loaded.model.item_ids, loaded.model.seen.labels, indexes)
    if not any(mbids):
        detail = "No item of the list has an id of MusicBrainz. Give the plays some: deepcuts ingest --mbids."
        raise ProblemError(Problem(409, detail, "no-mbids"))
    return [{"MusicBrainzId": mbid} for mbid in mbids if mbid]


def handle_search(loaded: LoadedModel, query: str, k: int) -> Json:
    """Return items whose names are like what was typed."""
    table = loaded.matcher.search(query, k)
    return {"model": loaded.version, "items": item_rows(loaded, table.select(["item_id", "score"]))}


def describe_model(name: str, store: ModelStore, share: float) -> Json:
    """Describe a model that is served."""
    loaded = store.current
    sizes = {"users": len(loaded.model.user_ids), "items": len(loaded.model.item_ids)}
    return {"name": name, "version": loaded.version, "share": share, **sizes}


def item_rows(loaded: LoadedModel, table: pa.Table) -> list[Json]:
    """Return the rows of a table that has an item_id, with the names and the listeners of the items."""
    indexes = loaded.item_indexes(table["item_id"].to_pylist())
    table = table.append_column("listeners", pa.array(loaded.model.item_listeners[indexes]))
    return _rows(_with_names(loaded, table, indexes))


def _filters_by_ids(loaded: LoadedModel, settings: ListSettings) -> ListSettings:
    """Replace names in filters by ids here, where a name that several items have is not logged."""
    allow = None if settings.allow is None else [known_item(loaded, str(item)) for item in settings.allow]
    return replace(settings, allow=allow, deny=[known_item(loaded, str(item)) for item in settings.deny])


def _batch_entry(loaded: LoadedModel, request: ListRequest) -> Json:
    try:
        return {"list": handle_list(loaded, request)}
    except ProblemError as error:
        return {"problem": error.problem.document()}
    except SettingsError as error:
        return {"problem": Problem(422, str(error), "setting").document()}


def _tags_and_items(loaded: LoadedModel, rows: list[Json], n_items: int) -> Json:
    """Return the tags of a persona, from all of its rows, and the first of its items."""
    indexes = loaded.item_indexes(row["item_id"] for row in rows)
    # log(1 + plays): the most played item alone does not decide the tags.
    tags = loaded.model.namer.describing_tags(indexes, np.log1p([row["plays"] for row in rows]))
    items = [_shortened({name: row[name] for name in ("item_id", "name", "plays")}) for row in rows[:n_items]]
    return {"tags": tags, "items": items}


def _item(loaded: LoadedModel, item: str) -> Json:
    return {"item_id": item, "name": loaded.model.item_names(loaded.item_indexes([item]))[0].as_py()}


def _with_names(loaded: LoadedModel, table: pa.Table, indexes: IndexVector | None = None) -> pa.Table:
    if "name" in table.column_names:
        return table
    if indexes is None:
        indexes = loaded.item_indexes(table["item_id"].to_pylist())
    return table.append_column("name", loaded.model.item_names(indexes))


def _rows(table: pa.Table) -> list[Json]:
    return [_shortened(row) for row in table.to_pylist()]


def _shortened(row: Mapping[str, Any]) -> Json:
    return {name: _short(value) if isinstance(value, float) else value for name, value in row.items()}


def _short(value: float) -> float:
    """Round to the digits of a float32, so that JSON does not show those of its float64 twin."""
    return float(format(value, _DIGITS))
