"""The zero-inflated Poisson distribution whose inflation is tied to the rate by one number."""

from __future__ import annotations

import numpy as np
from scipy.special import log_expit, logit

from trajectories.families.base import Boundary, Family, Summary, bounded_exp
from trajectories.families.poisson import rate_at_zero
from trajectories.families.zero_inflated_poisson import (
    BOUNDARY_LOGIT,
    NO_EXTRA_ZEROS,
    ZeroInflatedPoisson,
    draw_zip,
    logistic,
    split_zeros,
    zip_derivatives,
    zip_log_density,
    zip_variance,
)
from trajectories.numerics.types import FloatArray

SMALLEST_LOG_TAU = -9.0
"""A tau below exp(-9), 1e-4, counts as gone to zero."""

LARGEST_LOG_TAU = 5.0
"""A tau above exp(5), about 150, ran off: log rates near zero times tau act as a free curve."""

MOST_STEPS = 60
"""Newton steps to the log rate of a given mean; it takes fewer than ten."""


class ZeroInflatedPoissonTau(Family):
    """Zero-inflated Poisson with logit(omega) = -tau eta, one tau of at least 0 per group.

    Years with a high rate are less likely to be extra zeros, the more so the larger tau; at
    tau = 0 half of all years are extra zeros. The parameter is log tau. The exposure enters the
    count part only: mean = exposure * exp(eta), and eta in the inflation part has no offset.

    Notes
    -----
    Source: Lambert (1992), Technometrics 34(1), 1-14, the ZIP(tau) model, which does not restrict
    the sign; R's crimCV does, and so does this family: a negative tau would make extra zeros the
    more likely the higher the rate.
    """

    name = "zip_tau"
    channels = ("mean", "log_tau")
    moments = ZeroInflatedPoisson.moments

    def channel_degrees(self, degree: int, group: int = 0) -> tuple[int, ...]:
        del group
        return (degree, 0)

    def log_density(
        self, outcome: FloatArray, exposure: FloatArray, channels: FloatArray
    ) -> FloatArray:
        eta, log_tau = channels
        return zip_log_density(outcome, exposure, eta, -bounded_exp(log_tau) * eta)

    def derivatives(
        self, outcome: FloatArray, exposure: FloatArray, channels: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        eta, tau = channels[0], bounded_exp(channels[1])
        zeta = -tau * eta
        (by_eta, by_zeta), second = zip_derivatives(outcome, exposure, eta, zeta)
        by_log_tau = zeta * by_zeta
        first = np.stack([by_eta - tau * by_zeta, by_log_tau])
        chained = np.empty_like(second)
        chained[0, 0] = second[0, 0] - 2 * tau * second[0, 1] + tau**2 * second[1, 1]
        cross = zeta * (second[0, 1] - tau * second[1, 1]) - tau * by_zeta
        chained[0, 1] = chained[1, 0] = cross
        chained[1, 1] = zeta**2 * second[1, 1] + by_log_tau
        return first, chained

    def link_mean(self, channels: FloatArray) -> tuple[FloatArray, FloatArray]:
        eta, tau = channels[0], bounded_exp(channels[1])
        omega = logistic(-tau * eta)
        return eta + log_expit(tau * eta), np.stack([1 + tau * omega, tau * eta * omega])

    def first_at_mean(
        self, link_mean: FloatArray, channels: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Solve h = eta + log expit(tau eta) for eta, by Newton; see the base class.

        With omega = expit(-tau eta) the derivatives of h are h_eta = 1 + tau omega and, for
        gamma = log tau, h_gamma = tau eta omega; those of eta at given h follow from them. As h is
        concave and rises with eta, every step after the first comes from below.
        """
        eta, tau = channels[0].copy(), bounded_exp(channels[1])
        enough = 1e-14 * (1 + np.abs(link_mean))
        for _ in range(MOST_STEPS):
            gap = link_mean - eta - log_expit(tau * eta)
            if (np.abs(gap) < enough).all():
                break
            eta += gap / (1 + tau * logistic(-tau * eta))
        omega = logistic(-tau * eta)
        spread = omega * (1 - omega)
        by_eta, by_gamma = 1 + tau * omega, tau * eta * omega
        bend = -(tau**2) * spread
        cross = tau * omega - tau**2 * eta * spread
        by_gamma_twice = by_gamma - (tau * eta) ** 2 * spread
        first = np.stack([1 / by_eta, -by_gamma / by_eta])
        second = np.empty((2, *first.shape))
        second[0, 0] = -bend / by_eta**3
        second[0, 1] = second[1, 0] = -(cross + bend * first[1]) / by_eta**2
        second[1, 1] = -(by_gamma_twice + 2 * cross * first[1] + bend * first[1] ** 2) / by_eta
        return eta, first, second

    def start(self, summary: Summary) -> FloatArray:
        extra, count_rate = split_zeros(summary.mean, summary.zero_share)
        eta = np.log(count_rate)
        tied = -logit(extra) * eta / np.maximum(eta**2, 0.1)
        log_tau = np.log(np.clip(tied.mean(axis=-1, keepdims=True), 0.05, 2.0))
        return np.stack([eta, np.broadcast_to(log_tau, eta.shape)])

    def draw(
        self, channels: FloatArray, exposure: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        eta, log_tau = channels
        return draw_zip(eta, -bounded_exp(log_tau) * eta, exposure, rng)

    def variance(self, channels: FloatArray, exposure: FloatArray) -> FloatArray:
        eta, log_tau = channels
        return zip_variance(eta, -bounded_exp(log_tau) * eta, exposure)

    def boundary(self, channels: FloatArray) -> Boundary | None:
        eta, log_tau = channels
        if log_tau.max() < SMALLEST_LOG_TAU:
            note = "tau went to zero: extra zeros do not become rarer where the rate is higher"
            return Boundary(note, ("log_tau",))
        if log_tau.max() > LARGEST_LOG_TAU:
            note = "tau ran off: its rate is close to one at all ages where tau matters"
            return Boundary(note, ("log_tau",))
        if (-bounded_exp(log_tau) * eta).max() < BOUNDARY_LOGIT:
            return Boundary(NO_EXTRA_ZEROS, ("log_tau",))
        return rate_at_zero(eta)
