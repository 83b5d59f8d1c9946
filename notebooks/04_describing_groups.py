# %% [markdown]
# # Describing groups
#
# A trajectory model gives groups. Who is in them? Did they grow up with one parent, and do they
# have a job at 25? The obvious way is to put everybody in the most probable group and make a
# table. It is wrong in one direction: people are put in the wrong group, the groups get mixed, and
# every difference between them looks smaller than it is. This notebook shows by how much, and
# three ways that do it right: covariates in the model (*one step*), after the model with a
# correction (*three steps*), and covariates that change from year to year, in the curves.
#
# The persons of the first half are invented, so that the truth is known.

# %%
import numpy as np
import pandas as pd

import trajectories as tr

rng = np.random.default_rng(24)
n, ages = 1_200, np.arange(12, 19)
persons = pd.DataFrame({"one_parent": rng.random(n) < 0.4, "impulsive": rng.normal(size=n)})

# What is true: log-odds of the early and of the lasting group, against the group with few offences.
truth = pd.DataFrame(
    {2: [-0.7, 0.9, 0.5], 3: [-1.7, 0.7, 1.0]}, index=["intercept", "one_parent", "impulsive"]
)
design = persons.astype(float).assign(intercept=1.0)[truth.index]
weight = np.column_stack([np.ones(n), np.exp(design @ truth)])
share = weight / weight.sum(axis=1, keepdims=True)
group = (rng.random(n)[:, None] > share.cumsum(axis=1)).sum(axis=1)  # 0, 1, 2

curves = np.stack(
    [
        np.full(len(ages), 0.2),
        np.exp(-(((ages - 14) / 2.5) ** 2)),
        0.5 + 0.09 * (ages - 12.0),
    ]
)
counts = pd.DataFrame(rng.poisson(curves[group]), columns=ages)
has_job = pd.Series(rng.random(n) < np.array([0.75, 0.60, 0.35])[group], name="has_job")

panel = tr.Panel.from_wide(counts)
results = tr.GroupTrajectories(n_groups=3, degree=2).fit(panel, seed=0, n_starts=20)
results.plot()

# %% [markdown]
# Seven years of few offences tell persons apart badly: the average posterior probability is below
# 0.85 in every group. One in five, roughly, would be put in a group that is not theirs.

# %%
results.adequacy()[["share", "avepp", "occ"]].round(2)

# %% [markdown]
# ## Three ways to the same odds ratios
#
# *Naive*: everybody in the groups by their posterior, and a logit on that. *Three steps*: the same,
# corrected for how often the model puts persons in the wrong group, which it knows. *One step*: the
# covariates are part of the model, and curves and effects are estimated together.

# %%
formula = "~ one_parent + impulsive"
naive = results.explain(formula, persons, method="modal")
three_steps = results.explain(formula, persons, panel=panel)
one_step = tr.GroupTrajectories(n_groups=3, degree=2).fit(
    panel, seed=0, n_starts=20, membership=formula, covariates=persons
)

names = {2: "early", 3: "lasting"}
answers = {
    "naive": naive.odds_ratios(),
    "three steps": three_steps.odds_ratios(),
    "one step": one_step.membership.odds_ratios().rename(columns={"odds_ratio": "estimate"}),
}
table = pd.concat(
    frame[["group", "term", "estimate", "lower", "upper"]].assign(method=method)
    for method, frame in answers.items()
)
planted = np.exp(truth.drop("intercept")).rename_axis("term").reset_index()
planted = planted.melt(id_vars="term", var_name="group", value_name="estimate")
table = pd.concat(
    [table, planted.assign(method="truth", lower=planted["estimate"], upper=planted["estimate"])]
)
table["term"] = table["term"].str.replace(r"\[.*\]", "", regex=True)
table["what"] = table["term"] + ": " + table["group"].map(names) + " against few offences"
tr.plot.forest(table, label="what", series="method", xlabel="odds ratio")

# %% [markdown]
# The naive odds ratios lie much nearer to 1 than the truth, and their intervals are the narrowest
# of all: sure, and wrong. The other two agree with each other and, within chance, with the truth.
# (In twenty-five other draws of this example both were right on average, and 95 % of their
# intervals held the truth.) They pay with wider intervals, because they know that they do not know
# who is in which group.
#
# **Which of the two?** One step is a little sharper, and right if the model is. But the covariates
# help to decide what the groups *are*: take another set of covariates and the groups move. Three
# steps leave the groups alone, so that ten covariates can be looked at in the same groups. Report
# which one it was. Do they move here?

# %%
pd.DataFrame(
    {"without covariates": results.group_probabilities, "with": one_step.group_probabilities}
).round(3)

# %% [markdown]
# ## In words that people use
#
# Odds ratios against a reference group are hard to read. Two other tables say the same. The
# probability of each group, with and without a single parent, at average impulsivity:

# %%
asked = pd.DataFrame({"one_parent": [False, True], "impulsive": 0.0})
one_step.membership.prior(asked).drop(columns=["impulsive", "reason"]).round(3)

# %% [markdown]
# and by how much the probability of each group changes, averaged over everybody:

# %%
change = one_step.membership.marginal_effects(panel, persons)
change[["variable", "contrast", "group", "effect", "lower", "upper"]].round(3)

# %% [markdown]
# Is there any effect at all? One test over all groups, and not one a group:

# %%
three_steps.tests().round(4)

# %% [markdown]
# ## What became of them
#
# A later outcome goes the other way: from the group to a job at 25. Putting the outcome in the
# model would let it decide who is in which group, so it is always done in three steps.

# %%
corrected = results.distal(has_job, kind="logit", panel=panel)
uncorrected = results.distal(has_job, kind="logit", method="modal")
shares = pd.DataFrame(
    {
        "planted": [0.75, 0.60, 0.35],
        "corrected": corrected.table()["estimate"].to_numpy(),
        "lower": corrected.table()["lower"].to_numpy(),
        "upper": corrected.table()["upper"].to_numpy(),
        "naive": uncorrected.table()["estimate"].to_numpy(),
    },
    index=["few offences", "early", "lasting"],
)
shares.round(2)

# %%
print(corrected.test())

# %% [markdown]
# Naively, the groups differ by about half as much as they do. Normal, Poisson and multinomial
# outcomes and lifetimes go the same way (`kind=`).
#
# ## In the register
#
# Now the synthetic register, whose histories of 29 years tell groups apart well. `profile`
# describes the groups by everything that is known of the persons.

# %%
register = tr.rapporteur.simulate(seed=2024, n_general_offenders=50, n_non_offenders=50)
careers = tr.Panel.from_register(register, ages=range(12, 41))
fitted = tr.GroupTrajectories(n_groups=4, degree=2).fit(careers, seed=0, n_starts=20)
names = fitted.typology()["label"]

known = register.persons.set_index("person").loc[careers.units]
columns = ["sex", "migration_background", "single_parent_family", "basic_qualification_at_23"]
profile = fitted.profile(columns, known[columns], panel=careers)

described = profile.table()
described = described[described["category"].isin(["True", "female"])]
described["variable"] = described["variable"].replace({"sex": "female"})
described["group"] = described["group"].map(lambda k: names.get(k, "all"))
described["said"] = [
    f"{e:.0%} ({max(low, 0):.0%} to {high:.0%})"
    for e, low, high in zip(
        described["estimate"], described["lower"], described["upper"], strict=True
    )
]
described.pivot_table(index="variable", columns="group", values="said", aggfunc="first")

# %%
profile.tests().round(4)

# %% [markdown]
# Some of these shares were planted, by group. Estimated and planted side by side:

# %%
keys = {
    ("female", "low_rate"): "female_low_rate",
    ("female", "early_peak"): "female_early_peak",
    ("female", "late_peak"): "female_late_peak",
    ("single_parent_family", "high_rate_persistent"): "single_parent_high_rate_persistent",
    ("basic_qualification_at_23", "early_peak"): "basic_qualification_early_peak",
}
rows = described.set_index(["variable", "group"]).loc[list(keys), ["estimate", "lower", "upper"]]
rows["planted"] = [register.truth.planted[key] for key in keys.values()]
rows.astype(float).round(3)

# %% [markdown]
# ## Covariates that change: a job, in the curves
#
# Whether somebody has a job changes from year to year, and so it cannot explain which group they
# are in. It can be part of the curves: in years with a job, a group's rate is multiplied by
# something. The person-years of the register carry it.

# %%
years = tr.lifecourse.person_years(register, range(14, 41), persons=list(careers.units))
adult = tr.Panel.from_register(register, ages=range(16, 36), persons=list(careers.units))
years["job"] = years["job"].fillna(0)  # years without a day free are not in the panel
adult = adult.with_covariates(years, ["job"])
with_job = tr.GroupTrajectories(n_groups=4, degree=2, time_varying=["job"]).fit(
    adult, seed=0, n_starts=12
)
effects = with_job.covariate_effects()
tr.plot.forest(
    effects.assign(which=[f"group {k}" for k in effects["group"]]),
    label="which",
    xlabel="offences in years with a job over years without, by group",
)

# %%
print(with_job.test_equal_effects("job"))

# %% [markdown]
# Read with care. One effect was planted for everybody, and yet the test speaks: the covariate
# compares years within a *group*, not within a person, and who in the group has a job differs in
# other ways too. [Work, partner, children](06_work_partner_children.ipynb) compares years within
# persons, and is the estimate to believe about what a job does. What the curves with a covariate
# are good for is to ask whether their *shape* is more than jobs: `with_job.at({"job": 0})` gives
# the curves as they would be without a job at any age.
#
# ## What to report
#
# - Which step: one, or three with which correction; never the table of most probable groups alone.
# - How well persons are told apart (`avepp`), since it says how large the correction is.
# - Whether standard errors hold the uncertainty of the groups (`panel=` above), and how many
#   lacked a covariate.
# - One test a covariate over all groups before any contrast of two.
# - That a group is a summary: "the early group" has no address and no parents.
