"""The page in a real browser, on a real server."""

from __future__ import annotations

import json

import pytest

from browsing import HOSTILE, add, add_list, median_listeners, picture, rows, zipped
from waiting import wait_until

sync_api = pytest.importorskip("playwright.sync_api")

pytestmark = pytest.mark.slow

PASTE = """(text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    document.getElementById("dc-artist").dispatchEvent(paste);
}"""


def test_from_names_to_a_list(open_page, tmp_path):
    page = open_page(color_scheme="light")
    picture(page, "empty")
    add(page, "Casper Volovic", "Humming Falcn", "Spare Lighthouse")  # no accent; a typo; as it is
    page.get_by_role("heading", name="My personas").wait_for()
    add(page, "The Quiet Saddles", "Lucky Pilgrim", "Astela", "Drifting Carpet", "Quumere")
    page.locator(".dc-personas > li").nth(1).wait_for()
    before, popularity = rows(page), median_listeners(page)
    assert len(before) == 20

    page.locator("#dc-dial").fill("1")
    wait_until(lambda: rows(page) != before)
    assert median_listeners(page) < popularity
    picture(page, "deep")

    page.get_by_role("button", name="Mute: ").first.click()
    wait_until(lambda: page.locator(".dc-row.p0").count() == 0)
    assert page.locator(".dc-row.p1").count() > 0

    refused = rows(page)[0]
    page.get_by_role("button", name=f"Not for me: {refused}", exact=True).click()
    wait_until(lambda: refused not in rows(page))

    liked = rows(page)[0]
    page.get_by_role("button", name=f"More like {liked}", exact=True).click()
    wait_until(lambda: liked not in rows(page))

    kept = rows(page)[:2]
    for number, name in enumerate(kept, start=1):
        page.get_by_role("button", name=f"Keep {name}", exact=True).click()
        page.locator(".dc-tray-top b", has_text=str(number)).wait_for()
    page.locator(".dc-tray-top").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    download.value.save_as(tmp_path / "kept.json")
    assert [row["name"] for row in json.loads((tmp_path / "kept.json").read_text())] == kept

    page.reload()
    page.locator(".dc-tray-top").click()
    assert page.locator(".dc-tray li .dc-chip-name").all_inner_texts() == kept


def test_the_first_screen_has_one_start(open_page):
    page = open_page()
    assert page.evaluate("document.activeElement.id") == "dc-artist"
    assert page.locator("#dc-dial").count() == 0
    assert page.locator(".dc-tabs").is_hidden()
    assert ", " in page.locator(".dc-example span").first.inner_text()
    page.get_by_role("button", name="the model").click()
    page.locator(".dc-facts").wait_for()
    page.get_by_role("tab", name="The list").click()
    page.locator(".dc-tabs").wait_for(state="hidden")
    page.locator(".dc-example").first.click()
    page.locator("#dc-dial").wait_for()
    page.locator(".dc-hero").wait_for(state="hidden")


def test_names_typed_fast_and_lists_are_all_taken(open_page):
    page = open_page()
    search = page.get_by_role("combobox", name="Search for an artist to add")
    for name in ("humming falcon", "astela", "quumere"):
        search.press_sequentially(name)
        search.press("Enter")  # before the search can have answered
    chips = page.locator(".dc-chips").first.locator("li")
    wait_until(lambda: chips.count() == 3)
    search.fill("Lucky Pilgrim; Drifting Carpet, Nobody Knows")
    search.press("Enter")
    wait_until(lambda: chips.count() == 5)
    page.get_by_text("1 not found in this catalogue").wait_for()
    page.evaluate(PASTE, "artist,plays\nSpare Lighthouse,40\nThe Quiet Saddles,2")
    wait_until(lambda: chips.count() == 7)
    search.fill("astela")
    page.get_by_role("option", name="Astela ✓ added already").wait_for()
    search.press("Enter")
    search.fill("qqqqqq")
    page.get_by_text("This model knows no artist by that name").wait_for()
    assert chips.count() == 7


def test_a_text_too_long_to_be_read_is_refused_before_it_is_sent(open_page):
    page = open_page()
    page.evaluate(PASTE, "Humming Falcon, " * 700_000)  # the server would drop the connection
    page.locator(".dc-state", has_text="has 11,200,000 characters; 100,000 are read at a time").wait_for()
    page.evaluate(PASTE, "Humming Falcon, Astela")
    wait_until(lambda: page.locator(".dc-chips li").count() == 2)
    assert page.locator(".dc-state").inner_text() == ""


def test_every_change_can_be_taken_back(open_page):
    page = open_page()
    page.locator(".dc-example").first.click()
    page.locator(".dc-row").first.wait_for()
    chips, before = page.locator(".dc-chips").first.locator("li"), rows(page)
    n_artists = page.locator(".dc-count").inner_text()
    page.get_by_role("button", name="Start over").click()
    page.locator(".dc-hero").wait_for()
    page.get_by_role("button", name="Undo").first.click()
    wait_until(lambda: rows(page) == before)
    assert page.locator(".dc-count").inner_text() == n_artists

    first = chips.first.inner_text()
    chips.first.locator(".dc-x").click()
    wait_until(lambda: chips.first.inner_text() != first)
    page.locator(".dc-toast").get_by_text("Removed").wait_for()
    assert page.evaluate("document.activeElement.matches('.dc-chips li:first-child .dc-x')")
    page.keyboard.press("Control+z")
    wait_until(lambda: rows(page) == before)

    page.get_by_role("button", name=f"Not for me: {before[1]}", exact=True).focus()
    page.keyboard.press("Enter")
    wait_until(lambda: before[1] not in rows(page))
    page.locator(".dc-row").nth(1).wait_for()
    wait_until(lambda: page.evaluate("document.activeElement.matches('.dc-row:nth-child(2) button')"))
    page.locator(".dc-toast-button").click()
    wait_until(lambda: rows(page) == before)

    page.get_by_role("button", name="Mute: ").first.click()
    wait_until(lambda: page.locator(".dc-row.p0").count() == 0)
    page.locator(".dc-undo").click()
    wait_until(lambda: rows(page) == before)


def test_exports_are_read(open_page, tmp_path):
    page = open_page()
    spotify = [
        {
            "ts": f"2023-05-0{day + 1}T10:00:0{play}Z",
            "ms_played": 200_000,
            "master_metadata_track_name": f"Song {play}",
            "master_metadata_album_artist_name": artist,
        }
        for day, artist in enumerate(["Humming Falcon", "Astela", "Nobody You Know", "Quumere"])
        for play in range(4 - day)
    ]
    page.get_by_label("Import a listening export").set_input_files(
        {
            "name": "my_spotify_data.zip",
            "mimeType": "application/zip",
            "buffer": zipped("Streaming_History_Audio_2023_0.json", json.dumps(spotify)),
        }
    )
    page.get_by_text("my_spotify_data.zip: 3 of 4 artists found").wait_for()
    page.get_by_text("1 not found in this catalogue").wait_for()
    page.get_by_text("Nobody You Know").wait_for()
    assert len(rows(page)) > 0

    listens = [
        {"listened_at": 1_700_000_000 + 400 * n, "track_metadata": {"artist_name": artist, "track_name": f"Song {n}"}}
        for n, artist in enumerate(["Drifting Carpet", "The Quiet Saddles", "Drifting Carpet"])
    ]
    text = "\n".join(map(json.dumps, listens))
    page.get_by_label("Import a listening export").set_input_files(
        {"name": "listenbrainz.zip", "mimeType": "application/zip", "buffer": zipped("listens/2023/11.jsonl", text)}
    )
    page.get_by_text("You have 3 artists already.").wait_for()
    page.get_by_role("button", name="Replace them").click()
    page.get_by_text("listenbrainz.zip: 2 of 2 artists found").wait_for()
    assert page.locator(".dc-chips li").count() == 2

    page.get_by_label("Import a listening export").set_input_files(
        {"name": "holiday.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff\xe0" + bytes(2_000)}
    )
    page.get_by_role("button", name="Replace them").click()
    page.locator(".dc-import .dc-error", has_text="holiday.jpg is a picture and holds no listens").wait_for()
    page.get_by_label("Import a listening export").set_input_files(
        {"name": "notes.json", "mimeType": "application/json", "buffer": b'{"a": [1, 2'}
    )
    page.get_by_role("button", name="Add to them").click()
    page.locator(".dc-import .dc-error", has_text="notes.json holds no listens in a format that is known").wait_for()
    assert page.get_by_text("Spotify extended history (.json)").is_hidden()  # among so many that they need a press
    page.get_by_text("What can be read").click()
    page.get_by_text("Spotify extended history (.json)").wait_for()
    with open(tmp_path / "huge.zip", "wb") as huge:
        huge.truncate(65 << 20)
    page.get_by_label("Import a listening export").set_input_files(tmp_path / "huge.zip")
    page.get_by_role("button", name="Add to them").click()
    page.locator(".dc-import .dc-error", has_text="huge.zip is larger than 64 MiB").wait_for()
    assert page.locator(".dc-chips li").count() == 2
    picture(page, "refused-file")

    page.get_by_label("Import a listening export").set_input_files(
        {"name": "strangers.csv", "mimeType": "text/csv", "buffer": b"artist,plays\nNobody One,4\nNobody Two,3\n"}
    )
    page.get_by_role("button", name="Replace them").click()
    page.locator(".dc-import .dc-error", has_text="None of 2 artists of strangers.csv").wait_for()
    assert page.locator(".dc-chips li").count() == 2  # what was there stays

    page.get_by_text("A listener by id").click()
    page.get_by_label("Id of a listener").fill("nobody")
    page.get_by_role("button", name="Go", exact=True).click()
    page.get_by_text("This model has no user with the id 'nobody'.").wait_for()
    page.get_by_role("button", name="Remove Drifting Carpet").click()
    page.locator(".dc-notice").wait_for(state="hidden")


def test_names_that_are_markup_stay_text(open_page):
    page = open_page()
    add(page, "<img src=x")
    assert page.locator(".dc-chip-name").first.inner_text().startswith(HOSTILE)
    page.get_by_text("<img src=x").first.wait_for()
    add(page, "Astela", "Quumere", "Humming Falcon")
    page.locator(".dc-made", has_text="<img src=x").wait_for()
    page.get_by_role("button", name="; rename").first.click()
    page.get_by_label("Name of this persona").fill(HOSTILE[:40])
    page.get_by_label("Name of this persona").press("Enter")
    page.locator(".dc-name b", has_text="<img").wait_for()
    for tab in ("The map", "The model"):
        page.get_by_role("tab", name=tab).click()
        page.locator(".dc-map canvas" if tab == "The map" else ".dc-factors li").first.wait_for()
    assert page.evaluate("window.hacked") is None
    assert page.locator("img[src=x]").count() == 0


def middle(place) -> tuple[float, float]:
    box = place.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_the_model_and_the_map(open_page):
    page = open_page(color_scheme="dark")
    page.locator(".dc-example").first.click()
    page.locator(".dc-row").first.wait_for()
    own = page.locator(".dc-chips").first.locator("li").count()
    assert own > 3
    page.get_by_role("tab", name="The map").click()
    page.get_by_label("Go to an artist on the map").wait_for()
    page.get_by_text("Loading the map").wait_for(state="detached")
    unknown = rows(page)[0]
    page.get_by_label("Go to an artist on the map").fill(unknown[1:])  # the search of the page finds it all the same
    page.get_by_label("Go to an artist on the map").press("Enter")
    page.locator(".dc-hover b", has_text=unknown).wait_for()
    picture(page, "map-sought")
    page.locator(".dc-hover").get_by_role("button", name="Add").click()
    wait_until(lambda: unknown not in rows(page))
    page.locator(".dc-toast-button").click()
    wait_until(lambda: unknown in rows(page))
    page.get_by_role("button", name="Fit mine").click()
    page.mouse.click(*middle(page.locator(".dc-map")))
    page.get_by_label("Go to an artist on the map").fill("qqqqqqq")
    page.get_by_label("Go to an artist on the map").press("Enter")
    page.get_by_text("Not known here.").wait_for()
    assert page.locator(".dc-chips").first.locator("li").count() == own  # the press, answered before, added nothing
    picture(page, "map")

    page.get_by_role("tab", name="The model").click()
    page.get_by_text("Accuracy against novelty").wait_for()
    assert page.locator(".dc-figure").count() == 5
    picture(page, "model")


def test_a_stranger_turns_the_dial_and_looks_elsewhere(open_page):
    page = open_page()
    page.get_by_role("button", name="What everybody plays").click()
    page.locator(".dc-row").first.wait_for()
    before, listeners = rows(page), median_listeners(page)
    page.locator("#dc-dial").fill("0.8")
    wait_until(lambda: rows(page) != before)
    assert median_listeners(page) < listeners
    assert page.locator(".dc-what p").count() == 0  # nobody's artists speak for a stranger's list

    name = rows(page)[0]
    page.get_by_label(f"Look for {name} elsewhere", exact=True).click()
    menu = page.get_by_role("list", name=f"{name} elsewhere")
    menu.get_by_role("link", name="Spotify").wait_for()
    links = menu.get_by_role("link").all()
    assert len(links) > 3
    for link in links:
        assert link.get_attribute("href").startswith("https://")
        assert (link.get_attribute("target"), link.get_attribute("rel")) == ("_blank", "noopener noreferrer")
    page.keyboard.press("Escape")
    menu.wait_for(state="hidden")
    page.get_by_role("button", name="Start over").click()
    page.locator(".dc-hero").wait_for()


@pytest.mark.parametrize(("width", "height"), [(390, 844), (820, 1180)])
def test_a_phone_and_a_tablet(open_page, width, height):
    page = open_page(width, height, has_touch=True, is_mobile=True)
    picture(page, f"first-{width}")
    add_list(page)
    search = page.get_by_role("combobox", name="Search for an artist to add")
    assert search.is_visible()  # one may want to go on
    page.get_by_role("button", name="Done").click()
    search.wait_for(state="hidden")
    assert page.locator("#dc-dial").bounding_box()["y"] < height * 0.6
    assert page.locator(".dc-row").first.bounding_box()["y"] < height * 0.85
    page.locator(".dc-row").nth(9).scroll_into_view_if_needed()
    page.mouse.wheel(0, 300)
    wait_until(lambda: 0 <= page.locator("#dc-dial").bounding_box()["y"] < 80)
    for tab in ("The map", "The model", "The list"):
        page.get_by_role("tab", name=tab).click()
        wait_until(lambda: 0 <= page.get_by_role("tab", name=tab).bounding_box()["y"] < height / 2)  # noqa: B023
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    picture(page, f"list-{width}")


def test_personas_stay_in_view_with_many_artists(open_page):
    page = open_page(1440, 900)
    add_list(page, ", ".join(page.evaluate("fetch('/explore/map.json').then((r) => r.json())")["names"][1:38]))
    page.get_by_role("button", name="Show all").click()
    card = page.get_by_role("region", name="My personas").bounding_box()
    assert card["y"] < 520
    page.mouse.wheel(0, 900)
    wait_until(lambda: 0 <= page.get_by_role("region", name="My personas").bounding_box()["y"] < 520)


def test_the_keyboard_alone(open_page):
    page = open_page()
    assert page.evaluate("document.activeElement.id") == "dc-artist"  # the cursor is where one begins
    page.keyboard.press("Shift+Tab")  # theme
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Theme: light").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "dc-artist"
    for typed in ("humming", "quumere", "astela", "lucky"):
        page.keyboard.type(typed)
        page.get_by_role("option").first.wait_for()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Enter")
        page.locator(".dc-chips li", has_text=typed.capitalize()).first.wait_for()
    page.locator(".dc-row").first.wait_for()
    before, popularity = rows(page), median_listeners(page)
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "dc-dial":
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("End")
    wait_until(lambda: rows(page) != before)
    assert median_listeners(page) < popularity
    page.locator(".dc-skip").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "dc-tab-list"
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "dc-tab-map"
    page.locator(".dc-map canvas").wait_for()


def test_only_scripts_with_a_number_run(open_page, address):
    page = open_page()
    policies = [page.request.get(address).headers["content-security-policy"] for _ in range(2)]
    assert policies[0] != policies[1]  # a number is drawn for every document
    scripts = policies[0].split("script-src ")[1].split(";")[0]
    assert "'nonce-" in scripts
    assert "'unsafe-inline'" not in scripts
    with page.expect_console_message(lambda message: "404" in message.text):  # there is no such picture
        page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.hacked = 1\">')")
    with pytest.raises(sync_api.Error, match="Content Security Policy"):
        page.add_script_tag(content="window.hacked = 1")
    assert page.evaluate("window.hacked") is None
    assert len(open_page.wrong) > 1
    assert all("Content Security Policy" in text or "404" in text for text in open_page.wrong)
    open_page.wrong.clear()


@pytest.mark.parametrize("tab", ["The map", "The model"])
def test_on_a_phone_a_tab_opens_in_view_however_far_the_list_was_scrolled(open_page, tab):
    page = open_page(390, 844, is_mobile=True, has_touch=True)
    add_list(page)
    page.locator(".dc-row").nth(8).scroll_into_view_if_needed()
    page.evaluate("document.querySelector('.dc-tabs').scrollIntoView()")  # as who scrolls back up to the tabs
    page.get_by_role("tab", name=tab).click()
    page.locator(".dc-map, .dc-factors li").first.wait_for()
    top = "document.querySelector('.dc-tabs').getBoundingClientRect().top"
    wait_until(lambda: page.evaluate(top) < 844 / 2)
    page.wait_for_timeout(300)
    assert page.evaluate(top) < 844 / 2
    picture(page, f"phone-tab-{tab[4:]}")
