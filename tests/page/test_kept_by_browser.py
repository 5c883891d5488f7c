"""What the browser keeps of a visit: reloads, another start of the server, the back button."""

from __future__ import annotations

import pytest

from browsing import add_list, new_page, rows
from waiting import wait_until

pytestmark = pytest.mark.slow


def test_another_start_of_the_server_and_the_back_button_bring_a_visit_back(browser, explore, folder):
    page = new_page(browser, reduced_motion="reduce")
    with explore(folder, "--port", "0") as address:
        page.goto(address)
        add_list(page)
        page.get_by_role("button", name="Not for me: ").first.click()
        page.get_by_role("button", name="Allow ").wait_for()
        page.get_by_role("button", name="Keep ").first.click()
        page.locator(".dc-tray").wait_for()
        page.get_by_role("button", name="; rename").first.click()
        page.get_by_label("Name of this persona").fill("Sunday mornings")
        page.get_by_label("Name of this persona").press("Enter")
        page.locator("#dc-dial").fill("0.4")
        page.get_by_label("Boost").or_(page.get_by_role("button", name="More: ")).first.click()
        page.locator(".dc-toggle[aria-pressed=true]").wait_for()
        wait_until(lambda: page.evaluate("sessionStorage['deepcuts.options']?.includes('0.4')"))
        wait_until(lambda: page.evaluate("sessionStorage['deepcuts.profile']?.includes('\"boosted\":true')"))
        before, chips = rows(page), page.locator(".dc-chips").first.locator("li").all_inner_texts()
        page.goto("about:blank")  # an open page reloads when its server is back, and that cuts off what is asked
    with explore(folder, "--port", address.rsplit(":", 1)[1]):
        page.goto(address)
        page.locator(".dc-row").first.wait_for()
        assert rows(page) == before
        assert page.locator(".dc-chips").first.locator("li").all_inner_texts() == chips
        assert page.locator(".dc-name b").first.inner_text() == "Sunday mornings"
        assert page.locator(".dc-toggle[aria-pressed=true]").count() == 1
        page.locator(".dc-tray").wait_for()
        page.goto(f"{address}/docs")
        page.go_back()
        page.locator(".dc-row").first.wait_for()
        assert rows(page) == before
        page.reload()
        page.locator(".dc-row").first.wait_for()
        assert rows(page) == before
    page.context.close()


def test_what_the_browser_kept_and_the_model_lacks_is_told(open_page):
    page = open_page()
    profile = """{"version": 1, "artists": [["Astela", "Astela", 20, 0], ["nobody", "Nobody", 3, 0]]}"""
    wait_until(lambda: page.evaluate("sessionStorage['deepcuts.profile'] !== undefined"))  # looked into, from then on
    page.evaluate("(text) => sessionStorage.setItem('deepcuts.profile', text)", profile)
    page.reload()
    page.locator(".dc-notice", has_text="1 artist of yours is not in the model").wait_for()
    assert page.locator(".dc-chips").first.locator("li").count() == 1
    page.get_by_role("button", name="Start over").click()
    page.locator(".dc-hero").wait_for()
    wait_until(lambda: page.evaluate("sessionStorage['deepcuts.profile'].includes('\"artists\":[]')"))
    page.evaluate("sessionStorage.setItem('deepcuts.profile', '{\"version\": 99}')")
    page.reload()
    page.locator(".dc-notice", has_text="This is no profile of deepcuts").wait_for()
    wait_until(lambda: page.evaluate("sessionStorage['deepcuts.profile'].includes('\"artists\":[]')"))
    page.evaluate("sessionStorage.setItem('deepcuts.profile', 'not json')")
    page.reload()
    page.locator(".dc-hero").wait_for()
