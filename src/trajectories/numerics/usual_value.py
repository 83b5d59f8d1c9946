"""The value that most rows have, if there is one."""

from __future__ import annotations

import numpy as np

from trajectories.numerics.types import FloatArray

MOSTLY = 0.5
"""A number of which at least this share of rows have one value is about those who differ."""


def usual_value(values: FloatArray) -> tuple[float | None, bool]:
    """Return the value that at least half of the rows have, if any, and whether there is one other.

    Such a value is the median, so nothing is sorted.
    """
    middle = [(len(values) - 1) // 2, len(values) // 2]
    for usual in np.partition(values, middle)[middle].tolist():
        others = values[values != usual]
        if len(others) <= (1.0 - MOSTLY) * len(values):
            return usual, bool(len(others) and (others == others[0]).all())
    return None, False
