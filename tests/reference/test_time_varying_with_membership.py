"""Covariates of the curves and of the group probabilities together, against naive likelihoods.

The likelihood is written over whole arrays and climbed by SciPy; errors are from its second
derivatives (see ``naive_joint``). Truth and estimates are compared nowhere: that is done, with
coverage, in ``benchmarks/time_varying.py``.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, gammaln, logsumexp

import trajectories as tr

_spec = importlib.util.spec_from_file_location("naive", Path(__file__).parent / "naive_joint.py")
assert _spec is not None
assert _spec.loader is not None
naive = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(naive)

AGES = np.arange(15.0, 21.0)
N = 260


@lru_cache
def drawn(family: str) -> tuple[tr.Panel, pd.DataFrame, np.ndarray, np.ndarray]:
    """Draw persons of two groups; some cells are missing, some weights are 2."""
    rng = np.random.default_rng(3)
    x, sex = rng.normal(0, 1, N), rng.integers(0, 2, N).astype(float)
    group = (rng.random(N) < expit(-0.4 + 0.9 * x - 0.6 * sex)).astype(int)
    work = (rng.random((N, 6)) < 0.5).astype(float)
    level, slope, effect = np.array([[-0.6, 0.9], [0.1, -0.1], [0.3, -0.6]])[:, group, None]
    eta = level + slope * (AGES - 17.5) + effect * work
    if family == "poisson":
        outcome = rng.poisson(np.exp(eta)).astype(float)
    elif family == "bernoulli":
        outcome = (rng.random((N, 6)) < expit(2 * eta)).astype(float)
    else:
        outcome = rng.normal(eta, 1.0)
    outcome[:, 1:][rng.random((N, 5)) < 0.08] = np.nan
    weights = 1.0 + (np.arange(N) % 5 == 0)
    panel = tr.Panel.from_wide(outcome, ages=AGES, covariates={"work": work}, weights=weights)
    return panel, pd.DataFrame({"x": x, "sex": sex}), outcome, work


def log_likelihood(
    family: str, common: bool, free: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> Callable[[np.ndarray], float]:
    """Return the log-likelihood of (logit: 3), (level, slope) a group, effects, log sigma.

    ``free`` gives the log-odds of group 2 from the logit's numbers and a row of 1, x, sex a person.
    """
    panel, frame, outcome, work = drawn(family)
    z = np.column_stack([np.ones(N), frame["x"], frame["sex"]])

    def value(numbers: np.ndarray) -> float:
        odds = free(numbers[:3], z)
        prior = np.stack([-np.logaddexp(0, odds), odds - np.logaddexp(0, odds)], axis=1)
        effects = numbers[[7, 7]] if common else numbers[7:9]
        rest = numbers[8:] if common else numbers[9:]
        logs = np.empty((N, 2))
        for k in range(2):
            eta = numbers[3 + 2 * k] + numbers[4 + 2 * k] * (AGES - 17.5) + effects[k] * work
            if family == "poisson":
                cells = outcome * eta - np.exp(eta) - gammaln(outcome + 1)
            elif family == "bernoulli":
                cells = outcome * eta - np.logaddexp(0, eta)
            else:
                gap = (outcome - eta) / np.exp(rest[k])
                cells = -(gap**2) / 2 - rest[k] - np.log(2 * np.pi) / 2
            logs[:, k] = prior[:, k] + np.nansum(cells, axis=1)
        return float(panel.weights @ logsumexp(logs, axis=1))

    return value


def every(numbers: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Log-odds of group 2 that depend on both covariates."""
    return z @ numbers


@pytest.mark.parametrize("common", [False, True], ids=["by group", "common"])
@pytest.mark.parametrize("family", ["poisson", "bernoulli", "censored_normal"])
def test_both_kinds_of_covariates_together_are_the_naive_maximum(family: str, common: bool) -> None:
    panel, frame, _, _ = drawn(family)
    spec = tr.GroupTrajectories(2, family, 1, time_varying=["work"], common_effects=common)
    results = spec.fit(panel, n_starts=6, membership="~ x + sex", covariates=frame)
    found, centred = results.params, []
    for group in (1, 2):
        first = results.family.channels[0]
        level, slope = found[(first, group, "intercept")], found[(first, group, "age")]
        centred += [level + 17.5 * slope, slope]
    effects = [v for label, v in found.items() if label[2] == "work"]
    sigma = [v for label, v in found.items() if "sigma" in str(label)]
    ours = np.concatenate([found["membership"].to_numpy(), centred, effects, sigma])
    value = log_likelihood(family, common, every)
    assert value(ours) == pytest.approx(results.llf, rel=1e-10)
    llf, where, errors = naive.maximised(value, ours + 0.01)
    assert results.llf == pytest.approx(llf, abs=1e-6)
    assert ours == pytest.approx(where, abs=2e-4)
    logits = results.bse["membership"].to_numpy()
    assert logits == pytest.approx(errors[:3], rel=1e-4)
    of_effects = [v for label, v in results.bse.items() if label[2] == "work"]
    at = slice(7, 8 if common else 9)
    assert of_effects == pytest.approx(errors[at], rel=1e-4)
    slopes = [v for label, v in results.bse.items() if label[2] == "age"]
    assert slopes == pytest.approx(errors[[4, 6]], rel=1e-4)


def test_robust_errors_of_both_are_the_naive_sandwich() -> None:
    panel, frame, _, _ = drawn("poisson")
    panel = panel.with_unit_covariates(frame)
    spec = tr.GroupTrajectories(2, "poisson", 1, time_varying=["work"])
    results = spec.fit(panel, n_starts=6, membership="~ x + sex")
    robust = results.with_covariance("robust", panel)
    observed, mass = results.cov_params().to_numpy(), panel.weights
    # scores of units: the likelihood of each unit alone, moved in every number that is reported
    model, x = results.params.to_numpy(), np.empty((N, len(results.params)))
    for j in range(len(model)):
        step = 1e-5 * max(1.0, abs(model[j]))
        sides = []
        for sign in (1.0, -1.0):
            moved = model.copy()
            moved[j] += sign * step
            sides.append(by_unit(moved))
        x[:, j] = (sides[0] - sides[1]) / (2 * step)
    total = mass.sum()
    expected = total / (total - 1) * observed @ (x.T * mass) @ x @ observed
    assert np.sqrt(np.diag(expected)) == pytest.approx(robust.bse.to_numpy(), rel=1e-4)


def by_unit(numbers: np.ndarray) -> np.ndarray:
    """Log-likelihood of every unit (Poisson) from numbers in the order of ``params``."""
    _, frame, outcome, work = drawn("poisson")
    z = np.column_stack([np.ones(N), frame["x"], frame["sex"]])
    odds = z @ numbers[:3]
    prior = np.stack([-np.logaddexp(0, odds), odds - np.logaddexp(0, odds)], axis=1)
    logs = np.empty((N, 2))
    for k in range(2):
        level, slope, effect = numbers[3 + 3 * k : 6 + 3 * k]
        eta = level + slope * AGES + effect * work
        logs[:, k] = prior[:, k] + np.nansum(
            outcome * eta - np.exp(eta) - gammaln(outcome + 1), axis=1
        )
    return logsumexp(logs, axis=1)


def test_leaving_a_covariate_out_of_either_place_is_a_likelihood_of_its_own() -> None:
    """The same covariate in the curve, in the membership, in both: four nested likelihoods."""
    panel, frame, _, _ = drawn("poisson")
    plain, both = (), ("work",)
    llf = {}
    for names in (plain, both):
        for formula in (None, "~ x + sex"):
            spec = tr.GroupTrajectories(2, "poisson", 1, time_varying=names)
            more = {} if formula is None else {"membership": formula, "covariates": frame}
            llf[names, formula] = spec.fit(panel, n_starts=6, **more)
    gain = {key: fit.llf for key, fit in llf.items()}
    assert gain[both, "~ x + sex"] > gain[both, None] > gain[plain, None]
    assert gain[both, "~ x + sex"] > gain[plain, "~ x + sex"] > gain[plain, None]
    counts = {key: fit.n_params for key, fit in llf.items()}
    assert counts[both, "~ x + sex"] - counts[both, None] == 2
    assert counts[both, "~ x + sex"] - counts[plain, "~ x + sex"] == 2
