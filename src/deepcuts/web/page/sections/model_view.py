"""Section "The model"."""

from __future__ import annotations

from dataclasses import dataclass

from nicegui import html
from nicegui.element import Element

from deepcuts.data.interactions import Interactions
from deepcuts.model import PersonaModel
from deepcuts.web.page.session import VisitorSession
from deepcuts.web.page.state import model_figures as figures
from deepcuts.web.page.state.model_figures import Factor, Line


class Curves(Element, component="curves.js"):
    """Lines on two axes."""

    def __init__(
        self,
        title: str,
        x: str,
        y: str,
        lines: list[Line],
        *,
        log_x: bool = False,
        log_y: bool = False,
        dots: bool = False,
    ) -> None:
        super().__init__()
        self.props["title"], self.props["x"], self.props["y"] = title, x, y
        self.props["lines"] = [{"name": line.name, "points": line.points} for line in lines]
        self.props["log-x"], self.props["log-y"], self.props["dots"] = log_x, log_y, dots


@dataclass(frozen=True)
class _Looked:
    model: PersonaModel
    losses: list[Line]
    popularity: list[Line]
    persona_counts: list[Line]
    persona_sizes: list[float]
    gallery: list[Factor]
    frontier: list[Line]


class ModelView:
    """Figures about the model, computed when they are first looked at.

    Parameters
    ----------
    session
        The visitor's place.
    holdout
        Plays that were held out of training; None leaves the figure of accuracy out.
    has_report
        Whether there is a report to link to.
    """

    def __init__(self, session: VisitorSession, holdout: Interactions | None, *, has_report: bool) -> None:
        self.session, self.holdout, self.has_report = session, holdout, has_report
        self.shown: PersonaModel | None = None
        self.place = html.div().classes("dc-model")
        with self.place:
            html.p("Looking into the model …").classes("dc-empty").props('role="status"')

    async def show(self) -> None:
        """Show the model of now, unless it is shown already."""
        model = self.session.shelves.current.model
        if model is self.shown:
            return
        looked = await self.session.answer(lambda: _look(model, self.holdout))
        self.place.clear()
        with self.place:
            if looked is None:
                html.p("The figures could not be computed.").classes("dc-empty dc-error")
            else:
                self.shown = model
                self._fill(looked)

    def _fill(self, looked: _Looked) -> None:
        _facts(looked.model)
        if self.has_report:
            html.a("Read the report on this model").props('href="/explore/report" target="_blank"').classes("dc-report")
        with html.div().classes("dc-figures"):
            if looked.frontier:
                Curves(
                    "Accuracy against novelty, by turns of the dial",
                    "novelty@20, bits",
                    "recall@20",
                    looked.frontier,
                    dots=True,
                )
            if looked.losses:
                Curves("Training loss", "epoch", "loss", looked.losses)
            Curves(
                "How unequal listening is", "artist, by rank", "listeners", looked.popularity, log_x=True, log_y=True
            )
            Curves("How many tastes people have", "personas of equal size", "share of users", looked.persona_counts)
            _sizes(looked.persona_sizes)
        html.h2("What the factors stand for")
        with html.ul().classes("dc-factors"):
            for factor in looked.gallery:
                _factor(factor)


def _look(model: PersonaModel, holdout: Interactions | None) -> _Looked:
    return _Looked(
        model,
        figures.losses(model),
        figures.popularity(model),
        figures.persona_counts(model),
        figures.persona_sizes(model),
        figures.gallery(model),
        figures.frontier(model, holdout) if holdout is not None else [],
    )


def _facts(model: PersonaModel) -> None:
    facts = {
        "listeners": f"{model.n_listeners:,}",
        "artists": f"{len(model.item_ids):,}",
        "pairs": f"{model.seen.n_pairs:,}",
        "factors": f"{model.settings.n_factors:,}",
        "personas at most": f"{model.settings.n_personas:,}",
        "epochs": f"{len(model.epochs):,}" + (", interrupted" if model.interrupted else ""),
    }
    with html.dl().classes("dc-facts"):
        for name, value in facts.items():
            with html.div():
                html.dt(name)
                html.dd(value)


def _sizes(sizes: list[float]) -> None:
    with html.figure().classes("dc-figure"), html.ol().classes("dc-sizes"):
        html.figcaption("How artists divide among personas")
        for number, size in enumerate(sizes):
            with html.li().classes(f"p{number % 8}"):
                html.i().style(f"width: {100 * size:.1f}%")
                html.span(f"{size:.0%} belong to persona {chr(65 + number % 26)}, on average")


def _factor(factor: Factor) -> None:
    with html.li():
        title, _, rest = factor.name.partition(" · ")
        html.h3(title if rest else "Factor")
        html.span(f"{factor.share:.1%} of scores").classes("dc-note")
        html.p(", ".join(factor.artists))
