"""Intervals of shares and means that stay where a share or mean can be."""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

from trajectories.groups.inference.covariance import normal_quantile


def wilson(share: float, persons: float, level: float) -> tuple[float, float]:
    """Return Wilson's interval of a share seen among some number of persons.

    ``persons`` may be an effective number. A share that stands for less than one person cannot be
    told from none: then the lower limit is 0 (and likewise the upper limit 1). Source: Wilson
    (1927), Journal of the American Statistical Association 22, 209-212.
    """
    z = normal_quantile(level)
    scale = 1.0 + z**2 / persons
    centre = (share + z**2 / (2.0 * persons)) / scale
    half = z * np.sqrt(share * (1.0 - share) / persons + (z / (2.0 * persons)) ** 2) / scale
    lower = 0.0 if share * persons < 1.0 else max(centre - half, 0.0)
    upper = 1.0 if (1.0 - share) * persons < 1.0 else min(centre + half, 1.0)
    return float(lower), float(upper)


def share_interval(share: float, error: float, persons: float, level: float) -> tuple[float, float]:
    """Return Wilson's interval with the number of persons that the standard error amounts to.

    At most ``persons``, the size of the group: next to 0 and 1 a linearised standard error is too
    small to be believed, and at 0 and 1 it is 0.
    """
    free = share * (1.0 - share)
    effective = min(free / error**2, persons) if error > 0.0 and free > 0.0 else persons
    return wilson(share, effective, level)


def mean_interval(mean: float, error: float, persons: float, level: float) -> tuple[float, float]:
    """Return Student's interval with ``persons`` - 1 degrees of freedom."""
    half = float(stdtrit(max(persons - 1.0, 1.0), 0.5 + level / 2.0)) * error
    return mean - half, mean + half
