"""Curves of any shape: splines, groups fixed at zero, degrees per group, ages of their own."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.interpolate import BSpline
from scipy.special import gammaln, logsumexp

import trajectories as tr
from trajectories.errors import DegenerateSolutionWarning, InputError
from trajectories.numerics.basis import Basis

QUICK = settings(max_examples=15, suppress_health_check=list(HealthCheck))
AGES = np.arange(12.0, 32.0)


def counts(seed: int = 0, n: int = 240, zero: bool = False) -> np.ndarray:
    """Return counts of three groups: low (or none at all), early and late."""
    rng = np.random.default_rng(seed)
    low = np.zeros_like(AGES) if zero else np.full_like(AGES, 0.15)
    curves = np.array([low, 2 * np.exp(-(((AGES - 18) / 5) ** 2)) + 0.1, 0.2 + 0.07 * (AGES - 12)])
    return rng.poisson(curves[rng.integers(0, 3, n)]).astype(float)


def fit(panel: tr.Panel, n_groups: int = 2, **options) -> tr.GroupTrajectoriesResults:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegenerateSolutionWarning)
        return tr.GroupTrajectories(n_groups, **options).fit(panel, n_starts=12)


def mixture_log_likelihood(y: np.ndarray, eta: np.ndarray, shares: np.ndarray) -> float:
    """Return the Poisson mixture's log-likelihood, written out; eta (K, T) or (K, N, T)."""
    eta = eta if eta.ndim == 3 else eta[:, None, :]
    never = np.isneginf(eta)
    finite = np.where(never, 0.0, eta)
    density = y[None] * finite - np.exp(finite) - gammaln(y + 1)[None]
    cell = np.where(never, np.where(y[None] == 0, 0.0, -np.inf), density)
    return float(logsumexp(np.log(shares)[:, None] + cell.sum(axis=2), axis=0).sum())


# ------------------------------------------------------------------ splines


@QUICK
@given(
    seed=st.integers(0, 10_000),
    degree=st.integers(1, 4),
    n_knots=st.integers(1, 4),
    n_ages=st.integers(12, 30),
)
def test_a_spline_basis_spans_the_b_splines_and_is_orthonormal(
    seed, degree, n_knots, n_ages
) -> None:
    rng = np.random.default_rng(seed)
    ages = np.sort(rng.choice(np.arange(5, 80), n_ages, replace=False)).astype(float)
    knots = tuple(np.quantile(ages, np.arange(1, n_knots + 1) / (n_knots + 1)))
    basis = Basis.on_grid(ages, degree, knots)
    design = basis.evaluate(ages)
    np.testing.assert_allclose(design.T @ design / n_ages, np.eye(basis.n_terms), atol=1e-7)
    at = np.r_[[ages[0]] * (degree + 1), knots, [ages[-1]] * (degree + 1)]
    dense = np.linspace(ages[0], ages[-1], 200)
    ours = basis.evaluate(dense)
    theirs = BSpline.design_matrix(dense, at, degree).toarray()
    explained = ours @ np.linalg.lstsq(ours, theirs, rcond=None)[0]
    np.testing.assert_allclose(explained, theirs, atol=1e-6)
    assert ours.shape[1] == theirs.shape[1]


def test_a_natural_spline_is_smooth_inside_and_straight_at_its_ends() -> None:
    basis = Basis.on_grid(AGES, 3, (17.0, 24.0), natural=True)
    assert basis.n_terms == 4
    step = 1e-3

    def bend(age: float) -> np.ndarray:
        around = basis.evaluate(np.array([age - step, age, age + step]))
        return (around[0] - 2 * around[1] + around[2]) / step**2

    scale = np.abs(bend(20.0)).max()
    for end in (AGES[0] + step, AGES[-1] - step):
        assert np.abs(bend(end)).max() < 2e-3 * scale
    for knot in (17.0, 24.0):
        np.testing.assert_allclose(bend(knot - 0.01), bend(knot + 0.01), atol=0.02 * scale)


@pytest.mark.parametrize(
    "basis",
    [tr.bases.BSpline(knots=[18, 24]), tr.bases.NaturalSpline(n_knots=3), tr.bases.Polynomial()],
)
def test_one_group_with_any_basis_is_the_generalised_linear_model(basis) -> None:
    y = counts()
    results = fit(tr.Panel.from_wide(y, ages=AGES), 1, basis=basis)
    design = results.model.designs(AGES)[0]
    glm = sm.GLM(y.ravel(), np.tile(design, (len(y), 1)), family=sm.families.Poisson()).fit()
    assert results.llf == pytest.approx(glm.llf, abs=1e-6)
    curve = results.trajectories()["mean"].to_numpy()
    np.testing.assert_allclose(curve, glm.fittedvalues[: len(AGES)], rtol=1e-6)


@pytest.mark.parametrize("family", ["poisson", "zip", "zip_tau", "negbin"])
def test_a_spline_fits_at_least_as_well_as_the_polynomial_inside_it(family) -> None:
    panel = tr.Panel.from_wide(counts(1), ages=AGES)
    cubic = fit(panel, 2, family=family, degree=3)
    spline = fit(panel, 2, family=family, basis=tr.bases.BSpline(n_knots=1))
    assert spline.llf >= cubic.llf - 1e-6
    assert spline.n_params == cubic.n_params + 2


def test_a_lower_degree_in_a_spline_model_is_a_polynomial() -> None:
    panel = tr.Panel.from_wide(counts(2), ages=AGES)
    lines = fit(panel, 2, degree=(1, 1), basis="polynomial")
    mixed = fit(panel, 2, degree=(1, 3), basis="natural_spline")
    curve = mixed.trajectories().set_index("group").loc[mixed.degree.index(1) + 1]
    eta = np.log(curve["mean"].to_numpy())
    np.testing.assert_allclose(np.diff(eta, 2), 0.0, atol=1e-8)
    assert mixed.llf > lines.llf


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"knots": [40, 50]}, "2 of 2 knots lie outside"),
        ({"knots": [20, 20.0001, 20.0002]}, "closer to each other"),
        ({"n_knots": 12, "degree": 8}, "needs at least 21 ages"),
    ],
)
def test_knots_that_the_ages_cannot_carry_are_refused(arguments, says) -> None:
    degree = arguments.pop("degree", 3)
    panel = tr.Panel.from_wide(counts(), ages=AGES)
    with pytest.raises(InputError, match=says):
        tr.GroupTrajectories(2, degree=degree, basis=tr.bases.BSpline(**arguments)).fit(panel)


# ------------------------------------------------------------------ degrees per group


def test_a_group_fixed_at_zero_has_the_likelihood_written_out() -> None:
    y = counts(3, zero=True)
    results = fit(tr.Panel.from_wide(y, ages=AGES), 3, degree=(-1, 2, 1))
    assert results.degree[0] == -1
    shares = results.group_probabilities.to_numpy()
    with np.errstate(divide="ignore"):
        eta = np.log(results.trajectories()["mean"].to_numpy().reshape(3, -1))
    assert np.isneginf(eta[0]).all()
    assert results.llf == pytest.approx(mixture_log_likelihood(y, eta, shares), rel=1e-12)
    assert results.converged
    assert results.n_params == 2 + 3 + 2
    never = y.sum(axis=1) == 0
    assert (results.posterior.loc[~never, 1] == 0).all()
    assert (results.posterior.loc[never, 1] > 0.9).all()


@pytest.mark.parametrize("family", ["zip", "zip_tau", "negbin", "zinb"])
def test_every_family_of_counts_takes_a_group_fixed_at_zero(family) -> None:
    panel = tr.Panel.from_wide(counts(4, zero=True), ages=AGES)
    fixed = fit(panel, 3, family=family, degree=(-1, 2, 2))
    free = fit(panel, 3, family=family, degree=(0, 2, 2))
    assert fixed.llf <= free.llf + 1e-3
    assert fixed.n_params < free.n_params
    assert (fixed.trajectories().query("group == 1")[["mean", "lower", "upper"]] == 0).all().all()


def test_degrees_go_with_their_groups_whatever_their_order() -> None:
    """The group of degree 0 is the highest here, so it is numbered last."""
    rng = np.random.default_rng(5)
    curves = np.array([np.full_like(AGES, 6.0), 0.3 + 1.5 * np.exp(-(((AGES - 20) / 4) ** 2))])
    y = rng.poisson(curves[rng.integers(0, 2, 300)]).astype(float)
    panel = tr.Panel.from_wide(y, ages=AGES)
    one = fit(panel, 2, degree=(0, 2))
    other = fit(panel, 2, degree=(2, 0))
    assert one.degree == other.degree == (2, 0)
    assert one.llf == pytest.approx(other.llf, abs=1e-6)
    assert one.bse.notna().all()
    assert ("mean", 2, "age") not in one.params.index
    flat = one.trajectories().query("group == 2")["mean"]
    assert flat.max() == pytest.approx(flat.min(), rel=1e-12)


def test_inflation_degrees_per_group_are_nested() -> None:
    rng = np.random.default_rng(6)
    y = counts(6) * (rng.random((240, len(AGES))) > 0.35)
    panel = tr.Panel.from_wide(y, ages=AGES)
    llf = {}
    for degrees in [(0, 0), (0, 1), (1, 1)]:
        family = tr.families.ZeroInflatedPoisson(inflation_degree=degrees)
        results = fit(panel, 2, family=family, degree=2)
        llf[degrees] = results.llf
        assert results.n_params == 1 + 6 + 2 + sum(degrees)
    assert llf[0, 0] <= llf[0, 1] + 1e-6 <= llf[1, 1] + 2e-6
    same = fit(panel, 2, family=tr.families.ZeroInflatedPoisson(1), degree=2)
    assert same.llf == pytest.approx(llf[1, 1], abs=1e-5)


# ------------------------------------------------------------------ ages of their own


def long_table(y: np.ndarray, ages: np.ndarray) -> pd.DataFrame:
    units, occasions = np.nonzero(~np.isnan(y))
    own = ages if ages.ndim == 2 else np.tile(ages, (len(y), 1))
    return pd.DataFrame({"unit": units, "age": own[units, occasions], "count": y[units, occasions]})


@QUICK
@given(seed=st.integers(0, 1000), missing=st.booleans())
def test_individual_ages_on_a_common_grid_are_the_common_grid(seed, missing) -> None:
    rng = np.random.default_rng(seed)
    y = counts(seed, 60)
    if missing:
        y[rng.random(y.shape) < 0.2] = np.nan
        y[:, 0] = 1.0
    frame = long_table(y, AGES).sample(frac=1, random_state=seed)
    common = tr.Panel.from_long(frame)
    own = tr.Panel.from_long(frame, individual=True)
    one, other = fit(common, 2), fit(own, 2)
    assert one.llf == pytest.approx(other.llf, abs=1e-6)
    np.testing.assert_allclose(one.trajectories()["mean"], other.trajectories()["mean"], rtol=1e-4)
    posterior = other.predict_proba(own).loc[one.posterior.index]
    np.testing.assert_allclose(one.posterior, posterior, atol=1e-5)


def test_irregular_ages_have_the_likelihood_written_out() -> None:
    rng = np.random.default_rng(7)
    own = np.sort(rng.uniform(12, 32, (150, 8)), axis=1)
    high = rng.random(150) < 0.4
    mean = np.where(high[:, None], 3 * np.exp(-(((own - 20) / 6) ** 2)), 0.3)
    y = rng.poisson(mean).astype(float)
    panel = tr.Panel.from_wide(y, ages=own)
    results = fit(panel, 2)
    assert results.converged
    powers = results.params.loc["mean"].to_numpy().reshape(2, 3)
    eta = np.stack([np.polyval(row[::-1], own) for row in powers])
    shares = results.group_probabilities.to_numpy()
    assert results.llf == pytest.approx(mixture_log_likelihood(y, eta, shares), abs=1e-6)
    step = 1e-4  # no change of a coefficient, in units of its error, raises the likelihood
    for group in range(2):
        for term in range(3):
            for sign in (-1, 1):
                moved = powers.copy()
                moved[group, term] += sign * step * results.bse.loc["mean"].iloc[3 * group + term]
                other = np.stack([np.polyval(row[::-1], own) for row in moved])
                assert mixture_log_likelihood(y, other, shares) <= results.llf + 1e-9


def test_irregular_ages_recover_the_curves_and_shuffling_changes_nothing() -> None:
    rng = np.random.default_rng(8)
    own = np.sort(rng.uniform(12, 32, (400, 6)), axis=1)
    high = rng.random(400) < 0.3
    y = rng.poisson(np.where(high[:, None], 4.0, 0.5) + 0 * own).astype(float)
    panel = tr.Panel.from_wide(y, ages=own)
    results = fit(panel, 2, degree=0)
    curve = results.trajectories(level=0.999).groupby("group").first()
    assert (curve["lower"] < [0.5, 4.0]).all()
    assert (curve["upper"] > [0.5, 4.0]).all()
    shuffled = fit(panel.subset(rng.permutation(400)), 2, degree=0)
    assert shuffled.llf == pytest.approx(results.llf, abs=1e-8)


def test_an_outcome_without_its_own_age_is_refused() -> None:
    own = np.tile(AGES, (240, 1))
    own[3, 4] = np.nan
    with pytest.raises(InputError, match="missing in 1 observed cell"):
        tr.Panel.from_wide(counts(), ages=own)
    with pytest.raises(InputError, match="common grid"):
        tr.Panel.from_long(long_table(counts(), AGES), individual=True, ages=[12, 13])


def test_a_model_of_irregular_ages_refuses_ages_outside_them() -> None:
    y = counts(9, 80)
    own = np.tile(AGES, (80, 1)) + np.linspace(0, 0.9, 80)[:, None]
    results = fit(tr.Panel.from_wide(y, ages=own), 2)
    with pytest.raises(InputError, match="outside"):
        results.predict_proba(tr.Panel.from_wide(y, ages=own + 5))
