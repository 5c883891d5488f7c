"""Numbers and truth values from outside, at every entry."""

from __future__ import annotations

import copy
import math
import pickle
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from scipy.sparse import csr_array

import deepcuts as dc
from deepcuts import Interactions, PersonaNMF, evaluate, generate_world, split_holdout, split_last, split_users
from deepcuts.checks import kind_of, real_number, seed_number, shown, truth, whole_number
from deepcuts.errors import DataError, DeepcutsError, SettingsError
from deepcuts.evaluation import item_features
from deepcuts.model.training.fold_in import check_finite
from deepcuts.recommendation import ListSettings
from deepcuts.report.settings import ReportSettings
from deepcuts.setting_names import check_known
from deepcuts.tuning.settings import TuningSettings

NO_WHOLE_NUMBERS = [True, np.True_, 1.5, np.float64(2), None, "3", [3], Decimal(3), Fraction(3), np.timedelta64(1, "s")]
NO_NUMBERS = [True, np.False_, None, "0.5", math.nan, math.inf, -math.inf, 10**400, [0.5], 1j, np.float64("nan")]
BAD_SEEDS = [-1, 1.5, None, 2**70, True, "3", np.float32(3), 10**400]


def kind(value):
    """Name of a case; numbers of 5,000 digits have no text."""
    return type(value).__name__


@pytest.fixture(scope="module")
def plays():
    return generate_world(n_users=40, n_items=200, items_per_user=12, seed=0).plays


@pytest.fixture(scope="module")
def model(plays):
    return PersonaNMF(n_factors=4, base_epochs=2).fit(plays)


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3), np.int32(3)])
def test_whole_numbers_become_pythons_own(value):
    assert type(whole_number("k", value, 1, 5)) is int


@pytest.mark.parametrize("value", [0.5, np.float32(0.5), np.float64(0.5), Fraction(1, 2)])
def test_numbers_become_pythons_own(value):
    assert type(real_number("lean", value, 0, 1)) is float


@pytest.mark.parametrize("value", [*NO_WHOLE_NUMBERS, 0, 6, 10**400, -(10**5000)], ids=kind)
def test_what_is_no_whole_number_in_range_is_refused(value):
    with pytest.raises(SettingsError, match=r"^k is .*\. It (is a whole number|lies between 1 and 5)\.$"):
        whole_number("k", value, 1, 5)


@pytest.mark.parametrize("value", [*NO_NUMBERS, -0.1, 1.1])
def test_what_is_no_number_in_range_is_refused(value):
    with pytest.raises(SettingsError, match=r"^lean is .*\. It lies between 0 and 1\.$"):
        real_number("lean", value, 0, 1)


@pytest.mark.parametrize("value", ["no", 0, 1, None, np.int64(1), "False"])
def test_what_is_no_truth_value_is_refused(value):
    with pytest.raises(SettingsError, match=r"nonnegative is .*\. Give True or False\."):
        truth("nonnegative", value)
    with pytest.raises(SettingsError, match=r"^nonnegative is .*\. Pass 'both' or 'items' or 'none'\.$"):
        PersonaNMF(nonnegative=value)
    with pytest.raises(SettingsError, match="Give True or False"):
        ListSettings(include_seen=value)


@pytest.mark.parametrize(
    "value", ["x" * 10**6, list(range(10**5)), 10**5000, {"a": "b" * 10**5}, np.zeros(10**6)], ids=kind
)
def test_a_message_shows_200_characters_of_a_value_at_most(value):
    assert len(shown(value)) <= 200
    for refuse in (lambda: PersonaNMF(lean=value), lambda: ListSettings(k=value), lambda: generate_world(value)):
        with pytest.raises(SettingsError) as caught:
            refuse()
        assert len(str(caught.value)) < 500


def test_a_message_shows_values_on_one_line_and_tables_as_what_they_are():
    assert shown(np.eye(2)) == "array([[1., 0.], [0., 1.]])"
    table = pa.table({"user_id": ["a"], "plays": [1]})
    assert (shown(table), shown(table.to_pandas())) == ("a Table", "a DataFrame")


@pytest.mark.parametrize("seed", BAD_SEEDS, ids=kind)
def test_seeds_are_whole_numbers_from_0(plays, seed):
    for use in (
        lambda: PersonaNMF(n_factors=2, base_epochs=1).fit(plays, seed=seed),
        lambda: generate_world(40, 200, items_per_user=12, seed=seed),
        lambda: split_holdout(plays, seed=seed),
        lambda: split_users(plays, seed=seed),
        lambda: TuningSettings(seed=seed),
        lambda: ReportSettings(seed=seed),
        lambda: seed_number(seed),
    ):
        with pytest.raises(SettingsError, match=r"^seed is "):
            use()


@pytest.mark.parametrize("k", [0, -1, True, 1.5, None, "3", 10**400], ids=kind)
def test_lengths_are_whole_numbers_from_1(plays, model, k):
    user, item = plays.user_ids.values[0].as_py(), plays.item_ids.values[0].as_py()
    for use in (
        lambda: model.recommend(user, k=k),
        lambda: model.personas(user, n_items=k),
        lambda: model.explain(user, item, k=k),
        lambda: model.similar_items(item, k=k),
        lambda: model.factors(n_items=k),
        lambda: split_last(plays, n=k),
        lambda: ReportSettings(k=k),
        lambda: TuningSettings(n_trials=k),
        lambda: evaluate(model.recommend(user), plays, plays, {"recall": [k]}),
    ):
        with pytest.raises(DeepcutsError):
            use()


def test_scalars_of_numpy_are_settings_that_can_be_saved(plays, tmp_path):
    settings = PersonaNMF(
        n_factors=np.int32(4),
        lean=np.float32(0.5),
        base_epochs=np.int64(2),
        nonnegative=np.True_,
        start=np.str_("copy"),
    )
    trained = settings.fit(plays, seed=np.int64(3))
    trained.save(tmp_path / "model.safetensors")
    loaded = dc.load(tmp_path / "model.safetensors")
    assert loaded.settings == trained.settings
    assert (loaded.item_side.seed, type(loaded.settings.lean)) == (3, float)
    table = trained.recommend(k=np.int64(5), rarity=np.float32(0.5), base_lean=np.float64(0.25), pick=np.array([0, 1]))
    assert table.num_rows == 5 * len(plays.user_ids)


def test_users_from_a_generator_and_filters_from_arrays(plays, model):
    users = plays.user_ids.values[:3].to_pylist()
    expected = model.recommend(users, k=5)
    assert model.recommend((user for user in users), k=5).equals(expected)
    denied = expected["item_id"].unique().to_numpy(zero_copy_only=False)
    assert not set(model.recommend(users, k=5, deny=denied)["item_id"].to_pylist()) & set(denied)
    assert set(model.recommend(users, k=5, allow=denied)["item_id"].to_pylist()) <= set(denied)


def test_fold_in_takes_each_item_once():
    plays = Interactions.from_csr(csr_array(np.ones((3, 4))), ["a", "b", "c"], [1, 2, 3, 4])
    trained = PersonaNMF(n_factors=2, base_epochs=1).fit(plays)
    with pytest.raises(DataError, match=r"1 and '1' are the same item id, '1'\. Give each item once\."):
        trained.fold_in({1: 5, "1": 3})
    assert trained.fold_in({1.0: 5, np.int64(2): np.float32(3)}).seen.plays.tolist() == [5, 3]
    for count in (True, None, "3", math.nan, 10**400):
        with pytest.raises(DataError, match="The play count of 1 is "):
            trained.fold_in({1: count})


def test_training_that_overflows_is_an_error_and_names_settings(plays):
    with pytest.raises(SettingsError, match=r"Some factors are not finite, with nonnegative=.*Pass nonnegative='both'"):
        check_finite(np.array([[np.nan]], np.float32), PersonaNMF())


def test_evaluations_are_pickled_and_copied(plays, model):
    train, holdout = split_holdout(plays)
    judged = evaluate(PersonaNMF(n_factors=4, base_epochs=1).fit(train).recommend(), train, holdout)
    for copied in (pickle.loads(pickle.dumps(judged)), copy.deepcopy(judged), copy.copy(judged)):
        np.testing.assert_equal(dict(copied.figures), dict(judged.figures))
        assert copied.per_user.equals(judged.per_user)
        with pytest.raises(TypeError):
            copied.figures["recall@20"] = 1


def test_tags_that_all_weigh_nothing_are_none(plays):
    items = plays.item_ids.values
    tags = pa.table({"item_id": items, "tag": ["a"] * len(items), "weight": [0.0] * len(items)})
    tagged = plays.with_labels(tags=tags)
    trained = PersonaNMF(n_factors=4, base_epochs=1).fit(tagged)
    assert tagged.labels.tags.nnz == 0
    assert len(trained.factor_names()) == 4
    train, holdout = split_holdout(tagged)
    assert evaluate(PersonaNMF(n_factors=4, base_epochs=1).fit(train).recommend(), train, holdout).n_users > 0
    features = item_features(tags.rename_columns(["item_id", "label", "weight"]), plays.item_ids)
    assert features.matrix.nnz == 0
    lists = PersonaNMF(n_factors=4, base_epochs=1).fit(train).recommend()
    judged = evaluate(
        lists,
        train,
        holdout,
        features=item_features(tags.rename_columns(["item_id", "label", "weight"]), train.item_ids),
    )
    assert all(math.isnan(value) for name, value in judged.figures.items() if "calibration" in name)


def test_types_are_named_with_their_article():
    values = [1, "a", np.zeros(1), pa.array([1]), {}, None]
    assert [kind_of(value) for value in values] == ["an int", "a str", "an ndarray", "an Int64Array", "a dict", "None"]


def test_an_unknown_name_is_told_with_the_one_that_was_probably_meant():
    for call, message in (
        (
            lambda: check_known("metric", "recal", ["recall", "gini"]),
            "no metric 'recal'. Did you mean 'recall'?",
        ),
        (lambda: check_known("metric", "xyz", ["recall"]), "no metric 'xyz'. Choose from recall."),
        (lambda: check_known("metric", [], {"recall": 1}), "no metric []. Choose from recall."),
    ):
        with pytest.raises(SettingsError, match=re.escape(message)):
            call()
