"""A value with its interval: what every stage of the replication hands to the table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trajectories.numerics.types import FloatArray
from trajectories.rapporteur.intervals import mean_interval, share_interval, wilson


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval.

    Attributes
    ----------
    value, lower, upper
        Limits are NaN where a value has none.
    persons
        Whom a share or a mean is of; expected numbers where groups are not known.
    """

    value: float
    lower: float
    upper: float
    persons: float = float("nan")


def estimated_mean(values: FloatArray, level: float) -> Estimate:
    """Return the mean of a number of everybody with Student's interval, of yes or no Wilson's."""
    mean, n = float(values.mean()), len(values)
    if np.isin(values, (0.0, 1.0)).all():
        return Estimate(mean, *wilson(mean, n, level), float(n))
    error = float(values.std(ddof=1)) / n**0.5
    return Estimate(mean, *mean_interval(mean, error, n, level), float(n))


def estimated_ratio(part: FloatArray, whole: FloatArray, level: float) -> Estimate | None:
    """Return the share sum(part) / sum(whole) of what several persons each have some of.

    Its standard error takes the persons, not what they have, as independent. None where nobody
    has anything.
    """
    base = float(whole.sum())
    if base <= 0:
        return None
    share = float(part.sum()) / base
    n = len(part)
    residual = part - share * whole
    error = float(np.sqrt((residual**2).sum() * n / max(n - 1, 1))) / base
    return Estimate(share, *share_interval(share, error, base, level), base)
