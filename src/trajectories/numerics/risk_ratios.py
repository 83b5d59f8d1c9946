"""Risk ratio, odds ratio and the Mantel-Haenszel rate ratio, with persons or families as clusters.

Standard errors of logarithms are linearised: how far the estimate moves with the weight of each
person, summed by cluster.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from trajectories.numerics.types import FloatArray
from trajectories.numerics.weighted_ratio import sums_by

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio in G groups.

    Attributes
    ----------
    value, error : ndarray, shape (G,)
        The error is that of the logarithm; infinite where the ratio is 0 or infinite.
    clusters : ndarray, shape (G,)
    """

    value: FloatArray
    error: FloatArray
    clusters: FloatArray

    def limits(self, level: float) -> tuple[FloatArray, FloatArray]:
        """Return limits built on the log with Student's t, [0, inf] where there are none."""
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            half = stdtrit(np.maximum(self.clusters - 1.0, 1.0), 0.5 + level / 2.0) * self.error
            lower, upper = self.value * np.exp(-half), self.value * np.exp(half)
        open_ended = ~np.isfinite(half) & ~np.isnan(self.value)
        return np.where(open_ended, 0.0, lower), np.where(open_ended, np.inf, upper)


def risk_and_odds_ratio(
    outcome: FloatArray, exposed: FloatArray, weights: FloatArray, cluster: Ints
) -> tuple[Ratio, Ratio]:
    """Return p₁ / p₀ and the odds ratio of a yes-or-no outcome, exposed against not exposed.

    Parameters
    ----------
    outcome, exposed : ndarray of 0 and 1, shape (N,)
    weights : ndarray, shape (N, G)
    cluster : ndarray of int, shape (N,)
        Families, say; from 0.
    """
    yes, no = exposed[:, None] * weights, (1.0 - exposed)[:, None] * weights
    n1, n0 = yes.sum(axis=0), no.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        p1, p0 = outcome @ yes / n1, outcome @ no / n0
        move1 = yes * (outcome[:, None] - p1) / (n1 * p1)
        move0 = no * (outcome[:, None] - p0) / (n0 * p0)
        risk = _ratio(p1 / p0, move1 - move0, weights, cluster)
        odds = (p1 / (1.0 - p1)) / (p0 / (1.0 - p0))
        return risk, _ratio(odds, move1 / (1.0 - p1) - move0 / (1.0 - p0), weights, cluster)


def _ratio(value: FloatArray, moves: FloatArray, weights: FloatArray, cluster: Ints) -> Ratio:
    bad = ~np.isfinite(value) | (value <= 0.0)
    sums = sums_by(np.where(np.isfinite(moves), moves, 0.0), cluster)
    n = (sums_by(weights, cluster) > 0.0).sum(axis=0).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt((sums**2).sum(axis=0) * np.where(n > 1.0, n / (n - 1.0), np.inf))
    return Ratio(value, np.where(bad, np.inf, error), n)


@dataclass(frozen=True, slots=True)
class Slice:
    """Events and time of N persons in one stratum (a year of age), exposed and not exposed."""

    events_exposed: FloatArray
    events_other: FloatArray
    time_exposed: FloatArray
    time_other: FloatArray


def mantel_haenszel_rate_ratio(strata: list[Slice], weights: FloatArray, cluster: Ints) -> Ratio:
    """Return the rate ratio over strata: Σ d₁ T₀ / T over Σ d₀ T₁ / T.

    Rothman, Greenland and Lash (2008), Modern Epidemiology, third edition, chapter 15. Strata in
    which nobody, or everybody, is exposed tell nothing and add nothing.
    """
    totals = [
        [
            part @ weights
            for part in (s.events_exposed, s.events_other, s.time_exposed, s.time_other)
        ]
        for s in strata
    ]
    top = np.zeros(weights.shape[1])
    bottom = np.zeros(weights.shape[1])
    for d1, d0, t1, t0 in totals:
        total = np.maximum(t1 + t0, 1e-300)
        top += d1 * t0 / total
        bottom += d0 * t1 / total
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(bottom > 0.0, top / bottom, np.where(top > 0.0, np.inf, np.nan))
    theta = np.where(np.isfinite(value), value, 0.0)
    moves = np.zeros_like(weights)
    for s, (d1, d0, t1, t0) in zip(strata, totals, strict=True):
        total = np.maximum(t1 + t0, 1e-300)
        own = s.events_exposed[:, None] * t0 + s.time_other[:, None] * d1
        own -= theta * (s.events_other[:, None] * t1 + s.time_exposed[:, None] * d0)
        own -= (s.time_exposed + s.time_other)[:, None] * (d1 * t0 - theta * d0 * t1) / total
        moves += own / total
    with np.errstate(divide="ignore", invalid="ignore"):
        moves = weights * moves / np.where(top > 0.0, top, np.nan)
    return _ratio(value, moves, weights, cluster)
