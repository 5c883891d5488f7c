"""
From a table to lists
=====================

A table of who played what how often, a model that gives everyone several tastes, lists under a dial, and how good
they are. It takes some seconds, on an invented world whose tastes are known; your own table goes the same way.
"""

# %%
# A table
# -------
# Three columns are enough: who, what, how often. pandas, polars, Arrow and DuckDB tables are taken, and so are files.

import deepcuts as dc

world = dc.generate_world(n_users=1_500, n_items=1_200, items_per_user=40, seed=7)
table = world.plays.to_arrow().to_pandas()
table.head()

# %%
# `read_plays` sums plays of the same pair and checks ids and counts.

plays = dc.read_plays(table, user="user_id", item="item_id", plays="plays")
plays

# %%
# Before training, a fifth of everyone's artists is held out. It is looked at once, at the end. Settings are chosen
# on a validation part of what is left.

train, holdout = dc.split_holdout(plays, fraction=0.2, seed=0)
inner, validation = dc.split_holdout(train, fraction=0.2, seed=1)

# %%
# A model
# -------
# The defaults take the weights of the loss from the sizes of the data. The one setting that is worth a thought is how
# many factors there are, which the validation part tells.

recalls = {}
for n_factors in (16, 32, 64):
    candidate = dc.PersonaNMF(n_factors=n_factors).fit(inner, seed=0)
    score = dc.evaluate(candidate.recommend(k=100), inner, validation)
    recalls[n_factors] = score["recall@20"]
    print(f"{n_factors:3} factors: recall@20 {score['recall@20']:.4f}, ndcg@100 {score['ndcg@100']:.4f}")

# %%
# `PersonaNMF.tuned(train)` searches all settings by itself and keeps the default unless another is better beyond doubt.
# Here the winner of the loop is fitted to all of the training data.

best = max(recalls, key=recalls.get)
model = dc.PersonaNMF(n_factors=best).fit(train, seed=0)
print(model)

# %%
# Personas
# --------
# One listener, and the tastes that were found. A persona has a share of their artists, and is named by these.

user = train.user_ids[0]
model.personas(user, n_items=3).to_pandas()

# %%
# A list takes from every persona by its share. The column ``persona`` says which one an artist is for.

lists = model.recommend([user], k=10)
lists.to_pandas()

# %%
# Each row has reasons, artists of the listener's own, whose parts add up to its score.

first = lists.to_pylist()[0]
model.explain(user, first["item_id"], persona=first["persona"]).to_pandas().head()

# %%
# The dial
# --------
# ``rarity`` runs from −1, familiar, over 0 to 1, deep cuts, when a list is made. Novelty is in bits: one bit rarer is
# half as many listeners.

from deepcuts.report import plot_frontier

plot_frontier({"personas": model, "one persona": model.base}, train, holdout)

# %%
# Beside others
# -------------
# A figure means something beside those of other models, with an interval of the differences between the same users.

from deepcuts.evaluation import compare_evaluations

ours = dc.evaluate(model.recommend(k=100), train, holdout)
popular = dc.evaluate(dc.Popularity().fit(train).recommend(k=100), train, holdout)
compare_evaluations(ours, popular).to_pandas().head()

# %%
# Somebody new
# ------------
# A visitor is a model of one user over the same items: nothing is fitted again.

likes = dict.fromkeys(train.item_ids[:4], 10)
model.fold_in(likes).recommend(k=5).to_pandas()

# %%
# And a model is one file. ``dc.load`` gives it back.

import tempfile
from pathlib import Path

with tempfile.TemporaryDirectory() as folder:
    model.save(Path(folder) / "model.safetensors")
    print(dc.load(Path(folder) / "model.safetensors"))
