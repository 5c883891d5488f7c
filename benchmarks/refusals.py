"""Evidence: what a refused item should do to its user's personas.

Usage: python benchmarks/refusals.py [--factors 64] [--seeds 3] [--refused 1]

Every user refuses the first items of their list that are not among those held out. Refused items are left out of all
lists, so that the rows of a table differ by the personas alone. The columns:

- refused, alike: best score over the user's personas of the refused items, and of the ten items nearest to each by
  cosine, over that before;
- listed: how many of the ten nearest are among the first 20 of a list;
- recall: recall@20 of what was held out, a validation part as in `play_counts.py`.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np
from common import hetrec, print_json, print_table, setting
from play_counts import validation

import deepcuts as dc
from deepcuts.data.csr import UserItems, indptr_of
from deepcuts.data.vectors import unit_vectors
from deepcuts.model.training.fold_in import solve_exactly, solve_personas
from deepcuts.model.training.persona_split import PersonaSplit
from deepcuts.model.training.rows import Rows
from deepcuts.model.training.user_problem import settled_problem
from deepcuts.model.training.weights import user_rows

COUNTS = (-1, -3, -15)  # of a refusal as a dislike, which all personas of the user learn from
CONFIDENCE = 4.0  # of a refusal that only the nearest persona learns from
N_ALIKE = 10


def refused_items(model: dc.PersonaModel, holdout: dc.Interactions, n_refused: int) -> UserItems:
    """The first items of every user's list that are not held out."""
    lists, pairs = model.recommend(k=40), holdout.to_arrow()
    lists = lists.join(pairs, ["user_id", "item_id"], join_type="left anti").sort_by("rank")
    users, items = model.user_ids.indexes_of(lists["user_id"]), model.item_ids.indexes_of(lists["item_id"])
    order = np.argsort(users, kind="stable")
    every = UserItems(indptr_of(np.bincount(users, minlength=len(model.user_ids))), items[order].astype(np.int32))
    first = np.arange(len(items)) - every.indptr[every.rows] < n_refused
    return UserItems(indptr_of(first)[every.indptr], every.items[first])


def as_dislikes(model: dc.PersonaModel, refused: UserItems, count: float) -> dc.Interactions:
    """The plays of a model with what is refused as dislikes of a count below 0."""
    order = np.lexsort((refused.items, refused.rows))
    strengths = np.full(len(order), -count, np.float32)
    dislikes = dc.Interactions(refused.indptr, refused.items[order], strengths, model.user_ids, model.item_ids)
    return replace(model.seen, dislikes=dislikes)


def nearest_persona_learns(model: dc.PersonaModel, refused: UserItems) -> dc.PersonaModel:
    """Users solved anew, each refused item a pair of target 0 of the persona that is nearest to it."""
    played, users, items = user_rows(model.seen, model.settings), model.user_personas, model.item_side
    base, factors = np.empty_like(users.base_factors), np.empty_like(users.persona_factors)
    for user in range(played.n_rows):
        own, rows = (
            refused.items[slice(*refused.indptr[user : user + 2])],
            slice(*users.persona_indptr[user : user + 2]),
        )
        likes, pairs = played.block(user, user + 1), slice(*played.indptr[user : user + 2])
        nearest = np.argmax(unit_vectors(items.factors[own]) @ unit_vectors(users.persona_factors[rows]).T, axis=1)
        both = Rows(
            np.array([0, len(likes.indices) + len(own)]),
            np.concatenate([likes.indices, own]),
            np.concatenate([likes.confidence, np.full(len(own), CONFIDENCE, np.float32)]),
            np.concatenate([likes.target, np.zeros(len(own), np.float32)]),
        )
        problem = settled_problem(both, items.scale, items.settings)
        base[user] = solve_exactly(problem, items, np.zeros_like(base[user : user + 1]))
        personas = np.concatenate([users.personas[pairs], nearest.astype(np.int8)])
        split = PersonaSplit(personas, np.array([0, rows.stop - rows.start]))
        factors[rows] = solve_personas(both, base[user : user + 1], split, items)
    return replace(model, user_personas=replace(users, base_factors=base, persona_factors=factors))


def best_scores(model: dc.PersonaModel) -> np.ndarray:
    """Best score of every item over the personas of each user, (n_users, n_items)."""
    scores = model.scores(np.arange(len(model.persona_shares)))
    return np.maximum.reduceat(scores, model.persona_indptr[:-1], axis=0)


def judge(models: dict[str, dc.PersonaModel], refused: UserItems, holdout: dc.Interactions) -> dict[str, list[float]]:
    """Figures of the columns for every model; the first model knows of no refusal."""
    units = unit_vectors(next(iter(models.values())).item_factors)
    cosines = units[refused.items] @ units.T
    alike = np.argpartition(-cosines, N_ALIKE, axis=1)[:, : N_ALIKE + 1]  # the item itself is one of them
    before, figures = best_scores(next(iter(models.values()))), {}
    for name, model in models.items():
        lists = model.recommend(k=20)
        listed = np.zeros(before.shape, bool)
        listed[model.user_ids.indexes_of(lists["user_id"]), model.item_ids.indexes_of(lists["item_id"])] = True
        after, user = best_scores(model), refused.rows
        near = [scores[user[:, None], alike].sum() for scores in (after, before)]
        figures[name] = [
            float(np.mean(after[user, refused.items] / before[user, refused.items])),
            near[0] / near[1],
            float(listed[user[:, None], alike].sum(axis=1).mean()),
            dc.evaluate(lists, model.seen, holdout, {"recall": [20]}).figures["recall@20"],
        ]
    return figures


def study(plays: dc.Interactions, n_factors: int, seed: int, n_refused: int) -> dict[str, list[float]]:
    """Figures of one seed for every meaning."""
    train, holdout = validation(plays, seed)
    model = dc.PersonaNMF(n_factors=n_factors).fit(train, seed=seed)
    refused = refused_items(model, holdout, n_refused)
    seen = as_dislikes(model, refused, -1)  # by which lists leave out what is refused
    models = {"left out of lists, no more": replace(model, seen=seen)}
    for count in COUNTS:
        visitor_model = model.fold_in(replace(as_dislikes(model, refused, count), labels=None))
        models[f"a count of {count}, all personas"] = replace(visitor_model, seen=seen)
    models[f"confidence {CONFIDENCE:g}, nearest persona"] = replace(nearest_persona_learns(model, refused), seen=seen)
    return judge(models, refused, holdout)


def main() -> None:
    """Train, refuse, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--refused", type=int, default=1)
    args = parser.parse_args()
    world = dc.generate_world(n_users=2000, n_items=2000, seed=0).plays
    header = ["refused means", "refused", "alike", "listed", "recall@20"]
    print(setting())
    for source, plays in {"HetRec": hetrec(), "generated world": world}.items():
        print(f"\n{source}: {plays}, {args.factors} factors, {args.refused} refused, mean of {args.seeds} seeds\n")
        found = [study(plays, args.factors, seed, args.refused) for seed in range(args.seeds)]
        rows = [[name, *(f"{v:.3f}" for v in np.mean([each[name] for each in found], axis=0))] for name in found[0]]
        print_table(header, rows)
        print_json(benchmark="refusals", source=source, header=header, rows=rows)


if __name__ == "__main__":
    main()
