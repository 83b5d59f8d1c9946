"""Two groups, two persons, one age: every quantity of an EM step in closed form."""

from __future__ import annotations

from math import exp, factorial, log

import numpy as np
import pytest

import trajectories as tr
from trajectories.groups.model import Model
from trajectories.groups.search.panel_problem import make_mixture
from trajectories.groups.search.prepare import prepare
from trajectories.numerics.mixture import Parameters

COUNTS = (1, 4)
RATES = (1.0, 3.0)
SHARES = (0.6, 0.4)


def poisson(count: int, rate: float) -> float:
    return rate**count * exp(-rate) / factorial(count)


@pytest.fixture
def mixture_and_start():
    panel = tr.Panel.from_wide(np.array(COUNTS, dtype=float)[:, None], ages=[20])
    model = Model.build(tr.families.Poisson(), (0, 0), panel.ages)
    prepared = prepare(panel, model.family)
    start = Parameters(np.log(SHARES), np.log(RATES)[:, None])
    return make_mixture(panel, model, prepared.statistics), start


def test_e_step_gives_the_likelihood_and_posteriors_by_hand(mixture_and_start) -> None:
    mixture, start = mixture_and_start
    joint = [[s * poisson(y, m) for s, m in zip(SHARES, RATES, strict=True)] for y in COUNTS]
    totals = mixture.e_step(start)
    assert totals.llf == pytest.approx(sum(log(sum(row)) for row in joint), rel=1e-14)
    posterior = np.array([[value / sum(row) for value in row] for row in joint])
    np.testing.assert_allclose(totals.group_weight, posterior.sum(axis=0), rtol=1e-13)
    table = mixture.density.log_density(start.theta)
    np.testing.assert_allclose(
        mixture.statistics.posterior(table, start.log_probability), posterior, rtol=1e-13
    )


def test_m_step_gives_weighted_means(mixture_and_start) -> None:
    mixture, start = mixture_and_start
    joint = np.array(
        [[s * poisson(y, m) for s, m in zip(SHARES, RATES, strict=True)] for y in COUNTS]
    )
    posterior = joint / joint.sum(axis=1, keepdims=True)
    step = mixture.m_step(start, mixture.e_step(start), steps=20)
    np.testing.assert_allclose(np.exp(step.log_probability), posterior.mean(axis=0), rtol=1e-12)
    means = (posterior * np.array(COUNTS)[:, None]).sum(axis=0) / posterior.sum(axis=0)
    np.testing.assert_allclose(np.exp(step.theta[:, 0]), means, rtol=1e-9)


def test_score_and_information_by_hand(mixture_and_start) -> None:
    mixture, start = mixture_and_start
    llf, score, information, _ = mixture.score_and_information(start)

    def likelihood(logit: float, log_a: float, log_b: float) -> float:
        share = 1 / (1 + exp(-logit))
        return sum(
            log((1 - share) * poisson(y, exp(log_a)) + share * poisson(y, exp(log_b)))
            for y in COUNTS
        )

    point = np.array([log(SHARES[1] / SHARES[0]), *np.log(RATES)])
    assert llf == pytest.approx(likelihood(*point), rel=1e-13)
    joint = np.array(
        [[s * poisson(y, m) for s, m in zip(SHARES, RATES, strict=True)] for y in COUNTS]
    )
    posterior = joint / joint.sum(axis=1, keepdims=True)
    residual = np.array(COUNTS)[:, None] - np.array(RATES)
    expected_score = [
        float((posterior[:, 1] - SHARES[1]).sum()),
        *(posterior * residual).sum(axis=0),
    ]
    np.testing.assert_allclose(score, expected_score, rtol=1e-12)
    size = 1e-4
    for a in range(3):
        for b in range(3):
            shift_a, shift_b = size * np.eye(3)[a], size * np.eye(3)[b]
            second = (
                likelihood(*(point + shift_a + shift_b))
                - likelihood(*(point + shift_a - shift_b))
                - likelihood(*(point - shift_a + shift_b))
                + likelihood(*(point - shift_a - shift_b))
            ) / (4 * size**2)
            assert information[a, b] == pytest.approx(-second, abs=1e-6)


def test_one_group_one_age_is_the_mean_count() -> None:
    panel = tr.Panel.from_wide(np.array([[0.0], [1.0], [5.0]]), ages=[20])
    results = tr.GroupTrajectories(1, "poisson", 0).fit(panel)
    assert results.trajectories()["mean"].item() == pytest.approx(2.0, rel=1e-9)
    assert results.params.item() == pytest.approx(log(2.0), rel=1e-9)
    assert results.bse.item() == pytest.approx(1 / np.sqrt(6.0), rel=1e-7)
    expected = sum(y * log(2.0) - 2.0 - log(factorial(y)) for y in (0, 1, 5))
    assert results.llf == pytest.approx(expected, rel=1e-12)
    assert results.bic == pytest.approx(-2 * expected + log(3), rel=1e-12)
    assert results.aic == pytest.approx(-2 * expected + 2, rel=1e-12)
    assert results.relative_entropy == 1.0
    assert results.icl == pytest.approx(results.bic)
