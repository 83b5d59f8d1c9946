# %% [markdown]
# # Choosing a model
#
# How many groups are there? The honest answer is that it depends on what one lets vary. Whoever
# fits curves that are too stiff, or a distribution that is too narrow, finds groups that are not
# there: the extra groups make up for the misfit. This notebook goes through a choice in the order
# in which it is safe: distribution, shape, number of groups, and then whether the chosen model
# holds up. The data are drawn, so at the end we know who was right.
#
# Three groups are planted: 60 % with few offences, 22 % with many around age 16, and 18 % with
# many some years later. On top of that, every year of every person has luck of its own (a
# gamma-distributed multiplier), so that counts vary more than a Poisson allows. Real counts
# nearly always do.

# %%
import numpy as np
import pandas as pd

import trajectories as tr
from trajectories.groups import bootstrap_likelihood_ratio, cross_validate, degree_search

ages = np.arange(12, 31)
planted = np.stack(
    [
        np.full(len(ages), 0.12),
        0.05 + 1.9 * np.exp(-(((ages - 16) / 4.0) ** 2)),
        1.3 * np.exp(-(((ages - 24) / 6.0) ** 2)),
    ]
)
rng = np.random.default_rng(11)
group = rng.choice(3, size=400, p=[0.60, 0.22, 0.18])
luck = rng.gamma(1 / 0.7, 0.7, size=(400, len(ages)))  # mean 1, variance 0.7
panel = tr.Panel.from_wide(rng.poisson(planted[group] * luck), ages=ages)
panel

# %% [markdown]
# ## The usual first attempt
#
# Poisson counts, a parabola on the log scale, one to six groups, and the lowest BIC wins.

# %%
first = tr.select(panel, n_groups=range(1, 7), family="poisson", degree=2, seed=0, n_starts=20)
columns = ["n_groups", "llf", "n_params", "bic", "icl", "smallest_share", "n_replicated"]
print(first.recommend("bic")[1])
first.table[[*columns, "stop_reason"]].round(2)

# %% [markdown]
# More than the three that are there. The table gives no hint of it: each of these fits converged,
# and the chosen one was found from nine of the twelve starts that were run to the end
# (`n_replicated`). A criterion compares only what is on the table. So put more on it.
#
# ## First the distribution, then the shape, then the number
#
# `select` takes several families and degrees at once. Zero-inflated Poisson lets a group have
# extra zeros; the negative binomial lets counts spread within a group.

# %%
choice = tr.select(
    panel,
    n_groups=range(2, 6),
    family=("poisson", "zip", "negbin"),
    degree=(2, 3),
    seed=0,
    n_starts=6,
)
usable = choice.table[choice.table["usable"]]
winners = usable.loc[usable.groupby(["family", "degree"])["bic"].idxmin()]
winners[["family", "degree", *columns]].sort_values("bic").round(2)

# %% [markdown]
# The best model of each family and degree, best first. Read it from the bottom: the Poisson needs
# four groups, whatever the degree. With the other families a parabola still buys a fourth group,
# because the early group does not fall to zero as fast as a parabola would have it. With a
# third-degree curve the fourth group is gone, and the negative binomial has the lowest BIC of all.
# *A distribution that is too narrow and a curve that is too stiff both pass for groups.*

# %%
tr.plot.selection(choice.table[choice.table["degree"] == 3])

# %% [markdown]
# In each panel the best value is ringed. Three things to know when reading it:
#
# - **BIC** comes in two versions. `bic` takes the 400 persons for the sample size, `bic_cells` the
#   7,600 observed years. Where they disagree, show both. Tables in criminology often print
#   Nagin's form, of which the *largest* is best; it is in `bic_nagin`.
# - **ICL** asks for groups that persons can be told apart by. It answers another question than BIC
#   (how many groups *that lie apart*, not how many groups), so fewer groups by ICL are no
#   contradiction.
# - Rows that stopped at a boundary, or with an empty or duplicate group, stay in the table with
#   the reason. `usable` marks what may be recommended.

# %%
results, rule = choice.recommend("bic")
print(rule)
print(choice.recommend("icl")[1])

# %% [markdown]
# ## Does it hold for persons whom the model has not seen?
#
# A criterion is computed on the persons that were fitted, with a penalty for optimism.
# Cross-validation needs no penalty: fit on three quarters of the persons, ask how probable the
# histories of the others are, and go round. With a cut-off age it also forecasts, from the years up
# to 17 of a left-out person, the years after.

# %%
specs = [tr.GroupTrajectories(k, family="negbin", degree=3) for k in (1, 2, 3, 4)]
quick = tr.groups.Control(n_starts=6, n_finish=2)
held_out = cross_validate(panel, specs, folds=4, cutoff_age=17, control=quick)
print(held_out.recommend("heldout_llf", one_standard_error=True)[1])
shown = ["n_groups", "heldout_llf", "heldout_llf_gap", "heldout_llf_gap_error", "skill"]
held_out.table[shown].round(3)

# %% [markdown]
# `heldout_llf` is the mean log-likelihood of a left-out history: higher is better. `skill` is how
# much smaller the squared error of the forecast is than that of the mean curve of everybody.
# About a tenth: groups describe the past well and forecast persons poorly. That is not a
# fault of this model; it is what histories up to 17 know about the years after.
#
# ## Is one group more worth it?
#
# The likelihood-ratio statistic of three against four groups has no chi-squared distribution. So
# draw panels from the model with three groups, fit both models to each, and look how often the
# ratio is as large as the observed one. Nine panels keep this page short, and the p-value carries
# its Monte-Carlo error; for a paper take 199 or more and `n_jobs=-1`.

# %%
negbin = tr.families.NegativeBinomial()
three, four = (choice.results[negbin, 3, k] for k in (3, 4))
test = bootstrap_likelihood_ratio(panel, three, four, n_replicates=9, seed=0, control=quick)
print(test)

# %% [markdown]
# Most panels that hold three groups give a larger ratio than ours: nothing speaks for a fourth.
#
# ## Not every group needs the same curve
#
# `degree_search` begins with a third-degree curve in every group and takes away highest terms while
# BIC falls. Every model that was tried is in its path, so that the choice can be told.

# %%
search = degree_search(panel, n_groups=3, family="negbin", highest=3, n_starts=8)
final = search.results
print(f"degrees by group: {final.degree}; BIC {final.bic:.1f}, was {three.bic:.1f}")
search.path.loc[search.path["kept"], ["step", "degree", "n_params", "llf", "bic"]].round(2)

# %% [markdown]
# A flat curve will do for the group with few offences, as was planted.
#
# ## Does it describe the data?
#
# The best of several models may still be a bad one. Look at four things: can the model tell
# persons apart (`avepp`, the average posterior probability of those assigned to a group, and
# `occ`, the odds of correct classification); are the shares of the assigned those of the model
# (`mismatch`); do the residuals run on one side; is the spread within its reference?

# %%
final.adequacy()[["share", "assigned_share", "avepp", "occ", "mismatch"]].round(3)

# %%
final.plot_adequacy(panel)

# %% [markdown]
# The usual rules of thumb (`avepp` above 0.7, `occ` above 5) hold, and nothing lies outside the
# grey but a residual here and there, as one in twenty must. Now the first attempt, the Poisson
# model with a group too many:

# %%
wrong, _ = first.recommend("bic")
wrong.adequacy()[["share", "avepp", "occ"]].round(3)

# %% [markdown]
# The rules of thumb hold there just as well: they say that persons are told apart, not that the
# groups are there. The dispersion does tell. It is the variance of the counts over the one that the
# model expects, with the range in which it should lie:

# %%
fits = {"chosen here": final.dispersion(panel), "first attempt": wrong.dispersion(panel)}
dispersion = pd.concat(fits, names=["fit"]).query("measure == 'variance'").droplevel(1)
dispersion[["group", "ratio", "reference_lower", "reference_upper"]].round(2)

# %% [markdown]
# ## The truth
#
# Dots are the planted curves, lines the estimates with their 95 % intervals.

# %%
order = planted.mean(axis=1).argsort().argsort() + 1  # numbered as the estimate is
truth = pd.DataFrame(
    {
        "group": np.repeat(order, len(ages)),
        "age": np.tile(ages, len(planted)),
        "mean": planted.ravel(),
    }
)
tr.plot.trajectories(final.trajectories(), shares=final.group_probabilities, observed=truth)

# %% [markdown]
# ## What to report
#
# - Every candidate, not the winner alone: families, degrees, numbers of groups, log-likelihood,
#   number of parameters, BIC with its sample size. `choice.table` is that table.
# - The rule by which one was chosen, in words, and what another rule would have chosen.
# - How many starts reached the solution.
# - Adequacy, residuals and dispersion of the chosen model, and the curves with intervals.
# - What the choice was *for*. A model with one group more that only splits a group in two similar
#   ones, or with one fewer that merges what the question is about, is for whoever knows the field.
#
# The intervals of the chosen model do not know that it was chosen. And groups are a summary of a
# population: even three groups that were planted, as here, do not make three kinds of people.
#
# The [GRoLTS checklist](../how-to/report-by-grolts.md) fills in what the fit knows and leaves
# gaps for the rest. Where it stands for this fit, without the table of candidates:

# %%
checklist = final.grolts(panel)
checklist.table["status"].value_counts().to_frame("items")
