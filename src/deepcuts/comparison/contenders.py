"""What is compared: a method to train, its settings, and how its lists are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from functools import partial
from typing import Any, Protocol

import pyarrow as pa

from deepcuts.checks import instance, instances, kind_of, naming, shown
from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError, SettingsError
from deepcuts.model import PersonaModel, PersonaNMF
from deepcuts.recommendation import ListSettings
from deepcuts.recommendation.settings import Mix
from deepcuts.setting_names import check_names
from deepcuts.wording import counted

LIST_SETTINGS = ("rarity", "strength", "dial", "frequency", "mix")

_FEW_SETTINGS = 6  # a method with more of them is described by those that are not the defaults


class FittedModel(Protocol):
    """What training returns, of whatever method: something that makes lists.

    `deepcuts.baselines.ScoredModel` is one that makes them from scores, with the dial and all other settings.
    """

    @property
    def recommend(self) -> Callable[..., pa.Table]:
        """Makes lists: a table with the columns user_id, item_id and rank, and persona where there are some.

        It takes ``(users=None, k=20, **settings)``: one id, several, or None for all users that it was trained on,
        which comparisons ask for; the length of the lists; and those of `deepcuts.recommendation.ListSettings` that
        a contender has.
        """


class Method(Protocol):
    """A model before training: a frozen dataclass of settings, or any other object that can be hashed.

    Contenders whose methods are equal share one training. One whose attribute `draws` is False says that its seed
    changes nothing.
    """

    def fit(self, plays: Interactions, *, seed: int = 0) -> FittedModel:
        """Train on these plays alone; the same seed gives the same model."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A method whose `fit` returns a model that was trained before.

    Parameters
    ----------
    model
        The model.
    about
        What it is, in a line.
    others
        The same model, trained with other seeds.
    """

    model: PersonaModel
    about: str
    others: tuple[PersonaModel, ...] = ()

    def fit(self, plays: Interactions, *, seed: int = 0) -> PersonaModel:
        """Return the model."""
        return self.model


@dataclass(frozen=True)
class Contender:
    """One row of a comparison or a report.

    Parameters
    ----------
    name
        What to call it.
    method
        What is trained. Contenders with equal methods share one training.
    lists
        Settings of `ListSettings` for its lists: rarity or strength, dial, frequency, mix.

    Raises
    ------
    SettingsError
        If a setting of lists is unknown or out of its range, or the name is no text on one line.
    """

    name: str
    method: Method
    lists: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (isinstance(self.name, str) and self.name.strip() and len(self.name.splitlines()) == 1):
            raise SettingsError(f"A contender is called {shown(self.name)}. Give it a name that fits on one line.")
        _check_method(self.name, self.method)
        for setting in self.lists:
            if setting not in LIST_SETTINGS:
                raise SettingsError(f"{self.name} has no setting {setting!r} of lists: {', '.join(LIST_SETTINGS)}.")
        with _naming_settings(self.name):
            ListSettings(**self.lists)  # refuses values out of range now, not after the training

    def fit(self, plays: Interactions, seed: int) -> FittedModel:
        """Train the method.

        Raises
        ------
        SettingsError
            If a method of a caller raises anything, or returns what makes no lists.
        """
        with naming(self.name, self.method, "Its fit takes (plays, *, seed)."):
            fitted = self.method.fit(plays, seed=seed)
        check_fitted(f"What {self.name} returns from fit", fitted)
        return fitted

    def lists_of(self, fitted: FittedModel, k: int, **settings: Any) -> pa.Table:
        """Make the lists of what `fit` has returned, by settings beside its own; see `lists_of`."""
        return lists_of(self.name, fitted, k, {**self.lists, **settings})


def lists_of(name: str, fitted: FittedModel, k: int, settings: Mapping[str, Any]) -> pa.Table:
    """Make the lists of all users.

    Parameters
    ----------
    name
        What the model is called, for the message.
    fitted
        The model.
    k
        Length of the lists.
    settings
        Those of `ListSettings`.

    Raises
    ------
    SettingsError
        If a model of a caller raises anything.
    """
    with naming(name, fitted, "Its recommend takes (users=None, k=20, **settings), those of deepcuts.recommendation."):
        return fitted.recommend(k=k, **settings)


@contextmanager
def judging(name: str) -> Iterator[None]:
    """Name a model in what is said of its lists.

    Raises
    ------
    DataError
        In place of one that says nothing of whose lists they are.
    """
    try:
        yield
    except DataError as error:
        raise DataError(f"{name}: {error}") from error


def _check_method(name: str, method: Any) -> None:
    """Refuse what cannot be trained, or told from other methods."""
    if isinstance(method, type) and callable(getattr(method, "fit", None)):
        kind = method.__name__
        raise SettingsError(f"{name} is the class {kind}. Pass an object of it, with its settings: {kind}().")
    if not callable(getattr(method, "fit", None)):
        raise SettingsError(
            f"{name} is {shown(method)}, which has no fit(plays, *, seed). Pass an object with settings, such as "
            "PersonaNMF(n_factors=32)."
        )
    if type(method).__hash__ is None:
        raise SettingsError(
            f"{name} is {kind_of(method)}, which cannot be hashed, so that equal methods are not found. Write "
            "@dataclass(frozen=True) above its class."
        )


def check_fitted(what: str, fitted: Any) -> None:
    """Refuse what makes no lists in place of a fitted model.

    Parameters
    ----------
    what
        What it is called, for the message.
    fitted
        Anything.

    Raises
    ------
    SettingsError
        If it has no method `recommend`.
    """
    if isinstance(fitted, type) or not callable(getattr(fitted, "recommend", None)):
        raise SettingsError(
            f"{what} is {shown(fitted)}, which has no recommend(users=None, k=20, **settings). A model that was fitted "
            "has one, such as PersonaNMF().fit(plays) returns."
        )


def check_contenders(contenders: Sequence[Contender]) -> None:
    """Refuse contenders that a table or a legend could not tell apart.

    Raises
    ------
    SettingsError
        If there is none, or two have the same name.
    """
    advice = "Give a list of contenders, such as [baseline('popularity')]."
    names = [contender.name for contender in instances("contenders", contenders, Contender, advice)]
    if not names:
        raise SettingsError("There is nothing to compare. Name models or baselines.")
    for name in names:
        if names.count(name) > 1:
            raise SettingsError(
                f"Two contenders are called {name!r}. Give each a name of its own: models as NAME=FILE, and a baseline "
                "once."
            )


def check_reference(reference: str, names: Sequence[str]) -> None:
    """Refuse a reference that is none of the contenders.

    Raises
    ------
    SettingsError
        If it is not.
    """
    if not isinstance(reference, str) or reference not in names:
        raise SettingsError(f"The reference {shown(reference)} does not take part. Choose from {', '.join(names)}.")


def contender_of(title: str, method: Any, values: Mapping[str, Any]) -> Contender:
    """Make a contender of a class of methods and of settings, of the method and of its lists.

    Parameters
    ----------
    title
        What to call it.
    method
        A dataclass of settings with a `fit`, or a `functools.partial` of one.
    values
        Settings that are not to be the defaults.

    Raises
    ------
    SettingsError
        If there is no such setting, or a value is out of its range.
    """
    instance("A title", title, str, "Give it a text.")
    if not isinstance(values, Mapping):
        raise SettingsError(f"values is {shown(values)}. Give settings by name, such as {{'n_factors': 32}}.")
    known = settings_of(method)
    check_names(title, values, (*known, *LIST_SETTINGS))
    own = {name: value for name, value in values.items() if name in known}
    lists = {name: value for name, value in values.items() if name not in known}
    with _naming_settings(title):
        chosen = method(**own)
    return Contender(title, chosen, lists)


@contextmanager
def _naming_settings(name: str) -> Iterator[None]:
    """Name a contender in what is said of its settings."""
    try:
        yield
    except SettingsError as error:
        raise SettingsError(f"{name}: {error}") from None


def settings_of(method: Any) -> list[str]:
    """Names of the settings of a method, or of a class of methods."""
    settings: Any = method.func if isinstance(method, partial) else method
    return [one.name for one in fields(settings)] if is_dataclass(settings) else []


def model(title: str, values: Mapping[str, Any] | None = None) -> Contender:
    """Take the model with some settings, of its own and of its lists.

    Parameters
    ----------
    title
        What to call it.
    values
        Settings that are not to be the defaults.

    Raises
    ------
    SettingsError
        If there is no such setting, or a value is out of its range.
    """
    return contender_of(title, PersonaNMF, {} if values is None else values)


def model_contenders(
    models: Mapping[str, PersonaModel],
    mixes: Sequence[Mix] = ("share",),
    *,
    one_persona: bool = False,
    other_seeds: Mapping[str, Sequence[PersonaModel]] | None = None,
) -> list[Contender]:
    """Take trained models, each with every way in which its lists are to be made.

    Parameters
    ----------
    models
        By the names they are shown under.
    mixes
        How lists are made from several personas, the main way first.
    one_persona
        Whether the one-persona model that each was split from takes part.
    other_seeds
        The same models trained with other seeds, by name.
    """
    if not isinstance(models, Mapping):
        raise SettingsError(f"models is {shown(models)}. Give models by the names to show, such as {{'a': model}}.")
    others = {} if other_seeds is None else other_seeds
    parts = [
        _ways(name, (model, *others.get(name, ())), mixes, one_persona, len(models) > 1)
        for name, model in models.items()
    ]
    return [contender for part in parts for contender in part]


def _ways(
    name: str, models: tuple[PersonaModel, ...], mixes: Sequence[Mix], one_persona: bool, is_one_of_many: bool
) -> Iterator[Contender]:
    model, *_ = models
    several, prefix = model.settings.n_personas > 1, f"{name}, " if is_one_of_many else ""
    size = f"{counted(model.settings.vector_length, 'factor')}, "
    if not several:
        yield Contender(name, Trained(model, size + "one persona", models[1:]))
        return
    for number, mix in enumerate(dict.fromkeys(mixes)):
        about = f"{size}up to {counted(model.settings.n_personas, 'persona')}, lists mixed by {mix}"
        # The first mix goes by the plain name of the model.
        yield Contender(f"{prefix}mix by {mix}" if number else name, Trained(model, about, models[1:]), {"mix": mix})
    if one_persona:
        bases = tuple(one.base for one in models[1:])
        about = size + "the base that the personas lean on"
        yield Contender(f"{prefix}one persona", Trained(model.base, about, bases))


def describe(contender: Contender) -> str:
    """Say in a line what a contender is."""
    method: Any = contender.method
    if isinstance(method, Trained):
        return method.about
    settings = {name: getattr(method, name) for name in settings_of(method)}
    if len(settings) > _FEW_SETTINGS:
        defaults = {one.name: one.default for one in fields(method)}
        settings = {name: value for name, value in settings.items() if value != defaults[name] or name == "n_factors"}
    shown = {**settings, **contender.lists}
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in shown.items()) or "no settings"
