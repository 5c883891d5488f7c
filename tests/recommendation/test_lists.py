"""Lists of users from dense scores: the twin, and the laws that every list keeps."""

from __future__ import annotations

import logging
from dataclasses import replace

import numba
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from deepcuts.data.interactions import Interactions
from deepcuts.errors import SettingsError, UnknownIdError
from deepcuts.recommendation import ListSettings, recommend, recommend_batches
from reference import lists as reference
from reference.lists import DenseScores, lists_of_table, names, random_source

ITEMS = names("item", 25)
PERSONAS = st.integers(0, 4)
STRENGTHS = st.sampled_from([-0.5, -0.1, 0.0, 0.2, 1.0])
ASKED = st.builds(
    ListSettings,
    k=st.integers(1, 30),
    strength=STRENGTHS | st.dictionaries(PERSONAS, STRENGTHS),
    dial=st.sampled_from(["norm", "shift", "power"]),
    frequency=st.sampled_from(["listeners", "plays"]),
    mix=st.sampled_from(["share", "max"]),
    include_seen=st.booleans(),
    allow=st.none() | st.lists(st.sampled_from(ITEMS)),
    deny=st.lists(st.sampled_from(ITEMS)),
    pick=st.none() | st.lists(PERSONAS),
    weights=st.dictionaries(PERSONAS, st.sampled_from([0.0, 0.5, 1.0, 3.0])),
)
SOURCES = st.builds(random_source, st.integers(0, 10_000))

law = settings(deadline=None)


@pytest.fixture
def source() -> DenseScores:
    return random_source(0)


@given(SOURCES, ASKED)
@law
def test_lists_are_those_of_the_twin(source: DenseScores, asked: ListSettings) -> None:
    assert lists_of_table(recommend(source, None, asked)) == reference.lists(source, asked)


def test_a_list_is_a_table_of_five_columns(source: DenseScores) -> None:
    expected = [
        ("user_id", "string"),
        ("item_id", "string"),
        ("rank", "int32"),
        ("score", "float"),
        ("persona", "int8"),
    ]
    for users in (None, "user 003", []):
        schema = recommend(source, users, ListSettings()).schema
        assert [(field.name, str(field.type)) for field in schema] == expected


def rows_by_user(table: pa.Table) -> dict[str, list[dict]]:
    by_user: dict[str, list[dict]] = {}
    for row in table.to_pylist():
        by_user.setdefault(row["user_id"], []).append(row)
    return by_user


@given(SOURCES, ASKED)
@law
def test_no_filter_leaks(source: DenseScores, asked: ListSettings) -> None:
    for user, rows in rows_by_user(recommend(source, None, asked)).items():
        listed = {row["item_id"] for row in rows}
        assert listed.isdisjoint(asked.deny)
        assert asked.allow is None or listed <= set(asked.allow)
        seen = source.item_ids.take(source.seen.user_items(source.user_ids.index_of(user))[0]).to_pylist()
        assert asked.include_seen or listed.isdisjoint(seen)


@given(SOURCES, ASKED)
@law
def test_ranks_count_from_one_and_no_item_comes_twice(source: DenseScores, asked: ListSettings) -> None:
    for rows in rows_by_user(recommend(source, None, asked)).values():
        assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
        assert len({row["item_id"] for row in rows}) == len(rows) <= asked.k


@given(SOURCES, ASKED)
@law
def test_the_scores_of_every_persona_fall(source: DenseScores, asked: ListSettings) -> None:
    for rows in rows_by_user(recommend(source, None, asked)).values():
        for persona in {None} if asked.mix == "max" else {row["persona"] for row in rows}:
            scores = [row["score"] for row in rows if persona in (None, row["persona"])]
            assert scores == sorted(scores, reverse=True)


@given(SOURCES, ASKED)
@law
def test_a_list_holds_all_that_qualifies_and_no_filler(source: DenseScores, asked: ListSettings) -> None:
    found = rows_by_user(recommend(source, None, asked))
    for index, user in enumerate(source.user_ids.values.to_pylist()):
        rows = source.table[slice(*source.persona_indptr[index : index + 2])]
        unmuted = [row for p, row in enumerate(rows) if reference.weight_of(p, asked) > 0]
        qualify = {
            item for item in reference.listable_items(source, index, asked) if any(row[item] != 0 for row in unmuted)
        }
        listed = {source.item_ids.index_of(row["item_id"]) for row in found.get(user, [])}
        assert listed <= qualify
        assert len(listed) == min(asked.k, len(qualify))


@given(SOURCES, ASKED)
@law
def test_a_batch_is_its_users_one_by_one(source: DenseScores, asked: ListSettings) -> None:
    alone = [recommend(source, user, asked) for user in source.user_ids.values.to_pylist()]
    assert recommend(source, None, asked).equals(pa.concat_tables(alone))


@given(SOURCES, ASKED, st.permutations(range(7)))
@law
def test_permuting_users_permutes_their_lists(source: DenseScores, asked: ListSettings, order: list[int]) -> None:
    before = lists_of_table(recommend(source, None, asked))
    after = lists_of_table(recommend(source.taken(np.array(order), np.arange(25)), None, asked))
    users = names("user", 7)
    moved = {users[index]: before[users[user]] for index, user in enumerate(order) if users[user] in before}
    assert after == moved


@given(SOURCES, ASKED, st.permutations(range(25)))
@law
def test_permuting_items_permutes_the_lists(source: DenseScores, asked: ListSettings, order: list[int]) -> None:
    moved = source.taken(np.arange(7), np.array(order))
    new_name = {ITEMS[item]: ITEMS[index] for index, item in enumerate(order)}
    allow = None if asked.allow is None else [new_name[item] for item in asked.allow]
    asked_moved = replace(asked, allow=allow, deny=[new_name[item] for item in asked.deny])
    before = lists_of_table(recommend(source, None, asked))
    after = lists_of_table(recommend(moved, None, asked_moved))
    assert after == {user: [(new_name[item], persona) for item, persona in own] for user, own in before.items()}


def test_users_come_in_the_order_asked_for_and_once(source: DenseScores) -> None:
    table = recommend(source, ["user 004", "user 001", "user 004"], ListSettings(k=2))
    assert table["user_id"].to_pylist() == ["user 004", "user 004", "user 001", "user 001"]


def test_an_unknown_user_is_an_error(source: DenseScores) -> None:
    with pytest.raises(UnknownIdError, match=r"There is no user 'user 99' among 7 users\."):
        recommend(source, "user 99", ListSettings())


def test_unknown_users_of_a_batch_are_left_out_with_a_warning(
    source: DenseScores, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        table = recommend(source, ["zoe", "user 002", "yan"], ListSettings())
    assert caplog.messages == ["Of 3 users, 2 are unknown and left out: 'zoe', 'yan'"]
    assert table.equals(recommend(source, "user 002", ListSettings()))


def test_a_warning_of_many_unknown_users_names_twenty(source: DenseScores, caplog: pytest.LogCaptureFixture) -> None:
    recommend(source, ["user 002", *names("nobody", 21)], ListSettings())
    assert caplog.messages[0].startswith("Of 22 users, 21 are unknown and left out: 'nobody 000', 'nobody 001'")
    assert caplog.messages[0].endswith("'nobody 018', 'nobody 019' …")


def test_a_batch_of_unknown_users_alone_is_an_error(source: DenseScores) -> None:
    with pytest.raises(UnknownIdError, match=r"None of the 2 users is known\. There is no user 'zoe'"):
        recommend(source, ["zoe", "yan"], ListSettings())


@pytest.mark.parametrize("name", ["allow", "deny"])
def test_an_unknown_item_cannot_be_filtered(source: DenseScores, name: str) -> None:
    message = f"Cannot {name} an item that is not in the catalogue. There is no item 'item 25' among 25 items."
    with pytest.raises(SettingsError, match=message):
        recommend(source, None, ListSettings(**{name: ["item 003", "item 25"]}))


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="twenty million scores take minutes without the JIT")
def test_many_scores_come_in_several_tables_whose_borders_do_not_matter() -> None:
    n_users, n_items = 40, 400_000
    users, items = names("user", n_users), [f"item {index:06d}" for index in range(n_items)]
    seen = Interactions.from_csr(sparse.csr_array(([1.0], ([0], [0])), shape=(n_users, n_items)), users, items)
    indptr = np.cumsum([0, *[2, 1] * (n_users // 2)])
    values = np.random.default_rng(0).uniform(1, 2, n_items + indptr[-1] - 1).astype(np.float32)
    table = np.lib.stride_tricks.sliding_window_view(values, n_items)  # all rows differ, and share memory
    source = DenseScores(seen, indptr, np.ones(indptr[-1], np.float32), table)
    asked = ListSettings(k=3, rarity=0.1)
    tables = list(recommend_batches(source, None, asked))
    assert len(tables) > 1
    assert pa.concat_tables(tables)["user_id"].unique().to_pylist() == users
    for part in tables:
        for lists in (part[:3], part[-3:]):  # of the first and of the last user of a table
            assert lists.equals(recommend(source, lists["user_id"][0].as_py(), asked))
