"""Laws of the regression with a normal intercept of each unit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from trajectories.errors import InputError
from trajectories.numerics.random_intercept import _Problem, random_intercept

KINDS = pytest.mark.parametrize("kind", ["logit", "poisson"])


def drawn(seed: int, kind: str, n: int = 40):
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(n), rng.integers(2, 9, n))
    X = np.column_stack([rng.normal(size=len(unit)), np.ones(len(unit))])
    eta = X @ [0.6, -0.3] + 1.2 * rng.normal(size=n)[unit]
    y = rng.random(len(unit)) < 1 / (1 + np.exp(-eta))
    return (y.astype(float) if kind == "logit" else rng.poisson(np.exp(eta)).astype(float)), X, unit


@KINDS
@settings(max_examples=5)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_marginal_likelihood_is_the_integral(kind, seed):
    y, X, unit = drawn(seed, kind, n=4)
    problem = _Problem(y, X, unit, kind, None, True)
    theta = np.array([0.4, -0.2, 0.9])
    value, _ = problem.scores(theta)
    total = 0.0
    for k in range(4):
        own = np.sort(unit) == k
        fixed = problem.design[own] @ theta[:2]

        def density(z: float, own=own, fixed=fixed) -> float:
            logs = problem._density(fixed + 0.9 * z, problem.outcome[own])[1]
            return float(np.exp(logs.sum()) * norm.pdf(z))

        total += np.log(quad(density, -9, 9, epsabs=1e-14, epsrel=1e-12, limit=200)[0])
    assert value == pytest.approx(total, rel=1e-6)


@KINDS
@settings(max_examples=5)
@given(seed=st.integers(0, 2**32 - 1))
def test_scores_are_the_numerical_gradient(kind, seed):
    y, X, unit = drawn(seed, kind)
    problem = _Problem(y, X, unit, kind, None, True)
    theta = np.array([0.4, -0.2, 0.9])
    _, scores = problem.scores(theta)
    for p, step in enumerate(np.eye(3) * 1e-5):
        slope = (problem.scores(theta + step)[0] - problem.scores(theta - step)[0]) / 2e-5
        assert scores[:, p].sum() == pytest.approx(slope, rel=1e-4, abs=1e-3)


@KINDS
def test_order_of_rows_and_names_of_units_change_nothing(kind):
    y, X, unit = drawn(3, kind)
    fit = random_intercept(y, X, unit, kind=kind, cluster=unit)
    order = np.random.default_rng(1).permutation(len(y))
    other = random_intercept(
        y[order], X[order], 1000 - unit[order], kind=kind, cluster=unit[order] * 7
    )
    np.testing.assert_allclose(other.params, fit.params, rtol=1e-6)
    np.testing.assert_allclose(other.robust_covariance, fit.robust_covariance, rtol=1e-4)
    assert other.spread == pytest.approx(fit.spread, rel=1e-5)


@KINDS
def test_known_values_come_back(kind):
    y, X, unit = drawn(11, kind, n=1500)
    fit = random_intercept(y, X, unit, kind=kind)
    error = np.sqrt(np.diag(fit.robust_covariance))
    assert (np.abs(fit.params - [0.6, -0.3]) < 4 * error).all()
    assert fit.spread == pytest.approx(1.2, abs=0.15)


def test_what_has_no_maximum_is_refused():
    y, X, unit = drawn(5, "logit")
    with pytest.raises(InputError, match="column 2 is a combination"):
        random_intercept(y, np.c_[X, X[:, 0] - 2.0], unit, kind="logit")
    with pytest.raises(InputError, match="no proper maximum"):
        random_intercept(y, np.c_[X, y], unit, kind="logit", intercepts=False)
