"""What a model must be to be judged: trained on the plays that it is judged beside, and on no others."""

from __future__ import annotations

from deepcuts.comparison.contenders import Contender, Trained
from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError, SettingsError
from deepcuts.model import PersonaModel
from deepcuts.wording import counted


def check_model(name: str, model: PersonaModel, train: Interactions) -> None:
    """Refuse a model that was trained on other pairs than train, such as one that has learnt the holdout.

    Parameters
    ----------
    name
        What the model is called, for the message.
    model
        The model.
    train
        Plays of the training part.

    Raises
    ------
    DataError
        If its users, items or pairs are not those of train.
    """
    seen = model.seen
    for what, own, others in (("users", seen.user_ids, train.user_ids), ("items", seen.item_ids, train.item_ids)):
        if not own.values.equals(others.values):
            raise DataError(
                f"The model {name!r} has {len(own):,} {what}, which are not the {len(others):,} of train. "
                "Give the plays that it was trained on."
            )
    if seen.n_pairs != train.n_pairs or (seen.indices != train.indices).any() or (seen.indptr != train.indptr).any():
        raise DataError(
            f"The model {name!r} was trained on {counted(seen.n_pairs, 'pair')}, which are not the "
            f"{train.n_pairs:,} of train. "
            "Give the plays that it was trained on: a model that has seen the holdout cannot be judged by it."
        )


def check_seeds(contender: Contender) -> None:
    """Refuse models that are given as one with several seeds, and differ by more, or not even by these.

    Raises
    ------
    SettingsError
        If they are of different settings, or two are of one seed.
    """
    method = contender.method
    if not isinstance(method, Trained):
        return
    seeds = [method.model.item_side.seed]
    for other in method.others:
        if other.settings != method.model.settings:
            raise SettingsError(
                f"The models called {contender.name!r} have different settings. Give models of one name that differ "
                "by their seeds alone, and others as NAME=FILE with another name."
            )
        if other.item_side.seed in seeds:
            raise SettingsError(
                f"Two models called {contender.name!r} were trained with the seed {other.item_side.seed}. Give each "
                "seed once."
            )
        seeds.append(other.item_side.seed)
