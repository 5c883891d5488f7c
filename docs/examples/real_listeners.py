"""
Real listeners
==============

Last.fm listeners of 2011 (HetRec 2011: 1,892 users, 17,632 artists, with tags), where the data is at hand when this
site is built. `deepcuts download lastfm-2k` fetches it; ``DEEPCUTS_DATA`` names the folder it lies in.
"""

# %%
# Artists that fewer than ten people play say little about taste, and are left out.

import os
from pathlib import Path

import deepcuts as dc
from deepcuts.datasets import load_lastfm_2k
from deepcuts.ingest import prune

folder = Path(os.environ.get("DEEPCUTS_DATA", "../../../shared/data")) / "lastfm-hetrec2011"
plays = prune(load_lastfm_2k(folder), min_users=10, min_items=3) if folder.is_dir() else None
print(plays or "The data was not at hand: what follows was not run.")

# %%
# How much accuracy do several personas and the dial keep?

if plays is not None:
    train, holdout = dc.split_holdout(plays, fraction=0.2, seed=0)
    for name, n_personas, rarity in [("one persona", 1, 0), ("personas", 4, 0), ("personas, rarer", 4, 0.5)]:
        model = dc.PersonaNMF(n_factors=64, n_personas=n_personas).fit(train, seed=0)
        figures = dc.evaluate(model.recommend(k=100, rarity=rarity), train, holdout)
        print(f"{name:16} recall@20 {figures['recall@20']:.3f}   novelty@20 {figures['novelty@20']:.2f} bits")

# %%
# The tastes of one of them, named by tags that set them apart.

if plays is not None:
    user = train.user_ids[3]
    tastes = model.personas(user, n_items=4).to_pandas()
    for persona, rows in tastes.groupby("persona_name", sort=False):
        print(f"{rows['share'].iloc[0]:4.0%}  {persona}: {', '.join(rows['name'])}")

# %%
# And the dial at deep cuts for them: each artist with its listeners, and the one of theirs that speaks most for it.

if plays is not None:
    for row in model.recommend([user], k=8, rarity=1, names=True).to_pylist():
        reasons = model.explain(user, row["item_id"], k=1, persona=row["persona"], names=True).to_pylist()
        listeners = model.item_listeners[model.item_ids.index_of(row["item_id"])]
        print(f"{row['name']:20} {listeners:3} listeners, because of {reasons[0]['name']}")
