"""Inside the models: how they were trained, their personas, their factors, and some listeners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deepcuts.model.diagnostics import COLLAPSED
from deepcuts.report.facts import FactorFacts, ListedItem, ListenerFacts, ModelFacts, PersonaFacts, Report
from deepcuts.report.personas import HARDLY_SPLIT
from deepcuts.report.plots.loss import loss_by_term
from deepcuts.report.plots.personas import effective_personas, persona_cosines, persona_shares
from deepcuts.report.plots.style import Look
from deepcuts.report.sections.html import figure, figures, number, percent, section, table, text
from deepcuts.report.sections.legend import legend
from deepcuts.wording import counted


def training(report: Report) -> str:
    """Return the section of the loss; empty where no model knows its own."""
    shown = [
        figure(f"Loss of {text(model.name)}", loss_by_term(model.epochs, f"loss-{index}"), _training_caption(model))
        for index, model in enumerate(report.models)
        if model.epochs
    ]
    return section("training", "Training", [figures(shown)]) if shown else ""


def _training_caption(model: ModelFacts) -> str:
    seconds = sum(epoch["seconds"] for epoch in model.epochs)
    ended = " It was ended at the keyboard." if model.interrupted else ""
    measured = any(epoch["validation_ndcg"] is not None for epoch in model.epochs)
    below = " Below: ndcg@100 of items that some users gave for early stopping, which tells when training is over."
    return (
        f"Terms of the loss after every epoch, on a logarithmic axis; those that are 0 throughout are left out. "
        f"{counted(len(model.epochs), 'epoch')} in {seconds:.1f} s, the last loss "
        f"{number(model.epochs[-1]['loss'])}.{ended} "
        f"Losses of different settings do not compare.{below if measured else ''}"
    )


def personas(report: Report, looks: Mapping[str, Look]) -> str:
    """Return the section of persona diagnostics; empty where every user has one."""
    found = {model.name: model.personas for model in report.models if model.personas is not None}
    if not found:
        return ""
    shared = [legend(looks, list(found), "personas")] if len(report.models) > 1 else []
    plots = [_how_many(found, looks), _how_distinct(found, looks), _how_even(found, looks)]
    return section("personas", "Personas", [*shared, figures(plots), _diagnostics(found)])


def _how_many(found: Mapping[str, PersonaFacts], looks: Mapping[str, Look]) -> str:
    caption = (
        "Effective personas of each user, exp(entropy of the shares): that many of equal size would be as diverse. "
        "Users in order, the least divided at the left."
    )
    return figure("How many", effective_personas(found, looks), caption)


def _how_distinct(found: Mapping[str, PersonaFacts], looks: Mapping[str, Look]) -> str:
    caption = (
        "Cosine of every two personas of the same user. Personas lean on one base vector, so high cosines are usual; "
        f"from {COLLAPSED:g} on, two are one and the same."
    )
    return figure("How distinct", persona_cosines(found, looks), caption)


def _how_even(found: Mapping[str, PersonaFacts], looks: Mapping[str, Look]) -> str:
    caption = "Mean share of a user's items in the largest persona, the second, and so on."
    return figure("How even", persona_shares(found, looks), caption)


def _diagnostics(found: Mapping[str, PersonaFacts]) -> str:
    header = [
        "model", "users by personas", "effective personas", "pairs collapsed", "users hardly split",
        "mean cosine to base", "purity", "purity of one",
    ]  # fmt: skip
    caption = (
        f"Collapsed: pairs of personas with a cosine of at least {COLLAPSED:g}. Hardly split: users with several "
        f"personas but fewer than {HARDLY_SPLIT:g} effective ones. Purity: share of a persona's labelled items with "
        "its most common label, beside that of all the user's items taken as one; smaller groups are purer by chance "
        "too."
    )
    return table(header, [[text(name), *_diagnosis(facts)] for name, facts in found.items()], caption)


def _diagnosis(facts: PersonaFacts) -> list[str]:
    n_users = sum(users for _, users in facts.users_by_number)
    return [
        "<br>".join(f"{users:,}&nbsp;with&nbsp;{personas}" for personas, users in facts.users_by_number),
        number(facts.mean_effective),
        f"{percent(facts.n_collapsed / max(1, facts.n_pairs), 1)}<small>{facts.n_collapsed:,} of "
        f"{facts.n_pairs:,}</small>",
        f"{percent(facts.n_hardly_split / max(1, n_users), 1)}<small>{facts.n_hardly_split:,} of {n_users:,}</small>",
        number(facts.base_cosine),
        number(facts.purity),
        number(facts.purity_of_one),
    ]


def factors(report: Report) -> str:
    """Return the gallery of factors; empty where none is to be shown."""
    parts = []
    for model in report.models:
        if model.factors:
            cards = "".join(map(_factor, model.factors))
            parts += [_heading(report, model), f'<div class="cards">{cards}</div>']
    if not parts:
        return ""
    how = (
        "<p>The factors through which most of all scores come, with the share of it, and the items that stand for "
        "them: high on this factor beside their others, and known to many. Numbers are loadings.</p>"
    )
    return section("factors", "Factors", [how, *parts])


def _heading(report: Report, model: ModelFacts) -> str:
    """Name a model where there are several."""
    return f"<h3>{text(model.name)}</h3>" if len(report.models) > 1 else ""


def _factor(factor: FactorFacts) -> str:
    # The longest bar; 1 where all loadings are 0.
    most = max((abs(loading) for _, loading in factor.items), default=0.0) or 1.0
    rows = "".join(
        f'<li class="bar" style="--part:{100 * abs(loading) / most:.0f}%"><span>{text(name)}</span>'
        f"<span>{number(loading)}</span></li>"
        for name, loading in factor.items
    )
    title = (
        f"<h3>{text(factor.name)}</h3><small>factor {factor.number}, {percent(factor.share, 1)} of all scores</small>"
    )
    return f'<div class="card">{title}<ol>{rows}</ol></div>'


def listeners(report: Report) -> str:
    """Return some listeners' lists before and after the dial; empty where none is to be shown."""
    parts = []
    for model in report.models:
        if model.listeners:
            parts += [
                _heading(report, model),
                *map(_listener, model.listeners),
            ]
    if not parts:
        return ""
    how = (
        "<p>The same listeners at several positions of the dial; 0 is neutral, above it is rarer. Numbers are "
        "listeners in train. "
        '<span class="held">✓</span> marks what was held out: the listener does play it. That others are unmarked does '
        "not say "
        "that they would be disliked.</p>"
    )
    return section("listeners", "Some listeners", [how, *parts])


def _listener(listener: ListenerFacts) -> str:
    rows = [
        [text(persona.name), percent(persona.share), text(", ".join(persona.items))] for persona in listener.personas
    ]
    own = table(
        ["persona", "share", "most played"],
        rows,
        f"Listener {text(listener.user_id)}, {counted(listener.n_items, 'item')}",
        "words",
    )
    lists = "".join(
        f'<div class="card"><h3>rarity {rarity:g}</h3><small>{_mean_listeners(items)}</small>'
        f"<ol>{''.join(map(_item, items))}</ol></div>".replace("rarity -", "rarity −")
        for rarity, items in listener.lists
    )
    return f'<div class="listener">{own}<div class="cards lists">{lists}</div></div>'


def _mean_listeners(items: Sequence[ListedItem]) -> str:
    if not items:
        return "no item qualifies"
    return f"{sum(item.listeners for item in items) / len(items):,.0f} listeners on average"


def _item(item: ListedItem) -> str:
    mark = '<span class="held">✓ ' if item.is_held_out else "<span>"
    return f"<li>{mark}{text(item.name)}</span><span>{item.listeners:,}</span></li>"
