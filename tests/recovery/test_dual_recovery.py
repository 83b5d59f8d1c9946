"""Dual trajectories of outcomes that have nothing, or everything, to do with each other."""

from __future__ import annotations

import numpy as np
import pytest

import trajectories as tr

RATES = np.array([0.3, 1.5, 4.0])


def counts(group: np.ndarray, rng: np.random.Generator) -> tr.Panel:
    return tr.Panel.from_wide(
        rng.poisson(RATES[group][:, None], (len(group), 6)).astype(float), ages=np.arange(6)
    )


def spec(n_groups: int) -> tr.DualTrajectories:
    one = tr.GroupTrajectories(n_groups, "poisson", 0)
    return tr.DualTrajectories({"one": one, "other": one})


def test_independent_outcomes_give_conditional_probabilities_equal_to_the_margins() -> None:
    rng = np.random.default_rng(11)
    first, second = rng.integers(0, 2, 800), rng.integers(0, 2, 800)
    res = spec(2).fit({"one": counts(first, rng), "other": counts(second, rng)}, n_starts=10)
    table = res.conditional_probabilities(level=0.999)
    margin = res.group_probabilities
    shares = [margin[row.outcome, row.group] for row in table.itertuples()]
    assert (table["lower"] < shares).all()
    assert (table["upper"] > shares).all()
    for method in ("likelihood ratio", "wald"):
        assert res.test_independence(method).p_value > 0.01


def test_tests_of_independence_reject_as_often_as_they_say() -> None:
    rng = np.random.default_rng(12)
    statistics = []
    for _ in range(25):
        first, second = 2 * rng.integers(0, 2, 150), 2 * rng.integers(0, 2, 150)
        panels = {"one": counts(first, rng), "other": counts(second, rng)}
        res = spec(2).fit(panels, n_starts=2)
        tests = [res.test_independence(method) for method in ("likelihood ratio", "wald")]
        statistics.append([test.statistic for test in tests])
    # the mean of 25 chi-squared numbers has a standard error of sqrt(2 / 25) = 0.28
    assert np.mean(statistics, axis=0) == pytest.approx([1.0, 1.0], abs=0.9)


def test_identical_outcomes_are_on_the_diagonal() -> None:
    rng = np.random.default_rng(13)
    panel = counts(rng.integers(0, 3, 400), rng)
    res = spec(3).fit({"one": panel, "other": panel}, n_starts=10)
    table = res.conditional_probabilities()
    same = table["given_group"] == table["group"]
    assert table.loc[same, "probability"].min() > 0.97
    assert res.converged
    assert not res.test_independence("wald").applies
    assert res.test_independence().p_value < 1e-6


def test_planted_conditional_probabilities_lie_within_their_intervals() -> None:
    rng = np.random.default_rng(14)
    first = rng.integers(0, 3, 1500)
    planted = np.array([[0.8, 0.2], [0.5, 0.5], [0.1, 0.9]])
    second = (rng.random(1500) < planted[first, 1]).astype(int)
    one, other = tr.GroupTrajectories(3, "poisson", 0), tr.GroupTrajectories(2, "poisson", 0)
    panels = {"one": counts(first, rng), "other": counts(second, rng)}
    res = tr.DualTrajectories({"one": one, "other": other}).fit(panels, n_starts=10)
    table = res.conditional_probabilities("one", level=0.999)
    truth = planted[table["given_group"] - 1, table["group"] - 1]
    assert (table["lower"] < truth).all()
    assert (table["upper"] > truth).all()
