# %% [markdown]
# # Your first model in ten lines
#
# You have a table with one row a person and one column an age: how many offences were registered
# at that age. You want to know whether the histories fall into a few typical courses, what these
# look like, and how sure you can be of that.
#
# With a table of your own, this is all:
#
# ```python
# import pandas as pd
# import trajectories as tr
#
# table = pd.read_csv("counts.csv", index_col="id")  # columns named 12, 13, …, or n12, n13, …
# panel = tr.Panel.from_wide(table)
# print(panel.audit())  # what could spoil a model
# results = tr.GroupTrajectories(n_groups=3).fit(panel, seed=0)
# print(results.summary())
# results.plot().savefig("trajectories.png")
# ```
#
# An empty cell was not observed; it is never a zero. The rest of this page takes these lines one by
# one, on a table drawn from a known model, so that at the end we can look at the truth.

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

import trajectories as tr
from trajectories.simulate import panel_from_groups

pd.set_option("display.max_colwidth", None)

ages = np.arange(12, 31)
curves = np.stack(
    [
        np.full(len(ages), 0.06),  # few offences at any age
        1.4 * np.exp(-(((ages - 17) / 4.0) ** 2)),  # many, around age 17
        0.9 * np.exp(-(((ages - 25) / 5.0) ** 2)),  # many, some years later
    ]
)
drawn = panel_from_groups(shares=[0.6, 0.25, 0.15], curves=curves, n=500, ages=ages, rng=1)
table = pd.DataFrame(drawn.panel.outcomes.astype(int), columns=ages)
table.iloc[:4]

# %% [markdown]
# Five hundred invented persons, of whom four are shown.
#
# ## The model
#
# `GroupTrajectories` says what to fit and holds no data; `fit` gives the results.

# %%
panel = tr.Panel.from_wide(table)
res = tr.GroupTrajectories(n_groups=3, family="poisson", degree=2).fit(panel, seed=0)
res.plot()

# %% [markdown]
# Each line is the expected number of offences per year at liberty in one group, with a 95 %
# interval for each age. Groups are numbered from the fewest offences to the most. Where the time
# at liberty is known, `Panel.from_wide(table, exposure=years_free)` takes it; here nobody was
# detained.
#
# ## Should there be three groups?
#
# `select` fits several numbers of groups and puts the criteria side by side. The smaller the BIC
# the better; `recommend` says in words by which rule it chose.

# %%
choice = tr.select(panel, n_groups=range(1, 6), family=("poisson",), seed=0)
choice.table[["n_groups", "llf", "n_params", "bic", "smallest_share", "stop_reason"]].round(2)

# %%
best, rule = choice.recommend("bic")
print(rule)

# %% [markdown]
# ## How sure can we be?
#
# Of sixty random starts the best twelve are run to the end. How many of these reached this
# solution? `n_replicated` counts them: one would be a reason for more starts. The average
# posterior probability (`avepp`) and the odds of correct classification (`occ`) say how sharply
# the model tells persons apart.

# %%
print(f"{res.n_replicated} of {res.n_finished} starts agree")
print(f"{res.stop_reason}: {res.stop_reason.advice}")
res.adequacy().round(3)

# %% [markdown]
# ## What is each group like?
#
# `typology` names a group where stated rules give it a name, and says why; a group that fits no
# rule has none.

# %%
res.typology()[["label", "level", "peak_age", "reason"]].round(2)

# %% [markdown]
# ## And each person?
#
# A probability for every group, never a bare label.

# %%
res.posterior.iloc[:4].round(3)

# %% [markdown]
# New persons can be looked at too, with as much of their history as there is: here only the ages
# 12 to 16.

# %%
young = pd.DataFrame([[0, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 1, 1, 0], [0, 1, 0, 2, 1]])
res.predict_proba(tr.Panel.from_wide(young, ages=range(12, 17))).round(3)

# %% [markdown]
# Who has no offence by 16 may still follow the late curve, and the model knows it.
#
# ## The truth
#
# The data were drawn from known curves, so we can look. Dots are the truth, lines the estimate.

# %%
order = curves.mean(axis=1).argsort().argsort() + 1  # numbered as the estimate is
truth = pd.DataFrame(
    {
        "group": np.repeat(order, len(ages)),
        "age": np.tile(ages, len(curves)),
        "mean": curves.ravel(),
    }
)
tr.plot.trajectories(res.trajectories(), shares=res.group_probabilities, observed=truth)

# %% [markdown]
# The estimate had it easy: the logarithm of a bell curve is a parabola, and `degree=2` fits
# parabolas. With your own data, compare degrees and distributions as well as numbers of groups:
# [Choosing a model](03_choosing_a_model.ipynb) shows what happens otherwise.
#
# ## Keep it
#
# The model file is text, and holds no person's data.

# %%
import tempfile
from pathlib import Path

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "model.json"
    res.save(path)
    again = tr.load(path)
    print(f"{path.stat().st_size / 1000:.0f} kB; log-likelihood {again.llf:.3f}")
