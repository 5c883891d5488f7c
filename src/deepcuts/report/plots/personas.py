"""How many personas users have, how even and how distinct they are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from deepcuts.model.diagnostics import COLLAPSED
from deepcuts.report.facts import PersonaFacts
from deepcuts.report.plots.style import Look, mark, new_figure, styled, to_svg


@styled
def effective_personas(models: Mapping[str, PersonaFacts], looks: Mapping[str, Look]) -> str:
    """Draw the effective number of personas over users, from the least divided to the most."""
    figure, axes = new_figure(2.6)
    for name, facts in models.items():
        shares = np.linspace(0, 1, len(facts.effective))
        axes.plot(shares, facts.effective, markevery=8, markersize=4.5, **looks[name].line())
    axes.set(xlabel="share of users, least divided first", ylabel="effective personas")
    axes.set_ylim(bottom=1)
    return to_svg(figure, "effective", "Effective personas of users, from the least divided to the most.")


@styled
def persona_cosines(models: Mapping[str, PersonaFacts], looks: Mapping[str, Look]) -> str:
    """Draw how alike the personas of one user are."""
    figure, axes = new_figure(2.6)
    for name, facts in models.items():
        shares = np.asarray(facts.cosine_counts) / max(1, facts.n_pairs)
        look = looks[name]
        axes.stairs(shares, facts.cosine_edges, color=look.colour, linestyle=look.dash, linewidth=1.6)
        axes.stairs(shares, facts.cosine_edges, fill=True, color=look.colour, alpha=0.15)
    axes.set_ylim(top=1.15 * axes.get_ylim()[1])
    mark(axes, COLLAPSED, f"collapsed from {COLLAPSED:g}")
    axes.locator_params(axis="x", nbins=6)
    axes.set(xlabel="cosine of two personas of a user", ylabel="share of such pairs")
    return to_svg(figure, "cosines", "Cosines of the personas of the same user.")


@styled
def persona_shares(models: Mapping[str, PersonaFacts], looks: Mapping[str, Look]) -> str:
    """Draw the mean share of the largest persona, the second, and so on."""
    figure, axes = new_figure(2.6)
    width = 0.8 / len(models)
    most = max(len(facts.mean_shares) for facts in models.values())
    for number, (name, facts) in enumerate(models.items()):
        xs = np.arange(len(facts.mean_shares)) + width * (number + 0.5) - 0.4
        bars = axes.bar(xs, facts.mean_shares, width=width * 0.92, color=looks[name].colour, alpha=0.8)
        if len(models) == 1:
            axes.bar_label(bars, fmt=lambda share: f"{100 * share:.0f} %", fontsize=8, padding=1)
    axes.set_xticks(range(most), [str(number + 1) for number in range(most)])
    axes.grid(visible=False, axis="x")
    axes.set(xlabel="persona, largest first", ylabel="mean share of a user's items")
    return to_svg(figure, "shares", "Mean persona shares.")
