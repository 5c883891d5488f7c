"""Names of personas and of factors: the tag that sets a group of items apart, and the items that stand for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from deepcuts.array_types import CountVector, DoubleMatrix, DoubleVector, IndexMatrix, IndexVector, NumberVector
from deepcuts.checks import whole_number
from deepcuts.data.csr import block_of_rows
from deepcuts.data.interactions import Interactions
from deepcuts.data.tags import tag_shares
from deepcuts.data.vectors import cosines, unit_vectors
from deepcuts.model.state import PersonaState

_N_NAMED = 2  # items in a name
_N_NAMING = 20  # items that a factor is named from
_NEARLY_AS_APT = 0.5  # share of the best tag's worth that another one needs to be taken for the sake of difference


@dataclass(frozen=True, eq=False)
class Namer:
    """Names groups of items of one catalogue, such as "ambient · Stars of the Lid, Grouper".

    Parameters
    ----------
    plays
        Whose items these are, with labels where there are any.
    background
        float64, (n_tags,): share of every tag in all listening.
    """

    plays: Interactions
    background: DoubleVector

    @classmethod
    def of(cls, plays: Interactions, listeners: CountVector) -> Namer:
        """Weigh the tags of the catalogue by the listeners of its items, (n_items,)."""
        return cls(plays, tag_shares(plays, np.arange(plays.n_items), listeners))

    def names(self, groups: Sequence[IndexVector], weights: Sequence[NumberVector]) -> list[str]:
        """Name some groups of items, each differently.

        A group's tag is the one that adds most to the divergence of its tags from their background, which is half
        all listening and half that of these groups together: Σ_t p_t log(p_t / q_t). "rock" names no group where all
        are rock. A tag that a group before has taken comes again only if no other is nearly as apt.

        Parameters
        ----------
        groups
            Item indexes of each group.
        weights
            How strongly each item stands for its group, float, as long as the group; items at 0 or below do not.
        """
        shares = [tag_shares(self.plays, items, weight) for items, weight in zip(groups, weights, strict=True)]
        background = (self.background + np.mean(shares, axis=0)) / 2 if shares else self.background
        named: list[str] = []
        tags: list[str] = []
        for items, weight, share in zip(groups, weights, shares, strict=True):
            own = self._tag(share, background, tags)
            tags += own
            name = " · ".join([*own, *self._items(items, weight)]) or "no items"
            n_alike = sum(other == name or other.startswith(f"{name} (") for other in named)
            named.append(f"{name} ({n_alike + 1})" if n_alike else name)
        return named

    def _tag(self, share: DoubleVector, background: DoubleVector, taken: Sequence[str]) -> list[str]:
        """Return the tag that sets a group apart, argmax_t p_t log(p_t / q_t), or none."""
        # p log(p / q), 0 where p is 0; where p is above 0, so is q, as half of it is the groups' own.
        apart = share * np.log(np.divide(share, background, out=np.ones_like(share), where=share > 0))
        # tiny: a tag that adds nothing to the divergence is no name.
        least = max(_NEARLY_AS_APT * float(apart.max(initial=0)), np.finfo(np.float64).tiny)
        # Of len(taken) + 1 candidates, one at least is not taken.
        order = [int(tag) for tag in np.argsort(-apart, kind="stable")[: len(taken) + 1] if apart[tag] >= least]
        found = self.plays.labels.tag_names.take(pa.array(order, pa.int64())).to_pylist() if self.plays.labels else []
        return [tag for tag in found if tag not in taken][:1] or found[:1]

    def _items(self, items: IndexVector, weight: NumberVector) -> list[str]:
        """Return the names of the items with the largest weights above 0, as one text, or none."""
        order = np.lexsort((items, -np.asarray(weight)))[:_N_NAMED]
        strongest = items[order[np.asarray(weight)[order] > 0]]
        return [", ".join(self.plays.item_names(strongest).to_pylist())] if len(strongest) else []


def name_personas(model: PersonaState, namer: Namer, user_index: int) -> list[str]:
    """Name the personas of a user from their own items: much played, and near the direction of the persona."""
    _, rows = block_of_rows(model.persona_indptr, user_index, user_index + 1)
    _, pairs = block_of_rows(model.seen.indptr, user_index, user_index + 1)
    items, plays = model.seen.user_items(user_index)
    personas = model.user_personas.personas[pairs]
    groups, weights = [], []
    for number, vector in enumerate(model.persona_factors[rows]):
        own = personas == number
        groups.append(items[own])
        weights.append(np.log2(1 + plays[own]) * np.maximum(cosines(model.item_factors[items[own]], vector), 1e-6))
    return namer.names(groups, weights)


def name_factors(model: PersonaState, namer: Namer) -> list[str]:
    """Name all factors from the items that load on them; see `strongest_items`."""
    items, strength = strongest_items(model, _N_NAMING)
    return namer.names(list(items), list(strength))


def describe_factors(model: PersonaState, factor_names: list[str], n_items: int) -> pa.Table:
    """Tabulate the items that stand for each factor; see `PersonaModel.factors`."""
    items, _ = strongest_items(model, whole_number("n_items", n_items, 1))
    factor = np.repeat(np.arange(len(items)), items.shape[1])
    flat = items.ravel()
    return pa.table(
        {
            "factor": factor.astype(np.int32),
            "factor_name": pa.array(factor_names).take(pa.array(factor)),
            "share": factor_shares(model)[factor],
            "rank": np.tile(np.arange(1, items.shape[1] + 1, dtype=np.int32), len(items)),
            "item_id": model.item_ids.take(flat),
            "name": model.item_names(flat),
            "loading": model.item_factors[flat, factor],
        }
    )


def factor_shares(model: PersonaState) -> DoubleVector:
    """Share of all scores of all users in training that comes through each factor, float64, (n_factors,).

    Σ_up Σ_i U_up · V_i = Σ_f M_f Σ_i V_if with M = Σ_up U_up. Where factors may be negative, sizes count.
    """
    through: DoubleVector = np.abs(model.item_side.user_factor_sum * model.item_factors.sum(axis=0, dtype=np.float64))
    total = through.sum()
    return through / total if total > 0 else through


def strongest_items(model: PersonaState, n: int) -> tuple[IndexMatrix, DoubleMatrix]:
    """Find the items that stand for each factor, and how strongly, both (n_factors, n), the strongest first.

    An item that loads on all factors stands for none, and one that few people know says little to most: the strength
    is V_if · |V_if| / ‖V_i‖ · log2(1 + listeners). Where items may be negative, a factor has two ends, and stands for
    the one at which users are: the sign of Σ_up U_upf.
    """
    factors, known = model.item_factors, np.log2(1 + model.item_listeners)
    if model.settings.nonnegative == "none":
        factors = factors * np.where(model.item_side.user_factor_sum < 0, -1, 1).astype(np.float32)
    # V_if · |V_if| / ‖V_i‖, one row a factor
    strengths = np.ascontiguousarray((factors * np.abs(unit_vectors(factors))).T)
    n = min(n, len(factors))
    found = [_largest(strength * known, n) for strength in strengths]
    return np.array([items for items, _ in found], np.int32), np.array([strength for _, strength in found])


def _largest(values: DoubleVector, n: int) -> tuple[IndexVector, DoubleVector]:
    """Indexes of the n largest values, the largest first, and the values there."""
    # argpartition returns no order of its own: by index first, so that of equals the first comes first.
    found = np.sort(np.argpartition(-values, n - 1)[:n])
    found = found[np.argsort(-values[found], kind="stable")]
    return found, values[found]
