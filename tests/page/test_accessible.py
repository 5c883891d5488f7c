"""Every screen as people with other eyes and hands find it: rules of axe, sizes of targets, colours of the system."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

import deepcuts as dc
from browsing import add_list, new_page, picture
from deepcuts.report import ReportSettings, baseline_contender, collect, model_contenders, render

pytestmark = pytest.mark.slow

# Widths and heights in CSS pixels, of what can be pressed and is in view; text in a line of text may be lower.
SMALL = """() => [...document.querySelectorAll("button, a[href], input, summary, [role=tab], canvas")]
    .filter((one) => one.checkVisibility({ checkOpacity: false, checkVisibilityCSS: true }))
    .filter((one) => !one.closest(".dc-sr, .dc-skip, p") && !one.matches(".dc-sr, .dc-segments input"))
    .map((one) => [one, one.getBoundingClientRect()])
    .filter(([, box]) => box.width < 24 || box.height < 24)
    .map(([one, box]) => `${one.outerHTML.slice(0, 90)} ${Math.round(box.width)}x${Math.round(box.height)}`)"""


def findings(page) -> list[str]:
    """What axe finds, each with where."""
    violations = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:150]}" for one in violations for node in one["nodes"]]


PAINTED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def check(page, name: str) -> None:
    page.evaluate(PAINTED)  # what was asked of the server has arrived, and transitions are off
    assert findings(page) == [], name
    assert page.evaluate(SMALL) == [], name


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_axe_finds_nothing_on_any_screen(open_page, width, scheme):
    page = open_page(width, 900, color_scheme=scheme, is_mobile=width < 900, has_touch=width < 900)
    check(page, "first")
    page.get_by_role("combobox").first.fill("ast")
    page.get_by_role("option").first.wait_for()
    check(page, "search")
    add_list(page)
    page.get_by_role("button", name="Keep ").first.click()
    page.locator(".dc-tray-top").click()
    page.get_by_role("button", name="Not for me: ").nth(1).click()
    page.locator(".dc-kept").nth(1).wait_for(state="attached")
    check(page, "list")
    page.locator(".dc-elsewhere summary").nth(1).click()
    check(page, "elsewhere")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Share or blend").click()
    page.locator(".dc-picture").wait_for()
    check(page, "share")
    page.get_by_role("button", name="Close", exact=True).click()
    page.get_by_role("tab", name="The map").click()
    page.get_by_text("Loading the map").wait_for(state="detached")
    check(page, "map")
    page.get_by_role("tab", name="The model").click()
    page.locator(".dc-factors li").first.wait_for()
    check(page, "model")


def test_axe_finds_nothing_on_the_reference_of_the_service(browser, address):
    page = new_page(browser)
    page.goto(f"{address}/docs")
    assert findings(page) == []
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_report(browser, folder, scheme):
    if not (folder / "report.html").exists():
        world = dc.generate_world(150, 130, items_per_user=15, seed=0)
        train, holdout = dc.split_holdout(world.plays, fraction=0.2, seed=0)
        models = {"personas": dc.PersonaNMF(n_factors=8, n_personas=3, persona_epochs=2).fit(train, seed=0)}
        contenders = [*model_contenders(models, ["share"]), baseline_contender("popularity", {}, 8)]
        settings = ReportSettings(k=10, rarities=(-0.5, 0.5), n_factors=4, n_listeners=2)
        (folder / "report.html").write_text(render(collect(models, contenders, train, holdout, settings)), "utf-8")
    page = new_page(browser, color_scheme=scheme)
    page.goto((folder / "report.html").as_uri())
    assert findings(page) == []
    page.context.close()


def test_colours_of_the_system_leave_dial_dots_and_tabs(open_page):
    page = open_page(forced_colors="active")
    add_list(page)
    picture(page, "forced-colors")
    ink = page.evaluate("getComputedStyle(document.querySelector('h3')).color")
    for part in (".dc-rail-line i", ".dc-dots i.on", ".dc-shares i", ".dc-heard i"):
        drawn = page.locator(part).first.evaluate("(one) => getComputedStyle(one).backgroundColor")
        assert drawn == ink, part
    assert page.locator("#dc-dial").evaluate("(one) => getComputedStyle(one).appearance") == "auto"
    widths = [
        page.locator(f"#dc-tab-{tab}").evaluate("(one) => getComputedStyle(one).borderBottomWidth")
        for tab in ("list", "map")
    ]
    assert widths == ["3px", "2px"]
