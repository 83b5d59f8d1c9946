"""Six persons with ties, late entry, a competing event and a split record, worked out by hand.

    person  x   at risk          what happened
    A       1   (0, 2]           reoffended at 2
    B       0   (0, 2]           reoffended at 2
    C       1   (0, 3], (3, 4]   died at 4
    D       0   (1, 5]           reoffended at 5; late entry
    E       0   (0, 3]           censored
    F       1   (2, 6]           censored; entered at 2, so not at risk at 2

At 2 there are A, B, C, D, E at risk (5), at 4 there are C, D, F (3), at 5 D, F (2).
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri

import trajectories as tr
from trajectories.numerics.aalen_johansen import cumulative_incidence as aalen_johansen
from trajectories.numerics.cox_fit import fit_cox
from trajectories.numerics.cox_likelihood import cox_hazard, cox_score_information
from trajectories.numerics.cox_residuals import (
    martingale_residuals,
    schoenfeld_residuals,
    score_residuals,
)
from trajectories.numerics.cox_risk_sets import cox_risk_sets
from trajectories.numerics.log_rank import log_rank_parts, sample_counts
from trajectories.numerics.risk_sets import risk_table

ROWS = pd.DataFrame(
    # shuffled on purpose: order must not matter
    [
        ("C", 3, 4, "death", 1),
        ("A", 0, 2, "reoffence", 1),
        ("F", 2, 6, "censored", 1),
        ("D", 1, 5, "reoffence", 0),
        ("B", 0, 2, "reoffence", 0),
        ("C", 0, 3, "censored", 1),
        ("E", 0, 3, "censored", 0),
    ],
    columns=["who", "from", "to", "what", "x"],
)


@pytest.fixture
def six() -> tr.FollowUp:
    return tr.FollowUp.from_frame(
        ROWS,
        start="from",
        stop="to",
        event="what",
        person="who",
        causes=["reoffence", "death"],
        covariates=["x"],
    )


def numbers(*values: Fraction | int | str) -> list[float]:
    return [float(Fraction(value)) for value in values]


def test_risk_table(six: tr.FollowUp) -> None:
    table = risk_table(six.start, six.stop, six.cause, 2)
    assert table.time.tolist() == [2, 4, 5]
    assert table.at_risk.tolist() == [5, 3, 2]
    assert table.events.tolist() == [[2, 0, 1], [0, 1, 0]]


def test_kaplan_meier_and_greenwood(six: tr.FollowUp) -> None:
    curve = tr.recidivism.kaplan_meier(six)
    assert curve["time"].tolist() == [0, 2, 5, 6]
    assert curve["at_risk"].tolist() == [4, 5, 2, 1]
    assert curve["events"].tolist() == [0, 2, 1, 0]
    np.testing.assert_allclose(curve["survival"], numbers(1, "3/5", "3/10", "3/10"), rtol=1e-15)
    variance = numbers(0, Fraction(9, 25) * Fraction(2, 15), Fraction(9, 100) * Fraction(19, 30))
    np.testing.assert_allclose(curve["se"] ** 2, [*variance, variance[-1]], rtol=1e-14)


@pytest.mark.parametrize("interval", ["log-log", "log", "plain", "logit", "arcsine"])
def test_intervals(six: tr.FollowUp, interval: str) -> None:
    at_two = tr.recidivism.kaplan_meier(six, interval=interval, times=[2]).iloc[0]
    s, se, z = 0.6, np.sqrt(0.36 * 2 / 15), float(ndtri(0.975))
    half = {
        "log-log": z * se / (s * abs(np.log(s))),
        "log": z * se / s,
        "plain": z * se,
        "logit": z * se / (s * (1 - s)),
        "arcsine": z * se / (2 * np.sqrt(s * (1 - s))),
    }[interval]
    there, back = {
        "log-log": (lambda p: np.log(-np.log(p)), lambda v: np.exp(-np.exp(v))),
        "log": (np.log, np.exp),
        "plain": (lambda p: p, lambda v: v),
        "logit": (lambda p: np.log(p / (1 - p)), lambda v: 1 / (1 + np.exp(-v))),
        "arcsine": (lambda p: np.arcsin(np.sqrt(p)), lambda v: np.sin(v) ** 2),
    }[interval]
    wanted = sorted(float(np.clip(back(there(s) + sign * half), 0, 1)) for sign in (-1, 1))
    np.testing.assert_allclose([at_two["lower"], at_two["upper"]], wanted, rtol=1e-12)


def test_nelson_aalen(six: tr.FollowUp) -> None:
    curve = tr.recidivism.nelson_aalen(six, times=[2, 5])
    np.testing.assert_allclose(curve["hazard"], numbers("2/5", "9/10"), rtol=1e-15)
    np.testing.assert_allclose(curve["se"] ** 2, numbers("2/25", "33/100"), rtol=1e-14)


def test_aalen_johansen_and_its_variance(six: tr.FollowUp) -> None:
    table = risk_table(six.start, six.stop, six.cause, 2)
    survival, incidence, se = aalen_johansen(table.at_risk, table.events)
    np.testing.assert_allclose(survival, numbers("3/5", "2/5", "1/5"), rtol=1e-15)
    np.testing.assert_allclose(incidence[0], numbers("2/5", "2/5", "3/5"), rtol=1e-15)
    np.testing.assert_allclose(incidence[1], numbers(0, "1/5", "1/5"), rtol=1e-15)
    # Var F1(2) is binomial; Var F1(5) adds up what 2, 4 and 5 contribute
    at_two = Fraction(2, 5) * Fraction(3, 5) / 5
    contributions = [
        Fraction(6, 125) - Fraction(4, 125) + Fraction(2, 375),
        Fraction(1, 150),
        Fraction(1, 50),
    ]
    np.testing.assert_allclose(se[0, [0, 2]] ** 2, numbers(at_two, sum(contributions)), rtol=1e-14)


def test_restricted_mean_and_median(six: tr.FollowUp) -> None:
    mean = tr.recidivism.restricted_mean(six, 6.0).iloc[0]
    assert mean["mean"] == pytest.approx(2 + 0.6 * 3 + 0.3)
    # areas from 2 and from 5 on are 2.1 and 0.3
    assert mean["se"] ** 2 == pytest.approx(2.1**2 * 2 / 15 + 0.3**2 / 2)
    assert tr.recidivism.survival_quantile(six).iloc[0]["time"] == 5


def test_log_rank_by_x(six: tr.FollowUp) -> None:
    x = six.covariates["x"].to_numpy()
    counts = sample_counts(six.start, six.stop, (six.cause == 1).astype(int), 1, x, 2, None)
    assert counts.at_risk.tolist() == [[3, 1], [2, 1]]
    observed, expected, score, covariance = log_rank_parts(counts)
    assert observed.tolist() == [2, 1]
    np.testing.assert_allclose(expected, numbers("17/10", "13/10"))
    np.testing.assert_allclose(score[1], -3 / 10)
    np.testing.assert_allclose(covariance[1, 1], 9 / 25 + 1 / 4)
    test = tr.recidivism.log_rank(six, "x")
    assert test.statistic == pytest.approx(9 / 61)
    assert test.df == 1


def cox_sets(six: tr.FollowUp, ties: str):
    return cox_risk_sets(six.start, six.stop, six.cause == 1, None, None, ties=ties)


@pytest.mark.parametrize("beta", [0.0, np.log(2.0), -1.3])
def test_cox_likelihood_score_and_information_at_fixed_values(
    six: tr.FollowUp, beta: float
) -> None:
    r = np.exp(beta)
    efron = (
        beta - np.log(2 * r + 3) - np.log((3 * r + 5) / 2) - np.log(1 + r),
        1 - 2 * r / (2 * r + 3) - 3 * r / (3 * r + 5) - r / (1 + r),
        6 * r / (2 * r + 3) ** 2 + 15 * r / (3 * r + 5) ** 2 + r / (1 + r) ** 2,
    )
    breslow = (
        beta - 2 * np.log(2 * r + 3) - np.log(1 + r),
        1 - 4 * r / (2 * r + 3) - r / (1 + r),
        12 * r / (2 * r + 3) ** 2 + r / (1 + r) ** 2,
    )
    for ties, (value, score, information) in {"efron": efron, "breslow": breslow}.items():
        sets = cox_sets(six, ties)
        X = six.covariates[["x"]].to_numpy(float)[sets.kept]
        hazard = cox_hazard(sets, X, np.array([beta]), None)
        found = cox_score_information(sets, X, X[sets.event_row], hazard)
        assert hazard.log_likelihood == pytest.approx(value, rel=1e-13)
        np.testing.assert_allclose(found[0], [score], atol=1e-13)
        np.testing.assert_allclose(found[1], [[information]], rtol=1e-13)


def test_cox_residuals_without_covariate_effect(six: tr.FollowUp) -> None:
    """At beta = 0: S0 = 5 and 4 at time 2 (Efron), 2 at time 5."""
    sets = cox_sets(six, "efron")
    fit = at_zero(sets, six)
    who = six.frame()["person"].to_numpy()[sets.kept]

    def by_person(values: np.ndarray) -> dict[str, float]:
        return pd.Series(values).groupby(who).sum().to_dict()

    wanted = {"A": "27/40", "B": "27/40", "C": "-9/20", "D": "1/20", "E": "-9/20", "F": "-1/2"}
    found = by_person(martingale_residuals(sets, fit))
    assert found == {person: pytest.approx(float(Fraction(v))) for person, v in wanted.items()}

    events = pd.Series(schoenfeld_residuals(sets, fit)[:, 0], who[sets.event_row]).to_dict()
    wanted = {"A": "49/80", "B": "-31/80", "D": "-1/2"}
    assert events == {person: pytest.approx(float(Fraction(v))) for person, v in wanted.items()}

    # score residuals: means in the risk set are 2/5 and 3/8 at 2, 1/2 at 5
    half = Fraction(1, 2)
    terms = [(Fraction(1, 5), Fraction(2, 5)), (Fraction(1, 4), Fraction(3, 8))]
    at_two = {x: sum(w * (x - m) for w, m in terms) for x in (0, 1)}
    spared = {x: half * terms[1][0] * (x - terms[1][1]) for x in (0, 1)}
    at_five = {x: half * (x - half) for x in (0, 1)}
    wanted = {
        "A": Fraction(49, 80) - at_two[1] + spared[1],
        "B": Fraction(-31, 80) - at_two[0] + spared[0],
        "C": -at_two[1],
        "D": -half - at_two[0] - at_five[0],
        "E": -at_two[0],
        "F": -at_five[1],
    }
    found = by_person(score_residuals(sets, fit)[:, 0])
    assert found == {person: pytest.approx(float(v)) for person, v in wanted.items()}
    assert sum(found.values()) == pytest.approx(-11 / 40)


def at_zero(sets, six: tr.FollowUp):
    """A fit whose coefficients are held at 0, in the user's units."""
    from dataclasses import replace

    fit = fit_cox(sets, six.covariates[["x"]].to_numpy(float))
    X = six.covariates[["x"]].to_numpy(float)[sets.kept]
    return replace(fit, X=X, hazard=cox_hazard(sets, X, np.zeros(1), None))


def test_the_fitted_coefficient_solves_the_score_equation(six: tr.FollowUp) -> None:
    r = np.exp(tr.recidivism.cox(six).params["x"])
    assert 1 - 2 * r / (2 * r + 3) - 3 * r / (3 * r + 5) - r / (1 + r) == pytest.approx(0, abs=1e-9)


def test_rates(six: tr.FollowUp) -> None:
    row = tr.recidivism.rates(six).iloc[0]
    assert (row["events"], row["time"]) == (3, 19)
    assert row["rate"] == pytest.approx(3 / 19)


def test_mean_cumulative_count_and_its_influence() -> None:
    """Two persons, one with two events, and one who dies at 2.

    At 1 there are two at risk and one event: 1/2. At 2 one of two dies. At 3 the one left has an
    event, weighed by survival 1/2: 1/2 + 1/2 = 1.
    """
    rows = pd.DataFrame(
        {
            "who": ["A", "A", "A", "B"],
            "from": [0, 1, 3, 0],
            "to": [1, 3, 4, 2],
            "what": [1, 1, 0, 2],
        }
    )
    follow_up = tr.FollowUp.from_frame(rows, start="from", stop="to", event="what", person="who")
    table = tr.recidivism.mean_cumulative_count(follow_up, times=[1, 2, 3])
    np.testing.assert_allclose(table["mean"], [0.5, 0.5, 1.0])
    # with weights a and b, mu(1) = a/(a+b) and mu(3) = a/(a+b) + a/(a+b): derivatives at 1, 1 are
    # b/(a+b)^2 = 1/4 and -1/4, then 1/2 and -1/2
    np.testing.assert_allclose(table["se"], np.sqrt([2 / 16, 2 / 16, 2 / 4]))


def test_split_population_likelihood_by_hand() -> None:
    """Exponential times, one event at 1 and one person free at 2, late entry at 1/2."""
    from trajectories.numerics.parametric_likelihood import ParametricProblem, log_likelihood

    one = np.ones((2, 1))
    problem = ParametricProblem(
        "exponential",
        start=np.array([0.0, 0.5]),
        stop=np.array([1.0, 2.0]),
        event=np.array([True, False]),
        weight=np.ones(2),
        X=one,
        W=one,
    )
    value, _ = log_likelihood(problem, np.array([np.log(4.0), 0.0]))
    free = (0.5 + 0.5 * np.exp(-2 / 4)) / (0.5 + 0.5 * np.exp(-0.5 / 4))
    assert value == pytest.approx(np.log(0.5 * np.exp(-1 / 4) / 4) + np.log(free), rel=1e-14)
