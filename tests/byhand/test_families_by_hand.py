"""Densities, means and refusals of every family, against other programs and 60-digit values."""

from __future__ import annotations

import csv
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import expit

import trajectories as tr
from trajectories.errors import InputError
from trajectories.families import (
    FAMILIES,
    Bernoulli,
    Beta,
    CensoredNormal,
    Family,
    NegativeBinomial,
    Poisson,
    Summary,
    ZeroInflatedNegativeBinomial,
    ZeroInflatedPoisson,
    resolve,
)
from trajectories.families.beta import digamma_error, stirling_error
from trajectories.families.dispersion_sums import (
    dispersion_sum,
    dispersion_sum_derivatives,
    log1p_bend,
    log1p_deficit,
)
from trajectories.families.links import INVERSE

VALUES = Path(__file__).with_name("family_values.csv")
ONE = np.ones((1, 1))
EVERY = [
    Poisson(),
    ZeroInflatedPoisson((0, 2)),
    FAMILIES["zip_tau"](),
    NegativeBinomial(),
    NegativeBinomial("common"),
    ZeroInflatedNegativeBinomial(inflation_degree=[1, 0], dispersion="common"),
    Bernoulli(),
    CensoredNormal(),
    CensoredNormal(lower=-1, upper=2, sigma="common"),
    CensoredNormal(lower=0),
    Beta(),
]


def logs(family: Family, outcome: np.ndarray, *channels: float, exposure: float = 1.0):
    """Return the full log density of outcomes at one point, shape (C,)."""
    cells = np.asarray(outcome, dtype=float)[:, None]
    point = np.broadcast_to(
        np.array(channels, dtype=float)[:, None, None], (len(channels), len(cells), 1)
    )
    at_risk = np.full_like(cells, exposure)
    values = family.log_density(cells, at_risk, point) + family.base_measure(cells, at_risk)
    return values[:, 0]


def oracle() -> list[list[str]]:
    with VALUES.open(encoding="utf-8") as stream:
        return list(csv.reader(stream))


def test_values_and_derivatives_equal_those_of_60_digits_far_out_too() -> None:
    seen = set()
    for name, outcome, exposure, *numbers in oracle():
        family = CensoredNormal(-1, 2) if name == "censored_normal" else FAMILIES[name]()
        q = len(family.channels)
        point, exact = np.array(numbers[:q], float), np.array(numbers[q:], float)
        channels = point[:, None, None]
        cell, at_risk = float(outcome) * ONE, float(exposure) * ONE
        first, second = family.derivatives(cell, at_risk, channels)
        upper = np.triu_indices(q)
        found = np.concatenate(
            [
                family.log_density(cell, at_risk, channels).ravel(),
                first.ravel(),
                second[:, :, 0, 0][upper],
            ]
        )
        scale = np.maximum(np.abs(exact), 0.1)
        np.testing.assert_allclose(found / scale, exact / scale, atol=2e-11, err_msg=name)
        np.testing.assert_array_equal(second, second.swapaxes(0, 1))
        seen.add(name)
    assert seen == set(FAMILIES)


@pytest.mark.parametrize("alpha", [1e-3, 0.2, 1.0, 7.0, 400.0])
@pytest.mark.parametrize("mean", [1e-4, 0.3, 5.0, 3000.0])
def test_negative_binomial_is_that_of_scipy(alpha, mean) -> None:
    counts = np.array([0, 1, 2, 5, 15, 16, 17, 40, 1000])
    expected = stats.nbinom.logpmf(counts, 1 / alpha, 1 / (1 + alpha * mean))
    ours = logs(NegativeBinomial(), counts, np.log(mean), np.log(alpha))
    np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-9)
    half = logs(NegativeBinomial(), counts, np.log(mean) + np.log(2), np.log(alpha), exposure=0.5)
    np.testing.assert_allclose(half, expected, rtol=1e-9, atol=1e-9)
    zeta = -0.7
    mixed = expit(zeta) * (counts == 0) + expit(-zeta) * np.exp(expected)
    zinb = logs(ZeroInflatedNegativeBinomial(), counts, np.log(mean), zeta, np.log(alpha))
    known = mixed > 1e-290
    np.testing.assert_allclose(zinb[known], np.log(mixed[known]), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("log_alpha", [-1000.0, -60.0, -38.0])
def test_negative_binomial_becomes_the_poisson(log_alpha) -> None:
    counts = np.array([0, 1, 2, 5, 15, 16, 17, 40, 300])
    for mean in (1e-3, 2.0, 250.0):
        expected = stats.poisson.logpmf(counts, mean)
        ours = logs(NegativeBinomial(), counts, np.log(mean), log_alpha)
        np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-9)
        zip_value = logs(ZeroInflatedPoisson(), counts, np.log(mean), 0.4)
        zinb_value = logs(ZeroInflatedNegativeBinomial(), counts, np.log(mean), 0.4, log_alpha)
        np.testing.assert_allclose(zinb_value, zip_value, rtol=1e-9, atol=1e-9)


def test_dispersion_sums_keep_every_digit() -> None:
    """Term by term with exact summation, through the switch from sums to Euler-Maclaurin."""
    for count in (0, 1, 2, 15, 16, 17, 18, 90, 4000):
        for log_alpha in (-60.0, -20.0, -8.0, -3.0, 0.0, 2.0, 9.0, 30.0):
            alpha = math.exp(log_alpha)
            terms = [alpha * j for j in range(1, count)]
            exact = (
                math.fsum(math.log1p(x) for x in terms),
                math.fsum(x / (1 + x) for x in terms),
                math.fsum(x / (1 + x) ** 2 for x in terms),
            )
            cell = count * ONE
            found = (
                dispersion_sum(cell, alpha * ONE),
                *dispersion_sum_derivatives(cell, alpha * ONE),
            )
            for ours, theirs in zip(found, exact, strict=True):
                assert ours[0, 0] == pytest.approx(theirs, rel=3e-13, abs=0)


def test_small_corrections_keep_every_digit() -> None:
    x = np.array([0.0, 1e-300, 1e-12])
    np.testing.assert_allclose(log1p_deficit(x), x / 2, rtol=1e-11)
    np.testing.assert_allclose(log1p_bend(x), x / 2, rtol=1e-11)
    assert log1p_deficit(np.array([1.0]))[0] == pytest.approx(1 - math.log(2), rel=1e-15)
    assert log1p_bend(np.array([3.0]))[0] == pytest.approx(math.log(4) / 3 - 0.25, rel=1e-15)
    whole = np.array([16.0, 17.0, 40.0, 170.0])
    for x, value in zip(whole, stirling_error(whole), strict=True):
        exact = math.log(math.factorial(int(x) - 1))
        stirling = (x - 0.5) * math.log(x) - x + 0.5 * math.log(2 * math.pi)
        assert value == pytest.approx(exact - stirling, abs=3e-13)
    below, above = np.array([15.9999999]), np.array([16.0000001])
    for low, high in zip(digamma_error(below), digamma_error(above), strict=True):
        assert low[0] == pytest.approx(high[0], abs=1e-9)


def test_bernoulli_is_that_of_scipy() -> None:
    for eta in (-6.0, -2.0, 0.0, 0.3, 5.0):
        expected = stats.bernoulli.logpmf([0, 1], expit(eta))
        np.testing.assert_allclose(logs(Bernoulli(), [0, 1], eta), expected, rtol=1e-12)
    np.testing.assert_array_equal(logs(Bernoulli(), [0, 1], -800.0), [0.0, -800.0])


@pytest.mark.parametrize("sigma", [1e-3, 0.5, 20.0])
@pytest.mark.parametrize("mean", [-40.0, -1.0, 0.4, 2.0, 300.0])
def test_censored_normal_is_that_of_scipy(mean, sigma) -> None:
    outcome = np.array([-1.0, -0.999, 0.0, 1.5, 2.0])
    expected = stats.norm.logpdf(outcome, mean, sigma)
    plain = logs(CensoredNormal(), outcome, mean, np.log(sigma))
    np.testing.assert_allclose(plain, expected, rtol=1e-10)
    expected[0] = stats.norm.logcdf(-1, mean, sigma)
    expected[-1] = stats.norm.logsf(2, mean, sigma)
    cut = logs(CensoredNormal(-1, 2), outcome, mean, np.log(sigma))
    np.testing.assert_allclose(cut, expected, rtol=1e-10)


@pytest.mark.parametrize("distance", [99.0, 101.0, 1e4, 1e8])
def test_censored_normal_far_in_the_tail_follows_the_asymptotic_series(distance) -> None:
    t = distance
    expected = -(t**2) / 2 - math.log(t) - 0.5 * math.log(2 * math.pi)
    expected += math.log1p(-1 / t**2 + 3 / t**4 - 15 / t**6 + 105 / t**8)
    family = CensoredNormal(lower=0)
    assert logs(family, [0.0], t, 0.0)[0] == pytest.approx(expected, rel=1e-12)
    first, second = family.derivatives(0 * ONE, ONE, np.array([t, 0.0])[:, None, None])
    rest = 1 / t - 2 / t**3 + 10 / t**5 - 74 / t**7
    assert first[0, 0, 0] == pytest.approx(-t - rest, rel=1e-12)
    assert first[1, 0, 0] == pytest.approx(t * (t + rest), rel=1e-12)
    assert second[0, 0, 0, 0] == pytest.approx(-(t + rest) * rest, rel=1e-8)


@pytest.mark.parametrize("precision", [0.01, 1.0, 30.0, 5000.0])
@pytest.mark.parametrize("mean", [0.01, 0.5, 0.93])
def test_beta_is_that_of_scipy(mean, precision) -> None:
    outcome = np.array([1e-6, 0.02, 0.4, 0.93, 1 - 1e-9])
    expected = stats.beta.logpdf(outcome, mean * precision, (1 - mean) * precision)
    ours = logs(Beta(), outcome, np.log(mean / (1 - mean)), np.log(precision))
    np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("family", [f for f in EVERY if f.is_count], ids=repr)
def test_count_densities_sum_to_one_with_the_mean_and_variance_they_say(family) -> None:
    rng = np.random.default_rng(4)
    counts = np.arange(30_000.0)
    for exposure in (1.0, 0.3):
        point = rng.normal(0.2, 0.6, len(family.channels))
        mass = np.exp(logs(family, counts, *point, exposure=exposure))
        check_moments(family, point, exposure, counts, mass)


def check_moments(family, point, exposure, outcomes, mass) -> None:
    """Compare sums over outcomes with what the family says its mean and variance are."""
    assert mass.sum() == pytest.approx(1.0, abs=1e-9)
    mean = mass @ outcomes
    grid = point[:, None, None]
    said = INVERSE[family.link](family.link_mean(grid)[0])[0, 0] * exposure
    assert said == pytest.approx(mean, rel=1e-7, abs=1e-9)
    variance = family.variance(grid, exposure * ONE)[0, 0]
    assert variance == pytest.approx(mass @ (outcomes - mean) ** 2, rel=1e-6)


def test_bernoulli_sums_to_one_with_the_mean_and_variance_it_says() -> None:
    for eta in (-3.0, 0.2, 5.0):
        mass = np.exp(logs(Bernoulli(), [0, 1], eta))
        check_moments(Bernoulli(), np.array([eta]), 1.0, np.array([0.0, 1.0]), mass)


@pytest.mark.parametrize("family", [f for f in EVERY if not f.has_zero], ids=repr)
def test_continuous_densities_integrate_to_one_with_the_mean_and_variance_they_say(family) -> None:
    for point in ((0.3, 0.6), (-1.5, 0.1), (2.4, 1.5)):
        low, high, masses = 0.0, 1.0, {}
        if isinstance(family, CensoredNormal):
            spread = np.exp(point[1])
            low, high = point[0] - 12 * spread, point[0] + 12 * spread
            if family.lower is not None:
                low = family.lower
                masses[low] = np.exp(logs(family, [low], *point))[0]
            if family.upper is not None:
                high = family.upper
                masses[high] = np.exp(logs(family, [high], *point))[0]
        moments = []
        for power in range(3):
            inner, _ = integrate.quad(
                lambda y, power=power, point=point: y**power * np.exp(logs(family, [y], *point))[0],
                low,
                high,
                limit=300,
            )
            moments.append(inner + sum(mass * at**power for at, mass in masses.items()))
        grid = np.array(point)[:, None, None]
        link_mean = family.link_mean(grid)[0]
        mean = INVERSE[family.link](link_mean)[0, 0]
        assert moments[0] == pytest.approx(1.0, abs=1e-7)
        assert mean == pytest.approx(moments[1], abs=1e-6)
        variance = moments[2] - moments[1] ** 2
        assert family.variance(grid, ONE)[0, 0] == pytest.approx(variance, abs=1e-5)


@pytest.mark.parametrize("family", EVERY, ids=repr)
def test_settings_rebuild_an_equal_family_through_a_file(family) -> None:
    settings = json.loads(json.dumps(family.settings()))
    again = resolve(family.name, **settings)
    assert again == family
    assert hash(again) == hash(family)
    assert again.channel_degrees(2, 1) == family.channel_degrees(2, 1)
    assert eval(repr(family), vars(tr.families)) == family


def test_settings_decide_equality() -> None:
    assert NegativeBinomial() != NegativeBinomial("common")
    assert CensoredNormal(0) != CensoredNormal(1)
    assert ZeroInflatedPoisson(1) != ZeroInflatedPoisson((1, 1))
    assert str(CensoredNormal(0, sigma="common")) == ("censored_normal (lower 0.0, sigma common)")


def test_inflation_degree_may_differ_between_groups() -> None:
    for make in (ZeroInflatedPoisson, ZeroInflatedNegativeBinomial):
        family = make(inflation_degree=(0, 3, 1))
        assert [family.channel_degrees(2, group)[1] for group in range(3)] == [0, 3, 1]
        family.check_groups(3)
        with pytest.raises(InputError, match="inflation_degree has 3 entries for 2 groups"):
            family.check_groups(2)
        with pytest.raises(InputError, match="whole number of -1 or more"):
            make(inflation_degree=(1, -2))


def test_common_parameters_are_named() -> None:
    assert NegativeBinomial().common_channels() == ()
    assert NegativeBinomial("common").common_channels() == ("log_dispersion",)
    both = ZeroInflatedNegativeBinomial(dispersion="common")
    assert both.common_channels() == ("log_dispersion",)
    assert CensoredNormal(sigma="common").common_channels() == ("log_sigma",)


@pytest.mark.parametrize(
    ("family", "inside", "outside", "words"),
    [
        (Bernoulli(), [0, 1], [2, 0.5, -1], "outcomes 0 or 1; 3 cells"),
        (Beta(), [0.01, 0.99], [0, 1, 1.5], "strictly between 0 and 1; 3 cells"),
        (CensoredNormal(0, 10), [0, 10, 4], [-0.1, 11, 12], "1 cells lie below .* 2 above"),
        (CensoredNormal(upper=3), [-1e9, 3], [3.001], "0 cells lie below .* 1 above"),
    ],
)
def test_outcomes_outside_the_support_are_counted_and_not_shown(
    family, inside, outside, words
) -> None:
    fine, wrong = np.array([inside], float), np.array([inside + outside], float)
    family.check_outcomes(fine, None)
    seen = np.ones(wrong.shape, bool)
    seen[:, len(inside) :] = False
    family.check_outcomes(wrong, seen)
    with pytest.raises(InputError, match=words) as caught:
        family.check_outcomes(wrong, None)
    assert "\n" not in str(caught.value)
    for value in outside:
        assert f" {value} " not in str(caught.value) or value in (0, 1)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: NegativeBinomial("each"), "dispersion must be 'group'"),
        (lambda: ZeroInflatedNegativeBinomial(1, dispersion=0), "dispersion must be"),
        (lambda: CensoredNormal(sigma="both"), "sigma must be 'group'"),
        (lambda: CensoredNormal(lower="a"), "lower must be a number or None"),
        (lambda: CensoredNormal(upper=np.inf), "upper must be finite"),
        (lambda: CensoredNormal(lower=True), "lower must be a number"),
        (lambda: CensoredNormal(3, 3), "lower must be below upper"),
        (lambda: ZeroInflatedPoisson(1.5), "inflation_degree must be a whole number"),
    ],
)
def test_settings_that_make_no_family_are_refused(make, words) -> None:
    with pytest.raises(InputError, match=words):
        make()


@pytest.mark.parametrize(
    ("family", "channels", "words", "which"),
    [
        (NegativeBinomial(), (-20.0, 0.0), "rate went to zero", ()),
        (NegativeBinomial(), (1.0, -14.0), "dispersion went to zero", ("log_dispersion",)),
        (NegativeBinomial(), (0.0, 13.0), "dispersion ran off", ("log_dispersion",)),
        (ZeroInflatedNegativeBinomial(), (1.0, -14.0, 0.0), "extra zero", ("inflation",)),
        (ZeroInflatedNegativeBinomial(), (1.0, 0.0, -14.0), "dispersion", ("log_dispersion",)),
        (
            ZeroInflatedNegativeBinomial(),
            (1.0, -14.0, -14.0),
            "extra zero .* and its dispersion",
            ("inflation", "log_dispersion"),
        ),
        (Bernoulli(), (-15.0,), "zero at every age", ()),
        (Bernoulli(), (15.0,), "one at every age", ()),
        (CensoredNormal(), (0.5, -19.0), "sigma went to zero", ()),
        (CensoredNormal(), (1e9, -5.0), "sigma went to zero", ()),
        (CensoredNormal(lower=0), (-6.0, 0.0), "all its outcomes lie at the lower limit", ()),
        (CensoredNormal(upper=3), (5.9, -0.7), "all its outcomes lie at the upper limit", ()),
        (Beta(), (0.5, 29.0), "precision ran off", ()),
        (Beta(), (0.5, -16.0), "precision went to zero", ()),
    ],
)
def test_boundaries_are_recognised_and_named(family, channels, words, which) -> None:
    found = family.boundary(np.tile(np.array(channels)[:, None], (1, 4)))
    assert found is not None
    assert found.channels == which
    assert re.search(words, found.note)


def test_ages_at_which_every_outcome_is_certain_are_silent() -> None:
    eta = np.array([[-15.0, -3.0, 0.0, 15.0]])
    np.testing.assert_array_equal(Bernoulli().silent(eta), [[True, False, False, True]])
    channels = np.array([[-6.0, -3.0, 1.0, 8.0], [0.0, 0.0, 0.0, 0.0]])
    beyond = CensoredNormal(0, 2).silent(channels)
    np.testing.assert_array_equal(beyond, [[True, False, False, True]] * 2)
    assert not CensoredNormal().silent(channels).any()
    assert not NegativeBinomial().silent(channels).any()


@pytest.mark.parametrize("family", EVERY, ids=repr)
def test_ordinary_channels_are_no_boundary(family) -> None:
    assert family.boundary(np.full((len(family.channels), 4), 0.3)) is None


@pytest.mark.parametrize("family", [f for f in EVERY if f.has_zero], ids=repr)
def test_a_group_fixed_at_zero_has_finite_densities_and_derivatives(family) -> None:
    channels = np.zeros((len(family.channels), 3, 1))
    channels[0] = -10_000.0
    outcome = np.array([[0.0], [1.0], [1.0]])
    values = family.log_density(outcome, np.ones_like(outcome), channels)
    first, second = family.derivatives(outcome, np.ones_like(outcome), channels)
    if family.name != "zip_tau":
        assert values[0, 0] == pytest.approx(0.0, abs=1e-12)
        assert values[1, 0] == pytest.approx(-10_000.0, abs=1.0)
    assert np.isfinite(values).all()
    assert np.isfinite(first).all()
    assert np.isfinite(second).all()


@pytest.mark.parametrize("family", EVERY, ids=repr)
def test_starting_values_lie_near_the_figures_they_come_from(family) -> None:
    rng = np.random.default_rng(2)
    mean = rng.uniform(0.2, 0.8, (5, 4))
    summary = Summary(mean, 0.05 + 0.1 * mean, 1 - mean)
    channels = family.start(summary)
    assert channels.shape == (len(family.channels), 5, 4)
    assert np.isfinite(channels).all()
    grid = channels.transpose(0, 2, 1)
    said = INVERSE[family.link](family.link_mean(grid)[0]).T
    slack = 0.7 if family.name == "zip_tau" else 0.35
    assert np.abs(said - mean).max() < slack
    if len(family.channels) > 1 and family.channel_degrees(2)[-1] == 0:
        np.testing.assert_array_equal(channels[-1], channels[-1][:, :1] * np.ones(4))
