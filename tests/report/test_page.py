"""The page: whole, harmless, and as it should be in a browser."""

from __future__ import annotations

import json
import re
import shutil
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from matplotlib.figure import Figure

import deepcuts as dc
from browsing import new_page
from deepcuts.errors import MissingExtraError, OutputError
from deepcuts.evaluation.registry import METRICS
from deepcuts.report import ReportSettings, baseline_contender, collect, model_contenders, render, write
from deepcuts.report.facts import Difference
from deepcuts.report.plots.frontier import has_outsiders
from deepcuts.report.plots.loss import loss_by_term
from deepcuts.report.plots.style import looks, mark
from deepcuts.report.sections.html import embedded_json, number, text
from deepcuts.report.sections.overview import overview
from deepcuts.report.sections.verdict import verdict
from deepcuts.report.sections.words import best_of, in_words
from waiting import PATIENCE

NASTY = "<script>alert(1)</script> & \"Sons\" 'n' <img src=x onerror=alert(2)> $x_1$ \x1b[31m\u202e"
FIGURES = ["popularity", "history", "frontier-novelty", "frontier-calibration-kl", "exposure", "concentration",
           "recall", "by-history", "by-popularity", "effective", "cosines", "shares", "loss-0"]  # fmt: skip


class Elements(HTMLParser):
    """Start tags and texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture(scope="module")
def report():
    """A report on a world all of whose names and tags, and that of the model, are markup."""
    world = dc.generate_world(150, 130, items_per_user=15, seed=0)
    ids = world.plays.item_ids.values.to_pylist()
    tags = pa.table({"item_id": ids, "tag": [f"{NASTY} {scene}" for scene in world.item_scenes]})
    plays = world.plays.with_labels({one: f"{NASTY} {one}" for one in ids}, tags)
    train, holdout = dc.split_holdout(plays, fraction=0.2, seed=0)
    models = {NASTY: dc.PersonaNMF(n_factors=8, n_personas=3, persona_epochs=2).fit(train, seed=0)}
    features = dc.evaluation.tag_features(train.labels, train.item_ids)
    contenders = [*model_contenders(models, ["share", "max"]), baseline_contender("popularity", {}, 8)]
    settings = ReportSettings(k=10, rarities=(-0.5, 0.5, 1), n_factors=4, n_listeners=2)
    return collect(models, contenders, train, holdout, settings, features=features, label_source=NASTY)


@pytest.fixture(scope="module")
def page(report):
    return render(report)


@pytest.fixture(scope="module")
def elements(page):
    return Elements(page)


def test_names_are_text_and_nothing_else(page, elements):
    assert [attributes for tag, attributes in elements.tags if tag == "script"] == [
        {"type": "application/json", "id": "numbers"}
    ]
    assert not {"img", "iframe", "object"} & {tag for tag, _ in elements.tags}
    assert not any(name.startswith("on") for _, attributes in elements.tags for name in attributes)
    assert sum("<img src=x onerror=alert(2)> $x_1$ \ufffd[31m" in one for one in elements.texts) > 40
    assert "\x1b" not in page


def test_nothing_leads_outside(page, elements):
    assert not re.search(r"https?:|//[a-z]|@import|url\((?!#)", page)
    for tag, attributes in elements.tags:
        for name in ("src", "href", "xlink:href", "data", "action"):
            value = attributes.get(name) or "#"
            assert value.startswith(("#", "data:,")), (tag, name, value)


def test_every_figure_is_there_and_ids_are_unique(page, elements):
    ids = [attributes["id"] for _, attributes in elements.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for name in FIGURES:
        assert any(one.startswith(f"{name}-") for one in ids), name
    for used in re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', page):
        assert max(used) in ids


def test_the_verdict_comes_first_and_the_best_of_every_row_is_marked(report, page):
    told = re.search(r'<p class="verdict">(.*?)</p>', page).group(1)
    means = [one.figures[report.accuracy].mean for one in report.contenders]
    best = report.contenders[int(np.argmax(means))]
    assert text(best.name) in told.partition("</strong>")[0]
    assert f"{max(means):.3f}" in told
    assert "Turned to rarity 1" in told
    table = page[page.index("<table") : page.index("</table>")]
    assert table.count('class="best"') == table.count("<tr>") - 1
    assert table.count("↑") + table.count("↓") == table.count("<tr>") - 1
    assert best_of("gini@20", [0.5, float("nan"), 0.4]) == 2
    assert best_of("recall@20", [float("nan")]) == -1


def test_words_tell_the_cut_off_of_every_figure():
    for name, metric in METRICS.items():
        words = [in_words(f"{name}@{k}").partition(" <span")[0] for k in (10, 20, 50)]
        assert len(set(words)) == (3 if words[0] else 1), metric
        assert all(str(k) in text for k, text in zip((10, 20, 50), words, strict=True) if text)


def test_a_verdict_says_whether_chance_may_have_given_it(report):
    first, rival = report.contenders[0], report.contenders[-1]
    name = report.accuracy

    def judged(mean: float, p_value: float) -> str:
        figures = {**rival.figures, name: replace(rival.figures[name], mean=mean)}
        apart = Difference(mean - first.figures[name].mean, 0.0, 0.0, p_value)
        beside = replace(rival, figures=figures, differences={name: apart})
        return verdict(replace(report, contenders=(first, beside)))

    assert "reliably more than the other" in judged(0.0, 0.001)
    assert "against 0 of 1 other" in judged(0.0, 0.4)
    assert "reliably more than <bdi>" in judged(0.99, 0.001)
    assert "though no more than chance may give over" in judged(0.99, 0.4)


def test_a_close_up_has_two_lines_at_least(report):
    axes = report.novelty, report.accuracy
    first = report.contenders[0]
    far = replace(
        first,
        dial=tuple(
            replace(position, figures={name: replace(one, mean=one.mean / 9) for name, one in position.figures.items()})
            for position in first.dial
        ),
    )
    assert has_outsiders((first, first, far), axes)
    assert not has_outsiders((first, far), axes)


def test_plots_take_the_colour_of_the_text(page):
    assert page.count("currentColor") > 50
    assert "#010203" not in page
    assert "#010204" not in page


def test_the_numbers_are_in_the_page_as_json(report, page):
    (found,) = re.findall(r'<script type="application/json" id="numbers">(.*?)</script>', page, re.DOTALL)
    assert json.loads(found) == json.loads(json.dumps(report.to_dict()))
    assert json.loads(embedded_json({"a": "</script><!--"})) == {"a": "</script><!--"}
    assert "<" not in embedded_json({"a": "</script><!--"})


def test_writing_is_whole_or_not_at_all(report, page, tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(OutputError, match="exists already"):
        write(report, path)
    assert path.read_text(encoding="utf-8") == "old"
    write(report, path, force=True)
    assert path.read_text(encoding="utf-8") == page  # the same facts give the same page
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]


def test_without_matplotlib_it_says_what_to_install(report, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"matplotlib is not installed. Run: pip install 'deepcuts\[report\]'"):
        render(report)


def test_contenders_look_different():
    names = [str(number) for number in range(24)]
    assert len({(one.colour, one.marker, str(one.dash)) for one in looks(names).values()}) == 24
    few = list(looks(names[:6]).values())
    for part in ("colour", "marker", "dash"):
        assert len({str(getattr(one, part)) for one in few}) == 6


def test_numbers_are_short():
    shown = [number(value) for value in (12345.6, 123.45, 12.345, 1.2345, 0.12345, -0.0012345, float("nan"))]
    assert shown == ["12,346", "123.5", "12.35", "1.234", "0.123", "−0.0012", "–"]
    assert [number(value, 0.5) for value in (0.00123, 0.5)] == ["0.001", "0.500"]  # as the largest of the column
    assert text("<b>") == "<bdi>&lt;b&gt;</bdi>"


@pytest.fixture(scope="module")
def browser():
    """Start the Chromium of this machine."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        pytest.skip("no chromium or chromium-browser on the PATH")
    with playwright.sync_playwright() as started:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
        found = started.chromium.launch(executable_path=executable, args=options, timeout=1_000 * PATIENCE)
        yield found
        found.close()


# Words of the headers of tables that stand on more than one line.
BROKEN_WORDS = """() => [...document.querySelectorAll("thead th")].flatMap((cell) => {
    const found = [], texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) for (const word of texts.currentNode.data.matchAll(/[a-z]+/g)) {
        const range = document.createRange();
        range.setStart(texts.currentNode, word.index);
        range.setEnd(texts.currentNode, word.index + word[0].length);
        if (new Set([...range.getClientRects()].map((box) => box.top)).size > 1) found.push(word[0]);
    }
    return found;
})"""


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (820, "dark"), (390, "dark")])
def test_in_a_browser(browser, page, tmp_path: Path, width, scheme):
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    tab = new_page(browser, viewport={"width": width, "height": 844}, color_scheme=scheme)
    errors, requests = [], []
    tab.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("dialog", lambda dialog: errors.append(dialog.message))
    tab.on("request", lambda request: requests.append(request.url))
    tab.goto(path.as_uri())
    assert errors == []
    assert requests == [path.as_uri()]
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    boxes = [plot.bounding_box() for plot in tab.locator("figure svg.plot").all()]
    assert len(boxes) >= len(FIGURES)
    assert all(box["width"] > 250 and box["height"] > 120 and box["x"] + box["width"] <= width for box in boxes)
    for details in tab.locator("details").all():
        details.evaluate("one => one.open = true")
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    assert tab.evaluate(BROKEN_WORDS) == []
    label = tab.locator("figure svg.plot text").first.evaluate("one => getComputedStyle(one).fill")
    assert label == ("rgb(27, 31, 36)" if scheme == "light" else "rgb(232, 235, 239)")
    tab.close()


def test_what_early_stopping_measured_is_drawn_below_the_loss():
    plays = dc.generate_world(150, 130, items_per_user=15, seed=0).plays
    model = dc.PersonaNMF(n_factors=8, early_stopping="on", base_epochs=6).fit(plays)
    epochs = model.loss_history().to_pylist()
    drawn = loss_by_term(epochs, "loss")
    best = max((epoch["validation_ndcg"] or 0, -epoch["number"]) for epoch in epochs)
    assert f"at most {best[0]:.4f} after epoch {-best[1]}" in drawn
    assert "ndcg@100" not in loss_by_term([{**epoch, "validation_ndcg": None} for epoch in epochs], "loss")


@pytest.mark.parametrize(("scale", "ends", "x", "side"), [
    ("linear", [0, 175], 18, "left"), ("linear", [0, 1], 0.98, "right"),
    ("log", [1, 1500], 320, "right"), ("log", [1, 1500], 5, "left"),
])  # fmt: skip
def test_the_label_of_a_line_lies_where_there_is_room(scale, ends, x, side):
    axes = Figure().subplots()
    axes.plot(ends, [1, 2])
    axes.set_xscale(scale)
    mark(axes, x, "here")
    assert axes.texts[0].get_horizontalalignment() == side


def test_of_one_contender_nothing_is_said_of_others(report):
    assert "Intervals of two contenders" in overview(report)
    alone = overview(replace(report, contenders=report.contenders[:1]))
    assert "contender with the dial" not in alone
    assert "Intervals of two" not in alone
