"""A floor under exposure: always asked for, never hidden."""

from __future__ import annotations

from numbers import Real

import numpy as np

from trajectories.errors import InputError
from trajectories.panel.arrays import BoolArray, FloatArray


def raised(
    exposure: FloatArray | None, observed: BoolArray | None, shape: tuple[int, ...], floor: float
) -> FloatArray:
    """Return exposure of at least ``floor`` in every observed cell, 0 in the others.

    Raises
    ------
    InputError
        If the floor is not a number above 0.
    """
    is_number = isinstance(floor, Real) and not isinstance(floor, bool)
    if not (is_number and np.isfinite(floor) and floor > 0):
        raise InputError("floor= must be a number of years free above 0")
    values = np.maximum(np.ones(shape) if exposure is None else exposure, floor)
    if observed is not None:
        values[~observed] = 0.0
    return values
