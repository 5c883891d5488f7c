"""The values of a model file, checked before anything is computed from them."""

from __future__ import annotations

import math

import numpy as np

from deepcuts import storage
from deepcuts.array_types import DoubleMatrix, FloatMatrix, FloatVector, Indptr
from deepcuts.data.csr import divides, sums_of_rows
from deepcuts.errors import SettingsError
from deepcuts.model.state import TrainingCounts
from deepcuts.model.training.epochs import Epoch
from deepcuts.model.training.fold_in import ItemSide, UserPersonas
from deepcuts.model.training.objective import Scale
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.model.training.solve import ItemGrams, gram
from deepcuts.storage import StrPath, values
from deepcuts.wording import counted

USER_FACTOR_SUM = "crowd"  # its name in files of version 0.1, which load in this one
UNOBSERVED_WEIGHTS, UNOBSERVED_GRAM = "unobserved_weights", "unobserved_gram"

SETTINGS_BEFORE = {
    "user_regularization": 0.02,
    "item_regularization": 0.02,
    "unobserved_ratio": 8.0,
    "unobserved_exponent": 0.0,
    "item_weight_exponent": 0.0,
    "settled_unobserved_scale": 1.0,
    "settled_regularization_scale": 1.0,
    "early_stopping": "off",
    "join_cosine": 2.0,
}
"""What files that do not name a setting were made with: the defaults of version 0.1."""

_LARGEST_FACTOR = 1e9  # far beyond any that training finds, and small enough that no score overflows
_LARGEST_SUM = 1e15
_LARGEST_WEIGHT = 1e30  # of what is cast to float32 to be solved with
_ROUNDING = 1e-3  # of sums of float32
_SLACK = 10.0
_LEAST_WEIGHT = 1e-15  # of a pair that was not observed, in multiples of the mean of all
_GRAM_ERROR = 1e-4  # relative to the lengths of the two columns
_MOST_EPOCHS = 20_000  # of base and personas together


def read_item_side(stored: storage.Stored) -> ItemSide:
    """Read item factors, and what else a user's solution depends on.

    Raises
    ------
    FileFormatError
        If a value is missing, of another type or out of its range, or the Gram matrix is not that of the factors.
    """
    path, meta = stored.path, stored.meta
    settings = _read_settings(stored)
    scale = values.read_record(Scale, meta.get("scale"), path, "scale")
    seed = values.typed(int, meta.get("seed"), path, "seed")
    values.check_number(path, "seed", seed, 0, math.inf)
    n = settings.vector_length
    factors = stored.array("item_factors", np.float32, (None, n))
    factor_sum = stored.array(USER_FACTOR_SUM, np.float64, (n,))
    weights, grams = _read_weights(stored, len(factors), settings), _read_grams(stored, settings)
    items = ItemSide(factors, weights, grams, factor_sum, scale, settings, seed)
    values.check_between(path, "item_factors", factors, _least(settings.lowest_item_factor), _LARGEST_FACTOR)
    values.check_between(path, USER_FACTOR_SUM, factor_sum, -_LARGEST_SUM, _LARGEST_SUM)
    _check_weights(weights, path)
    _check_gram("item_gram", grams.plain, factors, None, path)
    if grams.unobserved is not grams.plain:
        _check_gram(UNOBSERVED_GRAM, grams.unobserved, factors, weights, path)
    _check_scale(items, path)
    _check_factor_sum(items, path)
    return items


def _read_settings(stored: storage.Stored) -> PersonaSettings:
    listed = stored.meta.get("settings")
    if isinstance(listed, dict):
        listed = {**SETTINGS_BEFORE, **listed}
    try:
        settings = values.read_record(PersonaSettings, listed, stored.path, "settings")
        _ = settings.vector_length, settings.weighting  # raise where one of them is "auto"
    except SettingsError as error:
        raise values.inconsistent(stored.path, f"its settings cannot be used ({error})") from None
    return settings


def _least(lowest: float) -> float:
    """Lower bound of factors in a file: 0, or what is as far below it as the largest is above."""
    return max(lowest, -_LARGEST_FACTOR)


def _read_weights(stored: storage.Stored, n_items: int, settings: PersonaSettings) -> FloatVector:
    """q of every item; 1 where all weigh the same, which needs no array."""
    if not settings.weighting.unobserved_exponent:
        return np.ones(n_items, np.float32)
    return stored.array(UNOBSERVED_WEIGHTS, np.float32, (n_items,))


def _read_grams(stored: storage.Stored, settings: PersonaSettings) -> ItemGrams:
    shape = (settings.vector_length, settings.vector_length)
    plain = stored.array("item_gram", np.float64, shape)
    return ItemGrams(
        stored.array(UNOBSERVED_GRAM, np.float64, shape) if settings.weighting.unobserved_exponent else plain, plain
    )


def _check_weights(weights: FloatVector, path: StrPath) -> None:
    """Check that q is above 0, and 1 on average."""
    values.check_between(path, UNOBSERVED_WEIGHTS, weights, _LEAST_WEIGHT, values.LARGEST_COUNT)
    mean = float(weights.mean(dtype=np.float64)) if len(weights) else 1.0
    values.check_number(path, f"mean of the array {UNOBSERVED_WEIGHTS!r}", mean, 1 - _ROUNDING, 1 + _ROUNDING)


def _check_gram(
    name: str, found: DoubleMatrix, factors: FloatMatrix, weights: FloatVector | None, path: StrPath
) -> None:
    """Compare a Gram matrix with one computed again, up to the rounding of another machine."""
    expected = gram(factors, weights)
    lengths = np.sqrt(np.diag(expected))
    error = np.abs(found - expected)
    wrong = np.argwhere(~(error <= _GRAM_ERROR * np.outer(lengths, lengths)))  # NaN is wrong
    if len(wrong):
        row, column = wrong[0]
        place = f"{found[row, column]:.6g} in row {row}, column {column}"
        raise values.inconsistent(
            path, f"its array {name!r} has {place}, but its item factors give {expected[row, column]:.6g}"
        )


def _check_factor_sum(items: ItemSide, path: StrPath) -> None:
    """Hold the sum of base vectors to their mean squared length: ‖Σ x‖² ≤ n Σ ‖x‖² (Cauchy and Schwarz).

    Some slack is left for models of folded-in users that were extended, which move both without being a part of them.
    Where personas moved together with items, the sum is of the personas, of which that says nothing.
    """
    if items.scale.taste_square == 0 or (items.settings.n_personas > 1 and items.settings.persona_epochs > 0):
        return
    length = float(np.linalg.norm(items.user_factor_sum))
    longest = items.scale.n_users * math.sqrt(items.scale.taste_square)
    values.check_number(path, f"length of the array {USER_FACTOR_SUM!r}", length, 0, _SLACK * longest)


def _check_scale(items: ItemSide, path: StrPath) -> None:
    """Check sizes of the training data, and that what they weigh the Gram matrix by leaves float32 finite."""
    scale, settings = items.scale, items.settings
    values.check_number(path, "scale.w0", scale.w0, 0, _LARGEST_SUM)
    values.check_number(path, "scale.taste_square", scale.taste_square, 0, _LARGEST_FACTOR**2)
    values.check_number(path, "scale.n_users", scale.n_users, 1, values.LARGEST_COUNT)
    if scale.n_items != len(items.factors):
        raise values.inconsistent(
            path, f"its scale.n_items is {scale.n_items}, but it has {counted(len(items.factors), 'item')}"
        )
    for name, one in (("item_gram", items.grams.plain), (UNOBSERVED_GRAM, items.grams.unobserved)):
        largest = scale.w0 * max(1.0, settings.by_ridge.persona_unobserved_scale) * float(np.abs(one).max(initial=0))
        values.check_number(path, f"scale.w0 times its array {name!r}", largest, 0, _LARGEST_WEIGHT)


def check_counts(counts: TrainingCounts, scale: Scale, path: StrPath) -> None:
    """Check how widely items were played in training.

    Raises
    ------
    FileFormatError
        If a count is below 0 or not finite, an item has more listeners than there were, or plays and no listeners.
    """
    values.check_number(path, "n_listeners", counts.n_listeners, 1, scale.n_users)
    values.check_between(path, "item_listeners", counts.listeners, 0, counts.n_listeners)
    values.check_between(path, "item_plays", counts.plays, 0, values.LARGEST_FLOAT * counts.n_listeners)
    wrong = np.flatnonzero((counts.listeners > 0) != (counts.plays > 0))
    if len(wrong):
        found = (
            f"{counts.plays[wrong[0]]:.6g} for item {wrong[0]:,}, which has "
            f"{counted(counts.listeners[wrong[0]], 'listener')}"
        )
        raise values.inconsistent(path, f"its array 'item_plays' has {found}")


def check_user_personas(users: UserPersonas, pair_indptr: Indptr, settings: PersonaSettings, path: StrPath) -> None:
    """Check the personas of all users.

    Parameters
    ----------
    users
        What was read.
    pair_indptr
        int64, (n_users + 1,), of the plays.
    settings
        Hyperparameters of the model.
    path
        The file, for messages.

    Raises
    ------
    FileFormatError
        If a user has no persona or more than the settings allow, a pair belongs to none of its user's, shares do not
        sum to 1, or a factor is out of range.
    """
    indptr = users.persona_indptr
    if not divides(indptr, len(users.persona_shares)):
        raise values.inconsistent(path, "its array 'persona_indptr' does not divide its personas among its users")
    n_personas = np.diff(indptr)
    wrong = np.flatnonzero((n_personas < 1) | (n_personas > settings.n_personas))
    if len(wrong):
        found = f"{counted(n_personas[wrong[0]], 'persona')} for user {wrong[0]:,}, outside 1 to {settings.n_personas}"
        raise values.inconsistent(path, f"its array 'persona_indptr' has {found}")
    values.check_between(path, "personas", users.personas, 0, settings.n_personas - 1)
    _check_membership(users, pair_indptr, path)
    _check_shares(users, pair_indptr, path)
    least = _least(settings.lowest_user_factor)
    values.check_between(path, "base_factors", users.base_factors, least, _LARGEST_FACTOR)
    if users.persona_factors is not users.base_factors:  # one array where every user has one persona
        values.check_between(path, "persona_factors", users.persona_factors, least, _LARGEST_FACTOR)


def _check_membership(users: UserPersonas, pair_indptr: Indptr, path: StrPath) -> None:
    """Refuse a pair of a persona that its user does not have."""
    filled = np.flatnonzero(np.diff(pair_indptr))
    if not len(filled):
        return
    last = np.maximum.reduceat(users.personas, pair_indptr[filled])  # of each user with pairs, who alone have a maximum
    wrong = filled[last >= np.diff(users.persona_indptr)[filled]]
    if len(wrong):
        raise values.inconsistent(path, f"its array 'personas' has a persona that user {wrong[0]:,} does not have")


def _check_shares(users: UserPersonas, pair_indptr: Indptr, path: StrPath) -> None:
    """Refuse shares outside 0 to 1, and users whose shares do not sum to 1, or to 0 where they have no pairs."""
    values.check_between(path, "persona_shares", users.persona_shares, 0, 1)
    sums = sums_of_rows(users.persona_shares, users.persona_indptr)
    unused = (np.diff(pair_indptr) == 0) & (sums == 0)
    wrong = np.flatnonzero((np.abs(sums - 1) > _ROUNDING) & ~unused)
    if len(wrong):
        found = f"a sum of {sums[wrong[0]]:.6g} for user {wrong[0]:,} instead of 1"
        raise values.inconsistent(path, f"its array 'persona_shares' has {found}")


def read_epochs(stored: storage.Stored) -> tuple[Epoch, ...]:
    """Read the loss of every epoch.

    Raises
    ------
    FileFormatError
        If there is no list of them, or a value is missing, of another type, or out of its range.
    """
    path, listed = stored.path, stored.meta.get("epochs")
    if not isinstance(listed, list) or len(listed) > _MOST_EPOCHS:
        raise values.inconsistent(path, f"its epochs are no list of at most {_MOST_EPOCHS:,}")
    epochs = tuple(values.read_record(Epoch, epoch, path, f"epochs[{i}]") for i, epoch in enumerate(listed))
    for i, epoch in enumerate(epochs):
        if epoch.stage == "rehearsal":
            raise values.inconsistent(path, f"its epochs[{i}].stage is 'rehearsal', of which no model keeps epochs")
        values.check_number(path, f"epochs[{i}].number", epoch.number, 1, _MOST_EPOCHS)
        values.check_number(path, f"epochs[{i}].seconds", epoch.seconds, 0, math.inf)
        values.check_number(path, f"epochs[{i}].validation_ndcg", epoch.validation_ndcg or 0.0, 0, 1)
        values.check_number(path, f"epochs[{i}].loss", epoch.loss, -values.LARGEST_FLOAT, values.LARGEST_FLOAT)
    return epochs
