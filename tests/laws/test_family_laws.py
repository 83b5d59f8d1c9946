"""Laws of a family by itself: a new one gets them all by being listed in the registry."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trajectories.families import FAMILIES, CensoredNormal, Family
from trajectories.families.links import INVERSE

SCALE = 20 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 1
QUICK = settings(max_examples=25 * SCALE, suppress_health_check=list(HealthCheck))
MEMBERS = {**{name: member() for name, member in FAMILIES.items()}, "cut": CensoredNormal(-1, 2)}
EVERY_FAMILY = pytest.mark.parametrize("family", MEMBERS.values(), ids=MEMBERS)


def points(family: Family, rng: np.random.Generator, n_cells: int, width: float) -> np.ndarray:
    """Return channels (q, C, 3): the first varies by age, a few ages; scalar ones do not."""
    n_ages = max(1, n_cells // 4)
    age = np.sort(rng.integers(0, n_ages, n_cells))
    channels = rng.normal(0, width, (len(family.channels), n_ages, 3))
    for q, degree in enumerate(family.channel_degrees(2)):
        if degree == 0:
            channels[q] = channels[q, :1]
    if family.name == "zip_tau":  # tau multiplies eta: above e^2 differences see only steps
        channels[1] = channels[1].clip(max=2.0)
    return channels[:, age]


def cells(family: Family, rng: np.random.Generator, n_cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Return outcomes and exposures (C, 1) that the family can have, drawn far apart."""
    exposure = rng.choice([0.01, 0.5, 1.0, 20.0], (n_cells, 1))
    if not family.takes_exposure:
        exposure = np.ones((n_cells, 1))
    if family.is_count:
        return rng.choice([0.0, 0.0, 1, 2, 5, 17, 60], (n_cells, 1)), exposure
    if family.name == "bernoulli":
        return rng.integers(0, 2, (n_cells, 1)).astype(float), exposure
    if family.name == "beta":
        return rng.beta(0.3, 0.3, (n_cells, 1)).clip(1e-9, 1 - 1e-9), exposure
    return rng.choice([-1.0, 2.0, -0.5, 0.3, 1.9], (n_cells, 1)), exposure


@EVERY_FAMILY
@QUICK
@given(seed=st.integers(0, 2**32 - 1), width=st.sampled_from([0.3, 1.0, 2.0]))
def test_derivatives_are_the_numerical_ones(seed, width, family) -> None:
    rng = np.random.default_rng(seed)
    outcome, exposure = cells(family, rng, 24)
    channels = points(family, rng, 24, width)
    first, second = family.derivatives(outcome, exposure, channels)
    value = family.log_density(outcome, exposure, channels)
    for q in range(len(channels)):
        slope = slope_of(lambda at: family.log_density(outcome, exposure, at), channels, q)
        assert close(first[q], slope, value)
        bend = slope_of(lambda at: family.derivatives(outcome, exposure, at)[0], channels, q)
        assert close(second[q], bend, first)
    np.testing.assert_array_equal(second, second.swapaxes(0, 1))


def slope_of(function: Callable, channels: np.ndarray, q: int, size: float = 2.5e-4) -> np.ndarray:
    """Return the derivative of a function of channels in channel q, by a five-point rule."""
    shift = np.zeros_like(channels)
    shift[q] = size
    near = function(channels + shift) - function(channels - shift)
    far = function(channels + 2 * shift) - function(channels - 2 * shift)
    return (8 * near - far) / (12 * size)


def close(exact: np.ndarray, rough: np.ndarray, level: np.ndarray) -> bool:
    """Compare up to the rule's error and the rounding of values of some level."""
    allowed = 1e-7 * (1 + np.abs(rough)) + 3e-12 * np.abs(level).max()
    return bool((np.abs(exact - rough) <= allowed).all())


@EVERY_FAMILY
@QUICK
@given(seed=st.integers(0, 2**32 - 1))
def test_a_cell_does_not_depend_on_the_cells_beside_it(seed, family) -> None:
    rng = np.random.default_rng(seed)
    outcome, exposure = cells(family, rng, 17)
    channels = points(family, rng, 17, 1.0)
    value = family.log_density(outcome, exposure, channels)
    first, second = family.derivatives(outcome, exposure, channels)
    assert value.shape == (17, 3)
    assert first.shape == (len(channels), 17, 3)
    assert second.shape == (len(channels), *first.shape)
    for cell in range(17):
        part = slice(cell, cell + 1)
        alone = outcome[part], exposure[part], channels[:, part]
        one_first, one_second = family.derivatives(*alone)
        kind = {"rtol": 1e-12, "atol": 1e-12}
        np.testing.assert_allclose(family.log_density(*alone), value[part], **kind)
        np.testing.assert_allclose(one_first, first[:, part], **kind)
        np.testing.assert_allclose(one_second, second[:, :, part], **kind)


@EVERY_FAMILY
@QUICK
@given(seed=st.integers(0, 2**32 - 1))
def test_what_goes_in_is_left_as_it_was(seed, family) -> None:
    rng = np.random.default_rng(seed)
    outcome, exposure = cells(family, rng, 9)
    channels = points(family, rng, 9, 1.0)
    given_values = [values.copy() for values in (outcome, exposure, channels)]
    family.log_density(outcome, exposure, channels)
    family.derivatives(outcome, exposure, channels)
    family.base_measure(outcome, exposure)
    family.history(outcome)
    family.link_mean(channels)
    family.variance(channels, exposure)
    family.boundary(channels[:, :, 0])
    for before, after in zip(given_values, (outcome, exposure, channels), strict=True):
        np.testing.assert_array_equal(before, after)


@EVERY_FAMILY
@QUICK
@given(seed=st.integers(0, 2**16), width=st.sampled_from([0.5, 2.0]))
def test_the_gradient_of_the_link_mean_is_the_numerical_one(seed, width, family) -> None:
    rng = np.random.default_rng(seed)
    channels = rng.normal(0, width, (len(family.channels), 5, 2))
    value, gradient = family.link_mean(channels)
    assert value.shape == (5, 2)
    assert gradient.shape == channels.shape
    size = 1e-5
    for q in range(len(channels)):
        shift = np.zeros_like(channels)
        shift[q] = size
        slope = family.link_mean(channels + shift)[0] - family.link_mean(channels - shift)[0]
        np.testing.assert_allclose(gradient[q], slope / (2 * size), rtol=1e-5, atol=1e-7)


@EVERY_FAMILY
@pytest.mark.parametrize("seed", range(3))
def test_draws_have_the_mean_and_variance_that_the_family_says(seed, family) -> None:
    rng = np.random.default_rng(seed)
    exposure = np.full((40_000, 1), 0.4 if family.takes_exposure else 1.0)
    point = rng.normal(0, 0.4, (len(family.channels), 1, 1))
    channels = np.broadcast_to(point, (len(point), 40_000, 1))
    drawn = family.draw(channels, exposure, rng)
    assert drawn.shape == exposure.shape
    family.check_outcomes(drawn, None)
    mean = INVERSE[family.link](family.link_mean(point)[0])[0, 0] * exposure[0, 0]
    variance = family.variance(point, exposure[:1])[0, 0]
    assert abs(drawn.mean() - mean) < 5 * np.sqrt(variance / 40_000)
    fourth = ((drawn - drawn.mean()) ** 4).mean()
    assert abs(drawn.var() - variance) < 6 * np.sqrt(fourth / 40_000)


@EVERY_FAMILY
@QUICK
@given(seed=st.integers(0, 2**16))
def test_the_true_channels_have_the_highest_expected_log_density(seed, family) -> None:
    """The score has mean zero and the information is its variance, over drawn outcomes."""
    rng = np.random.default_rng(seed)
    exposure = np.full((20_000, 1), 0.7 if family.takes_exposure else 1.0)
    point = rng.normal(0, 0.4, (len(family.channels), 1, 1))
    channels = np.broadcast_to(point, (len(point), 20_000, 1))
    outcome = family.draw(channels, exposure, rng)
    first, second = family.derivatives(outcome, exposure, channels)
    scores = first[:, :, 0]
    error = scores.std(axis=1) / np.sqrt(20_000)
    assert (np.abs(scores.mean(axis=1)) < 6 * error + 1e-12).all()
    product = scores[:, None] * scores[None]
    excess = product + second[:, :, :, 0]
    spread = excess.std(axis=2) / np.sqrt(20_000)
    assert (np.abs(excess.mean(axis=2)) < 7 * spread + 1e-10).all()
