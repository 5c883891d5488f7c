"""Visitors whose music hardly anybody else plays, or nobody: the page says what their list is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

import deepcuts as dc
from browsing import add_list, new_page, picture

pytestmark = pytest.mark.slow

A_GUESS = "This list is a guess: hardly anybody else here plays what you play."
POPULAR = "Nobody else here plays what you play, so this is what everybody plays."


def save_model(folder, n_epochs: int) -> dc.PersonaModel:
    """Save a model of a world, and of one listener of five artists whom nobody else plays."""
    world = dc.generate_world(n_users=150, n_items=200, items_per_user=12, seed=0).plays.to_csr()
    plays = sparse.csr_array(sparse.block_diag([world, sparse.csr_array(np.ones((1, 5)))], format="csr"))
    users, items = [f"u{user:03}" for user in range(plays.shape[0])], [f"i{item:03}" for item in range(plays.shape[1])]
    names = {item: f"Band {item[1:]}" for item in items}
    plays = dc.Interactions.from_csr(plays, users, items).with_labels(names=names)
    train, holdout = dc.split_holdout(plays, fraction=0.02, seed=0)
    model = dc.PersonaNMF(n_factors=16, base_epochs=n_epochs, tolerance=0.0).fit(train, seed=0).with_map()
    model.save(folder / "model.safetensors")
    holdout.save(folder / "holdout.safetensors")
    return model


@pytest.mark.parametrize(("n_epochs", "words"), [(60, A_GUESS), (150, POPULAR)])
def test_the_page_says_what_a_list_is_of_whom_next_to_nothing_is_known(browser, explore, tmp_path, n_epochs, words):
    model = save_model(tmp_path, n_epochs)
    assert bool(np.any(model.item_factors[-5:])) is (words is A_GUESS)  # with so many epochs they are rounded to 0
    with explore(tmp_path, "--port", "0") as address:
        page = new_page(browser)
        page.goto(address)
        add_list(page, "Band 200, Band 201")
        page.locator(".dc-doubt").get_by_text(words).wait_for()
        picture(page, f"doubt-{n_epochs}")
        if words is POPULAR:
            order = np.argsort(-model.item_listeners, kind="stable")[:20]
            shown = page.locator(".dc-row h3").all_inner_texts()
            assert shown == model.item_names(order).to_pylist()
            assert page.locator(".dc-row").get_by_text("because of").count() == 0  # nothing of theirs speaks for it
            assert set(page.locator(".dc-row .dc-badge").all_inner_texts()) == {"✱"}
        page.get_by_role("button", name="Start over").click()
        page.locator(".dc-hero").wait_for()
        page.get_by_role("button", name="What everybody plays").click()
        page.locator(".dc-row").first.wait_for()
        assert page.locator(".dc-doubt").count() == 0  # no artist of theirs is doubtful
        page.get_by_role("button", name="Start over").click()
        page.locator(".dc-hero").wait_for()
        add_list(page, "Band 000, Band 001, Band 002, Band 003")
        assert page.locator(".dc-doubt").count() == 0
        page.context.close()
