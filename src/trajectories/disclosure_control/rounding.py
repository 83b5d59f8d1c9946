"""Round what is shown, so that exact counts cannot be read off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DIGITS = 3
"""Significant digits of numbers that are neither counts nor shares."""

Floats = NDArray[np.float64]


def round_counts(counts: Floats, base: int) -> Floats:
    """Return counts as the nearest multiples of the base; halves go to the even multiple."""
    return np.asarray(np.round(np.asarray(counts, dtype=np.float64) / base) * base)


def round_shares(shares: Floats, persons: Floats, base: int) -> Floats:
    """Return shares as shares of rounded counts: round(share × persons) / round(persons).

    Where the rounded number of persons is 0, the share is missing.
    """
    whole = round_counts(persons, base)
    some = round_counts(shares * persons, base)
    with np.errstate(invalid="ignore", divide="ignore"):
        rounded = np.where(whole > 0.0, some / whole, np.nan)
    return np.minimum(rounded, 1.0)


def round_digits(values: Floats, digits: int = DIGITS) -> Floats:
    """Return numbers to some significant digits; 0, infinite and missing stay."""
    values = np.asarray(values, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        magnitude = np.floor(np.log10(np.abs(values)))
        scale = 10.0 ** (digits - 1 - magnitude)
        rounded = np.round(values * scale) / scale
    return np.where(np.isfinite(values) & (values != 0.0), rounded, values)
