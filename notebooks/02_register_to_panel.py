# %% [markdown]
# # From a register to a panel
#
# Registers hold events: a person was born on one day, an offence was committed on another,
# somebody was in detention from then to then, died, emigrated. A trajectory model needs a table of
# counts by age, and everything that is easily got wrong happens on the way. This notebook goes
# that way with a synthetic register: no row in it belongs to a real person, and its columns are
# those that an agency would deliver.

# %%
import numpy as np
import pandas as pd

import trajectories as tr

pd.set_option("display.max_colwidth", None)

register = tr.rapporteur.simulate(seed=2024)
register

# %% [markdown]
# Four tables. `persons` has a row a person:

# %%
register.persons.head(3).T

# %% [markdown]
# `offences` has a row an offence, with its date and the date at which the case was registered; and
# `spells` has a row for each stretch of time in a job, with a partner, in detention.

# %%
register.offences.head(3)

# %%
register.spells.groupby("spell_type", observed=True).size().rename("spells").to_frame()

# %% [markdown]
# ## The panel
#
# One line. Ages are years of age, from birthday to birthday. Three things happen to a cell.
#
# - Before follow-up ends, and at liberty all year: the number of offences, with exposure 1.
# - Partly in detention, or partly after the end of follow-up: the offences of the days at liberty,
#   with the share of the year at liberty as exposure.
# - Dead, abroad, in detention all year, or after the reference date: **not observed**. It is not a
#   zero.
#
# The register says which population is studied, here the traffickers; `persons=` takes another.

# %%
panel = tr.Panel.from_register(register, ages=range(12, 41))
panel

# %% [markdown]
# How much of each age is seen? The youngest traffickers have not yet reached 40.

# %%
observed = np.ones(panel.outcomes.shape, bool) if panel.observed is None else panel.observed
pd.DataFrame(
    {
        "share of persons observed": observed.mean(axis=0),
        "mean years free where observed": panel.exposure.sum(axis=0) / observed.sum(axis=0),
    },
    index=pd.Index(panel.ages.astype(int), name="age"),
).iloc[[0, 6, 12, 18, 24, 28]].round(3)

# %% [markdown]
# ## The audit
#
# Before any model: what could spoil one? The audit looks at the pitfalls that are known from real
# studies, and gives a line to each. It shows counts and rates, never a person.

# %%
audit = panel.audit()
short = audit[~audit["check"].str.startswith("follow-up ended")]  # one line an age: seen above
short[["check", "cells", "units", "rate", "reference_rate", "value"]].round(2)

# %% [markdown]
# ## What goes wrong if one forgets
#
# Take the unobserved cells for zeros and every year for a full one, as happens when a table of
# counts is filled up with zeros. The late ages then seem to be a time of desistance.

# %%
forgetful = tr.Panel.from_wide(panel.outcomes, ages=panel.ages)

spec = tr.GroupTrajectories(n_groups=4, family="poisson", degree=2)
right, wrong = spec.fit(panel, seed=0), spec.fit(forgetful, seed=0)

by_age = pd.concat(
    {
        label: fit.trajectories().set_index(["age", "group"])["mean"].unstack()  # noqa: PD010
        for label, fit in {"follow-up and exposure": right, "filled with zeros": wrong}.items()
    },
    axis=1,
)
by_age.loc[[15, 20, 25, 30, 35, 40]].round(2)

# %%
names = right.typology()["label"]
dots = wrong.trajectories()[["group", "age", "mean"]]
tr.plot.trajectories(right.trajectories(), right.group_probabilities, names=names, observed=dots)

# %% [markdown]
# Lines are the fit with follow-up and exposure, dots the one to the table filled with zeros. They
# differ most where follow-up is shortest: rates after 30 look a third to a half lower than they
# are, because most persons had not been followed that long. Exposure is not harmless either: where
# offences *cause* the detention, years with little time free have very high rates, and an offset
# makes them higher still. The audit shows the rate at low exposure beside the overall one; fit
# with and without, and report both.
