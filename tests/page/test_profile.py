"""A profile as JSON, there and back, and what others may send in its place."""

from __future__ import annotations

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

import deepcuts as dc
from deepcuts.errors import DeepcutsError
from deepcuts.history import Matcher
from deepcuts.web.page.state.item_choices import refuse, toggle_kept
from deepcuts.web.page.state.list_options import ListOptions
from deepcuts.web.page.state.own_artists import start_from_user
from deepcuts.web.page.state.profile import options_of, profile_of, restore_options, restore_profile
from deepcuts.web.page.state.view_models import persona_cards, recommended_list
from deepcuts.web.page.state.visit import Visit


def named_model(seed: int, prefix: str) -> dc.PersonaModel:
    """A model of one world, whose ids depend on the prefix and whose names do not."""
    plays = dc.generate_world(150, 120, items_per_user=15, seed=0).plays
    names = plays.item_ids.values.to_pylist()
    matrix = sparse.csr_array((plays.plays, plays.indices, plays.indptr), (plays.n_users, plays.n_items))
    other = dc.Interactions.from_csr(matrix, plays.user_ids.values, [f"{prefix}{name}" for name in names])
    labelled = other.with_labels(names={f"{prefix}{name}": name for name in names})
    return dc.PersonaNMF(n_factors=8).fit(labelled, seed=seed)


@pytest.fixture(scope="module")
def model():
    return named_model(0, "a")


def matcher_of(model) -> Matcher:
    return Matcher(model.item_ids, model.seen.labels.names, model.item_listeners)


@pytest.fixture
def visit(model) -> Visit:
    visit = Visit(lambda: model)
    start_from_user(visit, model.user_ids.values[int(np.argmax(np.diff(model.seen.indptr)))].as_py())
    listed = [row.item_id for row in recommended_list(visit).rows]
    refuse(visit, listed[0])
    toggle_kept(visit, listed[1])
    recommended_list(visit)
    visit.options_of(1).rename("Sunday")
    visit.options_of(1).toggle("boosted")
    return visit


def test_a_profile_brings_a_visit_back(visit, model):
    profile = json.loads(json.dumps(profile_of(visit)))
    again = Visit(lambda: model)
    assert restore_profile(again, profile, matcher_of(model)) == 0
    assert (again.plays, again.kept, again.refused) == (visit.plays, visit.kept, visit.refused)
    assert list(again.plays) == [row[0] for row in profile["artists"]]
    assert again.source == visit.source
    card = next(card for card in persona_cards(again) if card.options.boosted)
    assert card.name == "Sunday"
    assert profile_of(again) == profile


def test_another_model_finds_artists_by_their_names(visit):
    other = named_model(1, "b")
    again = Visit(lambda: other)
    assert restore_profile(again, profile_of(visit), matcher_of(other)) == 0
    assert {f"a{item_id[1:]}": plays for item_id, plays in again.plays.items()} == visit.plays
    assert len(again.kept) == 1


def test_an_id_of_another_artist_is_not_taken(model):
    """Ids of another model, such as numbers, may be of other artists: the name decides."""
    one, two = model.item_ids.values.to_pylist()[:2]
    again = Visit(lambda: model)
    profile = {"version": 1, "artists": [[one, two[1:], 4.0], [two, "Nobody", 2.0]]}
    assert restore_profile(again, profile, matcher_of(model)) == 1
    assert again.plays == {two: 4.0}


def test_options_of_the_list_come_back():
    options, again = ListOptions(0.4, "max", 30, 10), ListOptions()
    restore_options(again, json.loads(json.dumps(options_of(options))))
    assert again == options
    for junk in (None, 3, {"dial": "x", "mix": 3, "k": None, "listeners": True}):
        restore_options(again, junk)
    assert again == options


KEYS = st.sampled_from(["name", "dial", "muted"])
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)
FIELDS = ["version", "artists", "source", "refused", "kept", "personas", "blend"]


@given(JSON | st.fixed_dictionaries({"version": st.just(1)}, optional=dict.fromkeys(FIELDS[1:], JSON)))
def test_anything_else_is_refused_or_harmless(model, profile):
    visit = Visit(lambda: model)
    with contextlib.suppress(DeepcutsError):
        restore_profile(visit, profile, matcher_of(model))
    recommended_list(visit)
