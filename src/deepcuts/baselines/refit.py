"""The control for what a smaller ridge alone would do: the same items, users solved for again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from deepcuts.checks import instance
from deepcuts.model import PersonaModel
from deepcuts.model.training.fold_in import solve_users
from deepcuts.model.training.weights import user_rows


def refit_users(model: PersonaModel, **changes: Any) -> PersonaModel:
    """Solve for the users of a model again, with its items fixed and other settings.

    After a split, personas have a smaller ridge than the base had. So has the one-persona model that they compare
    with, once it is refitted: ``refit_users(model, n_personas=1, user_regularization=0.005)``.

    Parameters
    ----------
    model
        A fitted model.
    **changes
        Settings of `PersonaSettings` that concern users.

    Raises
    ------
    SettingsError
        If a setting is out of its range.
    """
    instance("model", model, PersonaModel, "Give a model that was fitted.")
    # `scale` stays that of training, and w0 with it.
    items = replace(model.item_side, settings=replace(model.settings, **changes))
    return replace(model, item_side=items, user_personas=solve_users(user_rows(model.seen, items.settings), items))
