"""The negative binomial distribution: counts that vary more than a Poisson allows."""

from __future__ import annotations

from typing import Any

import numpy as np

from trajectories.errors import InputError
from trajectories.families.base import Boundary, Family, Summary, bounded_exp
from trajectories.families.dispersion_sums import (
    dispersion_sum,
    dispersion_sum_derivatives,
    log1p_bend,
    log1p_deficit,
    on_distinct,
)
from trajectories.families.poisson import rate_at_zero
from trajectories.numerics.types import FloatArray

SMALLEST_LOG_DISPERSION = -5.0
SMALLEST_LOG_EXCESS = -10.0
"""A dispersion is gone if it is below exp(-5) and adds less than exp(-10) of the variance."""

LARGEST_LOG_DISPERSION = 12.0
"""A dispersion above exp(12), 160,000, ran off: one outcome in so many is not zero."""


class NegativeBinomial(Family):
    """Counts with mean m = exposure * exp(eta) and variance m + alpha m^2.

    log f = sum over j < y of log(1 + alpha j) + y eta - (y + 1/alpha) log(1 + alpha m) + y log e
    - log y!. The parameter is log alpha; as alpha goes to zero this is a Poisson.

    Parameters
    ----------
    dispersion : {"group", "common"}
        Whether every group has an alpha of its own, or all groups share one.

    Notes
    -----
    A Poisson whose rate varies between persons or years with a gamma distribution of squared
    coefficient of variation alpha. Source: Lawless (1987), Canadian Journal of Statistics 15(3),
    209-225; the form of variance called NB2 by Cameron and Trivedi (1986), Journal of Applied
    Econometrics 1(1), 29-53.
    """

    name = "negbin"
    channels = ("mean", "log_dispersion")

    def __init__(self, dispersion: str = "group") -> None:
        self.dispersion = group_or_common("dispersion", dispersion)

    def channel_degrees(self, degree: int, group: int = 0) -> tuple[int, ...]:
        del group
        return (degree, 0)

    def common_channels(self) -> tuple[str, ...]:
        return ("log_dispersion",) if self.dispersion == "common" else ()

    def settings(self) -> dict[str, Any]:
        return {"dispersion": self.dispersion}

    def log_density(
        self, outcome: FloatArray, exposure: FloatArray, channels: FloatArray
    ) -> FloatArray:
        return negbin_log_density(outcome, exposure, channels[0], channels[1])

    def derivatives(
        self, outcome: FloatArray, exposure: FloatArray, channels: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        return negbin_derivatives(outcome, exposure, channels[0], channels[1])

    def link_mean(self, channels: FloatArray) -> tuple[FloatArray, FloatArray]:
        eta, log_alpha = channels
        return eta, np.stack([np.ones_like(eta), np.zeros_like(log_alpha)])

    def start(self, summary: Summary) -> FloatArray:
        alpha = moment_dispersion(summary.mean, summary.variance)
        return np.stack([np.log(summary.mean), np.log(alpha)])

    def draw(
        self, channels: FloatArray, exposure: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        return draw_negbin(channels[0], channels[1], exposure, rng)

    def variance(self, channels: FloatArray, exposure: FloatArray) -> FloatArray:
        mean = exposure * bounded_exp(channels[0])
        return np.asarray(mean * (1 + bounded_exp(channels[1]) * mean))

    def boundary(self, channels: FloatArray) -> Boundary | None:
        return rate_at_zero(channels[0]) or dispersion_at_boundary(channels[0], channels[1])


def group_or_common(name: str, value: object) -> str:
    """Return a setting that is "group" or "common".

    Raises
    ------
    InputError
        If it is neither.
    """
    if value not in ("group", "common"):
        raise InputError(
            f"{name} must be 'group' (one per group) or 'common' (one for all); found {value!r}"
        )
    return str(value)


def moment_dispersion(mean: FloatArray, variance: FloatArray) -> FloatArray:
    """Return a dispersion that fits means and variances over ages, the same at all ages."""
    excess = (variance - mean).sum(axis=-1, keepdims=True)
    alpha = excess / (mean**2).sum(axis=-1, keepdims=True)
    return np.asarray(np.broadcast_to(np.clip(alpha, 0.05, 5.0), mean.shape))


def dispersion_at_boundary(eta: FloatArray, log_alpha: FloatArray) -> Boundary | None:
    """Say so if a group's dispersion went to zero, or ran off."""
    highest = log_alpha.max()
    if highest < SMALLEST_LOG_DISPERSION and (eta + log_alpha).max() < SMALLEST_LOG_EXCESS:
        return Boundary("its dispersion went to zero: given the group a Poisson fits as well", LAST)
    if highest > LARGEST_LOG_DISPERSION:
        return Boundary("its dispersion ran off: one rare huge count explains the mean", LAST)
    return None


LAST = ("log_dispersion",)


def negbin_log_density(
    outcome: FloatArray, exposure: FloatArray, eta: FloatArray, log_alpha: FloatArray
) -> FloatArray:
    """Return the log density of a negative binomial count without its base measure.

    With x = alpha m: log(1 + x) / alpha is written m (1 - (1 - log(1 + x) / x)), stable for any
    alpha.
    """
    mean = exposure * bounded_exp(eta)
    x = bounded_exp(log_alpha) * mean
    counts, logs, position = on_distinct(outcome, log_alpha)
    rising = dispersion_sum(counts, bounded_exp(logs))
    if position is not None:
        rising = rising[position]
    return np.asarray(rising + outcome * (eta - np.log1p(x)) - mean * (1 - log1p_deficit(x)))


def negbin_log_zero(exposure: FloatArray, eta: FloatArray, log_alpha: FloatArray) -> FloatArray:
    """Return the log probability of a zero, -log(1 + alpha m) / alpha."""
    mean = exposure * bounded_exp(eta)
    return np.asarray(-mean * (1 - log1p_deficit(bounded_exp(log_alpha) * mean)))


def negbin_derivatives(
    outcome: FloatArray, exposure: FloatArray, eta: FloatArray, log_alpha: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the derivatives of :func:`negbin_log_density` in (eta, log alpha).

    With x = alpha m, q = 1 / (1 + x), p = x q, b = log(1 + x) / x - q and S the sum over counts:
    d/d eta = (y - m) q and d/d log alpha = S' - y p + m b; the second derivatives follow from
    dq/d log x = -p q and db/d log x = p q - b.
    """
    mean = exposure * bounded_exp(eta)
    x = bounded_exp(log_alpha) * mean
    q = 1 / (1 + x)
    p = x * q
    bend = log1p_bend(x)
    counts, logs, position = on_distinct(outcome, log_alpha)
    slope, curve = dispersion_sum_derivatives(counts, bounded_exp(logs))
    if position is not None:
        slope, curve = slope[position], curve[position]
    by_eta = (outcome - mean) * q
    first = np.stack([by_eta, slope - outcome * p + mean * bend])
    second = np.empty((2, *first.shape))
    second[0, 0] = -q * (mean * q + outcome * p)
    second[0, 1] = second[1, 0] = -by_eta * p
    second[1, 1] = curve - outcome * p * q + mean * (p * q - bend)
    return first, second


def draw_negbin(
    eta: FloatArray, log_alpha: FloatArray, exposure: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Draw a count for every cell: Poisson with a gamma rate."""
    alpha = np.maximum(bounded_exp(log_alpha), 1e-12)
    rate = rng.gamma(1 / alpha, alpha * exposure * bounded_exp(eta))
    return rng.poisson(rate).astype(float)
