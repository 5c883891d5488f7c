"""Plots for notebooks: what is drawn is what was measured."""

from __future__ import annotations

import io

import matplotlib as mpl
import numpy as np
import pyarrow as pa
import pytest
from matplotlib.figure import Figure

import deepcuts as dc
from deepcuts.errors import DataError, SettingsError, UnknownIdError
from deepcuts.report import plot_frontier
from deepcuts.report.plots.fonts import drawable, families
from deepcuts.report.plots.style import short

mpl.use("Agg")  # no window, wherever the tests run


@pytest.fixture(scope="module")
def cut():
    return dc.split_holdout(dc.generate_world(n_users=60, n_items=120, items_per_user=12, seed=0).plays, seed=0)


@pytest.fixture(scope="module")
def model(cut):
    return dc.PersonaNMF(n_factors=6, n_personas=2, base_epochs=3).fit(cut.train, seed=0)


def axes():
    return Figure().subplots()


def test_bars_are_as_long_as_the_figures(cut, model):
    found = dc.evaluate(model.recommend(k=20), *cut, cutoffs={"recall": [5, 20], "novelty": [20], "gini": [20]})
    drawn = found.plot(ax=axes())
    assert [label.get_text() for label in drawn.get_yticklabels()] == ["recall@5", "recall@20", "gini@20 ↓"]
    lengths = [bar.get_width() for bar in drawn.patches]
    assert lengths == [found["recall@5"], found["recall@20"], found["gini@20"]]


def test_figures_of_other_ranges_alone_cannot_be_drawn(cut, model):
    found = dc.evaluate(model.recommend(k=20), *cut, cutoffs={"novelty": [20]})
    with pytest.raises(SettingsError, match="None of the figures lies between 0 and 1"):
        found.plot()


def test_the_map_has_a_star_for_each_persona(model):
    user = model.user_ids[int(np.argmax(np.diff(model.persona_indptr)))]
    drawn = model.plot_map(user=user, n_names=5, ax=axes())
    assert [text.get_text() for text in drawn.get_legend().get_texts()] == model.persona_names(user)
    assert 1 <= len(drawn.texts) <= 5
    assert len(model.plot_map(ax=axes(), n_names=0).texts) == 0
    with pytest.raises(UnknownIdError):
        model.plot_map(user="nobody", ax=axes())


def test_the_frontier_is_that_of_the_lists(cut, model):
    drawn = plot_frontier({"ours": model, "popular": dc.Popularity().fit(cut.train)}, *cut, rarities=[0, 1], ax=axes())
    line = drawn.get_lines()[0]
    expected = [
        dc.evaluate(model.recommend(k=20, rarity=rarity), *cut, cutoffs={"novelty": [20], "recall": [20]})
        for rarity in (0, 1)
    ]
    assert line.get_xdata().tolist() == [each["novelty@20"] for each in expected]
    assert line.get_ydata().tolist() == [each["recall@20"] for each in expected]
    assert [text.get_text() for text in drawn.get_legend().get_texts()] == ["ours", "popular"]
    with pytest.raises(SettingsError, match="no rarities"):
        plot_frontier(model, *cut, rarities=[])
    with pytest.raises(SettingsError, match="There are no models to draw"):
        plot_frontier({}, *cut)
    for odd in ([model], {"ours": dc.PersonaNMF()}):
        with pytest.raises(SettingsError, match=r"which has no recommend\(users=None, k=20, \*\*settings\)"):
            plot_frontier(odd, *cut)


def test_axes_are_made_where_none_are_given(cut, model):
    from matplotlib import pyplot

    drawn = plot_frontier(model, cut.train.to_arrow(), cut.holdout.to_arrow(), rarities=[0])
    pyplot.close(drawn.figure)
    assert drawn.get_xlabel() == "novelty@20"


@pytest.mark.parametrize("ax", [3, "here", [], Figure(), Figure().subplots(1, 2)])
def test_what_is_no_axes_is_refused(cut, model, ax):
    found = dc.evaluate(model.recommend(k=20), *cut)
    for draw in (found.plot, model.plot_map, lambda ax: plot_frontier(model, *cut, rarities=[0], ax=ax)):
        with pytest.raises(SettingsError, match=r"ax is .* Give axes of matplotlib"):
            draw(ax=ax)


def test_axes_without_a_frame_are_drawn_into(cut, model):
    polar = Figure().add_subplot(projection="polar")
    assert dc.evaluate(model.recommend(k=20), *cut).plot(ax=polar) is polar


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rarities": 0.5}, "rarities is 0.5. Give a list of them"),
        ({"rarities": iter(())}, "There are no rarities to draw"),
        ({"x": 3}, "Figures is 3"),
    ],
)
def test_positions_and_figures_of_the_frontier_are_checked(cut, model, settings, message):
    with pytest.raises(SettingsError, match=message):
        plot_frontier(model, *cut, **settings)


def test_positions_may_come_one_at_a_time_and_names_are_counted(cut, model):
    drawn = plot_frontier(model, *cut, rarities=iter((0, 1)), ax=axes())
    assert len(drawn.get_lines()[0].get_xdata()) == 2
    with pytest.raises(SettingsError, match="n_names is -1"):
        model.plot_map(n_names=-1)


def test_a_model_of_a_caller_is_told_by_its_name(cut):
    class Empty:
        def recommend(self, users=None, k=20, **settings):
            return None

    with pytest.raises(DataError, match=r"mine: The lists are None, not a table\."):
        plot_frontier({"mine": Empty()}, *cut, rarities=[0])


def test_names_of_all_kinds_stand_in_legends_as_they_are(cut, model):
    names = ["_A$AP Ke$ha", r"$\frac{$", "W" * 300, "a\nb"]
    axes = plot_frontier(dict.fromkeys(names, model), *cut, rarities=[0])
    axes.figure.draw_without_rendering()
    shown = [text.get_text() for text in axes.get_legend().get_texts()]
    assert shown == [r"_A\$AP Ke\$ha", r"\$\frac{\$", "W" * 59 + "…", "a\ufffdb"]
    hidden = pa.table({"item_id": model.item_ids.values, "name": [f"_{item}$" for item in model.item_ids]})
    own = dc.PersonaNMF(n_factors=4, n_personas=2, base_epochs=2).fit(cut.train.with_labels(hidden))
    user = own.user_ids[0]
    legend = own.plot_map(user=user).get_legend()
    expected = [short(name, 60) for name in own.persona_names(user)]
    assert [text.get_text() for text in legend.get_texts()] == expected
    assert all(name.startswith("_") for name in expected)


NAMES = [
    "椎名林檎",
    "아이유",
    "فيروز",
    "मुंबई",
    "😀 band \u2764\ufe0f",
    "A\u200bB",
    "Sigur Rós",
    "Björk $ $",
    "\ue000",
    "a\nb",
]


def test_names_of_every_script_are_drawn_without_a_warning(cut, model):
    items = cut.train.item_ids.values.to_pylist()
    names = {item: NAMES[index % len(NAMES)] for index, item in enumerate(items)}
    named = dc.PersonaNMF(n_factors=4, base_epochs=2).fit(cut.train.with_labels(names=names))
    named.plot_map(user=named.user_ids[0], n_names=100, ax=axes()).figure.savefig(io.BytesIO())
    drawn = plot_frontier(dict.fromkeys(NAMES, model), *cut, rarities=[0], ax=axes())
    drawn.figure.savefig(io.BytesIO())
    written = [text.get_text() for text in drawn.get_legend().get_texts()]
    assert written[5:7] == ["AB", "Sigur Rós"]
    assert written[8:] == ["\ufffd", "a\ufffdb"]
    assert len(written) == len(NAMES)


def test_fonts_are_those_that_are_there_and_that_the_user_has_set():
    from matplotlib.font_manager import get_font_names

    with mpl.rc_context({"font.family": ["DejaVu Serif", "DejaVu Sans"]}):
        assert families()[:2] == ["DejaVu Serif", "DejaVu Sans"]
        assert set(families()) <= set(get_font_names())
        assert drawable("Ωμέγα\ue000") == "Ωμέγα\ufffd"
