"""Conditional likelihoods of three persons, every quantity written out."""

from __future__ import annotations

from math import exp, lgamma, log, sqrt

import numpy as np
import pytest
from scipy.optimize import brentq

from trajectories.errors import InputError
from trajectories.numerics.conditional_logit import LogitLikelihood, conditional_logit
from trajectories.numerics.conditional_poisson import PoissonLikelihood, conditional_poisson
from trajectories.numerics.conditional_strata import Strata, prepare_strata

# Ann offends in one of three years, Bob in two of three, Cas in one of two. With z = exp(b):
#   Ann, x = 1 0 0, y = 0 1 0:  1/(z + 2)                     one of the years: {z, 1, 1}
#   Bob, x = 1 1 0, y = 1 0 1:  z/(z² + 2z)                   two of them: {z·z, z, z}
#   Cas, x = 1 0,   y = 1 0:    z/(z + 1)
# The score is that of three binomials: −z/(z + 2) − z/(z + 2) + 1 − z/(z + 1), with Bob's mean of
# Σx being (2z² + 2z)/(z² + 2z) = 1 + z/(z + 2).
PERSON = np.array([1, 1, 1, 2, 2, 2, 3, 3])
X = np.array([1, 0, 0, 1, 1, 0, 1, 0], dtype=float)
Y = np.array([0, 1, 0, 1, 0, 1, 1, 0])


def log_likelihood(b: float) -> float:
    z = exp(b)
    return log(1 / (z + 2)) + log(z / (z**2 + 2 * z)) + log(z / (z + 1))


def score(b: float) -> float:
    z = exp(b)
    return -2 * z / (z + 2) + 1 - z / (z + 1)


def information(b: float) -> float:
    # variances of Σx: Bernoulli with chance z/(z + 2), twice, and with chance z/(z + 1)
    z = exp(b)
    return 2 * (z / (z + 2)) * (2 / (z + 2)) + (z / (z + 1)) * (1 / (z + 1))


def strata_of(outcome: np.ndarray, binary: bool) -> Strata:
    return prepare_strata(
        outcome, X, PERSON, weights=None, offset=None, cluster=None, names=None, binary=binary
    )


@pytest.mark.parametrize("b", [-1.3, 0.0, 0.8])
def test_logit_likelihood_score_and_information_anywhere(b):
    likelihood = LogitLikelihood(strata_of(Y, True))
    scale = likelihood.strata.scale[0]
    value, scores, found = likelihood.derivatives(np.array([b * scale]))
    assert value == pytest.approx(log_likelihood(b), rel=1e-13)
    assert likelihood.value(np.array([b * scale])) == pytest.approx(value, rel=1e-14)
    z = exp(b)
    by_person = [-z / (z + 2), -z / (z + 2), 1 - z / (z + 1)]
    np.testing.assert_allclose(scores[:, 0] * scale, by_person, atol=1e-14)
    assert found[0, 0] * scale**2 == pytest.approx(information(b), rel=1e-13)


def test_logit_maximum():
    # −2z/(z + 2) + 1/(z + 1) = 0  ⇔  2z² + z − 2 = 0
    z = (-1 + sqrt(17)) / 4
    fit = conditional_logit(Y, X, PERSON)
    assert fit.params[0] == pytest.approx(log(z), rel=1e-9)
    assert score(log(z)) == pytest.approx(0, abs=1e-14)
    assert fit.standard_errors[0] == pytest.approx(information(log(z)) ** -0.5, rel=1e-9)
    assert fit.log_likelihood == pytest.approx(log_likelihood(log(z)), rel=1e-13)
    assert fit.null_log_likelihood == pytest.approx(-log(3) - log(3) - log(2), rel=1e-13)
    meat = 2 * (z / (z + 2)) ** 2 + (1 / (z + 1)) ** 2
    assert fit.robust_covariance[0, 0] == pytest.approx(meat / information(log(z)) ** 2)


def test_clusters_add_scores_before_they_are_squared():
    fit = conditional_logit(Y, X, PERSON, cluster=np.where(PERSON == 3, "B", "A"))
    z = (-1 + sqrt(17)) / 4
    meat = (2 * z / (z + 2)) ** 2 + (1 / (z + 1)) ** 2
    assert fit.robust_covariance[0, 0] == pytest.approx(meat / information(log(z)) ** 2)
    assert fit.n_clusters == 2


def test_persons_without_information_are_counted_under_the_first_reason():
    person = np.r_[PERSON, 4, 4, 5, 5, 6, 7, 7]
    y = np.r_[Y, 0, 0, 1, 1, 1, 0, 1]
    x = np.r_[X, 1, 0, 0, 1, 1, 1, 0]
    weights = np.r_[np.ones(13), 0, 0]
    fit = conditional_logit(y, x, person, weights=weights)
    counts = fit.counts
    found = (counts.without_event, counts.only_events, counts.single_row, counts.zero_weight)
    assert found == (1, 1, 1, 1)
    assert (counts.strata, counts.rows, counts.events) == (7, 15, 8)
    assert (counts.informative_strata, counts.informative_rows) == (3, 8)
    assert counts.informative_events == 4
    assert fit.params == pytest.approx(conditional_logit(Y, X, PERSON).params)


# Counts 2 1 0, 0 1 3 and 1 1 with x as above; shares z/(z + 2) or 2z/(2z + 1) or z/(z + 1) of the
# 3, 4 and 2 offences fall in the years with x = 1, of which 2, 1 and 1 do.
COUNTS = np.array([2, 1, 0, 0, 1, 3, 1, 1])


def test_poisson_maximum():
    def gradient(b: float) -> float:
        z = exp(b)
        return (2 - 3 * z / (z + 2)) + (1 - 4 * 2 * z / (2 * z + 1)) + (1 - 2 * z / (z + 1))

    b = brentq(gradient, -5, 5, xtol=1e-14)
    z = exp(b)
    fit = conditional_poisson(COUNTS, X, PERSON)
    assert fit.params[0] == pytest.approx(b, rel=1e-10)
    spread = sum(n * p * (1 - p) for n, p in shares(z))
    assert fit.standard_errors[0] == pytest.approx(spread**-0.5, rel=1e-10)
    constant = lgamma(4) - lgamma(3) + lgamma(5) - lgamma(4) + lgamma(3)
    chances = [2 * log(z / (z + 2)) + log(1 / (z + 2))]
    chances += [log(z / (2 * z + 1)) + 3 * log(1 / (2 * z + 1))]
    chances += [log(z / (z + 1)) + log(1 / (z + 1))]
    assert fit.log_likelihood == pytest.approx(sum(chances) + constant, rel=1e-12)
    likelihood = PoissonLikelihood(strata_of(COUNTS, False))
    at = np.array([b * likelihood.strata.scale[0]])
    assert likelihood.value(at) == pytest.approx(fit.log_likelihood, rel=1e-14)


def shares(z: float) -> list[tuple[int, float]]:
    return [(3, z / (z + 2)), (4, 2 * z / (2 * z + 1)), (2, z / (z + 1))]


def test_poisson_exposure_is_time_in_which_events_are_counted():
    # one person, half a year with x and two years without: rate ratio (3/0.5)/(4/2)
    fit = conditional_poisson([3, 4], [1.0, 0.0], [1, 1], exposure=[0.5, 2.0])
    assert fit.params[0] == pytest.approx(log(3.0), rel=1e-10)
    assert fit.standard_errors[0] == pytest.approx(sqrt(1 / 3 + 1 / 4), rel=1e-10)


@pytest.mark.parametrize(
    ("kwargs", "says"),
    [
        ({"design": np.c_[X, (PERSON == 1) * 2.0]}, "'column 1' never varies within"),
        ({"design": np.c_[X, 3 * X + PERSON]}, "'column 1' is a combination of the columns before"),
        ({"design": np.c_[X, Y * 0.5]}, "'column 1' separates"),
        ({"design": np.c_[X, Y * 0.5 + X], "names": ["a", "b"]}, "combination of 'a', 'b' sep"),
        ({"outcome": Y * 2}, "outcome must be 0 or 1; 4 rows"),
        ({"outcome": np.zeros(8)}, "none of 3 strata is informative"),
        ({"design": np.where(X == 1, np.nan, X)}, "design missing or infinite in 4 rows"),
        ({"weights": np.arange(8.0)}, "weights differ within 3 strata"),
        ({"weights": -np.ones(8)}, "weights must be 0 or more"),
        ({"cluster": [1, 2, 1, 1, 1, 1, 1, 1]}, "clusters differ within 1 strata"),
        ({"stratum": [1, 2]}, "stratum must be one label for each of 8 rows"),
        (
            {"stratum": np.array([1, "a"] * 4, dtype=object)},
            "stratum labels cannot be put in order",
        ),
        ({"offset": X * 2000}, "offset differs by more than 600"),
        ({"names": ["a", "b"]}, "2 names for a design of 1 columns"),
        ({"design": np.zeros((8, 0))}, "design has no column"),
        ({"design": np.zeros(3)}, "design must have one row for each of the 8 outcomes"),
        ({"outcome": []}, "outcome is empty"),
    ],
)
def test_bad_input_is_named(kwargs, says):
    arguments = {"outcome": Y, "design": X, "stratum": PERSON, **kwargs}
    with pytest.raises(InputError, match=says):
        conditional_logit(**arguments)


@pytest.mark.parametrize(
    ("kwargs", "says"),
    [
        ({"outcome": COUNTS - 1}, "whole numbers, 0 or more; 2 rows"),
        ({"exposure": np.r_[0, np.ones(7)]}, "exposure must be above 0: 1 rows"),
        ({"design": np.array([0, 0, 1, 1, 0, 0, 0, 0.0])}, "'column 0' separates"),
    ],
)
def test_bad_counts_are_named(kwargs, says):
    arguments = {"outcome": COUNTS, "design": X, "stratum": PERSON, **kwargs}
    with pytest.raises(InputError, match=says):
        conditional_poisson(**arguments)
