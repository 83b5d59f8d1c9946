# %% [markdown]
# # Matched controls
#
# Two in three traffickers grew up with one parent. Is that many? It depends on whom one compares
# with. Traffickers are mostly young men, and what is common among young men is no mark of
# traffickers. A matched comparison gives every case a control of the same sex and age, and only
# then asks how the two differ. It has three steps that stay apart: choose controls, look whether
# they are like the cases, and only then compare. The first two read no risk factor.
#
# The register here is synthetic, and calibrated to a published study; no row of it is a real
# person. Its populations are traffickers, other offenders, and persons without any offence.

# %%
import numpy as np
import pandas as pd

import trajectories as tr
from trajectories.matching import Eligible

register = tr.rapporteur.simulate(seed=2024, n_general_offenders=4_000, n_non_offenders=4_000)
register.persons["population"].value_counts().to_frame("persons")

# %% [markdown]
# ## What matching is for
#
# First a small invented example in which a factor does *nothing*. Having a driving licence depends
# on age and sex only. Cases are younger than the pool and more often men. Nobody's licence makes
# them a case.

# %%
rng = np.random.default_rng(4)


def invented(n, mean_age, share_men):
    """Persons with a licence that depends on age and sex, and on nothing else."""
    men = rng.random(n) < share_men
    age = np.clip(rng.normal(mean_age, 5, n), 16, 45).round()
    chance = 1 / (1 + np.exp(-(0.35 * (age - 24) + 0.8 * men)))
    table = {"person": rng.permutation(10**6)[:n], "male": men, "age": age}
    return pd.DataFrame({**table, "licence": rng.random(n) < chance})


cases = invented(600, mean_age=23, share_men=0.87).assign(person=lambda x: x["person"] + 10**6)
pool = invented(20_000, mean_age=28, share_men=0.5)


def odds(x):
    """Odds of a share."""
    return x.mean() / (1 - x.mean())


print(f"as they come: odds ratio {odds(cases['licence']) / odds(pool['licence']):.2f}")

matched = tr.matching.match(cases, pool, exact=["male", "age"], seed=0)
table = matched.compare(["licence"])
table.query("method == 'conditional logistic, cluster-robust'")[["estimate", "lower", "upper"]]

# %% [markdown]
# Compared as they come, cases have far fewer licences than others: they are young. Matched, the
# interval holds 1, which is the truth. What no table can tell: had we matched on
# something that the factor *changes* (say, whether a person owns a car), matching would have taken
# away part of a real difference. Match on what comes before both.
#
# ## Controls at risk on the day
#
# Now the register. On the day on which somebody first appears as a trafficker, a control must be
# alive, living in the country and no trafficker yet; general offenders must have an offence by
# then, and non-offenders none ever. `match_at_risk` does this bookkeeping. Same sex and year of
# birth exactly, nearest age.

# %%
sets = tr.matching.match_at_risk(
    register,
    {
        "general_offenders": Eligible("before", persons="general_offenders"),
        "non_offenders": Eligible("never", persons="non_offenders"),
    },
    exact=["sex", "birth_year"],
    nearest=["age"],
    index="trafficking",
    seed=0,
)
sets

# %%
account = sets.account.groupby("population")["eligible"]
account.describe(percentiles=[0.05, 0.5])[["count", "min", "5%", "50%", "max"]].round(0)

# %% [markdown]
# Every case has a control in both populations, and nobody serves twice. The table says how many
# persons were eligible for a case: where that number is small, a control is what is left rather
# than a choice.
#
# ## Balance, before anything else
#
# The standardised difference is the difference of the means in standard deviations. What was
# matched on should lie at zero; 0.1 is the usual limit.

# %%
balance = sets.balance(["age", "birth_year", "sex", "migration_background"])
tr.plot.love(balance)

# %% [markdown]
# Sex, age and year of birth are alike. Migration background was not matched on and is as different
# as before: 71 % of cases against 39 % and 27 % of controls. Whether it *should* be matched on is a
# question about the world and not about software. It comes before the index date, so it could be;
# but police attention may differ by background too, and then the matched comparison answers
# another question. We leave it, and say so.
#
# ## Compare
#
# `compare` gives shares with intervals, and for each pair of populations the matched odds ratio,
# risk ratio and risk difference by several methods, with p-values adjusted for the number of tests.
# Here the shares:

# %%
factors = ["basic_qualification_at_23", "single_parent_family", "institution_as_minor"]
effects = sets.compare(factors)
shares = effects[effects["measure"] == "prevalence"]
shares = shares.assign(
    said=[
        f"{e:.0%} ({low:.0%} to {high:.0%})"
        for e, low, high in zip(shares["estimate"], shares["lower"], shares["upper"], strict=True)
    ]
)
shares.pivot_table(index="factor", columns="population", values="said", aggfunc="first")

# %% [markdown]
# A categorical column gives each population one colour and marker, here and in the tutorials that
# follow, whoever else is in a figure.

# %%
people = pd.CategoricalDtype(["domestic_sex_traffickers", "general_offenders", "non_offenders"])
single = effects[effects["method"].str.startswith("conditional")]
tr.plot.forest(
    single[single["population"] == sets.name].astype({"versus": people}),
    label="factor",
    series="versus",
    xlabel="matched odds ratio, traffickers against controls",
)

# %% [markdown]
# Traffickers grew up with one parent more often, were in an institution more often, and had a basic
# qualification at 23 less often than either kind of control. The contrast with non-offenders is
# larger: part of what marks traffickers marks offenders in general. That is why there are two
# populations of controls.
#
# An odds ratio of a rare factor rests on few sets. `n_informative` says on how many: only sets in
# which case and control differ speak.

# %%
columns = ["factor", "versus", "estimate", "lower", "upper", "n_informative"]
single.loc[single["population"] == sets.name, columns].round(2)

# %% [markdown]
# Against non-offenders the odds ratio of an institution has an interval from 15 to 150: it is
# large, and nobody knows how large. Report the interval, or the difference in percentage points:

# %%
differences = effects.query(
    "measure == 'risk_difference' and method.str.startswith('matched sets')"
)
differences.loc[
    differences["population"] == sets.name, ["factor", "versus", "estimate", "lower", "upper"]
].round(3)

# %% [markdown]
# ## Planted and recovered
#
# The register knows what was planted. The shares:

# %%
planted = {
    "basic_qualification_at_23": "basic_qualification_traffickers",
    "single_parent_family": "single_parent_traffickers",
}
own = shares[shares["population"] == sets.name].set_index("factor")
truth = pd.Series({factor: register.truth.planted[key] for factor, key in planted.items()})
own.loc[list(planted), ["estimate", "lower", "upper"]].assign(planted=truth).astype(float).round(3)

# %% [markdown]
# ## How much hidden bias would it take?
#
# Sets are alike in what was matched on, and in nothing else for certain. Two ways of asking how
# much a factor that nobody recorded would have to do before the difference could be its doing
# alone:
#
# - **Rosenbaum's bounds.** Two persons who look alike might differ by a factor Γ in their odds of
#   being the case. The tipping Γ is the one at which the test stops speaking.
# - **The E-value.** How strongly a hidden factor would have to go with *both*, as a risk ratio.
#   `e_value_limit` asks it of the end of the interval nearest to 1. Traffickers are rare in the
#   population, so the odds ratio of being one stands for a risk ratio.

# %%
bounds = sets.rosenbaum_bounds(factors, gammas=[1, 2, 3])
bounds.drop_duplicates(["factor", "versus"])[
    ["factor", "versus", "direction", "tipping_gamma"]
].round(2)

# %%
e_values = tr.matching.e_values(single[single["population"] == sets.name])
e_values[["factor", "versus", "estimate", "e_value", "e_value_limit"]].round(2)

# %% [markdown]
# A tipping Γ of 2.9 for a single parent against general offenders: a hidden trait that makes one of
# two similar persons three times as likely to be the trafficker, and that goes closely with growing
# up with one parent, could explain it all. That is a lot, and not impossible.
#
# And does one part of the sample carry the result? Leave out the women, then the men:

# %%
left_out = sets.leave_one_out(["single_parent_family"], by="sex")
left_out[["versus", "left_out", "estimate", "lower", "upper", "n_sets"]].round(2)

# %% [markdown]
# ## What it is, and what it is not
#
# - **A share is no risk.** Cases were chosen for being cases: 66 % of traffickers with one parent
#   is not the chance to traffic for who grew up with one, which is tiny.
# - **The matched odds ratio lies farther from 1** than the odds ratio of the two shares, also where
#   nothing is confounded. Give both, or the difference in percentage points.
# - **Cases without controls** would be out of the comparison. Here there are none; where there are,
#   look who they are before they vanish.
# - **Registered offending** made the cases. A factor that draws police attention looks like a risk
#   factor.
#
# The [how-to page](../how-to/match-controls.md) has the other designs (calipers, several controls a
# case, propensity scores, comparison by trajectory group), the [theory page](../theory/matching.md)
# the formulas.
