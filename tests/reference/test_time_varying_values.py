"""Time-varying covariates against likelihoods written naively and maximised by SciPy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import gammaln, logsumexp
from scipy.stats import norm

import trajectories as tr

DEGREE = 2


def read(reference: Path, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return outcomes (N, 5), the covariate W (N, 5) and the true groups."""
    table = pd.read_csv(reference / f"{name}.csv")
    outcome = table[[f"Y{t}" for t in range(1, 6)]].to_numpy(dtype=float)
    covariate = np.zeros(outcome.shape)
    if "W1" in table:
        covariate = table[[f"W{t}" for t in range(1, 6)]].to_numpy(dtype=float)
    return outcome, covariate, table["gr"].to_numpy()


def normal_llf(x: np.ndarray, outcome: np.ndarray, w: np.ndarray, common: bool) -> float:
    """Return the log-likelihood of two normal groups, person by person and wave by wave."""
    total = 0.0
    shares = np.array([0.0, x[0]]) - logsumexp([0.0, x[0]])
    for i in range(len(outcome)):
        logs = shares.copy()
        for k in range(2):
            a = x[1 + 3 * k : 4 + 3 * k]
            effect = x[7] if common else x[7 + k]
            sigma = np.exp(x[-2 + k])
            for t in range(5):
                if not np.isnan(outcome[i, t]):
                    age = t + 1
                    mean = a[0] + a[1] * age + a[2] * age**2 + effect * w[i, t]
                    z = (outcome[i, t] - mean) / sigma
                    logs[k] += -0.5 * z * z - np.log(sigma) - 0.5 * np.log(2 * np.pi)
        total += logsumexp(logs)
    return total


def fast(x: np.ndarray, outcome: np.ndarray, w: np.ndarray, common: bool) -> float:
    """Return the same with NumPy's loops, for the optimiser."""
    ages = np.arange(1.0, 6.0)
    shares = np.array([0.0, x[0]]) - logsumexp([0.0, x[0]])
    logs = np.empty((len(outcome), 2))
    for k in range(2):
        effect = x[7] if common else x[7 + k]
        mean = np.polyval(x[1 + 3 * k : 4 + 3 * k][::-1], ages) + effect * w
        cells = norm.logpdf(outcome, mean, np.exp(x[-2 + k]))
        logs[:, k] = shares[k] + np.where(np.isnan(outcome), 0.0, cells).sum(axis=1)
    return float(logsumexp(logs, axis=1).sum())


def poisson_llf(x: np.ndarray, outcome: np.ndarray, w: np.ndarray, common: bool) -> float:
    """Return the log-likelihood of two Poisson groups."""
    ages = np.arange(1.0, 6.0)
    shares = np.array([0.0, x[0]]) - logsumexp([0.0, x[0]])
    logs = np.empty((len(outcome), 2))
    for k in range(2):
        effect = x[7] if common else x[7 + k]
        eta = np.polyval(x[1 + 3 * k : 4 + 3 * k][::-1], ages) + effect * w
        logs[:, k] = shares[k] + (outcome * eta - np.exp(eta) - gammaln(outcome + 1)).sum(axis=1)
    return float(logsumexp(logs, axis=1).sum())


def derivative(function: Callable[[float], float], step: float) -> float:
    """Return a derivative at zero by central differences of fourth order."""
    far = function(-2 * step) - function(2 * step)
    return (8 * (function(step) - function(-step)) + far) / (12 * step)


def errors_at(llf: Callable[[np.ndarray], float], x: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return standard errors from the numerical Hessian, steps in proportion to ``scale``."""
    size = len(x)
    unit = np.diag(scale)
    step = 0.01
    hessian = np.empty((size, size))
    for a in range(size):
        for b in range(a + 1):
            hessian[a, b] = hessian[b, a] = derivative(
                lambda u, a=a, b=b: derivative(lambda v: llf(x + u * unit[a] + v * unit[b]), step),
                step,
            )
    return scale * np.sqrt(np.diag(np.linalg.inv(-hessian)))


def maximised(llf: Callable[[np.ndarray], float], start: np.ndarray) -> np.ndarray:
    """Return the maximum that SciPy finds from a start that owes nothing to the package."""
    found = minimize(lambda x: -llf(x), start, method="BFGS", options={"gtol": 1e-7})
    return minimize(lambda x: -llf(x), found.x, method="BFGS", options={"gtol": 1e-7}).x


def by_true_groups(outcome: np.ndarray, w: np.ndarray, group: np.ndarray, common: bool):
    """Return curves and effects by least squares within the true groups, groups 2 then 1 or not."""
    ages = np.tile(np.arange(1.0, 6.0), (len(outcome), 1))
    parts = []
    for k in (1, 2):
        own = (group == k)[:, None] & ~np.isnan(outcome)
        design = np.column_stack([ages[own] ** p for p in range(3)] + [w[own]])
        solution, *_ = np.linalg.lstsq(design, outcome[own], rcond=None)
        spread = np.std(outcome[own] - design @ solution)
        parts.append((solution, np.log(spread), np.mean(group == k)))
    effects = [one[0][3] for one in parts]
    return np.concatenate(
        [
            [np.log(parts[1][2] / parts[0][2])],
            parts[0][0][:3],
            parts[1][0][:3],
            [np.mean(effects)] if common else effects,
            [parts[0][1], parts[1][1]],
        ]
    )


def places(x: np.ndarray, common: bool, swapped: bool) -> np.ndarray:
    """Return the order of the naive parameters as the package reports them."""
    order = [1, 2, 3, 4, 5, 6]
    effects = [7] if common else [7, 8]
    sigmas = [len(x) - 2, len(x) - 1]
    if swapped:
        order, effects, sigmas = order[3:] + order[:3], effects[::-1], sigmas[::-1]
    return np.array([0, *order, *effects, *sigmas])


@pytest.mark.parametrize("common", [False, True])
@pytest.mark.parametrize("name", ["CNORM2gr", "CNORM2grwithNA"])
def test_normal_outcomes_with_w_agree_with_scipy(reference: Path, name: str, common: bool) -> None:
    outcome, w, group = read(reference, name)
    panel = tr.Panel.from_wide(outcome, ages=range(1, 6), covariates={"w": w})
    spec = tr.GroupTrajectories(
        2, "censored_normal", DEGREE, time_varying=["w"], common_effects=common
    )
    results = spec.fit(panel, n_starts=12)
    assert results.converged

    def llf(x: np.ndarray) -> float:
        return fast(x, outcome, w, common)

    best = maximised(llf, by_true_groups(outcome, w, group, common))
    assert normal_llf(best, outcome, w, common) == pytest.approx(llf(best), abs=1e-8)
    assert results.llf == pytest.approx(llf(best), abs=1e-6)
    mine = np.concatenate(
        [
            results.params["membership"],
            *(results.params["mean", k].drop("w", errors="ignore") for k in (1, 2)),
            results.params["mean"].xs("w", level="term"),
            results.params["log_sigma"],
        ]
    )
    order = places(best, common, swapped=abs(best[1] - mine[1]) > abs(best[4] - mine[1]))
    theirs = best[order] * np.where(order == 0, 1 if order[1] == 1 else -1, 1)
    assert mine == pytest.approx(theirs, abs=2e-4)
    sizes = np.concatenate(
        [
            results.bse["membership"],
            *(results.bse["mean", k].drop("w", errors="ignore") for k in (1, 2)),
            results.bse["mean"].xs("w", level="term"),
            results.bse["log_sigma"],
        ]
    )
    scale = np.empty(len(best))
    scale[order] = sizes
    assert sizes == pytest.approx(errors_at(llf, best, scale)[order], rel=1e-4)


def test_counts_with_a_covariate_agree_with_scipy(reference: Path) -> None:
    outcome, _, group = read(reference, "POIS2gr")
    w = read(reference, "CNORM2gr")[1]
    w = np.resize(w, outcome.shape)
    panel = tr.Panel.from_wide(outcome, ages=range(1, 6), covariates={"w": w})
    results = tr.GroupTrajectories(2, "poisson", DEGREE, time_varying=["w"]).fit(panel, n_starts=12)
    assert results.converged

    def llf(x: np.ndarray) -> float:
        return poisson_llf(x, outcome, w, common=False)

    start = by_true_groups(np.log(outcome + 0.5), w, group, common=False)[:-2]
    best = maximised(llf, start)
    assert results.llf == pytest.approx(llf(best), abs=1e-6)
    mine = np.concatenate(
        [
            results.params["membership"],
            results.params["mean", 1].drop("w"),
            results.params["mean", 2].drop("w"),
            results.params["mean"].xs("w", level="term"),
        ]
    )
    assert llf(mine) == pytest.approx(results.llf, abs=1e-8)
    sizes = np.concatenate(
        [
            results.bse["membership"],
            results.bse["mean", 1].drop("w"),
            results.bse["mean", 2].drop("w"),
            results.bse["mean"].xs("w", level="term"),
        ]
    )
    assert sizes == pytest.approx(errors_at(llf, mine, sizes), rel=1e-4)


def test_membership_covariates_go_with_time_varying_ones(reference: Path) -> None:
    outcome, w, _ = read(reference, "CNORM2gr")
    x1 = pd.read_csv(reference / "CNORM2gr.csv")[["X1"]]
    panel = tr.Panel.from_wide(outcome, ages=range(1, 6), covariates={"w": w})
    spec = tr.GroupTrajectories(2, "censored_normal", DEGREE, time_varying=["w"])
    results = spec.fit(panel, n_starts=12, membership="~ X1", covariates=x1)
    curves = np.concatenate(
        [
            [0.0],
            results.params["mean", 1].drop("w"),
            results.params["mean", 2].drop("w"),
            results.params["mean"].xs("w", level="term"),
            results.params["log_sigma"],
        ]
    )
    slopes = results.params["membership"].to_numpy()

    def llf(x: np.ndarray) -> float:
        logit = x[0] + x[1] * x1["X1"].to_numpy()
        parts = []
        for k in range(2):
            own = np.polyval(x[2 + 3 * k : 5 + 3 * k][::-1], np.arange(1.0, 6.0)) + x[8 + k] * w
            logs = norm.logpdf(outcome, own, np.exp(x[10 + k])).sum(axis=1)
            parts.append(k * logit - np.logaddexp(0, logit) + logs)
        return float(np.logaddexp(*parts).sum())

    mine = np.concatenate([slopes, curves[1:]])
    assert llf(mine) == pytest.approx(results.llf, abs=1e-8)
    assert results.llf == pytest.approx(llf(maximised(llf, mine + 0.01)), abs=1e-6)
    sizes = np.concatenate(
        [
            results.bse["membership"],
            results.bse["mean", 1].drop("w"),
            results.bse["mean", 2].drop("w"),
            results.bse["mean"].xs("w", level="term"),
            results.bse["log_sigma"],
        ]
    )
    assert sizes == pytest.approx(errors_at(llf, mine, sizes), rel=1e-4)
