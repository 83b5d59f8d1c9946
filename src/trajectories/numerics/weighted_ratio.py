"""Means, shares and rates of groups whose members are certain, or known with a probability.

Every estimate is a ratio sum_i w_ik a_i / sum_i w_ik b_i of numbers of persons i under the weights
of group k: b = 1 makes a mean, b = years a rate. Standard errors are linearised: person i moves
the estimate by w_ik (a_i - r_k b_i) / sum w b; persons of one cluster move it together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, stdtrit

from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.share_limits import wilson
from trajectories.numerics.types import FloatArray

NO_SPREAD = 1e-12
"""Relative errors below this are rounding: the persons do not vary."""


@dataclass(frozen=True, slots=True)
class Ratios:
    """Ratios of G groups.

    Attributes
    ----------
    value : ndarray, shape (G,)
        NaN where the denominator is 0.
    variance : ndarray, shape (G,)
        Sum of the squared moves, by cluster.
    persons : ndarray, shape (G,)
        Sum of the weights of the persons that count.
    effective : ndarray, shape (G,)
        Number of equally weighted clusters that weigh as much: (sum c)² / sum c².
    base : ndarray, shape (G,)
        The denominator: persons for means, offences for shares of offences.
    """

    value: FloatArray
    variance: FloatArray
    persons: FloatArray
    effective: FloatArray
    base: FloatArray

    @property
    def error(self) -> FloatArray:
        """Standard errors with the factor n / (n − 1); NaN for fewer than two clusters."""
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.where(self.effective > 1.0, self.effective / (self.effective - 1.0), np.nan)
        return np.asarray(np.sqrt(self.variance * factor))


def ratios(
    top: FloatArray,
    bottom: FloatArray,
    weights: FloatArray,
    cluster: NDArray[np.int64] | None = None,
) -> Ratios:
    """Return sum w a / sum w b by group.

    Parameters
    ----------
    top, bottom : ndarray, shape (N,)
        Persons whose ``bottom`` is 0 do not count.
    weights : ndarray, shape (N, G)
    cluster : ndarray of int, shape (N,), optional
        Cluster of each person, from 0; by default each is one.
    """
    # most persons of a register count in few measures: the others are passed over
    some = np.flatnonzero(bottom)
    top, bottom, counted = (np.asarray(part)[some] for part in (top, bottom, weights))
    base = bottom @ counted
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(base > 0.0, (top @ counted) / base, np.nan)
    left = np.where(base > 0.0, value, 0.0)
    scale = np.where(base > 0.0, base, np.inf)
    moves = counted * (top[:, None] - left * bottom[:, None]) / scale
    members = counted
    if cluster is not None:
        moves, members = (sums_by(part, cluster[some]) for part in (moves, counted))
    persons = counted.sum(axis=0)
    squares = (members**2).sum(axis=0)
    effective = np.divide(persons**2, squares, out=np.zeros_like(persons), where=squares > 0.0)
    return Ratios(value, (moves**2).sum(axis=0), persons, effective, base)


def sums_by(values: FloatArray, cluster: NDArray[np.int64]) -> FloatArray:
    """Return the sums of rows by cluster, (C, G)."""
    n = int(cluster.max(initial=-1)) + 1
    return np.stack([np.bincount(cluster, column, n) for column in values.T], axis=1)


def mean_limits(found: Ratios, level: float) -> tuple[FloatArray, FloatArray]:
    """Return Student's limits with (effective persons − 1) degrees of freedom; NaN for one."""
    half = stdtrit(np.maximum(found.effective - 1.0, 1e-9), 0.5 + level / 2.0) * found.error
    return found.value - half, found.value + half


def rate_limits(found: Ratios, level: float) -> tuple[FloatArray, FloatArray]:
    """Return limits built on the log: r exp(± t · error / r); [0, inf] where the rate is 0.

    Persons who all have one and the same rate, each active one with one offence say, do not vary,
    and a width of nothing would claim to know the rate. Then the error is that of a Poisson number:
    1 / sqrt(events), events counted for as many persons as the weights amount to.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        events = found.value * found.base * found.effective / found.persons
        spread = found.error / found.value
        spread = np.where(spread < NO_SPREAD, 1.0 / np.sqrt(events), spread)
        half = stdtrit(np.maximum(found.effective - 1.0, 1e-9), 0.5 + level / 2.0) * spread
        lower, upper = found.value * np.exp(-half), found.value * np.exp(half)
    zero = found.value == 0.0
    return np.where(zero, 0.0, lower), np.where(zero, np.inf, upper)


def share_limits(
    share: FloatArray,
    variance: FloatArray,
    base: FloatArray,
    effective: FloatArray,
    level: float,
    method: str = "wilson",
) -> tuple[FloatArray, FloatArray]:
    """Return limits of shares, with the number of trials that their variance amounts to.

    That number is p (1 − p) / variance, at most ``base``: n itself where all count alike; at 0
    and 1, where the variance is 0, the effective number of persons. Rothman (1978, Journal of
    Chronic Diseases 31, 557-560) uses Wilson's limits so for survival probabilities.

    Parameters
    ----------
    share, variance, base, effective : ndarrays, shape (G,)
    level : float
    method : {"wilson", "jeffreys"}
        Wilson (1927, Journal of the American Statistical Association 22, 209-212), or quantiles of
        the beta distribution (x + 1/2, n − x + 1/2), with lower limit 0 where x = 0 and upper
        limit 1 where x = n (Brown, Cai and DasGupta 2001, Statistical Science 16(2), 101-133).
    """
    free = share * (1.0 - share)
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where((variance > 0.0) & (free > 0.0), free / variance, effective)
    n = np.minimum(own, base)
    if method != "jeffreys":
        lower, upper = wilson(share, n, normal_quantile(level))
        return lower, upper
    with np.errstate(divide="ignore", invalid="ignore"):
        lower, upper = _jeffreys(np.asarray(share), n, level)
    nobody = ~(n > 0.0) | np.isnan(share)
    lower = np.where(nobody, np.nan, np.where(share <= 0.0, 0.0, np.maximum(lower, 0.0)))
    upper = np.where(nobody, np.nan, np.where(share >= 1.0, 1.0, np.minimum(upper, 1.0)))
    return lower, upper


def _jeffreys(share: FloatArray, n: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    some, others = share * n + 0.5, (1.0 - share) * n + 0.5
    tail = (1.0 - level) / 2.0
    lower, upper = (betaincinv(some, others, q) for q in (tail, 1.0 - tail))
    return np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
