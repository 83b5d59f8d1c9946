"""Limits of a share that stay within 0 and 1: Wilson's, and Clopper and Pearson's."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import betaincinv

from trajectories.numerics.types import FloatArray


def wilson(share: Any, n: Any, z: float) -> FloatArray:
    """Return Wilson's lower and upper limit of shares out of n persons, shape (2, ...).

    Limits are exactly 0 and 1 for a share of 0 and of 1, and NaN without anybody. ``n`` may be an
    effective number of persons. Source: Wilson (1927), Journal of the American Statistical
    Association 22(158), 209-212.

    Parameters
    ----------
    share, n : float or ndarray
    z : float
        Normal quantile of the level.
    """
    p, size = np.asarray(share, dtype=np.float64), np.asarray(n, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 1.0 + z**2 / size
        centre = (p + z**2 / (2.0 * size)) / scale
        half = z * np.sqrt(p * (1.0 - p) / size + (z / (2.0 * size)) ** 2) / scale
    lower = np.where(p <= 0.0, 0.0, np.maximum(centre - half, 0.0))
    upper = np.where(p >= 1.0, 1.0, np.minimum(centre + half, 1.0))
    nobody = ~(size > 0.0) | np.isnan(p)
    return np.where(nobody, np.nan, np.stack([lower, upper]))


def clopper_pearson(events: float, n: float, level: float) -> tuple[float, float]:
    """Return Clopper and Pearson's limits of a share; numbers may be fractional.

    Source: Clopper and Pearson (1934), Biometrika 26(4), 404-413.
    """
    tail = (1.0 - level) / 2.0
    lower = 0.0 if events <= 0 else float(betaincinv(events, n - events + 1.0, tail))
    upper = 1.0 if events >= n else float(betaincinv(events + 1.0, n - events, 1.0 - tail))
    return lower, upper
