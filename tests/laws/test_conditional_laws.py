"""Laws of the conditional likelihoods: what may not change an estimate, and what must agree."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from trajectories.errors import InputError
from trajectories.numerics.conditional_fit import ConditionalFit
from trajectories.numerics.conditional_logit import LogitLikelihood, conditional_logit
from trajectories.numerics.conditional_poisson import PoissonLikelihood, conditional_poisson
from trajectories.numerics.conditional_strata import prepare_strata

SEEDS = st.integers(0, 2**32 - 1)
MODELS = pytest.mark.parametrize("estimate", [conditional_logit, conditional_poisson])


def persons(seed: int, estimate=conditional_logit, n: int = 25):
    """Draw persons of 1 to 9 years: outcome, two covariates, person."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(n), rng.integers(1, 10, n))
    level = rng.normal(size=n)[person]
    X = np.c_[rng.random(len(person)) < 0.4, rng.normal(size=len(person)) + level]
    mean = np.exp(level - 0.5 * X[:, 0] + 0.3 * X[:, 1] - 0.5)
    if estimate is conditional_logit:
        return (rng.random(len(person)) < mean / (1 + mean)).astype(float), X, person
    return rng.poisson(mean).astype(float), X, person


def fitted(estimate, *args, **kwargs) -> ConditionalFit:
    try:
        return estimate(*args, **kwargs)
    except InputError:
        assume(False)  # a small sample may be separated
        raise


def same(one: ConditionalFit, other: ConditionalFit, tight: float = 1e-8) -> None:
    np.testing.assert_allclose(one.params, other.params, rtol=tight, atol=tight)
    np.testing.assert_allclose(one.covariance, other.covariance, rtol=tight, atol=tight)
    np.testing.assert_allclose(one.robust_covariance, other.robust_covariance, rtol=1e-6, atol=1e-8)
    assert one.log_likelihood == pytest.approx(other.log_likelihood, rel=1e-9, abs=1e-9)


@MODELS
@given(seed=SEEDS)
def test_order_of_rows_and_names_of_persons_change_nothing(estimate, seed):
    y, X, person = persons(seed, estimate)
    fit = fitted(estimate, y, X, person)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(y))
    names = np.array([f"p{k:03d}" for k in rng.permutation(person.max() + 1)], dtype=object)
    same(fit, estimate(y[order], X[order], names[person[order]]))


@MODELS
@given(seed=SEEDS)
def test_a_weight_is_so_many_persons_alike(estimate, seed):
    y, X, person = persons(seed, estimate)
    times = np.random.default_rng(seed).integers(0, 4, person.max() + 1)
    assume(times.any())
    fit = fitted(estimate, y, X, person, weights=times[person])
    copies = [
        (y[keep], X[keep], person[keep] * 10 + copy)
        for copy in range(3)
        for keep in [times[person] > copy]
    ]
    same(fit, estimate(*(np.concatenate(part) for part in zip(*copies, strict=True))))


@MODELS
@given(seed=SEEDS)
def test_persons_without_information_change_nothing(estimate, seed):
    y, X, person = persons(seed, estimate)
    fit = fitted(estimate, y, X, person)
    more = estimate(
        np.r_[y, 0, 0, 0, 1],
        np.r_[X, [[1, 9], [0, 2], [1, 1], [1, 5]]],
        np.r_[person, 90, 90, 90, 91],
    )
    same(fit, more)
    assert more.counts.informative_strata == fit.counts.informative_strata
    assert more.counts.strata == fit.counts.strata + 2


@MODELS
@given(seed=SEEDS)
def test_a_constant_added_within_a_person_changes_nothing(estimate, seed):
    y, X, person = persons(seed, estimate)
    fit = fitted(estimate, y, X, person)
    shift = np.random.default_rng(seed).normal(scale=100, size=(person.max() + 1, 2))
    same(fit, estimate(y, X + shift[person], person), tight=1e-6)
    same(fit, estimate(y, X, person, offset=shift[person, 0]), tight=1e-6)


@MODELS
@given(seed=SEEDS, factor=st.floats(1e-3, 1e3))
def test_units_of_a_covariate_rescale_its_coefficient(estimate, seed, factor):
    y, X, person = persons(seed, estimate)
    fit = fitted(estimate, y, X, person)
    other = estimate(y, X * [1.0, factor], person)
    np.testing.assert_allclose(other.params * [1.0, factor], fit.params, rtol=1e-7, atol=1e-9)


@MODELS
@given(seed=SEEDS)
def test_an_offset_takes_its_part_out_of_a_coefficient(estimate, seed):
    y, X, person = persons(seed, estimate)
    fit = fitted(estimate, y, X, person)
    other = estimate(y, X, person, offset=X @ [0.7, -0.2])
    np.testing.assert_allclose(
        other.params + np.array([0.7, -0.2]), fit.params, rtol=1e-7, atol=1e-8
    )
    np.testing.assert_allclose(other.covariance, fit.covariance, rtol=1e-6)


@given(seed=SEEDS)
def test_events_and_other_years_are_the_same_with_signs_turned(seed):
    y, X, person = persons(seed)
    fit = fitted(conditional_logit, y, X, person)
    other = conditional_logit(1 - y, X, person)
    np.testing.assert_allclose(other.params, -fit.params, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(other.covariance, fit.covariance, rtol=1e-8)


@given(seed=SEEDS)
def test_logit_and_poisson_agree_where_everybody_has_one_event(seed):
    y, X, person = persons(seed)
    first = np.zeros(len(y))
    where = np.flatnonzero(y)
    first[where[np.unique(person[where], return_index=True)[1]]] = 1
    same(
        fitted(conditional_logit, first, X, person),
        fitted(conditional_poisson, first, X, person),
        tight=1e-7,
    )


@given(seed=SEEDS)
def test_exposure_is_an_offset_of_its_logarithm(seed):
    y, X, person = persons(seed, conditional_poisson)
    time = np.random.default_rng(seed).uniform(0.1, 1.0, len(y))
    fit = fitted(conditional_poisson, y, X, person, exposure=time)
    same(fit, conditional_poisson(y, X, person, offset=np.log(time)))


@given(seed=SEEDS, scale=st.sampled_from([0.1, 1.0, 5.0]))
def test_the_recursion_equals_the_sum_over_all_sets(seed, scale):
    y, X, person = persons(seed, n=6)
    b = np.array([0.7, -1.1]) * scale
    try:
        likelihood = LogitLikelihood(prepared(y, X, person, True))
    except InputError:
        assume(False)
    value, scores, information = likelihood.derivatives(b)
    strata = likelihood.strata
    total, spread = 0.0, np.zeros((2, 2))
    for s, (first, size) in enumerate(zip(strata.first, strata.size, strict=True)):
        own = slice(first, first + size)
        x, chosen = strata.design[own], strata.outcome[own] == 1
        sums = np.array([x[list(c)].sum(axis=0) for c in combinations(range(size), chosen.sum())])
        chance = np.exp(sums @ b - np.logaddexp.reduce(sums @ b))
        mean = chance @ sums
        total += x[chosen].sum(axis=0) @ b - np.logaddexp.reduce(sums @ b)
        spread += (sums - mean).T @ ((sums - mean) * chance[:, None])
        np.testing.assert_allclose(scores[s], x[chosen].sum(axis=0) - mean, atol=1e-9)
    assert value == pytest.approx(total, rel=1e-10)
    np.testing.assert_allclose(information, spread, rtol=1e-8, atol=1e-10)


@MODELS
@given(seed=SEEDS)
def test_scores_are_the_numerical_gradient_and_information_its_slope(estimate, seed):
    y, X, person = persons(seed, estimate)
    kind = LogitLikelihood if estimate is conditional_logit else PoissonLikelihood
    likelihood = kind(prepared(y, X, person, estimate is conditional_logit))
    b, h = np.random.default_rng(seed).normal(size=2), 1e-5
    _, scores, information = likelihood.derivatives(b)
    for p, step in enumerate(np.eye(2) * h):
        slope = (likelihood.value(b + step) - likelihood.value(b - step)) / (2 * h)
        assert scores[:, p].sum() == pytest.approx(slope, rel=1e-5, abs=1e-5)
        up, down = (likelihood.derivatives(b + sign * step)[1].sum(axis=0) for sign in (1, -1))
        np.testing.assert_allclose(information[p], (down - up) / (2 * h), rtol=1e-5, atol=1e-5)


def prepared(y, X, person, binary):
    return prepare_strata(
        y, X, person, weights=None, offset=None, cluster=None, names=None, binary=binary
    )


def test_strata_of_hundreds_of_rows_neither_overflow_nor_underflow():
    rng = np.random.default_rng(7)
    person = np.repeat(np.arange(6), 600)
    x = rng.normal(scale=8, size=len(person))
    level = rng.normal(size=6)[person]
    y = rng.random(len(person)) < 1 / (1 + np.exp(-(0.8 * x + level)))
    fit = conditional_logit(y.astype(float), x, person)
    assert fit.params[0] == pytest.approx(0.8, abs=4 * fit.standard_errors[0])
    assert np.isfinite(fit.log_likelihood)
    # with so many rows a person the conditional and the ordinary likelihood all but agree
    assert fit.standard_errors[0] < 0.05
