# %% [markdown]
# # Scoring and validating
#
# A probation office wants to know what a record so far says about the years ahead. This notebook
# publishes a model for that, scores some invented histories, and then spends most of its length on
# the harder questions: does it come true, for whom does it not, what happens in another population,
# and when has it grown old? Nobody is ranked here, and no score comes without its uncertainty.
#
# All persons are invented. Before anybody real is scored, read
# [Before anybody is scored](../how-to/score-responsibly.md): European law may forbid it, and in
# every case a human decides.
#
# ## The population
#
# Three kinds of careers from age 12 to 26. Men and women are alike up to 18; after that, women
# offend half as much as men. The model will not know who is a man and who a woman, as scores often
# may not.

# %%
import numpy as np
import pandas as pd

import trajectories as tr
from trajectories.plot.style import new_figure

pd.set_option("display.max_colwidth", None)

ages = np.arange(12, 27)
curves = np.stack(
    [
        np.full(len(ages), 0.12),
        0.05 + 1.6 * np.exp(-(((ages - 16) / 3.0) ** 2)),
        1.3 / (1 + np.exp(-(ages - 15.0))),
    ]
)


def persons(n, seed, shares=(0.60, 0.25, 0.15)):
    """Counts by age, and who is a woman."""
    rng = np.random.default_rng(seed)
    women = rng.random(n) < 0.35
    rate = curves[rng.choice(3, size=n, p=shares)]
    rate = np.where(women[:, None] & (ages > 18), 0.5 * rate, rate)
    return pd.DataFrame(rng.poisson(rate), columns=ages), np.where(women, "women", "men")


counts, sex = persons(1_500, seed=1)
panel = tr.Panel.from_wide(counts)
results = tr.GroupTrajectories(n_groups=3, degree=3).fit(panel, seed=0, n_starts=20)
results.plot()

# %% [markdown]
# ## A fit is not yet a model for scoring
#
# It becomes one when somebody says whom it describes, answers for it, and gives it a last day. The
# card has no defaults: what is missing is refused.

# %%
try:
    tr.profiles.ModelCard(
        population="invented persons, none of them real",
        country="nowhere",
        years=(2000, 2015),
        inclusion="everybody drawn by this notebook",
        n_by_subgroup={"women": int((sex == "women").sum()), "men": int((sex == "men").sum())},
        fitted_by="",
        intended_use="showing how a score is made and tested",
        limits="says nothing about anybody; never use it for a person",
        valid_until="2199-12-31",
    )
except tr.errors.InputError as error:
    print(error)

# %%
card = tr.profiles.ModelCard(
    population="invented persons, none of them real",
    country="nowhere",
    years=(2000, 2015),
    inclusion="everybody drawn by this notebook",
    n_by_subgroup={"women": int((sex == "women").sum()), "men": int((sex == "men").sum())},
    fitted_by="the documentation",
    intended_use="showing how a score is made and tested",
    limits="says nothing about anybody; never use it for a person",
    valid_until="2199-12-31",
)
model = tr.profiles.publish(results, panel, card)
model

# %% [markdown]
# `model.save("model.json")` writes text: coefficients, card, the range of histories it may be asked
# about, and invented profiles with their scores. `profiles.load` scores these again and refuses the
# file if one digit differs, or if its last day is past. That is how swapped formulas are noticed on
# the first day, and not after eight years.
#
# ## Histories so far
#
# Five invented histories. A missing value is a year that was not observed; it is never a zero.

# %%
nan = np.nan
profiles = pd.DataFrame(
    {
        "early, then quiet": [0, 0, 1, 2, 2, 1, 0, 0],
        "begins at 16": [0, 0, 0, 0, 1, 1, 2, 1],
        "two years known": [nan, nan, nan, nan, nan, nan, 1, 1],
        "no offence": [0, 0, 0, 0, 0, 0, 0, 0],
        "forty in one year": [0, 0, 0, 0, 40, 0, 0, 0],
    },
    index=range(12, 20),
).T
scores = tr.profiles.score(model, profiles, years_ahead=3)
scores.filter(regex=r"^group_\d").round(2)

# %%
risk = tr.profiles.risk_ahead(model, profiles, years=3)
risk.round(2)

# %% [markdown]
# Two of the five get no number. Nobody who has not offended is scored; and forty offences in a year
# lie outside everything that the model was fitted to, so it says so and does not guess. A refusal
# is an answer. Filling in a year to get past it is not.
#
# Two years of history are scored, and flagged as short. Read flags first, then intervals, then
# probabilities:

# %%
scores.loc[scores["refused"] == "", ["flags", "expected", "prediction_lower", "prediction_upper"]]

# %% [markdown]
# The expected number of offences in three years has a range for the number itself (`prediction_`)
# that is wide for everybody, most of all for the one who begins at 16. That is not a fault that
# more data would mend: two persons with the same rate have different numbers of offences by
# chance.
#
# ## What moved the probability?

# %%
one = tr.Panel.from_wide(profiles.loc[["begins at 16"]])
steps = tr.profiles.development(results, one)
steps.pivot_table(index="age", columns="group", values="probability").round(2).T

# %% [markdown]
# The probability of each group after each year. At 15 this history was nothing out of the ordinary;
# the years from 16 to 18 turned it. A score at 17 would have left it open.
#
# ## Does it come true?
#
# Never ask that of the persons who were fitted. Here are two thousand others, scored at 18 on the
# years up to then, and what they did in the three years after.

# %%
others, their_sex = persons(2_000, seed=2)
so_far = others.loc[:, :18]
happened = (others.loc[:, 19:21].sum(axis=1) > 0).astype(int)
by = pd.DataFrame({"sex": their_sex})

ahead = tr.profiles.risk_ahead(model, so_far, years=3)
check = tr.profiles.validate(ahead, happened, column="probability", by=by, cut_offs=[0.6])
print(f"{check.n_scored} scored, {check.n_refused} refused")

figure = new_figure(8.2, 3.4)
left, right = figure.subplots(1, 2)
tr.plot.calibration(check.calibration_curve, ax=left, title="Everybody")
tr.plot.calibration(check.calibration_curve, by="sex", ax=right, title="Men and women")
figure

# %% [markdown]
# Over everybody it is a passable score. By sex it is not: the line of the women runs below the
# diagonal, where fewer offend than it says, and that of the men on it or above. The average hid it,
# as averages do. In numbers:

# %%
wanted = check.calibration["measure"].isin(["observed_to_expected", "intercept", "slope"])
shown = ["by", "level", "measure", "estimate", "lower", "upper", "persons"]
check.calibration.loc[wanted, shown].round(2)

# %%
check.discrimination.query("measure == 'auc'")[shown].round(2)

# %% [markdown]
# The area under the curve says how often the one who offends has the higher score than the one who
# does not. It can be good where calibration is bad, and it cannot tell what a score is worth.
#
# ## Who bears which errors?
#
# Suppose somebody acts at 60 % or more. Of those who did *not* offend, how many were acted on
# (false positives)? Of those who did, how many were missed (false negatives)?

# %%
rates = check.error_rates.query("by == 'sex'")
rates = rates[rates["rate"].isin(["acted_on", "false_positive", "false_negative"])]
rates[["level", "rate", "estimate", "lower", "upper"]].round(2)

# %% [markdown]
# Of the women who did not offend, 35 % would have been acted on; of the men, 28 %. Women offend
# less, and bear more of the errors of a score that does not know it. No choice of one cut-off
# mends it: where groups differ in how often they reoffend, a score cannot be calibrated in each
# *and* make both kinds of errors equally often in each. Somebody has to say which error is worse,
# and answer for it. Software cannot, and this one certifies nothing.
#
# ## Is it of any use?

# %%
tr.plot.decision_curve(check.decision_curve)

# %% [markdown]
# Net benefit weighs those helped against those bothered, at the exchange rate that a cut-off
# implies. To the left, where nobody minds bothering people, acting on everybody is as good; at the
# right end, leaving everybody alone is. Only in between is the score worth having.
#
# ## Another place
#
# In another town there are twice as many of the third kind of career. The old shares are wrong
# there; the curves may still hold. `recalibrate` estimates the shares anew, keeps the curves, and
# writes down what it was made from.

# %%
elsewhere, _ = persons(1_200, seed=3, shares=(0.45, 0.25, 0.30))
other_card = tr.profiles.ModelCard(
    population="other invented persons, none of them real",
    country="elsewhere",
    years=(2005, 2018),
    inclusion="everybody drawn for the second town",
    n_by_subgroup={"all": 1_200},
    fitted_by="the documentation",
    intended_use="showing how a model is recalibrated",
    limits="says nothing about anybody; never use it for a person",
    valid_until="2199-12-31",
)
local = tr.profiles.recalibrate(model, tr.Panel.from_wide(elsewhere), other_card)
shares = {"here": results.group_probabilities, "elsewhere": local.results.group_probabilities}
pd.DataFrame(shares).round(3)

# %%
fresh, _ = persons(2_000, seed=4, shares=(0.45, 0.25, 0.30))
columns = ["measure", "estimate", "lower", "upper", "persons"]
forecast = {
    name: tr.profiles.validate_forecast(used, tr.Panel.from_wide(fresh), 18)
    for name, used in {"model of here": model, "recalibrated": local}.items()
}
table = pd.concat(forecast, names=["used"]).query("age.isna() and measure != 'left_out'")
table[columns].droplevel(1).round(3)

# %% [markdown]
# `observed_to_expected` is the number of offences that came over the number that was forecast; 1
# is right. The model of here forecasts a fifth too few offences elsewhere; recalibrated, the
# interval holds 1. `log_score` is the mean log probability of what came, higher is better; its
# *gain* is over the same model without any history, which recalibration improves as well.
#
# ## Growing old
#
# Norms age. `drift` compares two batches of histories: shares, the distribution of the
# probabilities, refusals and flags.

# %%
later, _ = persons(1_000, seed=5, shares=(0.82, 0.14, 0.04))
drift = tr.profiles.drift(model, panel, tr.Panel.from_wide(later))
drift.stability.round(3)

# %% [markdown]
# An index above `by_chance` and 0.10 is a reason to look, above 0.25 a reason to stop and look. It
# cannot tell whether the world changed or the register did.
#
# ## What it is, and what it is not
#
# - **Probabilities with intervals, flags and refusals.** There is no ranking of persons here, and
#   no traffic lights.
# - **A record is who was caught.** Where police look more, there is more to see, and a score
#   repeats it. No statistic in this notebook can find that out: validation asks whether
#   *registered* offences come true.
# - **Scores change what they predict.** Who is supervised because of one offends less, or is caught
#   more. Keep closed cases from before.
# - **It needs numbers.** With fewer than about a hundred with and a hundred without the outcome in
#   a subgroup, its intervals say little.
#
# The [how-to page](../how-to/score-profiles.md) has the rest: the report for reviewers (TRIPOD+AI),
# the log of runs, the command line (`trajectories score`) and the offline page. The
# [theory page](../theory/scoring.md) has the formulas.
