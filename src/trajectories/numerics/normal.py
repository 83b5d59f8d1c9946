"""The normal quantile that a two-sided interval takes."""

from __future__ import annotations

from scipy.special import ndtri

from trajectories.numerics.arguments import checked_level


def normal_quantile(level: float) -> float:
    """Return z with P(|Z| ≤ z) = level for a standard normal Z.

    Raises
    ------
    InputError
        If the level is no number strictly between 0 and 1.
    """
    return float(ndtri(0.5 + checked_level(level) / 2.0))
