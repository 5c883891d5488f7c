"""
Plots
=====

What can be drawn of a model and its lists with the extra ``report``. Each plot takes ``ax=`` and returns its axes.
"""

# %%
import deepcuts as dc

world = dc.generate_world(n_users=1_000, n_items=800, items_per_user=40, seed=3)
train, holdout = dc.split_holdout(world.plays, fraction=0.2, seed=0)
model = dc.PersonaNMF(n_factors=32).fit(train, seed=0)

# %%
# Figures of lists, with 95 % intervals over users
# ------------------------------------------------
dc.evaluate(model.recommend(k=100), train, holdout).plot()

# %%
# What the dial gives and takes
# -----------------------------
# Each model from familiar to deep cuts: recall against novelty.
from deepcuts.report import plot_frontier

plot_frontier({"personas": model, "one persona": model.base}, train, holdout)

# %%
# A map of the items
# ------------------
# What is heard by the same people lies close together; the stars are one listener's personas.
model.plot_map(user=train.user_ids[0])

# %%
# How training went
# -----------------
# The loss after every epoch of the base; `loss_history` has each of its terms.
import matplotlib.pyplot as plt

history = model.loss_history().to_pandas()
base = history[history["stage"] == "base"]
_, axes = plt.subplots(figsize=(5.5, 3.2), layout="constrained")
axes.plot(base["number"], base["loss"], marker="o", markersize=3)
axes.set(xlabel="epoch", ylabel="loss", xticks=base["number"][::4])
axes.spines[["top", "right"]].set_visible(False)
