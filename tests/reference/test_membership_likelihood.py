"""One-step membership on the reference data, against a likelihood written naively."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import expit, gammaln, logsumexp
from scipy.stats import norm

import trajectories as tr

AGES = np.arange(1, 6)
POWERS = np.vander(AGES, 3, increasing=True).astype(float)


def normal_log_density(y: np.ndarray, b: np.ndarray) -> np.ndarray:
    """b: three coefficients, then log sigma."""
    return norm.logpdf(y, POWERS @ b[:3], np.exp(b[3])).sum(axis=1)


def zip_log_density(y: np.ndarray, b: np.ndarray) -> np.ndarray:
    """b: three coefficients of the log rate, then two of the logit of an extra zero."""
    rate, extra = np.exp(POWERS @ b[:3]), expit(POWERS[:, :2] @ b[3:])
    count = np.log1p(-extra) - rate + y * np.log(rate) - gammaln(y + 1)
    zero = np.log(extra + (1 - extra) * np.exp(-rate))
    return np.where(y == 0, zero, count).sum(axis=1)


CASES = {
    "CNORM2gr.csv": (tr.families.CensoredNormal(sigma="group"), normal_log_density, 4),
    "ZIP2gr.csv": (tr.families.ZeroInflatedPoisson(1), zip_log_density, 5),
}


def minus_log_likelihood(
    packed: np.ndarray, y: np.ndarray, x: np.ndarray, log_density, n_own: int
) -> float:
    """Parameters: intercept and slope of group 2 against group 1, then both groups' own."""
    logit = packed[0] + packed[1] * x
    log_share = np.column_stack([-np.logaddexp(0, logit), -np.logaddexp(0, -logit)])
    own = packed[2:].reshape(2, n_own)
    density = np.column_stack([log_density(y, b) for b in own])
    return -float(logsumexp(log_share + density, axis=1).sum())


def hessian(function, at: np.ndarray) -> np.ndarray:
    """Fourth-order central differences."""
    size = len(at)
    step = 2e-3 * np.maximum(np.abs(at), 0.3)
    result = np.empty((size, size))
    weights = {-2: 1 / 12, -1: -8 / 12, 1: 8 / 12, 2: -1 / 12}
    for i in range(size):
        for j in range(i, size):
            total = 0.0
            for a, u in weights.items():
                for b, v in weights.items():
                    moved = at.copy()
                    moved[i] += a * step[i]
                    moved[j] += b * step[j]
                    total += u * v * function(moved)
            result[i, j] = result[j, i] = total / (step[i] * step[j])
    return result


@pytest.mark.parametrize("name", list(CASES))
def test_one_step_membership_agrees_with_a_naive_likelihood(reference: Path, name: str) -> None:
    family, log_density, n_own = CASES[name]
    frame = pd.read_csv(reference / name).set_index("Id")
    outcome = frame[[f"Y{t}" for t in AGES]]
    panel = tr.Panel.from_wide(outcome, ages=AGES)
    spec = tr.GroupTrajectories(2, family, degree=2)
    results = spec.fit(panel, membership="~ X1", covariates=frame[["X1"]])
    assert results.converged

    # results: membership, then channel by channel; the naive likelihood group by group
    params, errors = results.params, results.bse
    order = [("membership", 2, "intercept"), ("membership", 2, "X1")]
    for group in (1, 2):
        order += [label for label in params.index if label[0] != "membership" and label[1] == group]
    ours = params.loc[order].to_numpy()

    def naive(packed: np.ndarray) -> float:
        return minus_log_likelihood(
            packed, outcome.to_numpy(float), frame["X1"].to_numpy(float), log_density, n_own
        )

    assert naive(ours) == pytest.approx(-results.llf, rel=1e-10)
    scale = errors.loc[order].to_numpy()
    away = ours + 0.3 * scale * np.random.default_rng(1).choice([-1, 1], len(ours))
    found = minimize(
        lambda z: naive(away + z * scale),
        np.zeros(len(ours)),
        method="BFGS",
        options={"gtol": 1e-6, "maxiter": 2000},
    )
    found = (
        minimize(
            lambda z: naive(away + z * scale),
            found.x,
            method="Nelder-Mead",
            options={"xatol": 1e-8, "fatol": 1e-12, "maxiter": 300},
        )
        if found.fun > -results.llf + 1e-7
        else found
    )
    assert found.fun == pytest.approx(-results.llf, abs=1e-6)
    assert np.abs((away + found.x * scale - ours) / scale).max() < 1e-4

    information = hessian(naive, ours)
    independent = np.sqrt(np.diag(np.linalg.inv(information)))
    np.testing.assert_allclose(scale, independent, rtol=1e-4)
    # the estimates to 1e-6: one Newton step of the naive likelihood from ours moves by less
    gradient = np.array(
        [
            (naive(ours + step) - naive(ours - step)) / (2 * np.abs(step).sum())
            for step in np.diag(1e-4 * scale)
        ]
    )
    assert np.abs(np.linalg.solve(information, gradient)).max() < 1e-6 * np.abs(scale).max()
