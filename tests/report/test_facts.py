"""The numbers of a report: those of the evaluation, cut as the captions say."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from scipy import sparse

import deepcuts as dc
from deepcuts import report as reports
from deepcuts.comparison.contenders import Contender, describe
from deepcuts.errors import DataError, MissingExtraError, SettingsError, UnknownIdError
from deepcuts.evaluation import describe_personas, item_features, mean_intervals, rank_lists
from deepcuts.model.diagnostics import pairwise_cosines
from deepcuts.report import ReportSettings, baseline_contender, collect, model_contenders, n_steps, render
from deepcuts.report.bands import Bands
from deepcuts.report.exposure import exposure_facts
from deepcuts.report.plots.exposure import exposure_histograms
from deepcuts.report.plots.style import looks

SETTINGS = ReportSettings(k=10, rarities=(-1, 1), n_factors=3, n_listeners=2)


@pytest.fixture(scope="module")
def world():
    return dc.generate_world(160, 140, items_per_user=15, seed=0)


@pytest.fixture(scope="module")
def cut(world):
    return dc.split_holdout(world.plays, fraction=0.2, seed=0)


@pytest.fixture(scope="module")
def model(cut):
    return dc.PersonaNMF(n_factors=8, n_personas=3).fit(cut[0], seed=0)


@pytest.fixture(scope="module")
def features(world, cut):
    scenes = dict(zip(world.plays.item_ids.values.to_pylist(), map(str, world.item_scenes), strict=True))
    return item_features(scenes, cut[0].item_ids)


@pytest.fixture(scope="module")
def steps():
    return []


@pytest.fixture(scope="module")
def report(model, cut, features, steps):
    contenders = [
        *model_contenders({"ours": model}, ["share", "max"], one_persona=True),
        baseline_contender("popularity", {}, 8),
    ]
    found = collect({"ours": model}, contenders, *cut, SETTINGS, features=features, on_step=steps.append)
    assert len(steps) == n_steps(contenders, SETTINGS)
    return found


def test_the_frontier_is_what_evaluate_says(report, model, cut, features):
    assert [one.name for one in report.contenders] == ["ours", "mix by max", "one persona", "popularity"]
    assert [position.rarity for position in report.contenders[0].dial] == [-1, 0, 1]
    cutoffs = {"recall": [10], "novelty": [10], "calibration_kl": [10]}
    for index, (source, options) in enumerate([(model, {}), (model, {"mix": "max"}), (model.base, {})]):
        evaluation = dc.evaluate(source.recommend(k=10, rarity=1, **options), *cut, cutoffs, features=features)
        position = report.contenders[index].dial[-1]
        for row in mean_intervals(evaluation).to_pylist():
            found = position.figures[row["metric"]]
            assert (found.mean, found.low, found.high) == (row["mean"], row["low"], row["high"])


def test_the_figures_at_neutral_come_with_paired_differences(report, model, cut):
    first, second = report.contenders[:2]
    assert first.differences == {}
    expected = dc.evaluate(model.recommend(k=100), *cut).figures
    shared = [name for name in first.figures if name in expected]
    assert {"recall@20", "ndcg@100", "coverage@20", "gini@20"} <= set(shared)
    for name in shared:
        assert first.figures[name].mean == pytest.approx(expected[name]), name
    step = second.differences["recall@20"]
    assert step.difference == pytest.approx(second.figures["recall@20"].mean - first.figures["recall@20"].mean)
    assert step.low <= step.difference <= step.high
    assert 0 < step.p_value <= 1


def test_exposure_has_the_lambda_of_the_evaluation(report, model, cut):
    ranked = rank_lists(model.recommend(k=10), *cut)
    found = exposure_facts([ranked], 10)
    assert found == report.contenders[0].exposure
    expected = dc.evaluate(model.recommend(k=10), *cut, {"exposure_lambda": [10]}).figures["exposure_lambda@10"]
    assert found.fitted_lambda == pytest.approx(expected)
    assert sum(found.shares) == pytest.approx(1)
    assert found.concentration[-1] == (1.0, 1.0)
    assert np.all(np.diff(found.concentration, axis=0) >= 0)
    by_hand = np.sort(ranked.exposure(10))[::-1]
    assert found.shares[0] == pytest.approx(by_hand[: found.edges[1]].sum() / by_hand.sum())


def test_bands_of_history_put_together_are_the_whole(report):
    for one in report.contenders:
        n_users = [band.accuracy.n_users for band in one.by_history]
        assert sum(n_users) == report.plays.n_judged
        mean = np.average([band.accuracy.mean for band in one.by_history], weights=n_users)
        assert mean == pytest.approx(one.figures["recall@10"].mean)


def test_bands_by_hand():
    """Item a has 4 listeners, b 3, c and d 1: bands of about 2.25 pairs are a, b, and the two others."""
    plays = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0], [1, 0, 1, 1]])
    train = dc.Interactions.from_csr(sparse.csr_array(plays), list("stuv"), list("abcd"))
    bands = Bands.of(train)
    assert bands.item_names == ("4", "3", "1")
    assert bands.item_bands.tolist() == [0, 1, 2, 2]
    assert bands.history_edges.tolist() == [1, 2, 3]
    holdout = dc.Interactions.from_csr(sparse.csr_array([[0, 0, 2, 1], [0, 2, 0, 0]]), ["s", "v"], list("abcd"))
    lists = {"user_id": ["s", "v"], "item_id": ["c", "b"], "rank": [1, 1]}
    ranked = rank_lists(pa.table(lists), train, holdout)
    found = bands.by_popularity([ranked], ReportSettings(k=1))
    assert [(band.accuracy.n_users, band.accuracy.mean) for band in found[1:]] == [(1, 1.0), (1, 0.5)]
    assert np.isnan(found[0].accuracy.mean)  # nobody has anything of the first band held out
    assert [(band.name, band.accuracy.n_users) for band in bands.by_history([ranked], ReportSettings(k=1))] == [
        ("2", 1),
        ("3", 1),
    ]


def test_personas_are_described_as_they_are(report, model, cut):
    facts = report.models[0].personas
    described = describe_personas(cut[0], model.user_personas.personas)
    assert facts.mean_effective == pytest.approx(np.mean(described["effective_personas"].to_numpy()), rel=1e-5)
    assert sum(users for _, users in facts.users_by_number) == cut[0].n_users
    assert sum(facts.mean_shares) == pytest.approx(1, abs=1e-5)
    naive = []
    for start, stop in zip(model.persona_indptr[:-1], model.persona_indptr[1:], strict=True):
        for a, b in combinations(model.persona_factors[start:stop].astype(float), 2):
            naive.append(a @ b / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-30))
    cosines, _ = pairwise_cosines(model.persona_factors, model.persona_indptr)
    np.testing.assert_allclose(np.sort(cosines), np.sort(naive), atol=1e-5)
    assert sum(facts.cosine_counts) == facts.n_pairs == len(naive)
    base = np.repeat(model.user_personas.base_factors, np.diff(model.persona_indptr), axis=0)
    lengths = np.linalg.norm(base, axis=1) * np.linalg.norm(model.persona_factors, axis=1)
    assert facts.base_cosine == pytest.approx(np.mean(np.sum(base * model.persona_factors, axis=1) / lengths), rel=1e-5)


def test_listeners_are_those_with_many_and_few_personas(report, model, cut):
    shown = report.models[0].listeners
    effective = describe_personas(cut[0], model.user_personas.personas)["effective_personas"].to_numpy()
    found = [effective[model.user_ids.index_of(one.user_id)] for one in shown]
    assert found == [effective.max(), effective.min()]
    first = shown[0]
    neutral = dict(first.lists)[0.0]
    assert [item.name for item in neutral] == model.recommend(first.user_id, k=10)["item_id"].to_pylist()
    held_out = cut[1].to_arrow().to_pylist()
    own = {row["item_id"] for row in held_out if row["user_id"] == first.user_id}
    assert {item.name for item in neutral if item.is_held_out} == own & {item.name for item in neutral}


def test_factors_shown_are_the_strongest(report, model):
    shares = {row["factor"]: row["share"] for row in model.factors(1).to_pylist()}
    shown = [factor.number for factor in report.models[0].factors]
    assert shown == sorted(shares, key=shares.__getitem__, reverse=True)[:3]


def test_everything_is_json(report):
    values = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert values["contenders"][0]["turns"][1]["figures"]["recall@10"]["mean"] > 0
    assert values["contenders"][0]["figures"]["coverage@20"]["low"] is None  # no interval: not a mean over users
    assert values["plays"]["n_pairs"] == report.plays.n_pairs


def test_json_keeps_the_names_of_version_0_1(report):
    values = report.to_dict()
    first, item = values["contenders"][0], values["models"][0]["listeners"][0]["lists"][0][1][0]
    assert [position["rarity"] for position in first["turns"]] == values["settings"]["turns"] == [-1, 0, 1]
    assert first["exposure"]["places"][-1] == [1.0, 1.0]
    assert values["plays"]["n_held"] == report.plays.n_holdout
    assert item["was_held"] in (True, False)


def test_every_public_name_of_the_package_is_there():
    for name in reports.__all__:
        assert getattr(reports, name).__name__ == name
    assert reports.Contender is Contender


def test_without_labels_calibration_is_left_out(model, cut):
    settings = ReportSettings(rarities=(), n_listeners=0, n_factors=0)
    found = collect({"ours": model}, model_contenders({"ours": model}), *cut, settings)
    assert found.calibration is None
    assert "calibration_kl@20" not in found.contenders[0].figures
    assert found.models[0].listeners == found.models[0].factors == ()


def test_names_tell_models_apart(model):
    names = [one.name for one in model_contenders({"a": model, "b": model.base}, ["max", "share"], one_persona=True)]
    assert names == ["a", "a, mix by share", "a, one persona", "b"]


def test_baselines_take_settings():
    ease = baseline_contender("ease", {"regularization": 60.0, "mix": "max"}, 32)
    assert (ease.name, ease.method.regularization, ease.lists) == ("EASE", 60.0, {"mix": "max"})
    assert describe(ease) == "regularization 60.0, most gigabytes 8.0, mix max"
    assert baseline_contender("random-personas", {}, 32).method.n_factors == 32
    assert describe(baseline_contender("random-personas", {"lean": 2.0}, 32)) == "n factors 32, lean 2.0"
    with pytest.raises(SettingsError, match=r"There is no baseline 'best'. Choose from popularity"):
        baseline_contender("best", {}, 32)
    with pytest.raises(SettingsError, match=r"ease is given a rarity, but a report makes lists at several"):
        baseline_contender("ease", {"rarity": 0.5}, 32)


def test_a_missing_peer_is_found_at_once(monkeypatch):
    monkeypatch.setitem(sys.modules, "implicit.als", None)
    with pytest.raises(MissingExtraError, match=r"implicit is not installed. Run: pip install 'deepcuts\[peers\]'"):
        baseline_contender("implicit", {}, 8)


def test_a_model_that_has_seen_the_holdout_is_refused(world, model, cut):
    cheat = dc.PersonaNMF(n_factors=4, base_epochs=1).fit(world.plays)
    with pytest.raises(DataError, match=r"The model 'cheat' (has|was trained on) [\d,]+ (items|pairs)"):
        collect({"cheat": cheat}, model_contenders({"cheat": cheat}), *cut, SETTINGS)
    few = cut[0].keep_pairs(np.arange(cut[0].n_pairs) != 0)
    with pytest.raises(DataError, match="cannot be judged by it"):
        collect({"ours": model}, model_contenders({"ours": model}), few, cut[1], SETTINGS)


def test_settings_out_of_range():
    with pytest.raises(SettingsError, match=r"accuracy is 'novelty'. Choose from recall"):
        ReportSettings(accuracy="novelty")
    with pytest.raises(SettingsError, match=r"k is 0. It is a whole number from 1 up"):
        ReportSettings(k=0)
    with pytest.raises(SettingsError, match=r"A rarity is 9\. It lies between -4 and 4"):
        ReportSettings(rarities=[9])


def test_two_of_a_name_and_nobody(model, cut):
    twice = [baseline_contender("popularity", {}, 8)] * 2
    with pytest.raises(SettingsError, match=r"Two contenders are called 'popularity'\..* a baseline once"):
        collect({"ours": model}, twice, *cut, SETTINGS)
    with pytest.raises(SettingsError, match="There is nothing to report on"):
        collect({}, [], *cut, SETTINGS)
    with pytest.raises(SettingsError, match=r"^models is \[.*\]\. Give models by the names to show, such as \{'mine'"):
        collect([model], twice[:1], *cut, SETTINGS)


def test_plays_may_be_tables(model, cut):
    settings = ReportSettings(k=5, rarities=(), n_listeners=0, n_factors=0)
    contenders = model_contenders({"ours": model})
    of_tables, of_plays = (
        collect({"ours": model}, contenders, *plays, settings).contenders[0].figures
        for plays in ([part.to_arrow().to_pandas() for part in cut], cut)
    )
    assert of_tables == of_plays


def test_a_listener_who_is_not_there(model, cut):
    settings = ReportSettings(listeners=["nobody"])
    with pytest.raises(UnknownIdError, match="nobody"):
        collect({"ours": model}, model_contenders({"ours": model}), *cut, settings)


def test_users_are_won_and_lost_as_their_figures_say(report, cut, model):
    first, beside = report.contenders[0], report.contenders[1]
    assert first.duel is None
    both = [
        dc.evaluate(model.recommend(k=100, **lists), *cut, {"recall": [10]}).per_user["recall@10"].to_numpy()
        for lists in ({}, {"mix": "max"})
    ]
    expected = [np.sum(both[1] > both[0]), np.sum(both[1] == both[0]), np.sum(both[1] < both[0])]
    assert [beside.duel.better, beside.duel.alike, beside.duel.worse] == expected


def test_the_curve_holds_the_recall_of_the_table_and_times_are_told(report):
    for one in report.contenders:
        curve = dict(one.recall_curve)
        assert curve[20].mean == one.figures["recall@20"].mean
        assert curve[50].mean == one.figures["recall@50"].mean
        assert one.list_seconds > 0
    assert [np.isnan(one.fit_seconds) for one in report.contenders] == [True, True, True, False]


@pytest.fixture(scope="module")
def over_seeds(model, cut):
    """Two trainings of the model, a baseline that draws, and one that does not."""
    other = dc.PersonaNMF(**vars(model.settings)).fit(cut[0], seed=5)
    contenders = [
        *model_contenders({"ours": model}, one_persona=True, other_seeds={"ours": [other]}),
        baseline_contender("random-personas", {"base_epochs": 2, "persona_epochs": 1}, 8),
        baseline_contender("popularity", {}, 8),
    ]
    settings = replace(SETTINGS, rarities=(0.0,), n_listeners=0)
    return other, collect({"ours": model}, contenders, *cut, settings)


@pytest.fixture(scope="module")
def page_over_seeds(over_seeds):
    return render(over_seeds[1])


def test_figures_of_several_seeds_are_means_and_their_spread_is_told(over_seeds, page_over_seeds, model, cut):
    other, report = over_seeds
    ours, _, drawn, counted = report.contenders
    lists = [one.recommend(k=100) for one in (model, other)]
    recalls = [dc.evaluate(one, *cut).figures["recall@20"] for one in lists]
    assert [one["recall@20"] for one in ours.seeds] == pytest.approx(recalls)
    assert ours.figures["recall@20"].mean == pytest.approx(np.mean(recalls))
    assert ours.figures["recall@20"].low <= np.mean(recalls) <= ours.figures["recall@20"].high
    assert ours.spread("recall@20") == pytest.approx(np.std(recalls, ddof=1))
    assert [len(one.seeds) for one in report.contenders] == [2, 2, 2, 2]
    assert drawn.spread("ndcg@100") > 0
    assert counted.spread("ndcg@100") == 0
    difference = counted.differences["recall@20"].difference
    assert difference == pytest.approx(counted.figures["recall@20"].mean - np.mean(recalls))
    assert "means over 2 seeds; after ± their standard deviation" in page_over_seeds
    told = r"Over 2 seeds its <bdi>recall@10</bdi> varies by ±[\d.]+, and it is ahead with [12] of"
    assert re.search(told, page_over_seeds)


def test_a_model_with_one_seed_beside_one_with_several_has_no_spread(over_seeds, model, cut):
    models = {"ours": model, "lone": dc.PersonaNMF(n_factors=4, base_epochs=2).fit(cut[0], seed=0)}
    contenders = model_contenders(models, other_seeds={"ours": [over_seeds[0]]})
    report = collect(models, contenders, *cut, replace(SETTINGS, rarities=(0.0,), n_listeners=0))
    assert [len(one.seeds) for one in report.contenders] == [2, 1]
    assert np.isnan(report.contenders[1].spread("recall@20"))
    page = render(report)
    assert page.count("<small>± ") == len(report.contenders[0].figures)
    assert page.count("eans over 2 seeds (<bdi>lone</bdi>: 1)") == 5  # of the table, and of the captions of plots
    assert "every point is a mean over 2 seeds (<bdi>lone</bdi>: 1), and" in page
    first, lone = (one.seeds for one in report.contenders)
    n_ahead = sum(one["recall@10"] > lone[0]["recall@10"] for one in first)
    assert f"and it is ahead with {n_ahead} of them" in page


def test_dial_curve_exposure_and_bands_are_means_over_seeds(over_seeds, page_over_seeds, model, cut):
    other, report = over_seeds
    ours, one = report.contenders[0], model.recommend(k=100)
    cutoffs = {"recall": [10], "exposure_lambda": [10]}
    both = [dc.evaluate(lists, *cut, cutoffs) for lists in (one, other.recommend(k=100))]
    recall = np.mean([each.figures["recall@10"] for each in both])
    assert recall != pytest.approx(both[0].figures["recall@10"], rel=1e-3)  # the first seed alone is something else
    assert ours.dial[0].figures["recall@10"].mean == pytest.approx(recall)
    assert dict(ours.recall_curve)[10].mean == pytest.approx(recall)
    assert ours.exposure.fitted_lambda == pytest.approx(np.mean([e.figures["exposure_lambda@10"] for e in both]))
    assert sum(ours.exposure.shares) == pytest.approx(1)
    bands = [(band.accuracy.mean, band.accuracy.n_users) for band in ours.by_history]
    assert np.average([mean for mean, _ in bands], weights=[n for _, n in bands]) == pytest.approx(recall)
    of_first = exposure_facts([rank_lists(one, *cut)], 10)
    assert ours.exposure.shares != pytest.approx(of_first.shares)
    assert page_over_seeds.count("Means over 2 seeds.") == 4
    assert "every point is a mean over 2 seeds" in page_over_seeds


def test_what_is_no_other_seed_is_refused(model, cut):
    larger = dc.PersonaNMF(n_factors=4).fit(cut[0], seed=9)
    for other, message in ((larger, "have different settings"), (model, "were trained with the seed 0")):
        contenders = model_contenders({"ours": model}, other_seeds={"ours": [other]})
        with pytest.raises(SettingsError, match=message):
            collect({"ours": model}, contenders, *cut, SETTINGS)


def test_one_long_history_leaves_the_bars_to_the_others():
    from deepcuts.report.plays import _histogram

    lengths = np.append(np.arange(1, 301) % 40 + 1, 100_000)
    edges, counts = _histogram(lengths)
    assert edges[-1] < 60
    assert (sum(counts), len([n for n in counts if n])) == (301, len(counts))


@pytest.mark.parametrize("n_contenders", [1, 2, 3])
def test_exposure_is_drawn_as_high_as_its_label_however_few_contenders_there_are(over_seeds, n_contenders):
    contenders = over_seeds[1].contenders[:n_contenders]
    drawn = exposure_histograms(contenders, looks([one.name for one in contenders]))
    height = float(re.search(r'viewBox="0 0 [\d.]+ ([\d.]+)"', drawn)[1])
    assert height >= 200  # points: "share of recommendations per item", 9 points high, stands upright beside it
    assert drawn.count("λ =") == n_contenders
