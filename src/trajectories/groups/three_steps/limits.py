"""Limits of means, rates and shares that stay within their range."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from trajectories.numerics.types import FloatArray


def limits_on_link(
    estimate: FloatArray, error: FloatArray, link: str, half: float
) -> tuple[FloatArray, FloatArray]:
    """Return limits on the scale of a link where the estimate lies within its range."""
    lower, upper = estimate - half * error, estimate + half * error
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if link == "log":
            inside, wide = estimate > 0, half * error / estimate
            low, high = estimate * np.exp(-wide), estimate * np.exp(wide)
        elif link == "logit":
            inside = (estimate > 0) & (estimate < 1)
            centre = np.log(estimate / (1 - estimate))
            wide = half * error / (estimate * (1 - estimate))
            low, high = expit(centre - wide), expit(centre + wide)
        else:
            return lower, upper
    return np.where(inside, low, lower), np.where(inside, high, upper)
