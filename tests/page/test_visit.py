"""A visit without a browser: its choices, and the cards, lists and marks that follow from them."""

from __future__ import annotations

import csv
import io
import json
import logging
import math

import numpy as np
import pyarrow as pa
import pytest
from scipy import sparse

import deepcuts as dc
from deepcuts.array_types import CountVector
from deepcuts.errors import DataError, SettingsError, UnknownIdError
from deepcuts.history import Matcher
from deepcuts.web.page.state.exports import export
from deepcuts.web.page.state.importing import import_export, take_import
from deepcuts.web.page.state.item_choices import allow, refuse, toggle_kept
from deepcuts.web.page.state.list_options import LISTENERS, ListOptions
from deepcuts.web.page.state.map_marks import map_background, map_marks
from deepcuts.web.page.state.own_artists import (
    add_artist,
    add_as_often_played,
    clear_artists,
    own_artists,
    remove_artist,
    replace_artists,
    start_as_stranger,
    start_from_user,
)
from deepcuts.web.page.state.persona_options import MOST_NAME, PersonaOptions, carry_over
from deepcuts.web.page.state.shared_views import SharedViews
from deepcuts.web.page.state.view_models import persona_cards, recommended_list
from deepcuts.web.page.state.visit import Visit
from deepcuts.web.page.state.visitor_model import ALL_OF_YOU
from deepcuts.web.page.state.visits import Visits
from deepcuts.web.server.store import LoadedModel


@pytest.fixture(scope="module")
def model():
    plays = dc.generate_world(200, 160, items_per_user=20, seed=0).plays
    return dc.PersonaNMF(n_factors=12).fit(plays, seed=0).with_map()


@pytest.fixture
def visit(model) -> Visit:
    """A visit with the plays of a user who has several personas."""
    visit = Visit(lambda: model)
    start_from_user(visit, model.user_ids.values[int(np.argmax(np.diff(model.seen.indptr)))].as_py())
    assert len(persona_cards(visit)) > 1
    return visit


def ids(visit: Visit) -> list[str]:
    return [row.item_id for row in recommended_list(visit).rows]


@pytest.fixture(scope="module")
def lonely():
    """A model of a world, and of one listener of five artists whom nobody else plays."""
    world = dc.generate_world(n_users=150, n_items=200, items_per_user=12, seed=0).plays.to_csr()
    plays = sparse.csr_array(sparse.block_diag([world, sparse.csr_array(np.ones((1, 5)))], format="csr"))
    ids = [f"u{user:03}" for user in range(plays.shape[0])], [f"i{item:03}" for item in range(plays.shape[1])]
    return dc.PersonaNMF(n_factors=16, base_epochs=60, tolerance=0.0).fit(dc.Interactions.from_csr(plays, *ids), seed=0)


def test_a_list_that_is_a_guess_is_told_on_the_page_and_not_in_the_log(lonely, caplog):
    alone, other = (Visit(lambda: lonely) for _ in range(2))
    start_from_user(alone, "u150")
    start_from_user(other, "u003")
    with caplog.at_level(logging.WARNING, "deepcuts"):
        assert [recommended_list(visit).doubt for visit in (alone, other)] == ["guess", None]
    assert not caplog.records


def test_a_visit_without_plays_has_no_list(model):
    visit = Visit(lambda: model)
    assert persona_cards(visit) == []
    assert recommended_list(visit).rows == []
    assert map_marks(visit, model.item_map, recommended_list(visit), []) == []


def test_the_list_is_that_of_the_model(visit, model):
    folded_in = model.fold_in(visit.plays)
    assert ids(visit) == folded_in.recommend(k=20)["item_id"].to_pylist()
    row = recommended_list(visit).rows[0]
    assert recommended_list(visit).median_listeners == np.median(
        [row.listeners for row in recommended_list(visit).rows]
    )
    assert row.listeners == model.item_listeners[model.item_ids.index_of(row.item_id)]


@pytest.mark.parametrize(
    ("mix", "dial", "floor"), [("share", 0, 1), ("share", 1, 3), ("max", -0.6, 1), ("max", 0.7, 10)]
)
def test_badge_and_reasons_of_a_row_are_of_one_persona(visit, model, mix, dial, floor):
    visit.list_options.set_mix(mix)
    visit.list_options.set_dial(dial)
    visit.list_options.set_least_listeners(floor)
    folded_in = model.fold_in(visit.plays)
    persona_of = {row["item_id"]: row["persona"] for row in folded_in.personas("visitor", 1_000).to_pylist()}
    rows = recommended_list(visit).rows
    assert len({row.badge for row in rows}) > 1
    for row in rows:
        explained = folded_in.explain(
            "visitor", row.item_id, k=100, persona=row.persona, mix=mix, rarity=dial
        ).to_pylist()
        total = max(1, sum(reason["share"] for reason in explained if reason["share"] > 0))
        told = [(reason["item_id"], pytest.approx(reason["share"] / total)) for reason in explained[:3]]
        assert row.reasons == [reason for reason in told if reason[1].expected >= 0.05]
        own = sum(share for item_id, share in row.reasons if persona_of[item_id] == row.persona)
        is_own = own >= sum(share for _, share in row.reasons) / 2
        assert row.badge == (row.persona if is_own else ALL_OF_YOU)


def test_a_row_that_no_one_persona_speaks_for_is_of_all(visit):
    """Asked about the persona that scores a row lowest, reasons are mostly another's, and the badge says so."""
    visitor = visit.visitor_model
    badges = [
        (persona, visitor.reasons(row.item_id, persona, 0.0).badge)
        for row in recommended_list(visit).rows
        for persona in range(visitor.n_personas)
    ]
    assert {badge for _, badge in badges} >= {ALL_OF_YOU, 0, 1}
    assert all(badge in (persona, ALL_OF_YOU) for persona, badge in badges)


def test_a_little_of_many_is_no_reason_to_name(model):
    """With 140 artists played alike, many a row has no artist who is a twentieth of its reasons, and names none."""
    visit = Visit(lambda: model)
    replace_artists(visit, dict.fromkeys(model.item_ids.values.to_pylist()[:140], 1.0), "an export")
    assert any(row.reasons == [] for row in recommended_list(visit).rows)


def test_artists_with_few_listeners_are_left_out_as_the_visitor_wants(visit, model):
    visit.list_options.set_dial(1)
    fewest = []
    for floor in LISTENERS:
        visit.list_options.set_least_listeners(floor)
        fewest.append(min(row.listeners for row in recommended_list(visit).rows))
    assert ListOptions().least_listeners == 3
    assert fewest[0] < fewest[-1]
    assert all(least >= floor for least, floor in zip(fewest, LISTENERS, strict=True))
    with pytest.raises(SettingsError, match="Give one of 1, 3"):
        visit.list_options.set_least_listeners(2)


def test_novelty_of_the_list_is_the_metric(visit, model):
    listed = recommended_list(visit)
    user = visit.source.removeprefix("listener ")
    ranks = [row.rank for row in listed.rows]
    lists = pa.table({"user_id": [user] * len(ranks), "item_id": ids(visit), "rank": ranks})
    holdout = dc.Interactions.from_csr(sparse.csr_array([[1.0]]), [user], ids(visit)[:1])
    figures = dc.evaluate(lists, model.seen, holdout, {"novelty": [20]}).figures
    assert listed.novelty == pytest.approx(figures["novelty@20"])


def test_what_speaks_for_an_item_is_never_more_than_all_of_it(visit):
    for row in recommended_list(visit).rows:
        assert sum(share for _, share in row.reasons) <= 1 + 1e-6


def test_dial_positions_make_lists_rarer_by_equal_steps(visit):
    novelties = []
    for position in np.linspace(-1, 1, 9):
        visit.list_options.set_dial(float(position))
        novelties.append(recommended_list(visit).novelty)
    steps = np.diff(novelties)
    assert np.all(steps > -0.02)
    for half in (steps[:4], steps[4:]):
        assert half.max() < 2.5 * half.mean()
    visit.list_options.set_dial(0)
    before = recommended_list(visit).median_listeners
    visit.list_options.set_dial(0.6)
    assert recommended_list(visit).median_listeners < before


def test_a_position_of_the_dial_is_the_rarity_of_the_library(visit):
    visit.list_options.set_dial(0.5)
    listed = [row.item_id for row in recommended_list(visit).rows]
    assert listed == visit.visitor_model.model.recommend(k=20, rarity=0.5)["item_id"].to_pylist()


def test_a_persona_has_a_dial_of_its_own(visit):
    before = recommended_list(visit)
    visit.options_of(0).set_dial(1)
    after = recommended_list(visit)
    changed = {row.persona for row in after.rows if row not in before.rows}
    assert 0 in changed
    # Those of another persona stay, in their order, but for what the base list brings up, which is rarer in the mean.
    others = [[row.item_id for row in listed.rows if row.persona == 1] for listed in (before, after)]
    both = set(others[0]) & set(others[1])
    assert len(both) > len(others[0]) / 2
    assert [item for item in others[0] if item in both] == [item for item in others[1] if item in both]


def test_muted_boosted_and_pinned_personas(visit):
    def counts() -> CountVector:
        return np.bincount([row.persona for row in recommended_list(visit).rows], minlength=len(persona_cards(visit)))

    plain = counts()
    visit.options_of(0).boosted = True
    assert counts()[0] > plain[0]
    visit.options_of(0).muted = True
    assert counts()[0] == 0
    visit.options_of(1).pinned = True
    assert counts()[1] == counts().sum() > 0
    for number in range(len(persona_cards(visit))):
        visit.options_of(number).muted = True
    assert recommended_list(visit).rows == []


def test_names_and_options_stay_with_their_persona(visit):
    visit.options_of(1).rename("  Sunday \n mornings " + "x" * 99)
    visit.options_of(1).muted = True
    assert persona_cards(visit)[1].name.startswith("Sunday mornings x")
    assert len(persona_cards(visit)[1].name) == MOST_NAME
    made = persona_cards(visit)[1].artists
    add_as_often_played(visit, ids(visit)[0])
    card = next(card for card in persona_cards(visit) if card.options.muted)
    assert set(card.artists) & set(made)
    assert card.name.startswith("Sunday mornings")


def test_options_follow_artists_not_numbers():
    options = [PersonaOptions(name="a"), PersonaOptions(name="b")]
    assert [one.name for one in carry_over(options, [{1, 2}, {3, 4}], [{3, 4, 5}, {1}, {6}])] == ["b", "a", ""]


def test_personas_stay_when_an_artist_comes_or_goes(visit):
    before = visit.visitor_model.persona_items
    liked = ids(visit)[0]
    add_as_often_played(visit, liked)
    new = visit.model.item_ids.index_of(liked)
    assert [group - {new} for group in visit.visitor_model.persona_items] == before
    remove_artist(visit, liked)
    assert visit.visitor_model.persona_items == before


def test_what_is_refused_goes_and_what_is_like_it_falls(visit, model):
    refused = ids(visit)[0]
    near = model.similar_items(refused, k=5)["item_id"].to_pylist()
    before = visit.visitor_model.model.scores(np.arange(len(persona_cards(visit)))).max(axis=0)
    refuse(visit, refused)
    assert refused not in ids(visit)
    after = visit.visitor_model.model.scores(np.arange(len(persona_cards(visit)))).max(axis=0)
    items = model.item_ids.indexes_of([refused, *near])
    assert after[items].sum() < before[items].sum()
    allow(visit, refused)
    assert refused in ids(visit)


def test_more_of_an_artist_joins_the_own(visit):
    liked = ids(visit)[0]
    add_as_often_played(visit, liked)
    assert liked in visit.plays
    assert liked not in ids(visit)
    remove_artist(visit, liked)
    assert liked in ids(visit)


def test_nonsense_is_refused(visit):
    with pytest.raises(UnknownIdError, match="no item with the id 'nobody'"):
        add_artist(visit, "nobody")
    with pytest.raises(UnknownIdError, match="no user with the id"):
        start_from_user(visit, "nobody")
    with pytest.raises(DataError, match="a number above 0"):
        add_artist(visit, next(iter(visit.plays)), math.nan)
    with pytest.raises(SettingsError, match="from -1 to 1"):
        visit.list_options.set_dial(math.inf)
    with pytest.raises(SettingsError, match="can be muted, boosted, pinned"):
        visit.options_of(0).toggle("name")
    with pytest.raises(SettingsError, match="from -1 to 1"):
        visit.options_of(0).set_dial(math.nan)
    with pytest.raises(SettingsError, match="no persona 77"):
        visit.options_of(77)
    with pytest.raises(SettingsError, match="Give one of 10, 20"):
        visit.list_options.set_length(10**9)
    with pytest.raises(SettingsError, match="'share' or 'max'"):
        visit.list_options.set_mix("loud")
    with pytest.raises(DataError, match="None of these artists"):
        replace_artists(visit, {"nobody": 1.0}, "nowhere")


def test_a_model_is_solved_again_only_for_other_plays_and_refusals(visit):
    solved = visit.visitor_model
    visit.list_options.set_dial(0.5)
    visit.options_of(0).toggle("muted")
    toggle_kept(visit, ids(visit)[0])
    assert visit.visitor_model is solved
    refused = ids(visit)[1]
    refuse(visit, refused)
    assert visit.visitor_model is not solved
    assert visit.visitor_model.names == solved.names
    solved = visit.visitor_model
    add_artist(visit, own_artists(visit)[0].item_id, 1.0)
    assert visit.visitor_model is not solved


def test_what_is_cleared_leaves_what_is_kept(visit):
    toggle_kept(visit, ids(visit)[0])
    refuse(visit, ids(visit)[1])
    visit.options_of(0).toggle("muted")
    clear_artists(visit)
    assert (visit.plays, visit.refused, visit.persona_options, persona_cards(visit)) == ({}, {}, [], [])
    assert len(visit.kept) == 1


def test_another_model_takes_over(model):
    other = dc.PersonaNMF(n_factors=8).fit(dc.generate_world(100, 90, items_per_user=10, seed=1).plays, seed=0)
    now = [model]
    visit = Visit(lambda: now[0])
    start_from_user(visit, model.user_ids.values[0].as_py())
    toggle_kept(visit, ids(visit)[0])
    now[0] = other
    known = set(other.item_ids.values.to_pylist())
    assert set(ids(visit)) <= known
    assert set(visit.plays) | set(visit.kept) <= known


def test_the_keep_list_as_files(visit):
    kept = {"1": 'Sigur "Rós", live', "2": "two\nlines"}
    assert json.loads(export(kept, "json")) == [{"item_id": k, "name": n} for k, n in kept.items()]
    assert list(csv.reader(io.StringIO(export(kept, "csv").decode())))[1:] == [[*pair, ""] for pair in kept.items()]
    assert export(kept, "txt").decode() == 'Sigur "Rós", live\ntwo lines\n'
    mbid = "9c9f1380-2516-4fc9-a3e6-f9f61941d090"
    assert export({"a": "Muse", "b": "Blur"}, "lbradio", {"a": mbid}).decode() == f"artist:({mbid}):3 artist:(Blur):2\n"
    assert export({"a": "Muse"}, "csv", {"a": mbid}).decode() == f"item_id,name,mbid\na,Muse,{mbid}\n"
    assert export({"=1": "+44"}, "csv").decode().splitlines()[1] == "'=1,'+44,"  # no spreadsheet runs it as a formula


def test_a_stranger_gets_what_everybody_plays_under_the_same_dial(model):
    visit = Visit(lambda: model)
    assert not visit.has_begun
    start_as_stranger(visit)
    assert visit.has_begun
    listed = recommended_list(visit)
    assert [row.item_id for row in listed.rows] == model.popular(20)["item_id"].to_pylist()
    assert {(row.badge, tuple(row.reasons)) for row in listed.rows} == {(ALL_OF_YOU, ())}
    assert (persona_cards(visit), map_marks(visit, model.item_map, listed, [])) == ([], [])
    visit.list_options.set_dial(0.8)
    assert recommended_list(visit).novelty > listed.novelty
    refuse(visit, listed.rows[0].item_id)
    assert listed.rows[0].item_id not in ids(visit)
    add_artist(visit, listed.rows[1].item_id)
    assert len(persona_cards(visit)) == 1  # from then on the list is the visitor's own
    clear_artists(visit)
    assert not visit.has_begun


def test_an_export_is_matched_and_the_rest_is_listed(model):
    first, second = model.item_ids.take(np.array([3, 8])).to_pylist()
    visit, matcher = Visit(lambda: model), Matcher(model.item_ids, model.item_ids.values)
    text = f"{first.upper()}\t40\n{second}\t12\nNobody Ever Heard Of\t3\n"
    take_import(visit, import_export("plays.tsv", text.encode(), matcher), more=False)
    assert visit.plays == {first: 40, second: 12}
    assert [one.artist for one in visit.unmatched] == ["Nobody Ever Heard Of"]
    assert visit.n_unmatched == 1
    take_import(visit, import_export("more.tsv", f"{first}\t2\n".encode(), matcher), more=True)
    assert visit.plays == {first: 42, second: 12}


def test_examples_have_several_personas(model):
    shared = SharedViews(LoadedModel(model, "1"), with_users=True)
    assert len(shared.examples) > 1
    assert all(len(example.artists) == len(set(example.artists)) == 3 for example in shared.examples)
    assert shared.users_like(shared.examples[0].user_id) == [shared.examples[0].user_id]
    hidden = SharedViews(LoadedModel(model, "1"), with_users=False)
    assert hidden.examples == hidden.users_like("") == []


def test_visits_are_bounded(model):
    visits = Visits(lambda: Visit(lambda: model), most=2)
    first, _ = visits.visit_of("a")
    visits.visit_of("b")
    assert visits.visit_of("a")[0] is first
    visits.visit_of("c")
    assert len(visits) == 2
    assert visits.visit_of("a")[0] is first


def test_the_map_marks_own_listed_and_personas(visit, model):
    marks = map_marks(visit, model.item_map, recommended_list(visit), persona_cards(visit))
    kinds = [mark.kind for mark in marks]
    assert kinds.count("own") == len(visit.plays)
    assert kinds.count("listed") == len(ids(visit))
    assert kinds.count("persona") == len(persona_cards(visit))
    drawn = map_background(model, model.item_map)
    index = drawn["ids"].index(marks[0].item_id)
    assert (drawn["xs"][index] / 10_000, drawn["ys"][index] / 10_000) == pytest.approx(
        (marks[0].x, marks[0].y), abs=1e-4
    )
