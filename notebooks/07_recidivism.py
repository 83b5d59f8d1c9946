# %% [markdown]
# # Recidivism: who reoffends, with what, when
#
# After an index case, who commits a new offence, and how soon? The numbers depend on what counts
# as new, on when the clock starts, on whether it runs in detention, and on what is done with those
# who die or leave. Here each of these is an argument, and each estimate is held against the truth
# of a synthetic register. No row in it belongs to a real person.

# %%
import numpy as np
import pandas as pd

import trajectories as tr
from trajectories.plot.style import new_figure

pd.set_option("display.max_colwidth", None)
recidivism = tr.recidivism

register = tr.rapporteur.simulate(seed=2024)
follow_up = tr.FollowUp.from_register(register, index="trafficking", event="any")
follow_up

# %% [markdown]
# A `FollowUp` is a table of rows *(start, stop]*: who is at risk from when to when, and what ended
# it. It says what it means, and what of the register it left out:

# %%
pd.Series(follow_up.definition).to_frame("meaning")

# %%
follow_up.left_out.query("rows > 0 or persons > 0")

# %% [markdown]
# ## How many, and by when
#
# The share with a new case within two, five and seven years is published in two ways: among those
# whose follow-up could have lasted so long, or estimated from everybody. Both are here, and so is
# the Kaplan–Meier estimate, which imagines that nobody dies or leaves.

# %%
windows = recidivism.fixed_window(follow_up, years=(2, 5, 7))
planted = {y: register.truth.planted[f"general_recidivism_{y}y"] for y in (2, 5, 7)}
windows.assign(planted=windows["window"].map(planted)).round(3)

# %%
by_sex = tr.FollowUp.from_register(register, covariates=["sex", "age_at_start", "prior_cases"])
tr.plot.survival_curves(
    recidivism.kaplan_meier(by_sex, by="sex"),
    recidivism.numbers_at_risk(by_sex, range(0, 13, 2), by="sex"),
    title="Share without a new case",
    origin="registration of the index case",
)

# %%
recidivism.log_rank(by_sex, "sex")

# %%
tr.plot.cumulative_incidence(
    recidivism.cumulative_incidence(follow_up),
    title="What became of everybody",
    origin="registration of the index case",
)

# %% [markdown]
# ## What happens if detention or death is ignored
#
# A simulation in which the truth is known. Everybody reoffends at a rate of 0.3 a year *free*; half
# of the persons spend two years in detention; 15 % die every year. On the left, the question is how
# soon people reoffend once they are free. Counting calendar time, detention included, makes them
# look better than they are. On the right, the question is how many will in fact reoffend. Treating
# the dead as if they were censored, who might still do so, makes them look worse.

# %%
rng = np.random.default_rng(7)


def simulated(n):
    """Years to a new case or death: calendar time, and time free."""
    detained = np.where(rng.random(n) < 0.5, 2.0, 0.0)
    begins = rng.uniform(0.0, 1.0, n)
    free = rng.exponential(1 / 0.3, n)
    at = np.where(free > begins, free + detained, free)
    death, end = rng.exponential(1 / 0.15, n), 8.0
    stop = np.minimum(np.minimum(at, death), end)
    what = np.where(stop == at, 1, np.where(stop == death, 2, 0))
    held = np.where(stop > begins, np.minimum(begins + detained, stop) - begins, 0.0)
    return pd.DataFrame({"calendar": stop, "free": stop - held, "what": what})


def curve(table, label, value):
    """One labelled curve: the share that has reoffended."""
    share = table[value] if value == "incidence" else 1 - table[value]
    return pd.DataFrame({"stratum": label, "time": table["time"], "share": share})


sample = simulated(3000).query("free > 0")
grid = np.linspace(0, 6, 61)
by_clock = {clock: tr.FollowUp.from_frame(sample, clock, "what") for clock in ("free", "calendar")}
incidence = recidivism.cumulative_incidence(by_clock["calendar"], times=grid)
large = simulated(300_000)
reoffended = np.sort(large.loc[large["what"] == 1, "calendar"])
panels = {
    "Detention: how soon, once free": [
        pd.DataFrame({"stratum": "truth", "time": grid, "share": 1 - np.exp(-0.3 * grid)}),
        curve(recidivism.kaplan_meier(by_clock["free"], times=grid), "time free", "survival"),
        curve(recidivism.kaplan_meier(by_clock["calendar"], times=grid), "ignored", "survival"),
    ],
    "Death: how many in fact": [
        pd.DataFrame(
            {
                "stratum": "truth",
                "time": grid,
                "share": np.searchsorted(reoffended, grid, "right") / len(large),
            }
        ),
        curve(incidence[incidence["cause"] == "event"], "competing", "incidence"),
        curve(recidivism.kaplan_meier(by_clock["calendar"], times=grid), "censored", "survival"),
    ],
}
figure = new_figure(7.2, 3.4)
for panel, (title, curves) in zip(figure.subplots(1, 2), panels.items(), strict=True):
    tr.plot.survival_curves(
        pd.concat(curves), value="share", ax=panel, title=title, ylabel="share reoffended"
    )
figure

# %% [markdown]
# The lines that mind detention and death lie on the truth, within chance; the others are off by
# twenty percentage points at their worst. In the register, hardly anybody dies before the reference
# date, but many are detained, and the clock matters:

# %%
clocks = {
    "calendar time, detention counted": {},
    "calendar time, not at risk in detention": {"detention": "removed"},
    "time free": {"detention": "removed", "time": "free"},
}
rows = []
for name, options in clocks.items():
    own = tr.FollowUp.from_register(register, **options)
    table = recidivism.fixed_window(own, (2, 5, 7), methods=["cumulative_incidence"])
    rows.append(table.assign(clock=name))
pd.concat(rows).pivot_table(index="clock", columns="window", values="share").round(3)

# %% [markdown]
# ## The study's figures
#
# General recidivism, trafficking again, and how many of those who reoffend do that again, each
# against what was planted.

# %%
figures = recidivism.recidivism_figures(register)
figures = figures[figures["method"].isin(["to the end of follow-up", "kaplan_meier"])]
figures = figures.assign(planted=figures["key"].map(register.truth.planted).astype(float))
figures[["key", "persons", "events", "share", "lower", "upper", "planted"]].round(3)

# %% [markdown]
# ## All new cases
#
# Many have more than one. Per year free, with an interval that allows for persons who differ:

# %%
repeated = tr.FollowUp.from_register(
    register,
    repeated=True,
    detention="removed",
    time="free",
    covariates=["sex", "age_at_start", "prior_cases"],
)
recidivism.rates(repeated, by="sex").round(3)

# %%
tr.plot.mean_cumulative_count(
    recidivism.mean_cumulative_count(repeated, by="sex", times=np.linspace(0.1, 11, 110)),
    recidivism.numbers_at_risk(repeated, range(0, 11, 2), by="sex"),
    title="New cases a person",
    unit="years free",
)

# %%
recidivism.rate_regression(repeated).table().round(3)

# %% [markdown]
# The dispersion says how much persons differ beyond what sex, age and record explain: the variance
# of their own multipliers.
#
# ## Who
#
# A Cox model of the first new case, with a check whether hazards are proportional. A small p says
# that they are not. So it is for age: what age makes of the risk changes with time, as it must when
# people grow older.

# %%
model = recidivism.cox(by_sex)
model.table().round(3)

# %%
model.proportional_hazards().round(3)

# %%
profiles = pd.DataFrame(
    {"sex": "male", "age_at_start": [20, 40], "prior_cases": [10, 2]},
    index=["20 years old, 10 cases", "40 years old, 2 cases"],
)
predicted = model.survival(profiles).rename(columns={"profile": "group"})
tr.plot.survival_curves(
    predicted.drop(columns="stratum").rename(columns={"group": "stratum"}),
    title="Predicted share without a new case, men",
    origin="registration of the index case",
)

# %%
tr.plot.hazard(
    recidivism.hazard(by_sex, 1.0),
    title="The hazard falls with time",
    origin="registration of the index case",
)

# %% [markdown]
# ## Does everybody reoffend in the end?
#
# A split-population model gives a share that does. But it is the distribution, not the data, that
# says what happens after the end of follow-up, so the models come side by side and are never
# quoted alone.

# %%
split = recidivism.split_population(
    by_sex, distributions=["exponential", "weibull", "lognormal", "log_logistic"]
)
columns = ["distribution", "eventual_share", "lower", "upper", "seen", "llf", "aic"]
split.table[columns].round(3)

# %% [markdown]
# ## By trajectory group
#
# Nobody's group is known for certain. Everybody counts in every group with the posterior
# probability; imputing groups again and again widens the intervals by what is not known. The
# trajectories were fitted to the offences of all ages, the new ones among them, so this describes
# the groups and predicts nothing.

# %%
panel = tr.Panel.from_register(register, ages=range(12, 41))
groups = tr.GroupTrajectories(n_groups=4, family="poisson", degree=2).fit(panel, seed=0, n_starts=5)
posterior = groups.posterior.loc[follow_up.persons]
tables = [
    recidivism.by_group(follow_up, posterior, times=[5], method=method)
    for method in ("weights", "imputation")
]
pd.concat(tables).sort_values("group", kind="stable").round(3)

# %% [markdown]
# ## What to report
#
# - What counts as the index case and as a new one, by which date, and until when (`definition`).
# - The clock: from registration, offence or release; with detention counted or taken off.
# - How many could be observed as long as the share is about, and how many died or left.
# - Registered recidivism, in words: who was not caught again is counted as having stopped.
#
# The [how-to page](../how-to/estimate-recidivism.md) has each of these as an argument, the
# [theory page](../theory/recidivism.md) the formulas and their sources.
