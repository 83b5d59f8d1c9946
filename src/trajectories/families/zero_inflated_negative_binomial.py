"""The zero-inflated negative binomial distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import log_expit, logit

from trajectories.families.base import (
    ABSENT,
    Boundary,
    Family,
    Summary,
    bounded_exp,
    check_length,
    degree_in,
    in_order,
    inflation_degrees,
)
from trajectories.families.negative_binomial import (
    dispersion_at_boundary,
    draw_negbin,
    group_or_common,
    negbin_derivatives,
    negbin_log_density,
    negbin_log_zero,
)
from trajectories.families.poisson import rate_at_zero
from trajectories.families.zero_inflated_poisson import (
    BOUNDARY_LOGIT,
    NO_EXTRA_ZEROS,
    log_rate_at_mean,
    logistic,
)
from trajectories.numerics.types import FloatArray, IntArray

FIRST_OMEGA, FIRST_ALPHA = 0.3, 0.5
"""Extra zeros and dispersion that starts take for granted, at all ages.

Which of the two explains the zeros of an age is for EM to find out: starting values that split the
zeros of each age by themselves end in worse maxima more often.
"""


class ZeroInflatedNegativeBinomial(Family):
    """Counts that are zero with an extra probability omega, else negative binomial.

    P(0) = omega + (1 - omega) (1 + alpha m)^(-1/alpha), m = exposure * exp(eta), and logit(omega)
    a polynomial in age. The exposure enters the count part only.

    Parameters
    ----------
    inflation_degree : int or sequence of int
        Degree of the polynomial of the logit of omega, one for all groups or one per group; -1 for
        a group without extra zeros.
    dispersion : {"group", "common"}
        Whether every group has an alpha of its own, or all groups share one.

    Notes
    -----
    Dispersion and extra zeros explain much of the same: where a group has few outcomes above zero,
    one of the two often goes to its boundary, and the likelihood has many maxima: raise
    ``n_starts``. Source: Greene (1994), Accounting for excess zeros
    and sample selection in Poisson and negative binomial regression models, Working Paper 94-10,
    Stern School of Business, New York University.
    """

    name = "zinb"
    channels = ("mean", "inflation", "log_dispersion")

    def __init__(
        self, inflation_degree: int | Sequence[int] = 1, dispersion: str = "group"
    ) -> None:
        self.inflation_degree = inflation_degrees(inflation_degree, "negbin")
        self.dispersion = group_or_common("dispersion", dispersion)

    def channel_degrees(self, degree: int, group: int = 0) -> tuple[int, ...]:
        return (degree, degree_in(self.inflation_degree, group), 0)

    def check_groups(self, n_groups: int) -> None:
        check_length("inflation_degree", self.inflation_degree, n_groups)

    def common_channels(self) -> tuple[str, ...]:
        return ("log_dispersion",) if self.dispersion == "common" else ()

    def settings(self) -> dict[str, Any]:
        return {"inflation_degree": self.inflation_degree, "dispersion": self.dispersion}

    def ordered(self, order: Sequence[int] | IntArray) -> ZeroInflatedNegativeBinomial:
        return ZeroInflatedNegativeBinomial(in_order(self.inflation_degree, order), self.dispersion)

    def log_density(
        self, outcome: FloatArray, exposure: FloatArray, channels: FloatArray
    ) -> FloatArray:
        eta, zeta, log_alpha = channels
        counts = negbin_log_density(outcome, exposure, eta, log_alpha)
        at_zero = np.maximum(counts, zeta) + np.log1p(np.exp(-np.abs(counts - zeta)))
        log_count_part = -np.maximum(zeta, 0.0) - np.log1p(np.exp(-np.abs(zeta)))
        return np.asarray(log_count_part + np.where(outcome == 0, at_zero, counts))

    def derivatives(
        self, outcome: FloatArray, exposure: FloatArray, channels: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the derivatives in (eta, zeta, log alpha).

        With l the log density of the count part and s = logistic(zeta - l(0)) the probability that
        a zero is an extra one (0 where y > 0): d/d theta = (1 - s) l', d/d zeta = s - omega,
        d2/d theta d theta = (1 - s) l'' + s (1 - s) l' l', d2/d theta d zeta = -s (1 - s) l'.
        """
        eta, zeta, log_alpha = channels
        slope, bend = negbin_derivatives(outcome, exposure, eta, log_alpha)
        at_zero = negbin_log_zero(exposure, eta, log_alpha)
        omega = logistic(zeta)
        extra = np.where(outcome == 0, logistic(zeta - at_zero), 0.0)
        spread = extra * (1 - extra)
        first = np.empty((3, *omega.shape))
        second = np.empty((3, *first.shape))
        first[1] = extra - omega
        second[1, 1] = spread - omega * (1 - omega)
        for a, i in enumerate((0, 2)):
            first[i] = (1 - extra) * slope[a]
            second[i, 1] = second[1, i] = -spread * slope[a]
            second[i, i] = (1 - extra) * bend[a, a] + spread * slope[a] ** 2
        second[0, 2] = (1 - extra) * bend[0, 1] + spread * slope[0] * slope[1]
        second[2, 0] = second[0, 2]
        return first, second

    def link_mean(self, channels: FloatArray) -> tuple[FloatArray, FloatArray]:
        eta, zeta, log_alpha = channels
        gradient = np.stack([np.ones_like(eta), -logistic(zeta), np.zeros_like(log_alpha)])
        return eta + log_expit(-zeta), gradient

    def first_at_mean(
        self, link_mean: FloatArray, channels: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        return log_rate_at_mean(link_mean, channels)

    def start(self, summary: Summary) -> FloatArray:
        log_rate = np.log(summary.mean / (1 - FIRST_OMEGA))
        inflation = np.full_like(log_rate, logit(FIRST_OMEGA))
        return np.stack([log_rate, inflation, np.full_like(log_rate, np.log(FIRST_ALPHA))])

    def draw(
        self, channels: FloatArray, exposure: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        counts = draw_negbin(channels[0], channels[2], exposure, rng)
        return np.where(rng.random(counts.shape) < logistic(channels[1]), 0.0, counts)

    def variance(self, channels: FloatArray, exposure: FloatArray) -> FloatArray:
        """Return (1 - omega) m (1 + (omega + alpha) m)."""
        mean, omega = exposure * bounded_exp(channels[0]), logistic(channels[1])
        alpha = bounded_exp(channels[2])
        return np.asarray((1 - omega) * mean * (1 + (omega + alpha) * mean))

    def boundary(self, channels: FloatArray) -> Boundary | None:
        eta, zeta, log_alpha = channels
        found = rate_at_zero(eta)
        if found is not None:
            return found
        dispersion = dispersion_at_boundary(eta, log_alpha)
        if zeta.max() >= BOUNDARY_LOGIT or zeta.max() <= ABSENT:
            return dispersion
        if dispersion is None:
            return Boundary(NO_EXTRA_ZEROS, ("inflation",))
        return Boundary(f"{NO_EXTRA_ZEROS}, and {dispersion.note}", ("inflation", "log_dispersion"))
