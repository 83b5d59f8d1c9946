"""Criteria, rules, gaps and the bootstrap p-value, each worked out by hand."""

from __future__ import annotations

from math import exp, log, sqrt
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import InputError
from trajectories.groups.choosing.bootstrap_test import _judged
from trajectories.groups.choosing.criteria import criteria
from trajectories.groups.choosing.cross_validation import _gaps
from trajectories.groups.choosing.held_out import forecast, mean_curve
from trajectories.groups.choosing.recommendation import recommend
from trajectories.numerics.mixture import Parameters


def test_every_criterion_by_hand() -> None:
    rng = np.random.default_rng(1)
    counts = rng.poisson(rng.choice([0.5, 3.0], (120, 1)) * np.ones(5)).astype(float)
    counts[3, 2:] = np.nan
    fit = tr.GroupTrajectories(2, "poisson", 1).fit(tr.Panel.from_wide(counts))
    values = criteria(fit)
    deviance, p, n, cells = -2 * fit.llf, 5, 120, 597
    assert (fit.n_params, fit.nobs, fit.n_cells) == (p, n, cells)
    assert values["aic"] == pytest.approx(deviance + 2 * p, rel=1e-12)
    assert values["bic"] == pytest.approx(deviance + p * log(n), rel=1e-12)
    assert values["bic_cells"] == pytest.approx(deviance + p * log(cells), rel=1e-12)
    assert values["bic_nagin"] == pytest.approx(fit.llf - p / 2 * log(n), rel=1e-12)
    assert values["bic_cells_nagin"] == pytest.approx(fit.llf - p / 2 * log(cells), rel=1e-12)
    assert values["sabic"] == pytest.approx(deviance + p * log(122 / 24), rel=1e-12)
    assert values["caic"] == pytest.approx(deviance + p * (log(n) + 1), rel=1e-12)
    assert values["icl"] == pytest.approx(values["bic"] + 2 * fit.entropy, rel=1e-12)


def candidates(**columns: object) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "family": "poisson",
            "settings": "",
            "basis": "polynomial",
            "degree": 2,
            "n_groups": [1, 2, 3, 4],
            "n_params": [3, 7, 11, 15],
            "stop_reason": "converged",
            "usable": True,
            "notes": "",
        }
    )
    return table.assign(**columns)


def test_a_criterion_of_which_more_is_better_is_maximised() -> None:
    table = candidates(bic=[10.0, 8.0, 9.0, 12.0], bic_nagin=[-5.0, -4.0, -4.5, -6.0])
    assert recommend(table, "bic", False)[0] == recommend(table, "bic_nagin", False)[0] == 1
    assert "highest bic_nagin" in recommend(table, "bic_nagin", False)[1]


def test_what_is_not_usable_is_passed_over_and_the_rule_says_by_how_much() -> None:
    table = candidates(
        bic=[10.0, 8.0, 9.0, 2.0],
        usable=[True, True, True, False],
        stop_reason=["converged", "converged", "converged", "empty_group"],
    )
    place, rule = recommend(table, "bic", False)
    assert place == 1
    assert "3 of 4 candidates" in rule
    assert "4 groups, poisson, degree 2 is 6 better but stopped at empty_group" in rule


def test_the_one_standard_error_rule_takes_the_fewest_parameters_within_reach() -> None:
    table = candidates(
        heldout_llf=[-12.0, -10.3, -10.0, -10.1],
        heldout_llf_gap=[-2.0, -0.3, 0.0, -0.1],
        heldout_llf_gap_error=[0.5, 0.31, 0.0, 0.2],
    )
    assert recommend(table, "heldout_llf", False)[0] == 2
    place, rule = recommend(table, "heldout_llf", True)
    assert place == 1
    assert "at most one standard error" in rule
    tight = table.assign(heldout_llf_gap_error=[0.5, 0.29, 0.0, 0.2])
    assert recommend(tight, "heldout_llf", True)[0] == 2
    with pytest.raises(InputError, match="has no standard error"):
        recommend(table.assign(bic=0.0), "bic", True)


def test_gaps_and_their_errors_by_hand() -> None:
    first, second = np.array([-1.0, -3.0, -2.0]), np.array([-2.0, -3.0, -4.0])
    ones = np.ones(3)
    found = _gaps("heldout_llf", [first, second, None], ones, ones)
    assert found["heldout_llf"][:2].tolist() == [-2.0, -3.0]
    assert found["heldout_llf_gap"][:2].tolist() == [0.0, -1.0]
    # differences -1, 0, -2 about their mean -1: squares 0, 1, 1
    assert found["heldout_llf_gap_error"][1] == pytest.approx(sqrt(2) / 3)
    assert np.isnan(found["heldout_llf"][2])
    assert np.isnan(found["heldout_llf_gap"][2])
    # a person of weight 2 is that person twice
    weighted = _gaps("heldout_llf", [first, second], ones, np.array([1.0, 1.0, 2.0]))
    twice = [np.append(one, one[2]) for one in (first, second)]
    repeated = _gaps("heldout_llf", twice, np.ones(4), np.ones(4))
    for name in found:
        np.testing.assert_allclose(weighted[name], repeated[name], rtol=1e-12)


def test_a_smaller_error_is_the_better_one() -> None:
    sizes, ones = np.array([2.0, 2.0]), np.ones(2)
    sums = [np.array([4.0, 6.0]), np.array([2.0, 4.0])]
    found = _gaps("forecast_squared_error", sums, sizes, ones)
    assert found["forecast_squared_error"].tolist() == [2.5, 1.5]
    assert found["forecast_squared_error_gap"].tolist() == [1.0, 0.0]


@pytest.mark.filterwarnings("ignore::trajectories.errors.ExposureWarning")
def test_a_forecast_of_two_persons_by_hand() -> None:
    rng = np.random.default_rng(0)
    counts = rng.poisson(rng.choice([0.5, 3.0], (100, 1)) * np.ones(3)).astype(float)
    fit = tr.GroupTrajectories(2, "poisson", 0).fit(tr.Panel.from_wide(counts, ages=[14, 15, 16]))
    low, high = np.exp(fit.params.loc["mean"].to_numpy())
    pi = float(fit.group_probabilities.iloc[1])
    at_risk = np.array([[1.0, 0.5, 2.0], [1.0, 1.0, 0.25]])
    other = tr.Panel.from_wide([[0.0, 2.0, 9.0], [1.0, 0.0, 0.0]], [14, 15, 16], exposure=at_risk)
    expected, log_early = forecast(fit, other, 15)

    def early(rate: float, person: int) -> float:
        total = 1.0
        for y, e in zip(other.outcomes[person, :2], at_risk[person, :2], strict=True):
            total *= exp(-rate * e) * (rate * e) ** y / (2.0 if y == 2 else 1.0)
        return total

    for person in range(2):
        parts = (1 - pi) * early(low, person), pi * early(high, person)
        posterior = parts[1] / sum(parts)
        mean = (1 - posterior) * low + posterior * high
        assert expected[person, 0] == pytest.approx(mean * at_risk[person, 2], rel=1e-10)
        assert log_early[person] == pytest.approx(log(sum(parts)), rel=1e-10)


@pytest.mark.filterwarnings("ignore::trajectories.errors.ExposureWarning")
def test_the_naive_curve_is_outcomes_over_exposure() -> None:
    panel = tr.Panel.from_wide(
        [[1.0, 4.0], [3.0, np.nan]], exposure=[[0.5, 1.0], [1.5, np.nan]], weights=[1, 2]
    )
    assert mean_curve(panel).tolist() == pytest.approx([7 / 3.5, 4.0])


def test_the_bootstrap_p_value_and_its_error_by_hand() -> None:
    fit = SimpleNamespace(n_groups=2, family="poisson", degree=1)
    drawn = np.array([1.0, 5.0, 2.0, np.nan, 7.0])
    test = _judged(fit, 5.0, drawn, 5, None, 0)
    assert test.p_value == pytest.approx(3 / 5)
    assert test.p_value_error == pytest.approx(sqrt(0.6 * 0.4 / 5))
    assert test.n_failed == 1
    assert not test.stopped_early
    assert "one of 2 groups, poisson, degree 1" in test.null


def test_a_test_that_stops_early_counts_up_to_the_last_exceedance() -> None:
    fit = SimpleNamespace(n_groups=1, family="poisson", degree=1)
    drawn = np.array([1.0, 5.0, 2.0, 6.0, 7.0, 8.0])
    test = _judged(fit, 5.0, drawn, 99, 2, 0)
    assert len(test.replicates) == 4
    assert test.p_value == pytest.approx(2 / 4)
    assert test.p_value_error == pytest.approx(0.5 * sqrt(0.5 / 2))
    assert test.stopped_early
    assert "stopped early; 99 were asked for" in repr(test)
    never = _judged(fit, 50.0, drawn, 6, 2, 0)
    assert never.p_value == pytest.approx(1 / 7)
    assert not never.stopped_early


def test_a_group_is_split_on_the_scale_of_its_curve() -> None:
    from trajectories.groups.search.warm_starts import APART, split_starts

    panel = tr.Panel.from_wide(np.ones((9, 4)), ages=[12, 13, 14, 15])
    one = tr.GroupTrajectories(2, "poisson", 1).model(panel)
    two = tr.GroupTrajectories(3, "poisson", 2).model(panel)
    theta = np.array([[0.1, 0.2], [1.0, -0.3]])
    parameters = Parameters(np.log([0.25, 0.75]), theta)
    starts = split_starts(two, one, parameters, panel.ages)
    assert len(starts) == 2
    curves = one.channels(theta, panel.ages)[0]
    split = two.channels(starts[1].theta, panel.ages)[0]
    np.testing.assert_allclose(split[:, 0], curves[:, 0], atol=1e-12)
    np.testing.assert_allclose(split[:, 1], curves[:, 1] - APART, atol=1e-12)
    np.testing.assert_allclose(split[:, 2], curves[:, 1] + APART, atol=1e-12)
    np.testing.assert_allclose(np.exp(starts[1].log_probability), [0.25, 0.375, 0.375])
