# %% [markdown]
# # Coming from Stata traj, PROC TRAJ, crimCV, lcmm, flexmix or trajeR
#
# You have fitted these models for years, with other software. This page has your commands beside
# ours, then fits one model both ways: with the library, and with thirty lines of NumPy and SciPy
# that share nothing with it. Then it says where numbers differ although the model is the same.
#
# ## Your command, and ours
#
# Two groups, zero-inflated Poisson counts `c10` to `c20`, quadratic curves, a constant
# probability of extra zeros in each group.
#
# ```text
# Stata      traj, var(c10-c20) indep(t10-t20) model(zip) order(2 2) iorder(0 0)
#
# SAS        PROC TRAJ DATA=wide OUT=of OUTPLOT=op OUTSTAT=os;
#              ID id; VAR c10-c20; INDEP t10-t20; MODEL ZIP; ORDER 2 2; IORDER 0 0;
#            RUN;
#
# crimCV     crimCV(as.matrix(counts), ng = 2, dpolyp = 2, dpolyl = 1, model = "ZIP")
#                                          # extra zeros along a line; it takes no degree 0
#
# trajeR     trajeR(Y = counts, A = ages, ng = 2, degre = c(2, 2), degre.nu = c(0, 0),
#                   Model = "ZIP", Method = "L")
#
# flexmix    stepFlexmix(n ~ poly(age, 2) | id, data = long, k = 2, nrep = 10,
#                        model = FLXMRglm(family = "poisson"))       # no extra zeros by age
#
# lcmm       one <- hlme(y ~ age + I(age^2), subject = "id", data = long)
#            gridsearch(hlme(y ~ age + I(age^2), mixture = ~ age + I(age^2), subject = "id",
#                            ng = 2, data = long), rep = 30, maxiter = 15, minit = one)
#                                                                    # normal outcomes, no counts
#
# here       family = tr.families.ZeroInflatedPoisson(inflation_degree=0)
#            tr.GroupTrajectories(n_groups=2, family=family, degree=2).fit(panel)
# ```
#
# ## Word for word
#
# | you know | from | here |
# |---|---|---|
# | `var()`, `VAR`, `Dat`, `Y` | Stata, SAS, crimCV, trajeR | `Panel.from_wide(table)` |
# | a long table, `y ~ x \| id`, `subject=` | flexmix, lcmm | `Panel.from_long(table, unit=, age=, count=)` |
# | `indep()`, `INDEP`, `A` | Stata, SAS, trajeR | the numbers at the end of the columns' names, or `ages=`; ages may differ between persons |
# | `.`, `-9` and other codes for missing | Stata, SAS | `pd.read_csv(..., na_values=[".", "-9"])`, `pd.read_stata`, `pd.read_sas`; [more](../how-to/panel.md) |
# | persons without any outcome, dropped | Stata, SAS | `drop_unobserved=True` of the panel |
# | `order()`, `ORDER`, `degre`, `dpolyp` | Stata, SAS, trajeR, crimCV | `degree=2`, or `degree=(2, 3, 0)` |
# | `iorder()`, `IORDER`, `degre.nu`, `dpolyl` | Stata, SAS, trajeR, crimCV | `inflation_degree=` of the family; -1 for a group without extra zeros |
# | `start()`, `START` | Stata, SAS | not needed: `n_starts` random ones, and `res.n_replicated` of them agree. `fit(panel, start=params, n_starts=0)` climbs from yours alone |
# | `model(cnorm) min() max()` | Stata, SAS | `CensoredNormal(lower=, upper=)`; `sigma="common"` for one standard deviation |
# | `model(logit)` | Stata, SAS, trajeR | `family="bernoulli"` |
# | `model="ZIPt"` | crimCV | `family="zip_tau"` |
# | `ng=`, `k=`; the length of `order()` | R; Stata, SAS | `n_groups=` |
# | `expos()`, `EXPOS`, **`Risk`** of crimCV, `offset` of flexmix | | `exposure=` of the panel: years free |
# | `weight()`, `WEIGHT` | Stata, SAS | `sampling_weights=` of the panel, `weights=` for numbers of persons; [more](../how-to/panel.md) |
# | `risk()`, `RISK`, **`Risk`** of trajeR, `classmb`, `concomitant` | Stata, SAS, trajeR, lcmm, flexmix | `fit(panel, membership="~ x", covariates=frame)` |
# | `refgroup()`, `REFGROUP` | Stata, SAS | `reference=` of `fit`, or of `res.membership.odds_ratios` |
# | `tcov()`, `TCOV` | Stata, SAS, trajeR | `time_varying=["x"]`, and `panel.with_covariates(...)` |
# | `plottcov()`, `PLOTTCOV` | Stata, SAS | `res.plot(at={"x": 1})`, `res.at({"x": path}).trajectories()` |
# | `outcome()`, `OUTCOME` | Stata, SAS | `res.distal("y", "poisson", covariates=frame, panel=panel)`, after the groups and not together with them |
# | `MULTGROUPS`, `trajeR_mult` | SAS, trajeR | `tr.MultiTrajectories` (shared groups), `tr.DualTrajectories` (groups of their own) |
# | `dropout()`, `DROPOUT`; `obsmar()`, `OBSMAR` | Stata, SAS | `tr.DropoutTrajectories(spec, tr.Dropout(previous=, degree=))`; who is missing at the end without having left: `left=` or `followed_until=` of `fit` |
# | a negative number | crimCV | `NaN`: not observed |
# | `_traj_Group`, `_traj_ProbG1`, `OUT=` | Stata, SAS | `res.assignments`, `res.posterior`; `res.posterior.join(res.assignments["group"]).to_csv("groups.csv")` |
# | `probupdates()` | Stata | `res.predict_proba(panel)` of a panel of the first ages |
# | `trajplot, ci`, `OUTPLOT=` | Stata, SAS | `res.plot()`, `res.trajectories()`, with intervals; observed means by group in `res.residuals(panel)` |
# | `OUTSTAT=`, `OUTEST=` | SAS | `res.params`, `res.bse`, `res.conf_int()`, `res.cov_params()`, `res.save("model.json")` |
# | `testparm`, `lincom`; `%trajtest` | Stata; SAS | `res.wald_test({("mean", 2, "age"): 1, ("mean", 3, "age"): -1})`, `res.test_equal_curves(2, 3)` |
# | `init=20`, `nrep=`, `gridsearch(rep=)` | crimCV, flexmix, lcmm | `n_starts=`, 60 unless told |
# | a program of one's own for AvePP and OCC; `AvePP()`, `OCC()` | Stata; trajeR | `res.adequacy()` |
#
# Sources: the documentation of [PROC
# TRAJ](https://www.andrew.cmu.edu/user/bjones/documentation.htm); for Stata, Jones and Nagin
# (2013), *Sociological Methods & Research* 42(4), 608–613, and a worked example by [A.
# Wheeler](https://andrewpwheeler.com/2016/10/06/group-based-trajectory-models-in-stata-some-graphs-and-fit-statistics/);
# the reference manuals of [crimCV 1.0.0](https://cran.r-project.org/package=crimCV),
# [trajeR](https://cran.r-project.org/package=trajeR),
# [flexmix](https://cran.r-project.org/package=flexmix) and
# [lcmm](https://cran.r-project.org/package=lcmm). The commands above were written from these; of
# the six only flexmix was run for this page.
#
# ## One model, both ways
#
# Three hundred invented persons, eleven years.

# %%
import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import gammaln, logsumexp

import trajectories as tr

ages = np.arange(10, 21)
low = 0.35 * np.exp(0.06 * (ages - 15))
high = 2.2 * np.exp(-0.05 * (ages - 16.0) ** 2)
rng = np.random.default_rng(20)
group = (rng.random(300) < 0.4).astype(int)
extra_zero = rng.random((300, len(ages))) < np.array([0.35, 0.15])[group][:, None]
counts = np.where(extra_zero, 0, rng.poisson(np.stack([low, high])[group]))
wide = pd.DataFrame(counts, columns=[f"c{age}" for age in ages])

family = tr.families.ZeroInflatedPoisson(inflation_degree=0)
panel = tr.Panel.from_wide(wide)
res = tr.GroupTrajectories(n_groups=2, family=family, degree=2).fit(panel, seed=0)
print(f"log-likelihood {res.llf:.6f}; {res.n_replicated} of {res.n_finished} starts agree")

# %% [markdown]
# Now the likelihood as the articles print it, written down without the library. A person's density
# is a mixture over groups of a product over ages:
#
# $$ \ell = \sum_i \log \sum_k \pi_k \prod_t
# \begin{cases} \omega_k + (1 - \omega_k)\, e^{-\mu_{kt}} & y_{it} = 0 \\
# (1 - \omega_k)\, e^{-\mu_{kt}} \mu_{kt}^{y_{it}} / y_{it}! & y_{it} > 0 \end{cases} $$


# %%
def log_likelihood(theta, y, x):
    """Return the log-likelihood of two groups; theta: one logit, 2 x 3 slopes, 2 inflation logits."""
    log_share = np.array([0.0, theta[0]]) - np.logaddexp(0.0, theta[0])
    slopes, inflation = theta[1:7].reshape(2, 3), theta[7:9]
    by_group = np.empty((len(y), 2))
    for k in range(2):
        log_mu = slopes[k] @ np.stack([x**0, x, x**2])
        log_omega = -np.logaddexp(0.0, -inflation[k])
        log_rest = -np.logaddexp(0.0, inflation[k])
        poisson = y * log_mu - np.exp(log_mu) - gammaln(y + 1)
        zero = np.logaddexp(log_omega, log_rest - np.exp(log_mu))
        by_group[:, k] = np.where(y == 0, zero, log_rest + poisson).sum(axis=1)
    return logsumexp(by_group + log_share, axis=1).sum()


x = (ages - 15) / 5  # any scale will do
tries = []
for start in range(4):
    begin = np.random.default_rng(start).normal(0, 0.5, 9)
    tries.append(minimize(lambda t: -log_likelihood(t, counts, x), begin, method="BFGS"))
found = min(tries, key=lambda fit: fit.fun)
print(f"log-likelihood {-found.fun:.6f}, from the best of four starts")
print(f"difference {res.llf + found.fun:.1e}")

# %% [markdown]
# The same maximum, and at the same place: the curves lie on each other.

# %%
omega = 1 / (1 + np.exp(-found.x[7:9]))
slopes = found.x[1:7].reshape(2, 3)
own = (1 - omega)[:, None] * np.exp(slopes @ np.stack([x**0, x, x**2]))
own = own[own.mean(axis=1).argsort()]  # numbered from the fewest to the most
dots = pd.DataFrame({"group": np.repeat([1, 2], 11), "age": np.tile(ages, 2), "mean": own.ravel()})
mean = res.trajectories()["mean"].to_numpy()
print(f"largest difference between the curves: {np.abs(mean - own.ravel()).max():.1e}")
tr.plot.trajectories(res.trajectories(), shares=res.group_probabilities, observed=dots)

# %% [markdown]
# Lines are the library, dots the thirty lines above. And with software that other people wrote:
# R's flexmix has no extra zeros by group and age, so here is the plain Poisson model. The numbers
# of flexmix were computed once (flexmix 2.3.18, R 4.2.2, `nrep = 5`) on the table above.

# %%
poisson = tr.GroupTrajectories(n_groups=2, family="poisson", degree=2).fit(panel, seed=0)
flexmix = {"log-likelihood": -3312.574233, "BIC": 6681.860209, "share of group 2": 0.3857282}
here = {
    "log-likelihood": poisson.llf,
    "BIC": poisson.bic_cells,
    "share of group 2": poisson.group_probabilities[2],
}
pd.DataFrame({"flexmix": flexmix, "here": here}).round(4)

# %% [markdown]
# They agree to three decimals. flexmix stops when the log-likelihood hardly moves, and lies a
# little below; here the gradient has to vanish. Note *which* BIC agrees: flexmix counts rows, so
# its BIC is our `bic_cells`.
#
# ## Where numbers differ although the model is the same
#
# **BIC has four forms.** Stata traj and PROC TRAJ print Nagin's form, log-likelihood minus half
# the penalty, of which the *largest* is best, for the number of persons and for the number of
# observations. lcmm counts persons. `res.summary()` prints all four, and a table of `tr.select`
# has them as `bic`, `bic_cells`, `bic_nagin` and `bic_cells_nagin`:

# %%
n, cells, p = 300, 300 * 11, res.n_params
forms = {
    "bic: -2 llf + p log(persons)": (res.bic, -2 * res.llf + p * np.log(n)),
    "bic_cells: -2 llf + p log(cells)": (res.bic_cells, -2 * res.llf + p * np.log(cells)),
    "Nagin's form: llf - p/2 log(persons)": (-res.bic / 2, res.llf - p / 2 * np.log(n)),
    "Nagin's form: llf - p/2 log(cells)": (-res.bic_cells / 2, res.llf - p / 2 * np.log(cells)),
}
pd.DataFrame(forms, index=["here", "by hand"]).T.round(3)

# %% [markdown]
# **Coefficients belong to a scale of age.** Ours are powers of age in years, as in Stata traj and
# PROC TRAJ if you give them ages in years. If you gave age / 10, multiply the linear term by 10 and
# the quadratic by 100. crimCV uses a B-spline basis on ages scaled to [0, 1], and flexmix with
# `poly()` an orthogonal one: same curves, other coefficients. Compare curves.

# %%
ours = res.params["mean"].unstack("term")  # noqa: PD010
scaled = ours.mul({"intercept": 1, "age": 10, "age^2": 100})
pd.concat({"age in years": ours, "age / 10": scaled}, axis=1).round(3)

# %% [markdown]
# **Order of the groups.** Groups are numbered here by expected offences, lowest first. Elsewhere
# the order is that of the start values, and may change from run to run.
#
# **`Risk` means two things.** In crimCV it is the time at risk, a matrix as large as the counts. In
# trajeR, as in Stata and SAS, it is a covariate of membership. Here the first is `exposure`.
#
# **The sign of tau.** In crimCV's `ZIPt` and our `zip_tau` the logit of an extra zero is
# −τ times the log rate: extra zeros are rarer where the rate is higher. Ours keeps τ at 0 or more
# and says so when a group runs into that boundary
# ([why](../decisions/0009-sign-of-tau.md)); software that lets τ be negative can reach
# another likelihood.
#
# **A log-likelihood has a constant.** Ours is the full one, with the factorials. Software that
# leaves them out differs by this number, the same for every model:

# %%
print(f"sum of log(y!) over all cells: {gammaln(counts + 1).sum():.3f}")

# %% [markdown]
# **Exposure can be zero.** Tables made for other software hold tricks like 1e-14 in years in which
# a person was never free. Such a cell rules the whole fit as soon as it holds an offence. Here
# zero exposure without an offence is *not observed*; with one it is refused, because nobody offends
# in no time; `panel.audit()` shows cells that come near, and a floor has to be chosen by name
# (`panel.with_exposure_floor(0.05)`).
#
# **Missing years.** Many tables hold zeros for years after death, emigration or the end of the
# register. Put `NaN` there before you compare results, or both will agree and be wrong.
#
# **Cross-validation error.** crimCV's CVE predicts a left-out person's years from a posterior that
# has seen those years. Ours predicts later years from earlier ones; the numbers cannot be compared.
#
# **`converged`.** Here it means that the gradient vanished at a proper maximum. Solutions with an
# empty group, two equal groups or a coefficient that ran off carry another name in
# `res.stop_reason`, with advice. Where a fit of yours is told to be one of these, look at it again.
#
# ## Not the same model
#
# - **lcmm** adds random effects (`random=`) if you ask for them; without, `hlme` is the group-based
#   model with a normal outcome. It has links for scales and ordered outcomes, and none for counts.
# - **flexmix** fits any generalised linear model, and its `FLXMRziglm` makes the *first group* one
#   of zeros only: that is `degree=(-1, 2, …)` here, and not zero inflation.
# - **Standard models for dropout and for several outcomes** differ between packages in more than
#   their names. [Attrition](../how-to/attrition.md) and [several
#   outcomes](../how-to/several-outcomes.md) say what is modelled here; compare likelihoods before
#   you compare conclusions.
