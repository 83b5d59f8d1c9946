# %% [markdown]
# # Work, partner, children
#
# Persons with a job offend less. Is that the job? Who has a job differs in a hundred ways from who
# has none: schooling, drink, luck, a sick parent. No list of controls is long enough. But a person
# has a job in some years and none in others. Comparing the years *with* a job to the years
# *without* one of the same person sets aside everything about that person that does not change.
#
# This notebook first shows, on invented data whose truth is known, why the ordinary (pooled) logit
# gets it wrong; then estimates the effects in a synthetic register that is calibrated to a
# published study; and then tries to break the result.

# %%
import numpy as np
import pandas as pd

import trajectories as tr

# %% [markdown]
# ## Why the pooled logit is wrong
#
# Seven hundred invented persons, twelve years each. A job lowers the log-odds of an offence by 0.4
# (an odds ratio of 0.67). Persons differ in how prone to offending they are, and those who are more
# prone have a job less often. Nobody records proneness.

# %%
rng = np.random.default_rng(6)
n, ages = 700, np.arange(18, 30)
proneness = rng.normal(0, 1.3, n)[:, None]


def invented(with_job):
    """Person-years: with_job is how proneness goes with having a job."""
    job = rng.random((n, len(ages))) < 1 / (1 + np.exp(-(0.2 + with_job * proneness)))
    offends = rng.random(job.shape) < 1 / (1 + np.exp(-(-1.6 + proneness - 0.4 * job)))
    return pd.DataFrame(
        {
            "person": np.repeat(np.arange(n), len(ages)),
            "age": np.tile(ages, n),
            "job": job.ravel().astype(int),
            "offended": offends.ravel().astype(int),
        }
    )


compared = pd.concat(
    tr.lifecourse.compare_estimators(invented(how), exposures=["job"]).assign(population=label)
    for label, how in {"prone: fewer jobs": -0.8, "prone: more jobs": 0.8}.items()
)
tr.plot.forest(
    compared[compared["estimator"] != "hybrid, between"],
    label="estimator",
    panel="population",
    xlabel="odds ratio of a job (truth: 0.67)",
)

# %% [markdown]
# Where prone persons have fewer jobs, the pooled logit makes the job look more than twice as good
# as it is. Where they have more, it makes a protective job look harmful. The conditional logit,
# which compares years within persons, finds the truth either way, within chance. The hybrid model
# splits the two: its *within* part agrees with the conditional one. Its *between* part is what
# kind of persons have jobs, and nothing else:

# %%
between = compared[compared["estimator"] == "hybrid, between"]
between[["population", "estimate", "lower", "upper"]].round(3)

# %% [markdown]
# The pooled estimate is a mixture of both parts, in proportions that nobody chose.
#
# ## Person-years from a register
#
# The register has spells: a job from one day to another, a partner, children at home. A row of
# `person_years` is a year of a person, from birthday to birthday. What counts as "having a job that
# year" is a choice: more than half of the days at risk, unless told otherwise.

# %%
register = tr.rapporteur.simulate(seed=2024, n_general_offenders=1500, n_non_offenders=0)
studied = register.persons["population"].isin(["domestic_sex_traffickers", "general_offenders"])
years = tr.lifecourse.person_years(register, range(14, 41), persons=studied, lags=[1], leads=[1])

exposures = ["job", "partner", "biological_children", "non_biological_children"]
years.groupby("population")[["offended", *exposures]].mean().round(3)

# %% [markdown]
# Shares of the years in which it is so. ("Non-biological" children are children of others who live
# in the household.) Nothing was dropped: a year spent in detention is a row with no time free,
# which an estimator leaves out and counts.
#
# ## The effects

# %%
results = tr.lifecourse.within_person(
    years, outcome="offended", exposures=exposures, unit="person", by="population"
)
# a categorical column gives each population the colour it has in the other tutorials
people = pd.CategoricalDtype(["domestic_sex_traffickers", "general_offenders", "non_offenders"])
tr.plot.forest(
    results.effects.astype({"population": people}),
    label="exposure",
    series="population",
    xlabel="odds ratio of an offence, years with against years without",
)

# %% [markdown]
# An odds ratio below 1 says: in years with it, the same person has lower odds of an offence, at the
# same age. How many persons that rests on matters as much as the interval: only those who offended
# in some years but not in all, and whose circumstance changed.

# %%
planted = register.truth.planted
short = {"domestic_sex_traffickers": "traffickers", "general_offenders": "general_offenders"}
effects = results.effects
keys = "effect_" + effects["exposure"] + "_" + effects["population"].map(short)
table = effects.assign(planted=np.exp(keys.map(planted).astype(float)))
columns = ["population", "exposure", "estimate", "lower", "upper", "planted", "persons"]
table[columns].round(2)

# %% [markdown]
# All planted odds ratios lie within their intervals; of general offenders no effect of
# other people's children was published, so none was planted. With one interval in twenty bound to
# miss, that is a check of the method and of nothing else: the register was made so.

# %%
results.information.set_index("population")[
    ["persons", "never", "always", "informative_persons", "left_out_no_time_free"]
].T

# %% [markdown]
# ## Do the populations differ?
#
# In the published study a partner does less for traffickers than for others. Two intervals that
# overlap do not answer that; a test does, and the ratio of the two odds ratios says how much.

# %%
print(results.test_equal("partner"))
ratios = results.ratios()
ratios[["exposure", "estimate", "lower", "upper", "p_value"]].round(3)

# %% [markdown]
# The ratio is of general offenders to traffickers. Four tests were made here; a p-value of 0.005
# for the partner survives that, one of 0.04 would not.
#
# ## The years around a change
#
# Follow persons from the years before their first job to the years after. Each year is compared
# with the last one before.

# %%
study = tr.lifecourse.event_study(years, "job", by="population", transition="entering")
tr.plot.event_study(
    study.estimates.astype({"population": people}), xlabel="years since entering work"
)

# %%
for test in study.before.values():
    print(test)

# %% [markdown]
# If offending already fell before the job began, the job would not be what made it fall. Here it
# does not: earlier years lie a little *below* the last one before, by no more than the two tests
# allow for chance. The dip at 0 is the effect. What comes after is a mixture: some keep the job,
# some lose it, some find another.
#
# ## Four other explanations
#
# A within-person effect sets aside what does not change about a person. What changes with the job
# remains. Four ways to look for it:
#
# - **Offending ends the job**, and not the job the offending. Then *next* year's job goes with this
#   year's offences (`placebo_leads`).
# - **Detention** takes away job and opportunity together. Then years wholly free say something else
#   (`exposure_handling`).
# - **It outlasts the job.** Then years after a job are no clean comparison (`carry_over`).
# - **One stage of life** does it all. Then leaving that stage out changes the answer
#   (`leave_one_age_band_out`).

# %%
arguments = {"exposures": ["job", "partner"], "by": "population"}
checks = {
    "next year's": tr.lifecourse.placebo_leads(years, **arguments),
    "time free": tr.lifecourse.exposure_handling(years, **arguments, least=(0.0, 0.9)),
}
leads = checks["next year's"].estimates
leads[leads["exposure"].str.endswith("lead1")].round(2)

# %% [markdown]
# Next year's job and partner do nothing this year, as they should. And years of which nine tenths
# were spent free give the same effects as all years:

# %%
free = checks["time free"].estimates
free = free[free["exposure"] == "job"]
free[["variant", "population", "estimate", "lower", "upper"]].round(2)

# %%
bands = tr.lifecourse.leave_one_age_band_out(years, **arguments).estimates
tr.plot.forest(
    bands[bands["exposure"] == "job"].astype({"population": people}),
    label="variant",
    series="population",
    xlabel="odds ratio of a job, one band of ages left out",
)

# %% [markdown]
# None of these *proves* an effect. Somebody who leaves a gang, moves away and finds a job in one
# summer changes for a reason that also changes offending, and every check above passes. What can
# be said is: this is no difference between kinds of persons, no reverse order in time, and no
# detention.
#
# ## By trajectory group
#
# Does a job do as much in every kind of career? Nobody's group is known for certain, so each person
# counts in each group with the posterior probability.

# %%
panel = tr.Panel.from_register(register, ages=range(12, 41))
groups = tr.GroupTrajectories(n_groups=4, family="poisson", degree=2).fit(panel, seed=0, n_starts=8)
own = years[years["person"].isin(panel.units)]
by_group = tr.lifecourse.by_trajectory_group(own, groups.posterior, exposures=["job"])
names = groups.typology()["label"].rename(lambda k: f"group {k}")
said = by_group.effects.assign(name=by_group.effects["group"].map(names))
tr.plot.forest(said, label="name", xlabel="odds ratio of a job, by trajectory group")

# %% [markdown]
# One effect was planted for all, and the groups agree within their intervals, which are wide. To
# call an effect different in one group takes a test, not a glance:

# %%
print(by_group.test_equal("job"))

# %% [markdown]
# ## What to report
#
# - What "having" it means (most of the year, any day, on the birthday), and whether another choice
#   changes the answer.
# - How many persons carry the estimate, and who is left out because nothing of theirs varies.
# - The pooled estimate beside the conditional one, so that readers see how much selection there
#   was.
# - The checks, also those that failed.
# - That an odds ratio within persons is about *these persons' years*, not about what would happen
#   if everybody were given a job.
#
# The [how-to page](../how-to/within-person-effects.md) has more designs; the
# [theory page](../theory/within-person.md) the formulas and their sources.
