"""Counts as whole numbers, where nobody counts for a part of a person."""

from __future__ import annotations

from typing import TypeVar, cast

import numpy as np
import pandas as pd

from trajectories.disclosure_control.columns import BASES, COUNTS_OF_PERSONS, PART_COUNTS

Made = TypeVar("Made")
_COUNTS = (*COUNTS_OF_PERSONS, *PART_COUNTS, *BASES)
_EXACT = 2.0**53
"""Above, float64 no longer tells whole numbers apart."""


def whole_counts(made: Made) -> Made:
    """Return a table with int64 in columns of counts that hold whole numbers only.

    A column with a fraction (weights, posterior probabilities) or a missing count stays as it is,
    and so does anything that is no table.
    """
    if not isinstance(made, pd.DataFrame):
        return made
    columns = {name: _whole(made[name]) for name in _COUNTS if name in made.columns}
    found = {name: column for name, column in columns.items() if column is not None}
    return cast(Made, made.assign(**found) if found else made)


def _whole(column: pd.Series) -> pd.Series | None:
    if column.dtype != np.float64:
        return None
    values = column.to_numpy()
    if not len(values) or not (np.abs(values) < _EXACT).all() or (values % 1.0).any():
        return None
    return column.astype(np.int64)
