"""Section "The model"."""

from __future__ import annotations

from nicegui import html
from nicegui.element import Element

from deepcuts.data.interactions import Interactions
from deepcuts.model import PersonaModel
from deepcuts.web.page.session import VisitorSession
from deepcuts.web.page.state.model_figures import Factor, Line, ModelFigures, compute_figures


class Curves(Element, component="curves.js"):
    """Lines on two axes."""

    def __init__(
        self,
        title: str,
        x: str,
        y: str,
        lines: list[Line],
        *,
        log: bool = False,
        dots: bool = False,
    ) -> None:
        super().__init__()
        self.props["title"], self.props["x"], self.props["y"] = title, x, y
        self.props["lines"] = [{"name": line.name, "points": line.points} for line in lines]
        self.props["log"], self.props["dots"] = log, dots


class ModelView:
    """Figures about the model, computed when they are first looked at.

    Parameters
    ----------
    session
        The open page of the visitor.
    holdout
        Plays that were held out of training; None leaves the figure of accuracy out.
    has_report
        Whether there is a report to link to.
    """

    def __init__(self, session: VisitorSession, holdout: Interactions | None, *, has_report: bool) -> None:
        self.session, self.holdout, self.has_report = session, holdout, has_report
        self.model: PersonaModel | None = None  # the one whose figures are on the page
        self.panel = html.div().classes("dc-model")
        with self.panel:
            html.p("Looking into the model …").classes("dc-empty").props('role="status"')

    async def show(self) -> None:
        """Show the figures of the model that is served, unless they are on the page already."""
        model = self.session.views.current.model
        if model is self.model:
            return
        figures = await self.session.run(lambda: compute_figures(model, self.holdout))
        self.panel.clear()
        with self.panel:
            if figures is None:
                html.p("The figures could not be computed.").classes("dc-empty dc-error")
            else:
                self.model = model
                self._fill(figures)

    def _fill(self, figures: ModelFigures) -> None:
        _facts(figures.model)
        if self.has_report:
            html.a("Read the report on this model").props('href="/explore/report" target="_blank"').classes("dc-report")
        with html.div().classes("dc-figures"):
            _curves(figures)
            _sizes(figures.persona_sizes)
        html.h2("What the factors stand for")
        with html.ul().classes("dc-factors"):
            for factor in figures.factors:
                _factor(factor)


def _curves(figures: ModelFigures) -> None:
    if figures.accuracy:
        title = "Accuracy against novelty, by rarity"
        Curves(title, "novelty@20, bits", "recall@20", figures.accuracy, dots=True)
    if figures.losses:
        Curves("Training loss", "epoch", "loss", figures.losses)
    Curves("How unequal listening is", "artist, by rank", "listeners", figures.popularity, log=True)
    title = "How many tastes people have"
    Curves(title, "personas of equal size", "share of users", figures.effective_personas)


def _facts(model: PersonaModel) -> None:
    facts = {
        "listeners": f"{model.n_listeners:,}",
        "artists": f"{len(model.item_ids):,}",
        "pairs": f"{model.seen.n_pairs:,}",
        "factors": f"{model.settings.vector_length:,}",
        "personas at most": f"{model.settings.n_personas:,}",
        "epochs": f"{len(model.epochs):,}" + (", interrupted" if model.interrupted else ""),
    }
    with html.dl().classes("dc-facts"):
        for name, value in facts.items():
            with html.div():
                html.dt(name)
                html.dd(value)


def _sizes(sizes: list[float]) -> None:
    with html.figure().classes("dc-figure"):
        html.figcaption("How artists divide among personas")
        with html.ol().classes("dc-sizes"):
            for number, size in enumerate(sizes):
                with html.li().classes(f"p{number % 8}"):
                    html.i().style(f"width: {100 * size:.1f}%")
                    html.span(f"{size:.0%} belong to persona {chr(65 + number % 26)}, on average")


def _factor(factor: Factor) -> None:
    with html.li():
        title, _, artists = factor.name.partition(" · ")
        html.h3(title if artists else "Factor")
        html.span(f"{factor.share:.1%} of scores").classes("dc-note")
        html.p(", ".join(factor.artists))
