"""Whatever is shown on the page has room: names on the map, menus above what is kept, buttons of exports."""

from __future__ import annotations

import pytest

from browsing import add_list

pytestmark = pytest.mark.slow

# Keeps the boxes of the names that the last painting of the map has in bold: those of one's own artists.
NAMES_PAINTED = """(() => {
  const clear = CanvasRenderingContext2D.prototype.clearRect, fill = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.clearRect = function (...box) {
    window.named = [];
    return clear.apply(this, box);
  };
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
    if (/^(bold|700) 12px/.test(this.font) && text !== text.toUpperCase()) {
      const half = this.measureText(text).width / 2;
      window.named.push([text, x - half, y - 6, x + half, y + 6]);
    }
    return fill.call(this, text, x, y);
  };
})()"""


def test_names_of_own_artists_that_are_close_together_do_not_lie_over_one_another(open_page):
    page = open_page(390, 844)
    page.evaluate(NAMES_PAINTED)
    found = page.evaluate("fetch('/explore/map.json').then((r) => r.json())")
    names = [name for name in found["names"] if name.isascii() and "<" not in name]
    place = dict(zip(found["names"], zip(found["xs"], found["ys"], strict=True), strict=True))
    (x, y) = place[names[5]]
    close = sorted(names, key=lambda name: (place[name][0] - x) ** 2 + (place[name][1] - y) ** 2)[:4]
    add_list(page, ", ".join(close))
    page.get_by_role("tab", name="The map").click()
    page.get_by_text("Loading the map").wait_for(state="detached")
    page.wait_for_function("(n) => window.named?.length >= n", arg=len(close))
    boxes = page.evaluate("window.named")
    over = [
        (one[0], two[0])
        for index, one in enumerate(boxes)
        for two in boxes[:index]
        if one[1] < two[3] and one[3] > two[1] and one[2] < two[4] and one[4] > two[2]
    ]
    assert over == []


def test_a_menu_is_above_what_was_kept_whose_buttons_fit(open_page):
    page = open_page(320, 640, has_touch=True, is_mobile=True)
    add_list(page)
    page.get_by_role("button", name="Keep ").first.click()
    page.locator(".dc-tray-top").click()
    tray = page.locator(".dc-tray").bounding_box()
    for button in page.locator(".dc-export button").all():
        box = button.bounding_box()
        assert tray["x"] <= box["x"]
        assert box["x"] + box["width"] <= tray["x"] + tray["width"]
        assert box["height"] < 50  # on one line
    page.locator(".dc-elsewhere summary").first.click()
    page.locator(".dc-elsewhere ul a").nth(5).click(trial=True)  # nothing lies over it
