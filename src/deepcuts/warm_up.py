"""Every kernel compiled before it is needed: for images, and so that nobody waits at first use.

A small world is fitted, listed and judged in the ways that commands and the service do it. What a kernel is compiled
for are the types of its arrays, which do not depend on their sizes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import get_args

import pyarrow as pa

from deepcuts.baselines import Popularity
from deepcuts.checks import check_callbacks
from deepcuts.data.interactions import Interactions
from deepcuts.data.split import split_holdout
from deepcuts.errors import OutputError
from deepcuts.evaluation import catalogue_intervals, evaluate_ranked, item_features, rank_lists
from deepcuts.evaluation.registry import default_cutoffs
from deepcuts.kernels.cache_folder import ADVICE, find_folder
from deepcuts.kernels.code_cache import not_kept
from deepcuts.model import PersonaModel, PersonaNMF, load
from deepcuts.recommendation.settings import Mix, RarityForm
from deepcuts.synthetic import World, generate_world

STEPS = ("plays", "training", "long rows", "lists", "visitors", "other models", "figures", "new plays")

_N_USERS, _N_ITEMS = 1_000, 200  # some items have more than 255 listeners, which are counted in two bytes
_MANY_FACTORS = 512  # rows of more than 64 pairs are long ones then
_TURN = 0.3  # of the dial


def warm_up(on_step: Callable[[str], None] = lambda name: None) -> Path:
    """Compile the kernels of training, lists, the service and figures, where they are not compiled yet.

    Parameters
    ----------
    on_step
        Called after each of `STEPS` with its name.

    Returns
    -------
    The folder that the next process finds them in.

    Raises
    ------
    OutputError
        If they cannot be kept where the next process looks for them; before anything is compiled, where possible.
    SettingsError
        If `on_step` cannot be called.
    """
    check_callbacks(on_step=on_step)
    folder, problem = find_folder()
    if folder is None or problem is not None:
        raise _lost(str(problem))
    for name in _steps():
        on_step(name)
    if not_kept:
        raise _lost(not_kept[0])
    return folder


def _lost(reason: str) -> OutputError:
    return OutputError(f"Kernels cannot be kept where the next run looks first: {reason}. {ADVICE}")


def _steps() -> Iterator[str]:
    """Do the steps one after the other, and give the name of each when it is done."""
    names = iter(STEPS)
    world = generate_world(_N_USERS, _N_ITEMS, items_per_user=20)
    train, holdout = split_holdout(world.plays, fraction=0.2, seed=0)
    yield next(names)
    untrained = PersonaNMF(
        n_factors=16, n_personas=3, base_epochs=2, persona_epochs=1, distinction=0.1, early_stopping="on"
    )
    fitted = untrained.fit(train)
    with tempfile.TemporaryDirectory() as folder:  # what is served is read from a file
        fitted.save(path := Path(folder) / "model.safetensors")
        model = load(path)
    yield next(names)
    replace(untrained, n_factors=_MANY_FACTORS).fit(train)
    yield next(names)
    for form, mix, source in product(get_args(RarityForm), get_args(Mix), (model, model.base)):
        for rarity in (-_TURN, 0, _TURN):
            source.recommend(k=20, dial=form, mix=mix, rarity=rarity)
    yield next(names)
    visitor = model.fold_in(dict.fromkeys(model.item_ids.to_pylist()[:20], 5))
    visitor.recommend(rarity=_TURN)
    model.popular(rarity=_TURN)
    yield next(names)
    Popularity().fit(train).recommend(rarity=_TURN)
    yield next(names)
    _judge(model, world, train, holdout)
    yield next(names)
    model.extend(holdout)
    yield next(names)


def _judge(model: PersonaModel, world: World, train: Interactions, holdout: Interactions) -> None:
    """Compute all figures there are, and their intervals."""
    scenes = pa.table({"item_id": world.plays.item_ids.values, "label": [str(scene) for scene in world.item_scenes]})
    ranked = rank_lists(model.recommend(k=100), train, holdout, item_features(scenes, train.item_ids))
    evaluate_ranked(ranked, default_cutoffs(ranked, "every"))
    catalogue_intervals(ranked, n_resamples=10)
