# %% [markdown]
# # The Rapporteur replication
#
# The Dutch National Rapporteur on Trafficking in Human Beings and Sexual Violence against Children
# described the criminal careers of persons brought to trial for domestic sex trafficking, and
# found four groups. The registers behind that study are not public. What is public are its
# figures: shares, ages, proportions.
#
# This notebook makes a synthetic register that is calibrated to those figures, runs the analysis
# on it as one would on the real one, and looks at what comes back. The register knows its own
# truth, so every estimate can be held against what was *planted*. That tests the method and this
# library. It is **no new evidence** about traffickers: nothing can come out that was not put in.

# %%
import pandas as pd

import trajectories as tr

pd.set_option("display.max_colwidth", None)

figures = tr.rapporteur.figures()
figures[["population", "group", "quantity", "value"]].iloc[[0, 3, 4, 5, 6, 12, 20]]

# %% [markdown]
# ## One call
#
# Simulate, build the panel, choose the number of groups, fit, name the groups, estimate.

# %%
study = tr.rapporteur.replicate(seed=2024)
print(study.rule)
study.table["status"].value_counts().to_frame()

# %% [markdown]
# Rows whose estimator does not exist yet say so; none is filled in by hand. What follows from the
# trajectories themselves:

# %%
numbers = ["published", "planted", "estimate", "lower", "upper"]
starts = ("share_", "onset_age", "trafficking_age", "prior_cases")
rows = study.table[study.table["key"].str.startswith(starts)].copy()
rows[numbers] = rows[numbers].apply(pd.to_numeric).round(3)
rows[["key", *numbers, "recovered"]]

# %% [markdown]
# All that were estimated, in one figure:

# %%
tr.plot.recovery(study.table)

# %% [markdown]
# Of many 95 % intervals some miss. Whether they miss as often as they should is a question for
# many registers, not for one; `benchmarks/` has the answer.
#
# ## The four groups

# %%
study.results.plot()

# %%
study.typology[["name", "level", "peak_age", "peak_rate", "reason"]].round(2)

# %%
study.results.adequacy().round(3)

# %% [markdown]
# ## Against the planted curves
#
# Lines are estimates with their intervals; dots are the curves that the careers were drawn from.

# %%
names = study.typology["name"]
group_of = {name: group for group, name in names.items()}
planted = study.curves_planted
planted["group"] = planted["group"].map(group_of)
tr.plot.trajectories(
    study.results.trajectories(),
    shares=study.results.group_probabilities,
    names=names,
    observed=planted,
)

# %% [markdown]
# ## Another truth
#
# If the pipeline gave the published figures whatever the data, the table above would look just as
# good. So plant another truth: four groups of equal size.

# %%
equal = {
    "share_low_rate": 0.25,
    "share_early_peak": 0.25,
    "share_late_peak": 0.25,
    "share_high_rate_persistent": 0.25,
}
other = tr.rapporteur.replicate(
    seed=2024, targets=equal, family="poisson", n_general_offenders=100, n_non_offenders=100
)
shares = other.table[other.table["key"].isin(list(equal))]
shares[["group", *numbers, "recovered"]]

# %% [markdown]
# The estimates follow what was planted, not what was published.
