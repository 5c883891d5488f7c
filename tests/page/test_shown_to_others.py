"""`deepcuts explore --host`: the page for other machines, behind the guards of the service."""

from __future__ import annotations

import pytest

import asking
from browsing import add_list, new_page

pytestmark = pytest.mark.slow

TOKEN = "a token of forty characters, or a few more"


def test_with_the_token_the_page_works_and_without_it_nothing_does(browser, explore, folder):
    (folder / "token").write_text(TOKEN + "\n")
    with explore(folder, "--port", "0", "--host", "0.0.0.0", "--token-file", "token") as address:
        here = address.replace("0.0.0.0", "127.0.0.1")
        stranger = browser.new_context()
        assert stranger.request.get(here).status == 401
        assert stranger.request.get(f"{here}/explore/map.json").status == 401
        assert stranger.request.post(f"{here}/explore/upload?visit=x", data="x").status == 401
        stranger.close()
        packed = asking.get(f"{here}/openapi.json", auth=("friend", TOKEN))
        assert (packed.status_code, packed.headers["content-encoding"]) == (200, "gzip")  # there is a network
        credentials = {"username": "friend", "password": TOKEN}
        page = new_page(browser, http_credentials=credentials, reduced_motion="reduce")
        page.goto(here)
        page.locator(".dc-example").first.wait_for()
        add_list(page)
        assert page.locator(".dc-row").count() == 20
        page.context.close()


def test_other_machines_need_a_token(explore, folder):
    with pytest.raises(AssertionError, match="other machines could ask"), explore(folder, "--host", "0.0.0.0"):
        pass
