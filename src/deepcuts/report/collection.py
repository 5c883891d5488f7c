"""From models, plays and holdout to all the numbers of a report."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from deepcuts._version import __version__
from deepcuts.comparison.contenders import Contender, check_names
from deepcuts.data.interactions import Interactions
from deepcuts.errors import SettingsError
from deepcuts.evaluation import Evaluation, ItemFeatures
from deepcuts.evaluation.holdout import match_holdout
from deepcuts.model import PersonaModel
from deepcuts.report.checks import check_model
from deepcuts.report.facts import ContenderFacts, PlaysFacts, Report
from deepcuts.report.frontier import Judge, Step, judge_contender
from deepcuts.report.inside import choose_listeners, model_facts
from deepcuts.report.settings import ReportSettings

_DEFAULT = ReportSettings()
_N_POPULARITY = 200
_N_BARS = 35
_PACKAGES = ("numpy", "scipy", "numba", "pyarrow", "matplotlib", "implicit", "irspack", "scikit-learn")


def say_nothing(_: str) -> None:
    """Report no progress."""


def n_steps(contenders: Sequence[Contender], settings: ReportSettings) -> int:
    """How often `collect` reports progress."""
    return len(contenders) * (1 + len(settings.turns)) + 1


def collect(
    models: Mapping[str, PersonaModel],
    contenders: Sequence[Contender],
    train: Interactions,
    holdout: Interactions,
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
        What the models were trained on, and what was held out.
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
        If there is no contender, or two have the same name.
    UnknownIdError
        If a listener asked for is not in train.
    """
    if not models or not contenders:
        raise SettingsError("There is nothing to report on. Give at least one model.")
    check_names(contenders)
    for name, model in models.items():
        check_model(name, model, train)
    plays = plays_facts(train, holdout, features, label_source)
    listeners = choose_listeners(next(iter(models.values())), holdout, settings)
    judge = Judge(train, holdout, features, settings)
    compared: list[ContenderFacts] = []
    reference: Evaluation | None = None
    for contender in contenders:
        facts, evaluation = judge_contender(contender, judge, reference, on_step)
        reference = evaluation if reference is None else reference
        compared.append(facts)
    inside = [model_facts(name, model, holdout, features, settings, listeners) for name, model in models.items()]
    on_step("inside the models")
    return Report(
        judge.name(settings.accuracy),
        judge.name("novelty"),
        judge.name("calibration_kl") if features else None,
        plays,
        tuple(compared),
        tuple(inside),
        dict(vars(settings)),
        versions(),
    )


def plays_facts(
    train: Interactions, holdout: Interactions, features: ItemFeatures | None, label_source: str
) -> PlaysFacts:
    """Sizes and shapes of the data.

    Raises
    ------
    DataError
        If holdout and train do not fit each other.
    """
    judged = match_holdout(train, holdout)
    listeners = np.sort(train.item_listeners)[::-1]
    ranks = np.unique(np.geomspace(1, len(listeners), _N_POPULARITY).round().astype(int))
    lengths = np.diff(train.indptr)
    step = -(-(int(np.ptp(lengths)) + 1) // _N_BARS)  # whole numbers, so that bars cover as many of them each
    edges = np.arange(lengths.min(), lengths.max() + step + 1, step) - 0.5
    counts, edges = np.histogram(lengths, edges)
    return PlaysFacts(
        *train.shape,
        train.n_pairs,
        float(train.plays.sum(dtype=np.float64)),
        int(judged.n_holdout.sum()),
        len(judged.users),
        tuple(zip(ranks.tolist(), listeners[ranks - 1].tolist(), strict=True)),
        int(np.searchsorted(np.cumsum(listeners), train.n_pairs / 2)) + 1,
        tuple(edges.tolist()),
        tuple(counts.tolist()),
        float(np.median(lengths)),
        label_source if features else "",
        features.n_labels if features else 0,
        int(features.is_labelled.sum()) if features else 0,
    )


def versions() -> Mapping[str, str]:
    """Of Python, of deepcuts and of the packages that a report stands on, as far as they are installed."""
    found = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "deepcuts": __version__,
    }
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
