"""The normal quantile that a two-sided interval takes."""

from __future__ import annotations

from scipy.special import ndtri

from trajectories.errors import InputError


def normal_quantile(level: float) -> float:
    """Return z with P(|Z| ≤ z) = level for a standard normal Z.

    Raises
    ------
    InputError
        If the level is not strictly between 0 and 1.
    """
    if not 0.0 < level < 1.0:
        raise InputError("level= must lie between 0 and 1: 0.95 for 95 % intervals")
    return float(ndtri(0.5 + level / 2.0))
