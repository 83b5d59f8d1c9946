# %% [markdown]
# # The Rapporteur replication
#
# The Dutch National Rapporteur on Trafficking in Human Beings and Sexual Violence against Children
# followed the criminal careers of 630 persons brought to trial for domestic sex trafficking, and
# set them beside as many general offenders and persons without a record. The registers behind that
# study are not public. What is public are its figures: shares, ages, directions of effects.
#
# This notebook makes a synthetic register that is calibrated to those figures, runs the whole
# study on it as one would on the real one, and looks at what comes back. The register knows its
# own truth, so every estimate can be held against what was *planted*. That tests the methods and
# this library. It is **no new evidence** about traffickers: nothing can come out that was not put
# in.

# %%
import pandas as pd

import trajectories as tr

pd.set_option("display.max_colwidth", None)

figures = tr.rapporteur.figures()
figures[["population", "group", "quantity", "value"]].iloc[[0, 3, 12, 20, 42, 55, 63, 72]]

# %% [markdown]
# ## One call
#
# From register to scores: careers, trajectory groups, the groups described, a matched comparison,
# effects within persons, recidivism, scores.

# %%
study = tr.rapporteur.replicate(seed=2024)
print(study)
print(study.rule)
study.tables["populations"]

# %% [markdown]
# Seventy-two published figures have an estimator. The others are set by design (sizes, the
# reference date) or are context: victims per year, which nobody here estimates.

# %%
study.table["status"].str.partition(":")[0].value_counts().to_frame("figures")

# %%
by_stage = study.table.dropna(subset="recovered").groupby("stage", sort=False)["recovered"]
by_stage.agg(["size", "sum"]).rename(columns={"size": "estimated", "sum": "recovered"})

# %% [markdown]
# Of many 95 % intervals some miss. Whether they miss as often as they should is a question for
# many registers, not for one; it is asked at the end.
#
# ## Careers
#
# How many offend at an age, and how often those who do: the two factors of the age-crime curve.

# %%
ages = study.tables["careers_by_age"]
tr.plot.age_crime_curve(ages[ages["group"] == "all"])

# %% [markdown]
# ## The four groups
#
# Lines are estimates with their bands; thin dark lines are the curves that the careers were drawn
# from.

# %%
tr.plot.trajectories(
    study.results.trajectories(),
    shares=study.results.group_probabilities,
    names=study.typology["label"],
    planted=study.curves_planted,
)

# %%
study.typology[["name", "level", "peak_age", "peak_rate", "reason"]].round(2)

# %%
study.results.adequacy().round(3)

# %% [markdown]
# ## The groups described
#
# Nobody's group is known. What is a function of the career is averaged with the posterior
# probabilities as weights; sex, upbringing and circumstances are estimated in a second step with
# the model held fixed. Both intervals carry the uncertainty of the groups.

# %%
tr.plot.recovery(study.table[study.table["stage"].isin(["trajectories", "groups"])])

# %% [markdown]
# ## Matched comparison
#
# To every trafficker one general offender and one person without a record, of the same sex and
# year of birth, alive and resident on the day of the first trafficking offence.

# %%
print(study.sets)
tr.plot.love(study.tables["balance"])

# %%
people = pd.CategoricalDtype(["domestic_sex_traffickers", "general_offenders", "non_offenders"])
tr.plot.forest(
    study.tables["risk_factors"].astype({"population": people}),
    label="factor",
    series="population",
    scale="linear",
    reference=float("nan"),
    xlabel="share, with 95 % interval",
)

# %% [markdown]
# ## Work, partner and children
#
# Years with a job against other years of the same person, at the same age. The study published
# directions; the sizes that were planted for them are this library's choice.

# %%
tr.plot.forest(
    study.tables["within_person"].astype({"population": people}),
    label="exposure",
    series="population",
    xlabel="odds ratio of offending in a year",
)

# %%
numbers = ["published", "planted", "estimate", "lower", "upper"]
effects = study.table[study.table["stage"] == "within_person"].copy()
effects[numbers[1:]] = effects[numbers[1:]].apply(pd.to_numeric).round(2)
effects[["key", *numbers, "recovered"]]

# %% [markdown]
# ## Recidivism
#
# Counted from the registration of the first trafficking case, net of death and emigration.

# %%
tr.plot.survival_curves(
    study.tables["recidivism_curves"],
    value="incidence",
    origin="registration of the index case",
    ylabel="share with a new offence",
)

# %%
tr.plot.recovery(study.table[study.table["stage"] == "recidivism"])

# %% [markdown]
# ## Scores
#
# What the model says of made-up histories, with intervals; and of persons it never saw, a second
# register of the same truth, scored at 25. Only a synthetic register can tell who truly belongs
# where, and so whether the probabilities come true.

# %%
study.tables["score_examples"].round(2)

# %%
tr.plot.calibration(study.tables["score_calibration"], by="group")

# %% [markdown]
# ## Another truth
#
# If the pipeline gave the published figures whatever the data, all of this would look as good. So
# plant something else. `tr.rapporteur.truths()` lists the truths that have a name.

# %%
other = tr.rapporteur.replicate(
    seed=2024,
    truth="other",
    n_groups=4,
    family="poisson",
    n_general_offenders=1_500,
    n_non_offenders=1_500,
)
moved = other.tables["followed"]
print(
    f"{len(moved)} figures moved: {moved['recovered'].sum()} intervals hold the planted value, "
    f"{moved['holds_published'].sum()} the published one"
)
tr.plot.recovery(moved)

# %% [markdown]
# The estimates follow what was planted (ticks), not what was published (diamonds).
#
# ## Many registers
#
# How often do the intervals hold what was planted? Three registers show the form of the answer;
# `benchmarks/RESULTS.md` has the table for many, and several truths.

# %%
found = tr.rapporteur.coverage(seeds=3)
print(found.summary())
found.table[["key", "runs", "planted", "mean", "coverage", "error", "off"]].head(8).round(3)

# %% [markdown]
# `trajectories replicate` writes all of this as one report; `trajectories coverage` runs many
# registers.
