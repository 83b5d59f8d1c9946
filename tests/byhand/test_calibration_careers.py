"""The quadrature behind planted careers, against cases worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from trajectories.rapporteur.calibration import FIRST_CELL, Timing
from trajectories.rapporteur.expectations import (
    CELLS,
    N_CURVE,
    N_START,
    Shape,
    coefficients,
    curve,
    expectations,
    recidivism,
    trafficking_density,
)
from trajectories.rapporteur.followup import (
    FollowUpNodes,
    follow_up_nodes,
    make_timing,
    year_of,
)

FLAT = Shape(
    peak_rate=0.5,
    peak_age=26.0,
    width=1e6,
    first=17.0,
    median=20.0,
    sigma=0.5,
    last=23.0,
    short=0.0,
    long=0.0,
)


def test_the_curve_peaks_where_and_as_high_as_its_shape_says() -> None:
    shape = replace(FLAT, peak_rate=1.5, peak_age=19.0, width=4.0)
    at = curve(coefficients(shape), np.array([19.0, 23.0]))
    assert at[0] == pytest.approx(1.5)
    assert at[1] == pytest.approx(1.5 * math.exp(-0.5))


def test_a_symmetric_age_at_trafficking_has_its_mean_in_the_middle() -> None:
    density = trafficking_density(FLAT)
    assert density.sum() == pytest.approx(1.0)
    assert density @ (CELLS[:N_START] + 0.5) == pytest.approx(20.0)
    assert density[: 17 - FIRST_CELL].sum() == pytest.approx(0.0)


def test_year_of_counts_the_days_of_its_own_year() -> None:
    assert year_of(np.datetime64("2021-01-01")) == 2021.0
    assert year_of(np.datetime64("2020-07-02")) == pytest.approx(2020 + 183 / 366)


def test_the_registration_years_put_the_offence_as_far_back_as_asked() -> None:
    timing = make_timing(10.0, 2021.5)
    mean = float((np.asarray(timing.registration_years) + 0.5) @ timing.registration_weights)
    assert timing.registration_weights.sum() == pytest.approx(1.0)
    assert 2021.5 - mean + timing.longest_lag / 2 == pytest.approx(10.0, abs=1e-7)


def test_a_wish_beyond_the_registration_years_gets_the_nearest() -> None:
    early = make_timing(40.0, 2021.5).registration_weights
    assert early.argmax() == 0
    assert make_timing(1.0, 2021.5).registration_weights.argmax() == len(early) - 1


def test_free_time_in_a_window_is_its_length_without_detention_and_less_with() -> None:
    timing = make_timing(10.0, 2021.5)
    nodes = follow_up_nodes(timing, 2021.5, 8)
    for years, window in zip((2.0, 5.0, 7.0), nodes.windows, strict=False):
        assert window[0].sum(axis=1) == pytest.approx(years)
        assert np.all(window[1].sum(axis=1) <= years + 1e-12)
        assert np.all(window >= 0.0)
        assert np.all(window <= 1.0)


def test_nobody_is_censored_before_the_registration() -> None:
    timing = Timing((2010,), np.ones(1), 1.5, death=0.0, emigration=0.0)
    nodes = follow_up_nodes(timing, 2021.5, 10)
    # From the start of the offence's cell to the end: half a year, lag 0.75, then 11 years.
    assert nodes.exposure[0].sum() == pytest.approx(0.5 + 0.75 + 11.0, abs=0.01)
    assert nodes.exposure[0][0] == pytest.approx(1.0)
    assert nodes.mean_age_added == pytest.approx(0.75 + 11.0)


def test_recidivism_is_one_minus_the_chance_of_no_offence_in_free_time() -> None:
    # One person, offence in the first cell; half of the next two cells is free.
    rate = np.zeros(len(CELLS))
    rate[:3] = (9.0, 0.4, 0.2)
    density = np.zeros(N_START)
    density[0] = 1.0
    free = np.array([0.0, 0.5, 0.5])
    window = np.stack([free, np.zeros(3)])[:, None, :]
    expected = 1 - math.exp(-0.3)
    assert recidivism(rate, density, 0.0, 0.0, window) == pytest.approx(expected)
    assert recidivism(rate, density, 0.0, 0.25, window) == pytest.approx(0.75 * expected)
    # A gamma multiplier of variance v: the Laplace transform is (1 + v·hazard)^(−1/v).
    heterogeneous = 1 - (1 + 0.5 * 0.3) ** -2.0
    assert recidivism(rate, density, 0.5, 0.0, window) == pytest.approx(heterogeneous)


def _nodes() -> FollowUpNodes:
    return follow_up_nodes(make_timing(10.0, 2021.5), 2021.5, 8)


def test_every_cell_gets_the_planted_rate_times_the_years_free() -> None:
    nodes = _nodes()
    found = expectations(FLAT, 0.35, nodes)
    a = found.trafficking_age[:N_CURVE]
    # Without short spells: others = nu·exposure, so others + first trafficking = m·exposure.
    others = found.other_rate[:N_CURVE] * found.expected_exposure
    assert others + a == pytest.approx(found.curve[:N_CURVE] * found.expected_exposure)
    assert found.curve[:N_CURVE] == pytest.approx(0.5)
    # Everybody is free and followed before the first possible trafficking offence, at 17.
    assert found.expected_exposure[:5] == pytest.approx(1.0)


def test_onset_and_prior_cases_before_any_trafficking_follow_the_flat_rate() -> None:
    found = expectations(replace(FLAT, peak_rate=0.5), 0.35, _nodes())
    # Up to 17 the rate is 0.5: the adult share is P(none before 17)·P(none in 17)·P(A ≥ 18).
    a = found.trafficking_age
    hazard = 2.5 + found.other_rate[5]
    v = found.heterogeneity
    expected = (1 - a[5]) * (1 + v * hazard) ** (-1 / v)
    assert found.figures["first_offence_adult"] == pytest.approx(expected)
    assert found.figures["trafficking_minor"] == pytest.approx(a[5])


def test_the_multiplier_makes_the_total_as_variable_as_a_poisson_count() -> None:
    found = expectations(FLAT, 0.35, _nodes())
    others = found.figures["expected_offences"] - 1.0
    assert found.heterogeneity * others**2 == pytest.approx(1.0, rel=1e-6)


def test_short_spells_cost_years_free_only_after_the_onset() -> None:
    without = expectations(FLAT, 0.35, _nodes())
    with_spells = expectations(replace(FLAT, short=0.2), 0.35, _nodes())
    assert with_spells.expected_exposure[0] == pytest.approx(1.0)
    lost = without.expected_exposure[1] - with_spells.expected_exposure[1]
    v = with_spells.heterogeneity
    assert lost == pytest.approx(0.2 * 0.35 * (1 - (1 + v * 0.5) ** (-1 / v)))
