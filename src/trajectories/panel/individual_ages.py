"""Ages of their own: units observed at irregular times."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import BoolArray, FloatArray, IntArray, counted, where_rows
from trajectories.panel.checks import numeric_array
from trajectories.panel.wide import table_values


def occasions(counts: Any) -> FloatArray:
    """Return the numbers of the columns of a wide table, 1 to T."""
    return np.arange(1.0, (np.shape(counts)[1] if np.ndim(counts) == 2 else 0) + 1)


def read_individual_ages(ages: Any, observed: BoolArray | None) -> FloatArray:
    """Return the ages of every cell, 0 where nothing was observed.

    Raises
    ------
    InputError
        If an observed cell has no age.
    """
    if isinstance(ages, pd.DataFrame):
        ages = table_values(ages, "ages")
    values = numeric_array(ages, "ages").copy()
    absent = np.isnan(values)
    if observed is not None and observed.shape == values.shape:
        values[~observed] = 0.0
        absent &= observed
    if absent.any():
        raise InputError(
            f"ages: missing in {counted(int(absent.sum()), 'observed cell')} "
            f"({where_rows(absent)}): give the age of every outcome"
        )
    return values


def occasion_columns(rows: IntArray, row_ages: FloatArray) -> IntArray:
    """Return the occasion, from 0, of each row of a long table, by the unit's rising age."""
    order = np.lexsort((row_ages, rows))
    starts = np.flatnonzero(np.r_[True, np.diff(rows[order]) > 0])
    run = np.repeat(starts, np.diff(np.r_[starts, len(order)]))
    columns = np.empty(len(order), dtype=np.int64)
    columns[order] = np.arange(len(order)) - run
    return columns
