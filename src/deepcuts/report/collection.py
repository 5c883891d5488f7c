"""From models, plays and holdout to all the numbers of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deepcuts.checks import check_callbacks, shown
from deepcuts.comparison.contenders import Contender, Trained, check_contenders, judging
from deepcuts.errors import SettingsError
from deepcuts.evaluation import Evaluation, ItemFeatures
from deepcuts.ingest import PlaysLike, as_plays
from deepcuts.model import PersonaModel
from deepcuts.report.checks import check_model, check_seeds
from deepcuts.report.facts import ContenderFacts, Report
from deepcuts.report.frontier import Step, judge_contender
from deepcuts.report.inside import model_facts
from deepcuts.report.judge import Judge
from deepcuts.report.listeners import choose_listeners
from deepcuts.report.plays import plays_facts
from deepcuts.report.settings import ReportSettings
from deepcuts.report.versions import versions

_DEFAULT = ReportSettings()


def say_nothing(_: str) -> None:
    """Report no progress."""


def n_steps(contenders: Sequence[Contender], settings: ReportSettings) -> int:
    """How often `collect` reports progress."""
    return len(contenders) * (1 + len(settings.rarities)) + 1


def collect(
    models: Mapping[str, PersonaModel],
    contenders: Sequence[Contender],
    train: PlaysLike,
    holdout: PlaysLike,
    settings: ReportSettings = _DEFAULT,
    *,
    features: ItemFeatures | None = None,
    label_source: str = "",
    on_step: Step = say_nothing,
) -> Report:
    """Judge all contenders and look inside the models.

    Parameters
    ----------
    models
        Those to look into, by the names they are shown under.
    contenders
        Whose lists are compared; the first one is what others are compared with.
    train, holdout
        What the models were trained on, and what was held out; also as tables.
    settings
        How much to show.
    features
        Labels of the items; None leaves calibration out.
    label_source
        Where the labels come from, in a few words.
    on_step
        Called with a note after each of `n_steps`.

    Raises
    ------
    DataError
        If a model was trained on other plays than train, or holdout and train do not fit each other.
    SettingsError
        If there is no contender, two have the same name, or what is given as one model with several seeds is none,
        or `on_step` cannot be called.
    UnknownIdError
        If a listener asked for is not in train.
    """
    if not models or not contenders:
        raise SettingsError("There is nothing to report on. Give at least one model, and contenders.")
    if not isinstance(models, Mapping):
        raise SettingsError(f"models is {shown(models)}. Give models by the names to show, such as {{'mine': model}}.")
    check_contenders(contenders)
    check_callbacks(on_step=on_step)
    train, holdout = as_plays(train), as_plays(holdout)
    for name, model in models.items():
        check_model(name, model, train)
    for contender in contenders:
        check_seeds(contender)
    judge = Judge(train, holdout, features, settings)
    plays = plays_facts(train, holdout, features, label_source)
    listeners = choose_listeners(next(iter(models.values())), holdout, settings)
    compared = _judge_all(contenders, judge, on_step)
    inside = tuple(model_facts(name, model, judge, listeners) for name, model in models.items())
    on_step("inside the models")
    return Report(
        accuracy=judge.name(settings.accuracy),
        novelty=judge.name("novelty"),
        calibration=judge.name("calibration_kl") if features else None,
        plays=plays,
        contenders=compared,
        models=inside,
        settings=settings,
        versions=versions(),
    )


def _judge_all(contenders: Sequence[Contender], judge: Judge, on_step: Step) -> tuple[ContenderFacts, ...]:
    """Judge every contender, those after the first beside it."""
    compared: list[ContenderFacts] = []
    n_seeds = max((1 + len(one.method.others) for one in contenders if isinstance(one.method, Trained)), default=1)
    reference: Evaluation | None = None
    for contender in contenders:
        with judging(contender.name):
            facts, evaluation = judge_contender(contender, judge, reference, on_step, n_seeds)
        reference = evaluation if reference is None else reference
        compared.append(facts)
    return tuple(compared)
