"""What the tests of the page in a browser share: how to add artists, read lists, wait, and take pictures."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from waiting import PATIENCE

HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>{{ 1+1 }}'
HOSTILE_ID = "Ballroom Conspiracy"  # the most played artist of this world
EIGHT = "Humming Falcon, Astela, Quumere, Lucky Pilgrim, Drifting Carpet, Spare Lighthouse, The Quiet Saddles, Casper"
PICTURES = Path(__file__).parents[1] / "build" / "screenshots"


def new_page(browser, **options: object):
    """Open a window of its own, in which nothing is given up before a busy machine has come to it."""
    context = browser.new_context(**options)
    context.set_default_timeout(1_000 * PATIENCE)
    return context.new_page()


def add_list(page, names: str = EIGHT) -> None:
    """Type a list of artists, and wait for the list that they bring."""
    search = page.get_by_role("combobox", name="Search for an artist to add")
    search.fill(names)
    search.press("Enter")
    page.locator(".dc-row").first.wait_for()


def add(page, *names: str) -> None:
    search = page.get_by_role("combobox", name="Search for an artist to add")
    for name in names:
        search.fill(name)
        page.get_by_role("option").first.wait_for()
        search.press("Enter")
        page.locator(".dc-chips li").filter(has_text=name[:5]).first.wait_for()


def rows(page) -> list[str]:
    return page.locator(".dc-row h3").all_inner_texts()


def median_listeners(page) -> float:
    return float(page.locator(".dc-median").inner_text().replace(",", ""))


def picture(page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


def zipped(name: str, text: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(name, text)
    return data.getvalue()
