"""What all visitors share of one model: example listeners, the map, the search; each made once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from deepcuts.array_types import FloatVector, IndexVector
from deepcuts.data.vectors import cosines
from deepcuts.evaluation.personas import effective_personas
from deepcuts.model.item_map import ItemMap, draw_map
from deepcuts.model.taste_match import usual_matches

if TYPE_CHECKING:
    from deepcuts.history import Matcher
    from deepcuts.model import PersonaModel
    from deepcuts.web.server.store import LoadedModel, ModelStore

_N_EXAMPLES = 4
_EXAMPLES_AMONG = 3_000  # users looked at, so that a large model does not keep a visitor waiting
_EXAMPLE_ITEMS = (12, 200)  # artists of an example: enough for personas, few enough to look at
_N_EXAMPLE_ARTISTS, _MOST_PLAYED = 3, 8  # artists told of an example, and among how many of a persona
_MOST_ALIKE = 0.5  # cosine of base vectors from which two users are too similar to be both examples
_N_USERS_FOUND = 8
_N_PAIRS = 500  # of users whose matches are what is usual


@dataclass(frozen=True)
class Example:
    """A listener of the model to start from: their id, and the most played artist of each of their main personas."""

    user_id: str
    artists: list[str]
    n_artists: int


@dataclass(frozen=True, eq=False)
class SharedViews:
    """What is made from one model for all visitors.

    Parameters
    ----------
    loaded
        The model.
    with_users
        Whether visitors may start from its users; not where strangers can come.
    """

    loaded: LoadedModel
    with_users: bool

    @property
    def model(self) -> PersonaModel:
        """The model."""
        return self.loaded.model

    @property
    def matcher(self) -> Matcher:
        """Finder of artists by what visitors type."""
        return self.loaded.matcher

    @cached_property
    def item_map(self) -> ItemMap:
        """The map stored with the model, or else one drawn now."""
        model = self.model
        return model.item_map or draw_map(model.item_factors, model.item_listeners, model.item_side.seed)

    @cached_property
    def examples(self) -> list[Example]:
        """Listeners with several personas of similar size, whose base vectors differ from each other's."""
        model = self.model
        chosen = _example_users(model) if self.with_users else []
        ids = model.user_ids.take(np.array(chosen, np.int64)).to_pylist()
        sizes = np.diff(model.seen.indptr)[chosen].tolist()
        rows = zip(chosen, ids, sizes, strict=True)
        return [Example(user_id, _artists_of(model, user), size) for user, user_id, size in rows]

    @cached_property
    def usual_matches(self) -> FloatVector:
        """Matches of pairs of its users, ascending; see `deepcuts.model.taste_match`."""
        return usual_matches(self.model, _N_PAIRS, self.model.item_side.seed)

    def users_like(self, text: str) -> list[str]:
        """Ids of users that begin with a text."""
        if not self.with_users:
            return []
        ids = self.model.user_ids.values
        found = ids.filter(pc.starts_with(ids, pattern=text))
        return list(found.slice(0, _N_USERS_FOUND).to_pylist())


class CurrentViews:
    """The shared views of the model that is served now.

    Parameters
    ----------
    store
        Holder of the model.
    with_users
        Whether visitors may start from users of the model.
    """

    def __init__(self, store: ModelStore, *, with_users: bool) -> None:
        self.store, self.with_users = store, with_users
        self._views = SharedViews(store.current, with_users)

    @property
    def current(self) -> SharedViews:
        """The views of the model that is served, made anew after it has been replaced."""
        # Two threads may make the views at once: one is dropped, and both are of the same model.
        loaded = self.store.current
        if loaded is not self._views.loaded:
            self._views = SharedViews(loaded, self.with_users)
        return self._views


def _example_users(model: PersonaModel) -> list[int]:
    """Indexes of users by falling number of effective personas, without those too similar to one before."""
    users = _candidates(model)
    n_effective = effective_personas(model.persona_shares, model.persona_indptr)[users]
    chosen: list[int] = []
    for user in users[np.argsort(-n_effective, kind="stable")].tolist():
        if np.all(cosines(model.base_factors[chosen], model.base_factors[user]) < _MOST_ALIKE):
            chosen.append(user)
        if len(chosen) == _N_EXAMPLES:
            break
    return chosen


def _artists_of(model: PersonaModel, user: int) -> list[str]:
    """Names of an artist of each of a user's largest personas: of the most played ones, the best known."""
    pairs = slice(*model.seen.indptr[user : user + 2])
    items, personas = model.seen.indices[pairs], model.user_personas.personas[pairs]
    order = np.argsort(-model.seen.plays[pairs], kind="stable")
    chosen = []
    for persona in range(min(_N_EXAMPLE_ARTISTS, int(personas.max()) + 1)):  # 0 is the largest
        own = items[order[personas[order] == persona][:_MOST_PLAYED]]
        chosen.append(own[np.argsort(-model.item_listeners[own], kind="stable")][:_N_EXAMPLE_ARTISTS])
    # In turn, for users with fewer personas than there are artists to tell.
    in_turn = [own[rank] for rank in range(_N_EXAMPLE_ARTISTS) for own in chosen if rank < len(own)]
    return list(model.item_names(np.array(in_turn[:_N_EXAMPLE_ARTISTS], np.int64)).to_pylist())


def _candidates(model: PersonaModel) -> IndexVector:
    """Indexes of users whose number of artists suits an example; of all with plays where there are none such."""
    # Spread over all users, as ids may be in an order that means something.
    step = max(1, len(model.user_ids) // _EXAMPLES_AMONG)
    users = np.arange(0, len(model.user_ids), step)
    sizes = np.diff(model.seen.indptr)[users]
    suitable = users[(sizes >= _EXAMPLE_ITEMS[0]) & (sizes <= _EXAMPLE_ITEMS[1])]
    return suitable if len(suitable) else users[sizes > 0]
