# %% [markdown]
# # A country-sized register
#
# A national register holds millions of persons. This notebook fits trajectories to three hundred
# thousand invented ones, on one core and in a small part of a laptop's memory, and asks three
# questions that matter more than speed: what does a country buy that a sample does not, what does
# it *not* buy, and what must nobody do with it?
#
# ## The data stay on disk
#
# A count of offences in one year fits into one byte. Seventeen million persons over thirty years
# are half a gigabyte that way, and eight times as much as the numbers that most software makes of
# them. Here the counts are written to a file in blocks and read as a *memory map*: the computer
# fetches what a computation touches and forgets it again.
#
# Four kinds of careers are planted. Persons of one kind also differ a little among themselves (a
# multiplier of their own with a variance of 0.15), as persons do.

# %%
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

import trajectories as tr
from trajectories.plot.style import new_figure

N, ages = 300_000, np.arange(12, 32)
shares = [0.86, 0.08, 0.05, 0.01]
curves = np.stack(
    [
        np.full(len(ages), 0.01),
        0.01 + 0.50 * np.exp(-(((ages - 16) / 3.0) ** 2)),
        0.01 + 0.35 * np.exp(-(((ages - 22) / 5.0) ** 2)),
        np.full(len(ages), 0.90),
    ]
)
folder = tempfile.TemporaryDirectory()
path = Path(folder.name) / "counts.npy"

rng = np.random.default_rng(7)
file = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(N, len(ages)))
for block in np.array_split(np.arange(N), 6):
    kind = rng.choice(4, len(block), p=shares)
    multiplier = rng.gamma(1 / 0.15, 0.15, (len(block), 1))
    file[block] = rng.poisson(curves[kind] * multiplier)
file.flush()
del file

panel = tr.Panel.from_wide(np.load(path, mmap_mode="r"), ages=ages)
print(panel)
print(f"{path.stat().st_size / 1e6:.0f} MB on disk; the panel holds {panel.outcomes.dtype}")

# %% [markdown]
# ## Most histories are alike
#
# The audit reads the panel once. Its last lines say why a country can be fitted at all: most
# persons have no offence, and the others repeat each other. Equal rows are one row with a weight,
# and nothing is lost by that.

# %%
audit = panel.audit().set_index("check")
audit.loc[["zeros", "distinct histories", "units without any outcome but zero"], ["cells", "units"]]

# %% [markdown]
# ## The fit

# %%
began = time.perf_counter()
results = tr.GroupTrajectories(n_groups=4, degree=2).fit(panel, seed=0)
print(f"{time.perf_counter() - began:.0f} seconds on one core, all starts included")
print(f"{results.stop_reason}; {results.n_replicated} of {results.n_finished} starts agree")
results.plot()

# %% [markdown]
# `n_jobs=-1` takes every core, with the same answer to the last bit. Posterior probabilities are
# computed when they are asked for: what a paper needs is a table of the groups and not of the
# persons.

# %%
results.adequacy()[["share", "share_lower", "share_upper", "avepp", "occ"]].round(4)

# %% [markdown]
# ## What a country buys
#
# Take one person in a hundred, and fit the same model.

# %%
sample = panel.subset(np.arange(0, N, 100))
small = tr.GroupTrajectories(n_groups=4, degree=2).fit(sample, seed=0)

truth = pd.DataFrame(
    {"group": np.repeat([1, 2, 3, 4], len(ages)), "age": np.tile(ages, 4), "mean": 0.0}
)
order = curves.mean(axis=1).argsort()  # numbered as the estimates are
truth["mean"] = curves[order].ravel()

figure = new_figure(7.2, 3.6)
for ax, fit, title in zip(
    figure.subplots(1, 2),
    (small, results),
    (f"A sample of {sample.n_units:,}", f"All {N:,}"),
    strict=True,
):
    tr.plot.trajectories(
        fit.trajectories(), fit.group_probabilities, observed=truth, ax=ax, title=title
    )
figure

# %% [markdown]
# Dots are the planted curves. In the sample the smallest group rests on about thirty persons, and
# its band shows it; in the country bands are hardly to be seen. A country buys rare groups, narrow
# ages, and comparisons between regions or cohorts that a sample cannot carry.

# %%
width = {
    name: fit.trajectories().assign(width=lambda t: t["upper"] / t["lower"] - 1)
    for name, fit in {"sample": small, "country": results}.items()
}
pd.DataFrame({name: t.groupby("group")["width"].median() for name, t in width.items()}).map(
    "{:.0%}".format
)

# %% [markdown]
# The median width of an interval, relative to its lower end.
#
# ## What it does not buy: a right model
#
# Look again at the uppermost curve of the country. Its band is narrow, and the truth lies
# *outside*. Persons of the fourth kind whose own multiplier is low are taken for others, and those
# who are left offend more. The model says that persons of a group are alike; they are not quite;
# and no number of persons mends that. In the sample the same error hides in the width of the band.
# An interval is about the model that was fitted.
#
# ## Nor does it buy the number of groups
#
# Fit two to seven in both, and let BIC choose.

# %%
choices = {
    name: tr.select(data, n_groups=range(2, 8), degree=2, seed=0, n_starts=8)
    for name, data in {"sample": sample, "country": panel}.items()
}
for name, choice in choices.items():
    print(f"{name}: {choice.recommend('bic')[1]}")

table = pd.DataFrame(
    {
        name: (choice.table["bic"] - choice.table["bic"].min()).to_numpy().round(1)
        for name, choice in choices.items()
    },
    index=pd.Index(range(2, 8), name="groups"),
)
table

# %% [markdown]
# BIC above the best, for each. The sample finds the four that were planted. In the country BIC
# goes on falling as far as one goes: with three hundred thousand persons it notices that persons
# of one kind are not quite alike, and buys groups to say so. It is right that the model is not
# exact, and it is no help: *the more data, the more groups* is a property of the criterion and of
# every model that is a little wrong. What helps:
#
# - a family that allows for spread (`family="negbin"`), compared at each number of groups
#   ([Choosing a model](03_choosing_a_model.ipynb));
# - asking how much a further group *adds*: how large it is, whether its curve is another one, and
#   how much better it forecasts persons who were left out;
# - a number of groups that is fixed beforehand, or taken from a sample.
#
# The groups that were bought here are not told apart, which `lowest_avepp` shows:

# %%
extra = choices["country"].table.set_index("n_groups")
extra[["smallest_share", "lowest_avepp", "n_replicated", "stop_reason"]].round(3)

# %% [markdown]
# The intervals are another matter. They know the sampling of persons, and of a country there is
# hardly any. They do not know the register: what is not recorded, who moved away unseen, which
# police district counts how. With millions of persons that is the uncertainty that is left, and no
# standard error shows it.

# %% [markdown]
# ## Fits that take hours
#
# With covariates, exposure that differs from person to person, or a hundred bootstrap samples, a
# fit takes longer. A *checkpoint* keeps what the search knows; who is interrupted runs the same
# line again and gets the same answer, bit for bit. A *callback* sees every pass and can end the
# fit. Here it does, after ten passes, and the second call goes on:

# %%
spec = tr.GroupTrajectories(n_groups=4, degree=2)
keep = Path(folder.name) / "fit.checkpoint"
passes = []


def ten_passes(now):
    """End the fit after ten passes over the panel."""
    passes.append(now.llf)
    return len(passes) > 10


with warnings.catch_warnings(action="ignore", category=tr.errors.DegenerateSolutionWarning):
    stopped = spec.fit(panel, seed=0, checkpoint=keep, callback=ten_passes)
print(f"{stopped.stop_reason}; checkpoint kept: {keep.exists()}")

again = spec.fit(panel, seed=0, checkpoint=keep)
print(f"{again.stop_reason}; same as before: {again.llf == results.llf}")

# %%
folder.cleanup()

# %% [markdown]
# ## Beyond one machine
#
# Where the register lies in many files, or is larger than one machine, the same specification
# takes a panel in parts on a Dask cluster (the extra `scale`: `pip install
# 'trajectories[scale]'`). Workers read their own files and send sums; rows stay where they are,
# and the answer is that of one machine.
#
# ```python
# from distributed import Client
#
# client = Client("scheduler:8786")  # or Client() for the cores of this machine
# panel = tr.scale.DaskPanel.from_parquet("register/years", ages=range(12, 41), unit="person")
# results = tr.GroupTrajectories(n_groups=4).fit(panel, seed=0)
# ```
#
# Measured on two cores that others used as well (`benchmarks/RESULTS.md`, November 2026):
# 2,400,000 persons with exposure, 20 ages and three groups in 18 seconds on one machine. The same
# panel on a cluster whose workers were limited to less memory than it needs took 162 seconds, and
# agreed to the twelfth digit; so did a fit of which one worker was killed on the way. A cluster is
# for panels that do not fit, and not for speed.
#
# ## What nobody must do with it
#
# Three hundred thousand posterior probabilities are three hundred thousand statements about
# persons. Nothing above needed a single one. A fit to a country is a description of the country;
# scoring people with it is another matter, with another notebook ([Scoring and
# validating](08_scoring_and_validating.ipynb)) and a law of its own. And what leaves the agency
# passes [output checking](../how-to/output-checking.md): with many groups and regions, small cells
# come back even in a register of millions.
