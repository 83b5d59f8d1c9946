"""The zero-inflated Poisson distribution with an inflation polynomial of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import log_expit, logit

from trajectories.families.base import (
    ABSENT,
    Boundary,
    Family,
    Moments,
    Summary,
    bounded_exp,
    check_length,
    degree_in,
    in_order,
    inflation_degrees,
)
from trajectories.families.poisson import rate_at_zero
from trajectories.numerics.types import FloatArray, IntArray

BOUNDARY_LOGIT = -10.0
"""An extra-zero probability below expit(-10), 5e-5, at every age counts as gone."""

NO_EXTRA_ZEROS = "its probability of an extra zero went to zero at every age"


class ZeroInflatedPoisson(Family):
    """Counts that are zero with an extra probability omega, else Poisson(exposure * exp(eta)).

    P(0) = omega + (1 - omega) exp(-e exp(eta)), logit(omega) = zeta, both eta and zeta
    polynomials in age. The exposure enters the count part only.

    Parameters
    ----------
    inflation_degree : int or sequence of int
        Degree of the polynomial zeta, one for all groups or one per group; 1 unless told. -1 for
        a group without extra zeros, which is then Poisson.

    Notes
    -----
    Source: Lambert (1992), Technometrics 34(1), 1-14; in trajectory models Roeder, Lynch and
    Nagin (1999), Journal of the American Statistical Association 94, 766-776.
    """

    name = "zip"
    channels = ("mean", "inflation")
    moments = Moments(
        probes=(0.0, 1.0, 2.0),
        features=("outcome", "zero", "at_risk"),
        weights=((0.0, 1.0, 0.0), (-1.0, -2.0, 2.0), (1.0, 1.0, -1.0)),
        any_exposure=False,
    )

    def __init__(self, inflation_degree: int | Sequence[int] = 1) -> None:
        self.inflation_degree = inflation_degrees(inflation_degree, "poisson")

    def channel_degrees(self, degree: int, group: int = 0) -> tuple[int, ...]:
        return (degree, degree_in(self.inflation_degree, group))

    def check_groups(self, n_groups: int) -> None:
        check_length("inflation_degree", self.inflation_degree, n_groups)

    def settings(self) -> dict[str, Any]:
        return {"inflation_degree": self.inflation_degree}

    def ordered(self, order: Sequence[int] | IntArray) -> ZeroInflatedPoisson:
        return ZeroInflatedPoisson(in_order(self.inflation_degree, order))

    def log_density(
        self, outcome: FloatArray, exposure: FloatArray, channels: FloatArray
    ) -> FloatArray:
        return zip_log_density(outcome, exposure, channels[0], channels[1])

    def derivatives(
        self, outcome: FloatArray, exposure: FloatArray, channels: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        return zip_derivatives(outcome, exposure, channels[0], channels[1])

    def link_mean(self, channels: FloatArray) -> tuple[FloatArray, FloatArray]:
        eta, zeta = channels
        return eta + log_expit(-zeta), np.stack([np.ones_like(eta), -logistic(zeta)])

    def first_at_mean(
        self, link_mean: FloatArray, channels: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        return log_rate_at_mean(link_mean, channels)

    def start(self, summary: Summary) -> FloatArray:
        extra, count_rate = split_zeros(summary.mean, summary.zero_share)
        return np.stack([np.log(count_rate), logit(extra)])

    def draw(
        self, channels: FloatArray, exposure: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        return draw_zip(channels[0], channels[1], exposure, rng)

    def variance(self, channels: FloatArray, exposure: FloatArray) -> FloatArray:
        return zip_variance(channels[0], channels[1], exposure)

    def boundary(self, channels: FloatArray) -> Boundary | None:
        if ABSENT < channels[1].max() < BOUNDARY_LOGIT:
            return Boundary(NO_EXTRA_ZEROS, ("inflation",))
        return rate_at_zero(channels[0])


def log_rate_at_mean(
    log_mean: FloatArray, channels: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return log m = log mean - log(1 - omega), and its derivatives; see ``first_at_mean``.

    The second channel is the logit zeta of omega: d/d zeta = omega, d2/d zeta2 = omega (1 - omega).
    """
    zeta = channels[1]
    omega = logistic(zeta)
    first = np.zeros(channels.shape)
    first[0], first[1] = 1.0, omega
    second = np.zeros((len(channels), *channels.shape))
    second[1, 1] = omega * (1 - omega)
    return log_mean - log_expit(-zeta), first, second


def split_zeros(rate: FloatArray, zero_share: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return an extra-zero probability and a count rate that fit a rate and a share of zeros."""
    expected = np.exp(-rate)
    extra = np.clip((zero_share - expected) / np.maximum(1 - expected, 1e-6), 0.05, 0.9)
    return extra, rate / (1 - extra)


def zip_log_density(
    outcome: FloatArray, exposure: FloatArray, eta: FloatArray, zeta: FloatArray
) -> FloatArray:
    """Return the log density of a zero-inflated Poisson count without its base measure.

    With m = e exp(eta) and log(1 - omega) = -log(1 + exp(zeta)): log P(0) = log(1 - omega) +
    log(exp(-m) + exp(zeta)), and log f(y) = log(1 - omega) + y eta - m for y > 0.
    """
    mean = exposure * bounded_exp(eta)
    log_count_part = -np.maximum(zeta, 0.0) - np.log1p(np.exp(-np.abs(zeta)))
    at_zero = np.maximum(-mean, zeta) + np.log1p(np.exp(-np.abs(zeta + mean)))
    return log_count_part + np.where(outcome == 0, at_zero, outcome * eta - mean)


def zip_derivatives(
    outcome: FloatArray, exposure: FloatArray, eta: FloatArray, zeta: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the derivatives of :func:`zip_log_density` in (eta, zeta).

    With p = omega / P(0), the probability that a zero is an extra one, and mean m = e exp(eta):
    at a zero d/d eta = -(1-p) m and d/d zeta = p - omega; the second derivatives follow from
    dp/d zeta = p (1-p) and dp/d eta = p (1-p) m.
    """
    mean = exposure * bounded_exp(eta)
    omega = logistic(zeta)
    structural = np.where(outcome == 0, logistic(zeta + mean), 0.0)
    spread = structural * (1 - structural)
    first = np.stack([outcome - (1 - structural) * mean, structural - omega])
    second = np.empty((2, *first.shape))
    second[0, 0] = (spread * mean - (1 - structural)) * mean
    second[0, 1] = second[1, 0] = spread * mean
    second[1, 1] = spread - omega * (1 - omega)
    return first, second


def draw_zip(
    eta: FloatArray, zeta: FloatArray, exposure: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Draw a count for every cell: zero with probability omega, else Poisson."""
    counts = rng.poisson(exposure * bounded_exp(eta)).astype(float)
    return np.where(rng.random(counts.shape) < logistic(zeta), 0.0, counts)


def zip_variance(eta: FloatArray, zeta: FloatArray, exposure: FloatArray) -> FloatArray:
    """Return the variance of a zero-inflated Poisson count, (1 - omega) m (1 + omega m)."""
    mean, omega = exposure * bounded_exp(eta), logistic(zeta)
    return np.asarray((1 - omega) * mean * (1 + omega * mean))


def logistic(values: FloatArray) -> FloatArray:
    """Return 1 / (1 + exp(-values)), built from ``exp`` alone, which NumPy vectorises."""
    small = np.exp(-np.abs(values))
    return np.asarray(np.where(values >= 0, 1.0, small) / (1 + small))
