"""Intervals of shares and means that stay where a share or mean can be."""

from __future__ import annotations

from scipy.special import stdtrit

from trajectories.numerics import share_limits
from trajectories.numerics.normal import normal_quantile


def wilson(share: float, persons: float, level: float) -> tuple[float, float]:
    """Return Wilson's interval of a share seen among some number of persons.

    ``persons`` may be an effective number. A share that stands for less than one person cannot be
    told from none: then the lower limit is 0 (and likewise the upper limit 1).
    """
    lower, upper = share_limits.wilson(share, persons, normal_quantile(level)).tolist()
    return (
        0.0 if share * persons < 1.0 else lower,
        1.0 if (1.0 - share) * persons < 1.0 else upper,
    )


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
