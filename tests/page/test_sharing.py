"""What goes to others and comes from them: a picture, a link, a blend."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

import deepcuts as dc
from browsing import HOSTILE
from deepcuts.errors import DataError
from deepcuts.history import Matcher
from deepcuts.model.taste_match import usual_matches
from deepcuts.web.page.state.blend import blend, leave_blend
from deepcuts.web.page.state.item_choices import refuse
from deepcuts.web.page.state.own_artists import add_artist, replace_artists, start_from_user
from deepcuts.web.page.state.persona_card import WIDTH, percent, persona_card
from deepcuts.web.page.state.persona_options import PersonaOptions
from deepcuts.web.page.state.profile import profile_of, restore_profile, shared_profile
from deepcuts.web.page.state.view_models import ListRow, PersonaCard, persona_cards, recommended_list
from deepcuts.web.page.state.visit import Visit

TEXT = "{http://www.w3.org/2000/svg}text"


@pytest.fixture(scope="module")
def model():
    plays = dc.generate_world(200, 160, items_per_user=20, seed=0).plays
    return dc.PersonaNMF(n_factors=12).fit(plays, seed=0)


@pytest.fixture
def visit(model) -> Visit:
    visit = Visit(lambda: model)
    start_from_user(visit, model.user_ids.values[int(np.argmax(np.diff(model.seen.indptr)))].as_py())
    return visit


def texts(svg: str) -> list[str]:
    return [one.text or "" for one in ET.fromstring(svg).iter(TEXT)]


def test_the_picture_tells_personas_and_the_rarest_of_the_list(visit):
    cards, rows = persona_cards(visit), recommended_list(visit).rows
    told = texts(persona_card(cards, rows))
    assert "My tastes" in told
    for card in cards:
        assert percent(card.share) in told
        assert card.artists[0] in " ".join(told)
    rarest = sorted(rows, key=lambda row: (row.listeners, row.rank))[:6]
    assert told[-12::2] == [row.name for row in rarest]


def test_names_stay_text_and_within_the_picture():
    name = HOSTILE + "\x00\ufffe & <b>" + "w" * 300
    card = PersonaCard(0, name, 1.0, [name] * 6, 6, PersonaOptions())
    svg = persona_card([card], [ListRow(1, "a", name, 0, 0, 1, False, [])])
    root = ET.fromstring(svg)
    assert {one.tag.partition("}")[2] for one in root.iter()} <= {"svg", "title", "rect", "circle", "text"}
    for one in (one for one in root.iter(TEXT) if one.get("text-anchor") == "start"):
        assert int(one.get("x")) + len(one.text) * int(one.get("font-size")) * 0.6 <= WIDTH


def test_shares_are_rounded_half_up_as_on_the_page():
    assert [percent(share) for share in (0.625, 0.125, 0.25, 1.0)] == [
        "63\u00a0%",
        "13\u00a0%",
        "25\u00a0%",
        "100\u00a0%",
    ]


def test_a_picture_of_nothing_is_a_picture():
    assert "My tastes" in texts(persona_card([], []))


def test_a_link_holds_artists_and_nothing_else(visit, model):
    visit.kept["x"], visit.refused["y"] = "kept", "refused"
    profile = json.loads(json.dumps(shared_profile(visit)))
    assert set(profile) == {"version", "artists"}
    again = Visit(lambda: model)
    assert restore_profile(again, profile, None) == 0  # ids and names agree: nothing is searched
    assert again.plays == pytest.approx(visit.plays)
    assert (again.kept, again.refused, again.source) == ({}, {}, "")


def test_a_blend_is_for_both_and_can_be_left(visit, model):
    mine, source = dict(visit.plays), visit.source
    theirs = dict(zip(model.item_ids.values.to_pylist()[:6], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], strict=True))
    theirs[next(iter(mine))] = 9.0
    not_wanted = next(row.item_id for row in recommended_list(visit).rows if row.item_id not in theirs)
    refuse(visit, not_wanted)
    blend(visit, theirs, usual_matches(model, 60, seed=0))
    assert set(visit.plays) == set(mine) | set(theirs)
    assert sum(visit.plays.values()) == pytest.approx(2 * sum(mine.values()))  # both count alike
    found = visit.blend
    assert 0 < found.match < 1
    assert 0 <= found.closer <= 1
    assert next(iter(mine)) in found.common
    assert found.n_theirs == len(theirs)
    assert not {row.item_id for row in recommended_list(visit).rows} & {*visit.plays, not_wanted}
    add_artist(visit, model.item_ids.values.to_pylist()[20])
    blend(visit, mine, usual_matches(model, 60, seed=0))  # another person takes the place of the first
    assert visit.blend.match == pytest.approx(1, abs=1e-5)
    leave_blend(visit)
    assert (visit.plays, visit.source, visit.blend) == (mine, source, None)
    assert list(visit.plays) == list(mine)  # in their order
    assert list(visit.refused) == [not_wanted]


def test_a_profile_and_a_link_remember_a_blend(visit, model):
    mine, source = dict(visit.plays), visit.source
    theirs = dict.fromkeys(model.item_ids.values.to_pylist()[:5], 4.0)
    blend(visit, theirs, usual_matches(model, 60, seed=0))
    for saved in (profile_of(visit), shared_profile(visit)):
        again = Visit(lambda: model)
        assert restore_profile(again, json.loads(json.dumps(saved)), None) == 0
        assert again.plays == pytest.approx(visit.plays, abs=0.01)
        assert replace(again.blend, mine={}) == replace(visit.blend, mine={})
        leave_blend(again)
        assert again.plays == pytest.approx(mine)
        assert again.source == source
    forged = profile_of(visit) | {"blend": saved["blend"] | {"match": 7, "shared": [["a"], 3], "common": [1, "x"]}}
    again = Visit(lambda: model)
    restore_profile(again, forged, None)
    assert (again.blend.match, again.blend.shared, again.blend.common) == (1.0, [], ["x"])
    alone = profile_of(visit) | {"blend": saved["blend"] | {"artists": [["of elsewhere", "Nobody", 3.0]]}}
    restore_profile(again, alone, Matcher(model.item_ids, model.item_ids.values, model.item_listeners))
    assert again.blend is None


def test_there_is_nothing_to_blend_with_at_first(model):
    with pytest.raises(DataError, match="Add some artists of yours first"):
        blend(Visit(lambda: model), {model.item_ids.values[0].as_py(): 1.0}, np.empty(0, np.float32))
    visit = Visit(lambda: model)
    replace_artists(visit, {model.item_ids.values[0].as_py(): 1.0}, "")
    leave_blend(visit)
    assert len(visit.plays) == 1
