"""A rate of persons who do not vary is not known without error."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t

import trajectories as tr
from trajectories import careers
from trajectories.numerics.weighted_ratio import rate_limits, ratios


def test_four_persons_with_one_offence_each_have_the_limits_of_a_poisson_number() -> None:
    found = ratios(np.ones(4), np.ones(4), np.ones((4, 1)))
    lower, upper = rate_limits(found, 0.95)
    half = t.ppf(0.975, 3) / np.sqrt(4)
    assert lower[0] == pytest.approx(np.exp(-half))
    assert upper[0] == pytest.approx(np.exp(half))


def test_weights_that_stand_for_nobody_new_change_nothing() -> None:
    one = rate_limits(ratios(np.ones(4), np.ones(4), np.ones((4, 1))), 0.95)
    half = rate_limits(ratios(np.ones(4), np.ones(4), np.full((4, 1), 0.5)), 0.95)
    np.testing.assert_allclose(one, half)


def test_persons_who_vary_keep_their_own_error() -> None:
    found = ratios(np.array([1.0, 2.0, 3.0]), np.ones(3), np.ones((3, 1)))
    lower, upper = rate_limits(found, 0.95)
    assert np.log(upper[0] / 2.0) == pytest.approx(t.ppf(0.975, 2) * np.sqrt(1 / 3) / 2.0)
    assert lower[0] < 2.0


def test_the_frequency_of_the_active_is_never_an_interval_of_no_width() -> None:
    panel = tr.Panel.from_wide(np.eye(5), ages=range(14, 19))
    panel = tr.Panel.from_wide(np.vstack([np.eye(5), np.eye(5)]), ages=panel.ages)
    table = careers.frequency(panel)
    assert (table["lower"] < table["estimate"]).all()
    assert (table["upper"] > table["estimate"]).all()
