"""The rarity dial: the one formula by which scores become those of lists, at the moment of asking.

The score s of an item by a persona row becomes, maths.md (19) and (20),

    s · m · w − a · c        and, where s is below 0, s / m · w − a · c

with a multiplier m of the item, a weight w and an amount a of the row, and the commonness c of the item. A form of the
dial, one of `FORMS`, says what m and a are at a strength of the dial. `deepcuts.recommendation.scored` computes this
for rows of scores of all items, and `deepcuts.recommendation.factored` within a search by bounds
(`deepcuts.kernels.ranking.tiles`); both take m, w, a and c from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from deepcuts.array_types import DoubleVector, FloatVector, IndexVector, Indptr, NumberVector
from deepcuts.recommendation.item_sizes import fitted_sizes
from deepcuts.recommendation.settings import ListSettings, Mix, RarityForm

Sizes = Callable[[], DoubleVector]


@dataclass(frozen=True)
class FormTerms:
    """What a form of the dial makes m and a of the formula; None leaves a term neutral, at 1 or at 0.

    For lists to become no more popular with the strength, `base` must not fall with the frequency of an item.

    Parameters
    ----------
    lean
        How far personas lean on the base vector at a strength of 1; in proportion at others above 0.
    base
        Takes the frequency of every item, float64, (n_items,), and what returns the sizes of the items, float64,
        (n_items,); returns b, float64, (n_items,), above 0 and at most 1. m is b ** −strength.
    amount
        Takes the strength and the spread of every row, float64 and float32, (n_rows,), returns a, (n_rows,), which is 0
        at a strength of 0.
    """

    lean: float
    base: Callable[[DoubleVector, Sizes], DoubleVector] | None = None
    amount: Callable[[DoubleVector, FloatVector], DoubleVector] | None = None


def frequency_itself(frequency: DoubleVector, sizes: Sizes) -> DoubleVector:
    """b of the form "power", maths.md (20)."""
    return frequency


def size_at_frequency(frequency: DoubleVector, sizes: Sizes) -> DoubleVector:
    """b of the form "norm", maths.md (20)."""
    return fitted_sizes(sizes(), frequency)


def multiple_of_spread(strengths: DoubleVector, spreads: FloatVector) -> DoubleVector:
    """a of the form "shift", strength · σ, maths.md (19)."""
    return np.asarray(strengths * spreads)


FORMS: Mapping[RarityForm, FormTerms] = MappingProxyType(
    {
        "norm": FormTerms(lean=0.5, base=size_at_frequency),  # leans chosen by benchmarks/dial_lean.py
        "shift": FormTerms(lean=0.375, amount=multiple_of_spread),
        "power": FormTerms(lean=2.0, base=frequency_itself),
    }
)


@dataclass(frozen=True, eq=False)
class RowTerms:
    """The terms of the formula that belong to rows.

    Parameters
    ----------
    multiplier_strengths
        float64, (n_rows,): the strength at which a row takes its multipliers; 0 stands for multipliers of 1.
    weights
        w, float32, (n_rows,), above 0.
    amounts
        a, float32, (n_rows,).
    """

    multiplier_strengths: DoubleVector
    weights: FloatVector
    amounts: FloatVector


def row_terms(
    persona_weights: FloatVector,
    strengths: DoubleVector,
    indptr: Indptr,
    spreads: Callable[[], FloatVector],
    settings: ListSettings,
) -> RowTerms:
    """Work out what the dial does to the scores of some rows.

    Parameters
    ----------
    persona_weights
        float32, (n_rows,): 0 mutes a row.
    strengths
        float64, (n_rows,): of the dial.
    indptr
        int64, (n_users + 1,): rows of each user.
    spreads
        Returns the standard deviation of the scores of every row over all items, float32, (n_rows,); called where the
        form needs it.
    settings
        What was asked for.
    """
    form = FORMS[settings.dial]
    amounts = np.zeros(len(strengths), np.float32)
    if form.amount is not None and np.any(strengths):
        own = spreads()
        # "max" compares scores of rows: one amount for all rows of a user keeps them comparable.
        shared = largest_of_user(own * persona_weights, indptr) if settings.mix == "max" else own
        amounts = form.amount(strengths, shared).astype(np.float32)
    multiplier_strengths = np.zeros(len(strengths)) if form.base is None else strengths
    return RowTerms(multiplier_strengths, score_weights(persona_weights, settings.mix), amounts)


def score_weights(persona_weights: FloatVector, mix: Mix) -> FloatVector:
    """w of every row: the persona's weight where lists compare scores of personas, 1 where it is muted or they do not.

    With ``mix="share"``, persona weights scale the shares of the list and leave the scores alone.
    """
    if mix == "share":
        return np.ones(len(persona_weights), np.float32)
    return np.where(persona_weights > 0, persona_weights, np.float32(1))


def largest_of_user(values: FloatVector, indptr: Indptr) -> FloatVector:
    """Give all rows of a user the largest of their values, so that the dial moves them alike."""
    # Every user has a row: of an empty one, reduceat would return the next user's first value.
    return np.repeat(np.maximum.reduceat(values, indptr[:-1]), np.diff(indptr))


def item_multipliers(base: DoubleVector, strength: float) -> tuple[FloatVector, FloatVector]:
    """m of every item at one strength, and 1 / m for scores below 0, each float32, (n_items,).

    Parameters
    ----------
    base
        b of the form, float64, (n_items,), above 0.
    strength
        Of the dial.
    """
    return (base**-strength).astype(np.float32), (base**strength).astype(np.float32)


def item_bases(form: RarityForm, frequency: DoubleVector, sizes: Sizes) -> DoubleVector:
    """b of every item, float64, (n_items,); 1 where the form does not multiply.

    Parameters
    ----------
    form
        Form of the dial.
    frequency
        float64, (n_items,), in (0, 1].
    sizes
        Returns the sizes of the items, float64, (n_items,); called where the form needs them.
    """
    base = FORMS[form].base
    return np.ones(len(frequency)) if base is None else base(frequency, sizes)


def commonness(frequency: DoubleVector) -> FloatVector:
    """c of every item, its log frequency with mean 0 and standard deviation 1 over the items; 0 where all are alike."""
    logs = np.log(frequency)
    spread = logs.std()
    centred: DoubleVector = (logs - logs.mean()) / (spread if spread > 0 else 1.0)
    return centred.astype(np.float32)


def item_frequency(counts: NumberVector, total: float) -> DoubleVector:
    """Smoothed frequency of every item: (count + 1) / (total + 1), in (0, 1].

    Parameters
    ----------
    counts
        (n_items,): listeners, or plays, of each item.
    total
        Users, or plays in all.
    """
    return np.asarray((counts + 1.0) / (total + 1.0))  # never 0: logs and negative powers of it are taken


def multiplier_tables(multiplier_strengths: DoubleVector) -> tuple[tuple[float, ...], IndexVector]:
    """Find the strengths other than 0 that rows take multipliers at, and which of the tables each row takes.

    Returns
    -------
    The strengths in ascending order, and for each row 0, the table of ones, or 1 + the index of its strength, int32.
    """
    strengths = np.unique(multiplier_strengths[multiplier_strengths != 0])  # sorted, as searchsorted needs them
    tables = np.where(multiplier_strengths == 0, 0, 1 + np.searchsorted(strengths, multiplier_strengths))
    return tuple(strengths.tolist()), tables.astype(np.int32)
