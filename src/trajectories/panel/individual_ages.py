"""Ages of their own: units observed at irregular times."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.alignment import Labels, aligned_table
from trajectories.panel.arrays import BoolArray, FloatArray, IntArray, counted, where_rows
from trajectories.panel.checks import numeric_array
from trajectories.panel.wide import table_values


def occasions(counts: Any) -> FloatArray:
    """Return the numbers of the columns of a wide table, 1 to T."""
    return np.arange(1.0, (np.shape(counts)[1] if np.ndim(counts) == 2 else 0) + 1)


def read_individual_ages(
    ages: Any, observed: BoolArray | None, labels: Labels, shape: tuple[int, ...]
) -> dict[str, Any]:
    """Return the fields of a Panel that ages with a row a unit give: ``individual_ages``, (N, T).

    A table is put in the order of the counts by unit id, and by the numbers of the columns.
    Where everybody has the same age in each column (Stata's ``t1-t20``) it is ``ages``, (T,): the
    model is the same, and cheaper.

    Raises
    ------
    InputError
        For other units or another shape, or if an observed cell has no age.
    """
    if isinstance(ages, pd.DataFrame):
        ages = table_values(aligned_table(ages, labels, "ages"), "ages")
    values = numeric_array(ages, "ages").copy()
    if values.shape != shape:
        raise InputError(
            f"ages have shape {values.shape}, counts {shape}: give one age a column, or a row of "
            "ages for each row of the counts"
        )
    seen = np.ones(shape, dtype=bool) if observed is None else observed
    absent = np.isnan(values) & seen
    if absent.any():
        raise InputError(
            f"ages: missing in {counted(int(absent.sum()), 'observed cell')} "
            f"({where_rows(absent)}): give the age of every outcome"
        )
    common = _in_common(values, seen)
    if common is not None:
        return {"ages": common}
    values[~seen] = 0.0
    return {"individual_ages": values}


def _in_common(values: FloatArray, seen: BoolArray) -> FloatArray | None:
    """Return the age of each column where all units observed share it, and ages rise; else None."""
    if not seen.any(axis=0).all():
        return None
    first = values[seen.argmax(axis=0), np.arange(values.shape[1])]
    same = bool(((values == first) | ~seen).all())
    return first if same and bool((np.diff(first) > 0).all()) else None


def occasion_columns(rows: IntArray, row_ages: FloatArray) -> IntArray:
    """Return the occasion, from 0, of each row of a long table, by the unit's rising age."""
    order = np.lexsort((row_ages, rows))
    starts = np.flatnonzero(np.r_[True, np.diff(rows[order]) > 0])
    run = np.repeat(starts, np.diff(np.r_[starts, len(order)]))
    columns = np.empty(len(order), dtype=np.int64)
    columns[order] = np.arange(len(order)) - run
    return columns
