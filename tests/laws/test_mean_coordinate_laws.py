"""Laws of the coordinates that Newton steps are taken in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import trajectories as tr
from trajectories.families.registry import resolve
from trajectories.groups.search.panel_problem import PanelProblem
from trajectories.numerics.mean_coordinates import MeanCoordinates
from trajectories.numerics.mixture import Mixture, Parameters

BENT = ("zip", "zip_tau", "zinb")
AGES = np.arange(12.0, 24.0)


def panel() -> tr.Panel:
    """Return a small panel of counts with many zeros."""
    rng = np.random.default_rng(3)
    rate = np.where(rng.random(120) < 0.5, 0.4, 2.0)[:, None] * np.ones(len(AGES))
    counts = rng.poisson(rate) * (rng.random(rate.shape) < 0.7)
    return tr.Panel.from_wide(counts.astype(float), ages=AGES)


def mixture_and_point(family: object, degree: int | tuple[int, ...]) -> tuple[Mixture, Parameters]:
    """Return a mixture of two groups and a point that is no maximum."""
    model = tr.GroupTrajectories(2, family, degree).model(panel())
    mixture = PanelProblem(panel(), model.family).mixture(model)
    theta = 0.3 * np.random.default_rng(1).standard_normal(mixture.active.shape)
    theta = np.where(mixture.active, theta, mixture.held)
    return mixture, Parameters(np.log([0.4, 0.6]), theta)


@pytest.mark.parametrize("name", BENT)
@given(seed=st.integers(0, 10_000))
def test_the_first_channel_at_a_mean_gives_that_mean(name: str, seed: int) -> None:
    family = resolve(name)
    rng = np.random.default_rng(seed)
    channels = rng.normal(0.0, 2.0, (len(family.channels), 6, 2))
    mean = family.link_mean(channels)[0] + rng.normal(0.0, 2.0, (6, 2))
    found = family.first_at_mean(mean, channels)
    assert found is not None
    moved = channels.copy()
    moved[0] = found[0]
    assert np.allclose(family.link_mean(moved)[0], mean, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", BENT)
def test_its_derivatives_are_those_of_differences(name: str) -> None:
    family = resolve(name)
    rng = np.random.default_rng(5)
    channels = rng.normal(0.0, 1.0, (len(family.channels), 5, 3))
    mean = family.link_mean(channels)[0]

    def at(changes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        others = channels + changes[:, None, None]
        found = family.first_at_mean(mean + changes[0], others)
        assert found is not None
        return found

    _, first, second = at(np.zeros(len(channels)))
    for i, step in enumerate(1e-5 * np.eye(len(channels))):
        above, below = at(step), at(-step)
        assert np.allclose(first[i], (above[0] - below[0]) / 2e-5, atol=1e-7)
        assert np.allclose(second[i], (above[1] - below[1]) / 2e-5, atol=1e-6)


@pytest.mark.parametrize("degree", [2, (2, 1)], ids=["both quadratic", "one linear"])
@pytest.mark.parametrize("name", BENT)
def test_score_and_hessian_are_those_of_the_likelihood_along_the_coordinates(
    name: str, degree: int | tuple[int, ...]
) -> None:
    mixture, point = mixture_and_point(name, degree)
    coordinates = MeanCoordinates(mixture, point)
    _, score, information, _ = mixture.score_and_information(point)
    slopes, bend = coordinates.pulled_back(score, information)
    expand = mixture.expansion
    free_slopes, free_bend = expand.T @ slopes, expand.T @ bend @ expand
    # of the likelihood alone, by differences of the score where the coordinates lead
    for column, direction in enumerate(expand.T):
        ahead, behind = (
            mixture.e_step(coordinates.moved(sign * 1e-4 * direction)).llf for sign in (1, -1)
        )
        here = mixture.e_step(point).llf
        assert free_slopes[column] == pytest.approx((ahead - behind) / 2e-4, rel=1e-5, abs=1e-4)
        second = (ahead - 2 * here + behind) / 1e-8
        assert free_bend[column, column] == pytest.approx(second, rel=1e-3, abs=0.05)


@pytest.mark.parametrize("name", BENT)
def test_at_a_mean_that_stays_the_likelihood_of_seldom_events_hardly_changes(name: str) -> None:
    """The ridge of a group that seldom offends is straight in these coordinates."""
    mixture, point = mixture_and_point(name, 0)
    theta = point.theta.copy()
    theta[:, 0] = np.log(1e-4)
    low = Parameters(point.intercepts, theta)
    coordinates = MeanCoordinates(mixture, low)
    part = mixture.density.with_columns()[0][0]
    step = np.zeros(len(low.pack()))
    for k in range(2):
        step[1 + k * theta.shape[1] + part.parts[1].start] = 0.2
    moved = coordinates.moved(step)
    before, after = (
        part.family.link_mean(part.grid_channels(one.theta))[0] for one in (low, moved)
    )
    assert np.abs(part.grid_channels(moved.theta - theta)[1]).max() > 0.1
    assert np.allclose(before, after, atol=0.02)


def test_families_whose_first_channel_is_the_mean_are_left_as_they_are() -> None:
    for name in ("poisson", "negbin", "bernoulli"):
        channels = np.zeros((len(resolve(name).channels), 4, 2))
        assert resolve(name).first_at_mean(np.zeros((4, 2)), channels) is None
    mixture, point = mixture_and_point("poisson", 2)
    step = np.arange(1.0, 1 + len(point.pack()))
    moved = MeanCoordinates(mixture, point).moved(step)
    assert np.allclose(moved.pack(), point.pack() + step)
