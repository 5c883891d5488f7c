"""Sharing in a real browser: files that are downloaded, links that are opened, two people as one."""

from __future__ import annotations

import re
import struct

import pytest

from browsing import add_list, picture, rows
from deepcuts.web.page.state.persona_card import persona_card
from deepcuts.web.page.state.persona_options import PersonaOptions
from deepcuts.web.page.state.view_models import ListRow, PersonaCard
from waiting import wait_until

pytestmark = pytest.mark.slow


def opened(page):
    page.get_by_role("button", name="Share or blend").click()
    page.locator(".dc-picture").wait_for()
    wait_until(lambda: "#p=" in page.locator("#dc-link").input_value())
    return page.locator("#dc-link").input_value()


def test_a_picture_a_link_and_a_blend(open_page, address, tmp_path):
    page = open_page()
    add_list(page)
    link = opened(page)
    picture(page, "share")
    for form in ("PNG", "SVG"):
        with page.expect_download() as download:
            page.get_by_role("button", name=form).click()
        download.value.save_as(tmp_path / form)
    png = (tmp_path / "PNG").read_bytes()
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">I", png[16:20]) == (1080,)
    assert b"My tastes" in (tmp_path / "SVG").read_bytes()

    asked: list[str] = []
    other = open_page(390, 844, url=link, has_touch=True, is_mobile=True)
    other.on("request", lambda request: asked.append(request.url))
    other.locator(".dc-row").first.wait_for()
    assert other.locator("#dc-artist").is_hidden()  # nothing was typed: the list is what one came for
    assert other.locator("#dc-dial").bounding_box()["y"] < 844 * 0.6
    assert rows(other) == rows(page)
    assert "#" not in other.url  # read once
    assert not [url for url in asked if "#p=" in url or link[-20:] in url]

    third = open_page()
    add_list(third, "Astela, Quumere, Lucky Pilgrim, Imani Eklund, Livia Rivelli")
    before = rows(third)
    third.get_by_role("button", name="Share or blend").click()
    third.locator("#dc-theirs").fill("https://elsewhere.example/")
    third.get_by_role("button", name="Open", exact=True).click()
    third.get_by_text("This is no link of deepcuts").wait_for()
    third.locator("#dc-theirs").fill(link)
    third.get_by_role("button", name="Open", exact=True).click()
    third.get_by_role("button", name="Blend with mine").click()
    third.locator(".dc-match").wait_for()
    assert "% alike" in third.locator(".dc-match").inner_text()
    picture(third, "blend")
    alike, both = third.locator(".dc-match").inner_text(), rows(third)
    wait_until(lambda: third.evaluate("sessionStorage['deepcuts.profile']?.includes('\"match\"')"))
    third.reload()
    third.locator(".dc-match").wait_for()
    assert (third.locator(".dc-match").inner_text(), rows(third)) == (alike, both)
    fourth = open_page(url=opened(third))
    fourth.locator(".dc-match").wait_for()
    assert fourth.locator(".dc-match").inner_text() == alike
    third.keyboard.press("Escape")
    third.get_by_role("button", name="Back to mine").click()
    wait_until(lambda: rows(third) == before)
    third.get_by_role("button", name="Share or blend").click()
    third.get_by_label("Import somebody else's export").set_input_files(
        {"name": "friend.csv", "mimeType": "text/csv", "buffer": b"artist,plays\nHumming Falcon,40\nAstela,3\n"}
    )
    third.locator(".dc-match").wait_for()
    third.locator(".dc-undo").click()
    wait_until(lambda: rows(third) == before)


def test_a_link_that_was_cut_off_is_told(open_page, address):
    page = open_page(url=f"{address}/#p=abcdef")
    page.locator(".dc-notice", has_text="This is no profile of deepcuts").wait_for()


NAMES = (
    "Ama Yamamoto, Ama Güntaş, Aleksy Oretola, Adisa McQuillan",
    "WWWM & THE MWMWMW, MAMMOTH WORM",
    "坂本龍一、細野晴臣、高橋幸宏" * 4,
)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_in_the_picture_lies_over_anything_else_in_whatever_font(open_page, name):
    card = PersonaCard(0, name, 0.5, [name] * 3, 3, PersonaOptions())
    svg = persona_card([card], [ListRow(1, "a", name, 0, 0, 1_234, False, [])])
    page = open_page()
    for family in ("Roboto", "Arial", "DejaVu Sans"):
        drawn = re.sub('font-family="[^"]*"', f'font-family="{family}, sans-serif"', svg)
        over = page.evaluate(OVERLAPS, drawn)
        assert not over, f"{family}: {over}"


OVERLAPS = """(svg) => {
    const box = document.createElement("div");
    box.innerHTML = svg;
    document.body.append(box);
    const texts = [...box.querySelectorAll("text")].map((one) =>
        [one.textContent, one.getBBox(), one.getAttribute("y")]);
    const width = box.querySelector("svg").viewBox.baseVal.width;
    box.remove();
    const right = (one) => one[1].x + one[1].width;
    const wide = texts.filter((one) => right(one) > width).map((one) => one[0]);
    return wide.concat(texts.filter((one) => texts.some((other) => other !== one && other[2] === one[2]
        && other[1].x > one[1].x && other[1].x < right(one))).map((one) => one[0]));
}"""
