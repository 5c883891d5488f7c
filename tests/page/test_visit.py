"""A visit without a browser: what is chosen, and what comes of it."""

from __future__ import annotations

import csv
import io
import json
import math

import numpy as np
import pytest

import deepcuts as dc
from deepcuts.errors import DataError, SettingsError, UnknownIdError
from deepcuts.history import Matcher
from deepcuts.web.page.state.dial import DialCalibration
from deepcuts.web.page.state.exports import export
from deepcuts.web.page.state.importing import import_export
from deepcuts.web.page.state.map_marks import backdrop, marked
from deepcuts.web.page.state.persona_options import Wish, carry_over
from deepcuts.web.page.state.shared_views import Shelf
from deepcuts.web.page.state.visit import MOST_NAME, Visit
from deepcuts.web.page.state.visits import Guests
from deepcuts.web.server.store import LoadedModel


@pytest.fixture(scope="module")
def model():
    plays = dc.generate_world(200, 160, items_per_user=20, seed=0).plays
    return dc.PersonaNMF(n_factors=12).fit(plays, seed=0).with_map()


@pytest.fixture
def visit(model) -> Visit:
    """Somebody with the plays of a user who has several personas."""
    visit = Visit(lambda: model)
    visit.become_user(model.user_ids.values[int(np.argmax(np.diff(model.seen.indptr)))].as_py())
    assert len(visit.cards()) > 1
    return visit


def ids(visit: Visit) -> list[str]:
    return [row.item_id for row in visit.listed().rows]


def test_nothing_is_listed_to_nobody(model):
    visit = Visit(lambda: model)
    assert visit.cards() == []
    assert visit.listed().rows == []
    assert marked(visit, model.item_map, visit.listed(), []) == []


def test_the_list_is_that_of_the_model(visit, model):
    folded = model.fold_in(visit.plays)
    assert ids(visit) == folded.recommend(k=20)["item_id"].to_pylist()
    row = visit.listed().rows[0]
    assert row.listeners == model.item_listeners[model.item_ids.index_of(row.item_id)]
    explained = folded.explain("visitor", row.item_id, k=100).to_pylist()
    whole = max(1, sum(reason["share"] for reason in explained if reason["share"] > 0))
    assert row.reasons[0] == (explained[0]["item_id"], pytest.approx(explained[0]["share"] / whole))


def test_what_speaks_for_an_item_is_never_more_than_all_of_it(visit):
    for row in visit.listed().rows:
        assert 0 < sum(share for _, share in row.reasons) <= 1 + 1e-6


def test_turns_make_lists_rarer_by_equal_steps(visit):
    novelties = []
    for turn in np.linspace(-1, 1, 9):
        visit.set_turn(float(turn))
        novelties.append(visit.listed().novelty)
    steps = np.diff(novelties)
    assert np.all(steps > -0.02)
    for side in (steps[:4], steps[4:]):
        assert side.max() < 2.5 * side.mean()
    visit.set_turn(0)
    before = visit.listed().mean_listeners
    visit.set_turn(0.6)
    assert visit.listed().mean_listeners < before


def test_a_dial_that_changes_nothing_still_turns():
    dial = DialCalibration.of(lambda rarity: 3.0)
    assert dial.rarity(0) == 0
    assert dial.rarity(-1) < 0 < dial.rarity(0.5) < dial.rarity(1)


def test_a_persona_turns_on_its_own(visit):
    before = visit.listed()
    visit.set_turn(1, persona=0)
    after = visit.listed()
    changed = {row.persona for row in after.rows if row not in before.rows}
    assert 0 in changed
    assert [row.item_id for row in before.rows if row.persona == 1] == [r.item_id for r in after.rows if r.persona == 1]


def test_muted_boosted_and_pinned_personas(visit):
    def counts() -> np.ndarray:
        return np.bincount([row.persona for row in visit.listed().rows], minlength=len(visit.cards()))

    plain = counts()
    visit.wish(0).boosted = True
    assert counts()[0] > plain[0]
    visit.wish(0).muted = True
    assert counts()[0] == 0
    visit.wish(1).pinned = True
    assert counts()[1] == counts().sum() > 0
    for number in range(len(visit.cards())):
        visit.wish(number).muted = True
    assert visit.listed().rows == []


def test_names_and_wishes_stay_with_their_persona(visit):
    visit.rename(1, "  Sunday \n mornings " + "x" * 99)
    visit.wish(1).muted = True
    assert visit.cards()[1].name.startswith("Sunday mornings x")
    assert len(visit.cards()[1].name) == MOST_NAME
    made = visit.cards()[1].artists
    visit.more_like(ids(visit)[0])
    card = next(card for card in visit.cards() if card.wish.muted)
    assert set(card.artists) & set(made)
    assert card.name.startswith("Sunday mornings")


def test_wishes_follow_artists_not_numbers():
    wishes = [Wish(name="a"), Wish(name="b")]
    assert [wish.name for wish in carry_over(wishes, [{1, 2}, {3, 4}], [{3, 4, 5}, {1}, {6}])] == ["b", "a", ""]


def test_personas_stay_when_an_artist_comes_or_goes(visit):
    before = visit.folded.groups
    liked = ids(visit)[0]
    visit.more_like(liked)
    new = visit.model.item_ids.index_of(liked)
    assert [group - {new} for group in visit.folded.groups] == before
    visit.remove(liked)
    assert visit.folded.groups == before


def test_what_is_refused_goes_and_what_is_like_it_falls(visit, model):
    refused = ids(visit)[0]
    near = model.similar_items(refused, k=5)["item_id"].to_pylist()
    before = visit.folded.model.scores(np.arange(len(visit.cards()))).max(axis=0)
    visit.deny(refused)
    assert refused not in ids(visit)
    after = visit.folded.model.scores(np.arange(len(visit.cards()))).max(axis=0)
    places = model.item_ids.indexes_of([refused, *near])
    assert after[places].sum() < before[places].sum()
    visit.allow(refused)
    assert refused in ids(visit)


def test_more_of_an_artist_joins_the_own(visit):
    liked = ids(visit)[0]
    visit.more_like(liked)
    assert liked in visit.plays
    assert liked not in ids(visit)
    visit.remove(liked)
    assert liked in ids(visit)


def test_nonsense_is_refused(visit):
    with pytest.raises(UnknownIdError, match="no item with the id 'nobody'"):
        visit.add("nobody")
    with pytest.raises(UnknownIdError, match="no user with the id"):
        visit.become_user("nobody")
    with pytest.raises(DataError, match="a number above 0"):
        visit.add(next(iter(visit.plays)), math.nan)
    with pytest.raises(SettingsError, match="from -1 to 1"):
        visit.set_turn(math.inf)
    with pytest.raises(SettingsError, match="no persona 77"):
        visit.wish(77)
    with pytest.raises(SettingsError, match="Give one of 10, 20"):
        visit.set_length(10**9)
    with pytest.raises(SettingsError, match="'share' or 'max'"):
        visit.set_mix("loud")
    with pytest.raises(DataError, match="None of these artists"):
        visit.become({"nobody": 1.0}, "nowhere")


def test_another_model_takes_over(model):
    other = dc.PersonaNMF(n_factors=8).fit(dc.generate_world(100, 90, items_per_user=10, seed=1).plays, seed=0)
    now = [model]
    visit = Visit(lambda: now[0])
    visit.become_user(model.user_ids.values[0].as_py())
    visit.keep(ids(visit)[0])
    now[0] = other
    known = set(other.item_ids.values.to_pylist())
    assert set(ids(visit)) <= known
    assert set(visit.plays) | set(visit.kept) <= known


def test_the_keep_list_as_files(visit):
    kept = {"1": 'Sigur "Rós", live', "2": "two\nlines"}
    assert json.loads(export(kept, "json")) == [{"item_id": k, "name": n} for k, n in kept.items()]
    assert list(csv.reader(io.StringIO(export(kept, "csv").decode())))[1:] == [list(pair) for pair in kept.items()]
    lines = export(kept, "m3u").decode().splitlines()
    assert lines == [
        "#EXTM3U",
        '#EXTINF:-1,Sigur "Rós", live',
        'Sigur "Rós", live',
        "#EXTINF:-1,two lines",
        "two lines",
    ]


def test_an_export_is_matched_and_the_rest_is_told(model):
    first, second = model.item_ids.take(np.array([3, 8])).to_pylist()
    text = f"{first.upper()}\t40\n{second}\t12\nNobody Ever Heard Of\t3\n"
    visit = Visit(lambda: model)
    visit.take(import_export("plays.tsv", text.encode(), Matcher(model.item_ids, model.item_ids.values)), more=False)
    assert visit.plays == {first: 40, second: 12}
    assert [lost.artist for lost in visit.unmatched] == ["Nobody Ever Heard Of"]
    assert visit.n_unmatched == 1
    visit.take(
        import_export("more.tsv", f"{first}\t2\n".encode(), Matcher(model.item_ids, model.item_ids.values)), more=True
    )
    assert visit.plays == {first: 42, second: 12}


def test_examples_have_several_tastes(model):
    shelf = Shelf(LoadedModel(model, "1"), with_users=True)
    assert len(shelf.examples) > 1
    assert all(len(example.personas) > 1 for example in shelf.examples)
    assert shelf.users_like(shelf.examples[0].user_id) == [shelf.examples[0].user_id]
    hidden = Shelf(LoadedModel(model, "1"), with_users=False)
    assert hidden.examples == hidden.users_like("") == []


def test_guests_are_bounded(model):
    guests = Guests(lambda: Visit(lambda: model), most=2)
    first = guests.visit_of("a")
    guests.visit_of("b")
    assert guests.visit_of("a") is first
    guests.visit_of("c")
    assert len(guests) == 2
    assert guests.visit_of("a") is first


def test_the_map_marks_own_listed_and_personas(visit, model):
    marks = marked(visit, model.item_map, visit.listed(), visit.cards())
    kinds = [mark.kind for mark in marks]
    assert kinds.count("own") == len(visit.plays)
    assert kinds.count("listed") == len(ids(visit))
    assert kinds.count("persona") == len(visit.cards())
    drawn = backdrop(model, model.item_map)
    place = drawn["ids"].index(marks[0].item_id)
    assert (drawn["xs"][place] / 10_000, drawn["ys"][place] / 10_000) == pytest.approx(
        (marks[0].x, marks[0].y), abs=1e-4
    )
