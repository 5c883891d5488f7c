"""Preparation of a model before it is served, so that the first requests are not slow ones."""

from __future__ import annotations

import gc

from deepcuts.model.stranger import LEAST_LISTENERS, popular_settings
from deepcuts.web.server.store import LoadedModel
from deepcuts.web.service.handlers import handle_list, handle_popular
from deepcuts.web.service.requests import ListForUser, ListForVisitor


def warm_up(loaded: LoadedModel) -> None:
    """Ask a model for lists of a user and of a visitor, so that kernels and pages are in memory before requests come.

    Parameters
    ----------
    loaded
        A model that is about to be served.
    """
    model = loaded.model
    if not model.seen.n_pairs:
        return
    user = int((model.seen.indptr[1:] > model.seen.indptr[:-1]).argmax())  # the first one with plays
    handle_list(loaded, ListForUser(user=model.user_ids.values[user].as_py(), rarity=0.1))
    items, plays = model.seen.user_items(user)
    history = dict(zip(model.item_ids.take(items[:50]).to_pylist(), plays[:50].tolist(), strict=True))
    handle_list(loaded, ListForVisitor(history=history, rarity=0.1))


def prepare(loaded: LoadedModel) -> None:
    """Warm a model up and make it searchable, while another one is served."""
    warm_up(loaded)
    finish(loaded)


def finish(loaded: LoadedModel) -> None:
    """Make a model searchable and ready for a stranger, which no list of a user waits for."""
    loaded.make_searchable()
    get_tastes(loaded)


def get_tastes(loaded: LoadedModel) -> None:
    """Find the typical tastes, and what the dial means for them, before a stranger asks."""
    handle_popular(loaded, popular_settings(1, rarity=0.1), LEAST_LISTENERS)


def freeze_garbage_collection() -> None:
    """Exempt all present objects from garbage collection, and turn it on.

    Libraries leave hundreds of thousands of objects that stay for good; to scan them takes a quarter of a second, in
    which no request is answered. A model that is replaced is freed all the same, by its reference count.
    """
    gc.freeze()
    gc.enable()
