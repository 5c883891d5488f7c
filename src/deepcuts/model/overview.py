"""A model at a glance, for a notebook."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from deepcuts.html_table import html_page, html_table
from deepcuts.model.state import PersonaState
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.wording import counted


def overview(model: PersonaState) -> str:
    """Return HTML: sizes, how many personas users have, how training went, and settings that are not the default."""
    n_personas = np.diff(model.persona_indptr)
    text = (
        f"{counted(len(model.user_ids), 'user')} with "
        f"{counted(len(model.persona_shares), 'persona')}, {counted(len(model.item_ids), 'item')}, "
        f"{counted(model.settings.vector_length, 'factor')}"
    )
    n_users = np.bincount(n_personas)
    shares = [[f"{number}", f"{n:,}", f"{n / len(n_personas):.0%}"] for number, n in enumerate(n_users) if n]
    return html_page(
        "PersonaModel",
        text,
        html_table(["personas", "users", "share"], shares),
        html_table(["training", ""], _training(model)) if model.epochs else "",
        html_table(["setting", "value"], _settings(model.settings)),
    )


def _training(model: PersonaState) -> list[list[str]]:
    rows = []
    for stage in ("base", "personas"):
        epochs = [epoch for epoch in model.epochs if epoch.stage == stage]
        if epochs:
            seconds = sum(epoch.seconds for epoch in epochs)
            rows.append(
                [f"{stage}, {counted(len(epochs), 'epoch')} in {seconds:,.1f} s", f"loss {epochs[-1].loss:,.4g}"]
            )
    return rows + [["interrupted", "yes"]] * model.interrupted


def _settings(settings: PersonaSettings) -> list[list[str]]:
    """Settings that are not the default, and the number of factors."""
    values = {field.name: (getattr(settings, field.name), field.default) for field in fields(settings)}
    return [
        [name, f"{value:.4g}" if isinstance(value, float) else str(value)]
        for name, (value, default) in values.items()
        if value != default or name in ("n_factors", "n_personas")
    ]
