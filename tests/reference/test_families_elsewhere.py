"""Families without published fits: independent likelihoods, and one group against statsmodels."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from scipy.optimize import minimize
from scipy.special import expit, logit, logsumexp
from statsmodels.discrete.count_model import ZeroInflatedNegativeBinomialP
from statsmodels.othermod.betareg import BetaModel

import trajectories as tr
from trajectories.families import (
    Bernoulli,
    Beta,
    CensoredNormal,
    Family,
    NegativeBinomial,
    ZeroInflatedNegativeBinomial,
)

AGES = np.arange(-3.0, 4.0)
POWERS = np.vander(AGES, 3, increasing=True)


def zinb(outcome: np.ndarray, exposure: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Own parameters of a group: three of the mean, two of the inflation, the log dispersion."""
    mean, omega = exposure * np.exp(POWERS @ own[:3]), expit(POWERS[:, :2] @ own[3:5])
    alpha = np.exp(own[5])
    mass = (1 - omega) * stats.nbinom.pmf(outcome, 1 / alpha, 1 / (1 + alpha * mean))
    return np.log(mass + omega * (outcome == 0))


def negbin(outcome: np.ndarray, exposure: np.ndarray, own: np.ndarray) -> np.ndarray:
    mean, alpha = exposure * np.exp(POWERS @ own[:3]), np.exp(own[3])
    return stats.nbinom.logpmf(outcome, 1 / alpha, 1 / (1 + alpha * mean))


def bernoulli(outcome: np.ndarray, exposure: np.ndarray, own: np.ndarray) -> np.ndarray:
    return stats.bernoulli.logpmf(outcome, expit(POWERS @ own))


def beta(outcome: np.ndarray, exposure: np.ndarray, own: np.ndarray) -> np.ndarray:
    mean, precision = expit(POWERS @ own[:3]), np.exp(own[3])
    return stats.beta.logpdf(outcome, mean * precision, (1 - mean) * precision)


def censored(outcome: np.ndarray, exposure: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Limits 0 and 5."""
    at = POWERS @ own[:3], np.exp(own[3])
    inside = stats.norm.logpdf(outcome, *at)
    low, high = stats.norm.logcdf(0, *at), stats.norm.logsf(5, *at)
    return np.where(outcome == 0, low, np.where(outcome == 5, high, inside))


CASES: dict[str, tuple[Family, Callable, list[list[float]]]] = {
    "zinb": (
        ZeroInflatedNegativeBinomial(),
        zinb,
        [[0.1, -0.3, -0.05, -0.8, 0.3, -0.9], [1.9, 0.1, -0.08, -1.2, -0.2, -0.6]],
    ),
    "negbin": (
        NegativeBinomial(),
        negbin,
        [[-0.5, -0.3, -0.05, 0.4], [1.6, 0.1, -0.08, -0.9]],
    ),
    "bernoulli": (Bernoulli(), bernoulli, [[-1.2, -0.5, 0.05], [1.1, 0.3, -0.12]]),
    "beta": (Beta(), beta, [[-1.0, -0.2, 0.02, 2.0], [0.7, 0.3, -0.08, 1.2]]),
    "censored_normal": (
        CensoredNormal(0, 5),
        censored,
        [[0.5, -0.3, 0.05, 0.1], [3.5, 0.5, -0.15, 0.5]],
    ),
}
EVERY_CASE = pytest.mark.parametrize("case", CASES)


@cache
def panel_of(case: str, n_units: int = 400) -> tr.Panel:
    """Draw two groups, with missing cells and, for counts, an exposure."""
    family, _, truth = CASES[case]
    rng = np.random.default_rng(17)
    group = (rng.random(n_units) < 0.4).astype(int)
    degrees = family.channel_degrees(2)
    exposure = np.ones((n_units, len(AGES)))
    if family.takes_exposure:
        exposure = rng.choice([0.5, 1.0], exposure.shape)
    channels = np.empty((len(degrees), 2, len(AGES)))
    for k in range(2):
        start = 0
        for q, degree in enumerate(degrees):
            channels[q, k] = POWERS[:, : degree + 1] @ truth[k][start : start + degree + 1]
            start += degree + 1
    outcome = family.draw(channels[:, group], exposure, rng)
    gone = rng.random(outcome.shape) < 0.1
    gone[:, 0] = False
    outcome[gone] = np.nan
    given = exposure if family.takes_exposure else None
    return tr.Panel.from_wide(outcome, ages=AGES, exposure=given)


@cache
def fitted(case: str) -> tr.GroupTrajectoriesResults:
    return tr.GroupTrajectories(2, CASES[case][0], 2).fit(panel_of(case))


def likelihood(case: str) -> Callable[[np.ndarray], float]:
    """Return the log-likelihood as a function of membership logit and groups' parameters."""
    density, panel = CASES[case][1], panel_of(case)
    outcome, seen = panel.outcomes, np.asarray(panel.observed)
    outcome = np.where(seen, outcome, 0.5 if case == "beta" else 0.0)
    exposure = np.ones_like(outcome) if panel.exposure is None else panel.exposure
    exposure = np.where(seen, exposure, 1.0)

    def value(packed: np.ndarray) -> float:
        own = packed[1:].reshape(2, -1)
        joint = np.array([np.where(seen, density(outcome, exposure, k), 0).sum(1) for k in own])
        share = np.array([0.0, packed[0]])
        joint += (share - logsumexp(share))[:, None]
        return float(logsumexp(joint, axis=0).sum())

    return value


def packed_of(results: tr.GroupTrajectoriesResults) -> tuple[np.ndarray, np.ndarray]:
    """Return estimates and standard errors group by group, in powers of age."""
    columns = []
    for values in (results.params, results.bse):
        own = [values.xs(group, level="group").drop("membership", level=0) for group in (1, 2)]
        columns.append(np.concatenate([values.loc["membership"], *own]))
    return columns[0], columns[1]


@EVERY_CASE
def test_an_independent_likelihood_has_the_same_value_and_no_higher_one_nearby(case) -> None:
    results, value = fitted(case), likelihood(case)
    assert results.stop_reason == "converged"
    solution, _ = packed_of(results)
    assert value(solution) == pytest.approx(results.llf, abs=1e-6)
    nudged = solution + np.random.default_rng(3).normal(0, 0.05, len(solution))
    found = minimize(lambda packed: -value(packed), nudged, method="BFGS", options={"gtol": 1e-3})
    assert -found.fun == pytest.approx(results.llf, abs=1e-4)
    np.testing.assert_allclose(found.x, solution, atol=3e-3)


@EVERY_CASE
def test_standard_errors_are_those_of_the_independent_likelihood(case) -> None:
    value = likelihood(case)
    solution, errors = packed_of(fitted(case))
    size = len(solution)
    steps = 0.05 * errors[:, None] * np.eye(size)
    centre = value(solution)
    information = np.empty((size, size))
    for i in range(size):
        for j in range(i + 1):
            a, b = steps[i], steps[j]
            bend = value(solution + a + b) - value(solution + a - b)
            bend += value(solution - a - b) - value(solution - a + b)
            information[i, j] = information[j, i] = -bend / (4 * a[i] * b[j])
    np.testing.assert_allclose(np.sqrt(np.diag(np.linalg.inv(information))), errors, rtol=5e-3)
    assert centre == pytest.approx(fitted(case).llf, abs=1e-6)


def cells_of(panel: tr.Panel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return outcome, design in powers of age, and log exposure of the observed cells."""
    seen = np.asarray(panel.observed)
    design = np.broadcast_to(POWERS, (panel.n_units, *POWERS.shape))[seen]
    exposure = np.ones(seen.sum()) if panel.exposure is None else panel.exposure[seen]
    return panel.outcomes[seen], design, np.log(exposure)


def elsewhere(case: str) -> tuple[float, np.ndarray, np.ndarray]:
    """Return log-likelihood, estimates and standard errors of one group by statsmodels.

    A dispersion is turned into its logarithm, its error by the delta method.
    """
    outcome, design, offset = cells_of(panel_of(case))
    quiet = {"disp": 0, "maxiter": 2000, "method": "bfgs", "gtol": 1e-8}
    if case == "bernoulli":
        model = sm.Logit(outcome, design).fit(disp=0, tol=1e-12)
    elif case == "beta":
        model = BetaModel(outcome, design).fit(disp=0)
    elif case == "negbin":
        model = sm.NegativeBinomial(outcome, design, offset=offset).fit(**quiet)
    else:
        model = ZeroInflatedNegativeBinomialP(
            outcome, design, exog_infl=design[:, :2], offset=offset
        ).fit(**quiet)
    estimates, errors = np.array(model.params), np.array(model.bse)
    if case == "zinb":  # inflation first there
        order = [2, 3, 4, 0, 1, 5]
        estimates, errors = estimates[order], errors[order]
    if case in ("negbin", "zinb"):
        errors[-1] /= estimates[-1]
        estimates[-1] = np.log(estimates[-1])
    return model.llf, estimates, errors


@pytest.mark.parametrize("case", ["bernoulli", "beta", "negbin", "zinb"])
def test_one_group_is_the_regression_of_statsmodels(case) -> None:
    results = tr.GroupTrajectories(1, CASES[case][0], 2).fit(panel_of(case))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value, estimates, errors = elsewhere(case)
    assert results.llf == pytest.approx(value, abs=1e-5)
    np.testing.assert_allclose(results.params, estimates, atol=2e-3)
    np.testing.assert_allclose(results.bse, errors, rtol=1e-2)


def test_one_group_of_a_normal_without_limits_is_least_squares() -> None:
    panel = panel_of("censored_normal")
    outcome, design, _ = cells_of(panel)
    results = tr.GroupTrajectories(1, "censored_normal", 2).fit(panel)
    ols = sm.OLS(outcome, design).fit()
    assert results.llf == pytest.approx(ols.llf, abs=1e-7)
    np.testing.assert_allclose(results.params.loc["mean"], ols.params, rtol=1e-6)
    sigma = np.sqrt(ols.ssr / len(outcome))
    assert results.params.loc["log_sigma"].iloc[0] == pytest.approx(np.log(sigma), abs=1e-8)
    assert results.bse.loc["log_sigma"].iloc[0] == pytest.approx(
        1 / np.sqrt(2 * len(outcome)), rel=1e-6
    )
    shrunk = np.sqrt(ols.df_resid / len(outcome))
    np.testing.assert_allclose(results.bse.loc["mean"], ols.bse * shrunk, rtol=1e-6)


def test_the_curve_of_a_censored_normal_is_the_expected_observed_outcome() -> None:
    results, panel = fitted("censored_normal"), panel_of("censored_normal")
    curves = results.trajectories()
    shares = results.group_probabilities
    expected = (curves["mean"] * curves["group"].map(shares)).groupby(curves["age"]).sum()
    seen = np.asarray(panel.observed)
    observed = np.where(seen, panel.outcomes, 0).sum(axis=0) / seen.sum(axis=0)
    np.testing.assert_allclose(expected, observed, atol=0.15)
    assert curves["mean"].between(0, 5).all()
    assert (results.params.loc["mean"].loc[1] @ POWERS.T).min() < 0.5


def test_common_parameters_are_shared_and_counted_once() -> None:
    for case, make, name in (
        ("negbin", NegativeBinomial, "log_dispersion"),
        ("censored_normal", lambda **how: CensoredNormal(0, 5, **how), "log_sigma"),
    ):
        setting = {"sigma" if name == "log_sigma" else "dispersion": "common"}
        common = tr.GroupTrajectories(2, make(**setting), 2).fit(panel_of(case))
        own = fitted(case)
        assert common.n_params == own.n_params - 1
        assert common.llf <= own.llf + 1e-6
        assert len(common.params.loc[name]) == 1
        value = likelihood(case)
        solution = []
        for group in (1, 2):
            mine = common.params.xs(group, level="group").drop("membership", level=0)
            solution.append(np.append(mine, common.params.loc[name].iloc[0]))

        def restricted(
            packed: np.ndarray, value: Callable = value, size: int = len(solution[0])
        ) -> float:
            first = np.append(packed[1:size], packed[-1])
            second = np.append(packed[size : 2 * size - 1], packed[-1])
            return -value(np.concatenate([packed[:1], first, second]))

        start = np.concatenate([common.params.loc["membership"], solution[0][:-1], solution[1]])
        assert -restricted(start) == pytest.approx(common.llf, abs=1e-6)
        found = minimize(restricted, start + 0.02, method="BFGS", options={"gtol": 1e-3})
        assert -found.fun == pytest.approx(common.llf, abs=1e-4)


def test_groups_may_have_inflation_of_different_degrees() -> None:
    panel = panel_of("zinb")
    family = ZeroInflatedNegativeBinomial(inflation_degree=(0, 1))
    results = tr.GroupTrajectories(2, family, (1, 2)).fit(panel)
    assert results.n_params == 1 + (2 + 1 + 1) + (3 + 2 + 1)
    assert results.llf < fitted("zinb").llf
    assert results.gradient < 1e-6


def test_start_values_are_not_needed_for_shares_near_the_edges() -> None:
    rng = np.random.default_rng(5)
    level = np.array([0.002, 0.995])[rng.integers(0, 2, 200)][:, None]
    share = expit(logit(level) + rng.normal(0, 0.4, (200, 5)))
    results = tr.GroupTrajectories(2, "beta", 1).fit(tr.Panel.from_wide(share, ages=np.arange(5)))
    assert results.stop_reason == "converged"
    means = results.trajectories().groupby("group")["mean"].mean()
    np.testing.assert_allclose(means, [0.002, 0.995], atol=2e-3)
