"""Questions about the rows of a panel: are they counts, which rows does a user mean."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trajectories.errors import InputError
from trajectories.panel.arrays import OutcomeArray, counted, is_narrow, where_rows

ROWS_A_BLOCK = 65_536


def are_counts(outcomes: OutcomeArray) -> bool:
    """Tell whether every outcome is a whole number, zero or more.

    Goes by blocks of rows, so that no temporary is as large as the panel.
    """
    if is_narrow(outcomes):
        return True
    for first in range(0, len(outcomes), ROWS_A_BLOCK):
        block = outcomes[first : first + ROWS_A_BLOCK]
        if ((block < 0) | (block != np.floor(block))).any():
            return False
    return True


def require_counts(outcomes: OutcomeArray) -> None:
    """Raise an InputError that says how many outcomes are negative or fractional, and where."""
    if are_counts(outcomes):
        return
    negative = outcomes < 0
    fractional = outcomes != np.floor(outcomes)
    found = [
        f"{kind} in {counted(int(bad.sum()), 'cell')} ({where_rows(bad)})"
        for kind, bad in (("negative", negative), ("fractional", fractional))
        if bad.any()
    ]
    raise InputError(
        f"outcomes are {' and '.join(found)}: this family is for counts (0, 1, 2, …); correct "
        "them, put NaN where nothing was observed, or choose a family for other outcomes"
    )


def row_numbers(rows: Any, n_units: int) -> NDArray[np.intp]:
    """Return the row numbers that a boolean mask, a slice or row numbers mean.

    Raises
    ------
    InputError
        If a mask has another length, or a row does not exist.
    """
    try:
        if isinstance(rows, slice):
            return np.arange(n_units)[rows]
        given = np.asarray(rows)
        if given.size == 0:
            given = given.astype(np.intp)
        if given.ndim != 1 or given.dtype.kind not in "biu":
            raise TypeError
    except (TypeError, ValueError):
        raise InputError(
            "rows must be a boolean mask, a slice or row numbers "
            "(for unit ids: panel.units.get_indexer(ids))"
        ) from None
    if given.dtype == bool:
        if len(given) != n_units:
            raise InputError(f"mask has length {len(given):,}, the panel has {n_units:,} units")
        return np.flatnonzero(given)
    beyond = (given < -n_units) | (given >= n_units)
    if beyond.any():
        raise InputError(
            f"{counted(int(beyond.sum()), 'row number')} beyond the panel's {n_units:,} units"
        )
    return given.astype(np.intp)
