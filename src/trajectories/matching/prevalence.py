"""Share or mean of a factor in each population of matched sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trajectories.matching.contrast import clustered_variance
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.share_limits import wilson
from trajectories.panel.arrays import FloatArray, IntArray

ROUNDING = 1e-9
"""Standard errors of shares below this are 0, weights being rounded."""


@dataclass(frozen=True, slots=True)
class Level:
    """Hold a weighted share or mean with its interval."""

    estimate: float
    error: float
    lower: float
    upper: float


def weighted_level(
    values: FloatArray, weight: FloatArray, cluster: IntArray, binary: bool, level: float
) -> Level:
    """Return Σwx/Σw with an interval; persons of a cluster may depend on each other.

    The variance is Σ_g (Σ_{i in g} w_i (x_i − mean))² G/(G − 1) / (Σw)². A share has Wilson's
    interval (1927, Journal of the American Statistical Association 22(158), 209-212) with the
    number of persons that would give this variance, mean (1 − mean)/variance; for a share of 0 or
    1 with (Σw)²/Σw².
    """
    total = weight.sum()
    mean = float(weight @ values / total)
    influence = weight * (values - mean) / total
    variance = clustered_variance(influence, np.unique(cluster, return_inverse=True)[1])
    error, z = float(np.sqrt(variance)), normal_quantile(level)
    if not binary:
        return Level(mean, error, mean - z * error, mean + z * error)
    share, n = wilson_of(mean, error, float(total**2 / (weight @ weight)))
    return Level(share, error, *wilson(share, n, z).tolist())


def wilson_of(mean: float, error: float, effective: float) -> tuple[float, float]:
    """Return a share, cleared of rounding, and the number of persons that Wilson's limits take.

    Of a share of 0 or 1 the variance is 0, whatever rounding leaves of it, and says nothing.
    """
    if error <= ROUNDING and abs(mean - round(mean)) <= ROUNDING:
        return float(round(mean)), effective
    if 0.0 < mean < 1.0 and error > 0:
        return mean, mean * (1.0 - mean) / error**2
    return mean, effective
