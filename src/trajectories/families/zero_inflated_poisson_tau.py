"""The zero-inflated Poisson distribution whose inflation is tied to the rate by one number."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, gammaln, log_expit, logit, xlogy

from trajectories.families.base import Family
from trajectories.families.poisson import rate_at_zero
from trajectories.families.zero_inflated_poisson import (
    BOUNDARY_LOGIT,
    ZeroInflatedPoisson,
    split_zeros,
    zip_derivatives,
    zip_log_density,
)
from trajectories.numerics.types import FloatArray


class ZeroInflatedPoissonTau(Family):
    """Zero-inflated Poisson with logit(omega) = -tau eta, one tau per group.

    The exposure enters the count part only: mean = exposure * exp(eta), and eta in the inflation
    part has no offset.

    Notes
    -----
    Source: Lambert (1992), Technometrics 34(1), 1-14, the ZIP(tau) model.
    """

    name = "zip_tau"
    channels = ("mean", "tau")
    moments = ZeroInflatedPoisson.moments

    def channel_degrees(self, degree: int) -> tuple[int, ...]:
        return (degree, 0)

    def log_density(
        self, outcome: FloatArray, exposure: FloatArray, channels: FloatArray
    ) -> FloatArray:
        eta, tau = channels
        return zip_log_density(outcome, exposure, eta, -tau * eta)

    def base_measure(self, outcome: FloatArray, exposure: FloatArray) -> FloatArray:
        return np.asarray(xlogy(outcome, exposure) - gammaln(outcome + 1))

    def derivatives(
        self, outcome: FloatArray, exposure: FloatArray, channels: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        eta, tau = channels
        (by_eta, by_zeta), second = zip_derivatives(outcome, exposure, eta, -tau * eta)
        first = np.stack([by_eta - tau * by_zeta, -eta * by_zeta])
        chained = np.empty_like(second)
        chained[0, 0] = second[0, 0] - 2 * tau * second[0, 1] + tau**2 * second[1, 1]
        chained[0, 1] = chained[1, 0] = -eta * (second[0, 1] - tau * second[1, 1]) - by_zeta
        chained[1, 1] = eta**2 * second[1, 1]
        return first, chained

    def log_mean(self, channels: FloatArray) -> tuple[FloatArray, FloatArray]:
        eta, tau = channels
        omega = expit(-tau * eta)
        return eta + log_expit(tau * eta), np.stack([1 + tau * omega, eta * omega])

    def start(self, rate: FloatArray, zero_share: FloatArray) -> FloatArray:
        extra, count_rate = split_zeros(rate, zero_share)
        eta = np.log(count_rate)
        tied = -logit(extra) * eta / np.maximum(eta**2, 0.1)
        tau = np.clip(tied.mean(axis=-1, keepdims=True), -1.0, 2.0)
        return np.stack([eta, np.broadcast_to(tau, eta.shape)])

    def boundary(self, channels: FloatArray) -> str | None:
        eta, tau = channels
        if (-tau * eta).max() < BOUNDARY_LOGIT:
            return "its probability of an extra zero went to zero at every age"
        return rate_at_zero(eta)
