"""Checks of the arrays of a panel; each failure is one InputError that says what to do."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import (
    BoolArray,
    FloatArray,
    OutcomeArray,
    all_finite,
    counted,
    is_narrow,
    where_rows,
)


def check_outcomes(outcomes: Any) -> OutcomeArray:
    """Return outcomes as a C-contiguous array of shape (N, T); NaN is still allowed.

    Counts given as unsigned integers of 8 or 16 bits stay so; anything else becomes float64.

    Raises
    ------
    InputError
        If the table is empty or not two-dimensional, or a value is infinite.
    """
    narrow = is_narrow(outcomes)
    values: OutcomeArray = (
        np.ascontiguousarray(outcomes) if narrow else numeric_array(outcomes, "counts")
    )
    if values.ndim != 2:
        raise InputError(
            f"counts have {counted(values.ndim, 'dimension')}, 2 are needed: a row a unit, "
            "a column an age"
        )
    if values.size == 0:
        raise InputError(
            f"counts are empty ({counted(values.shape[0], 'row')}, "
            f"{counted(values.shape[1], 'column')}): give at least one unit and one age"
        )
    if not narrow and not all_finite(values):
        infinite = np.isinf(values)
        if infinite.any():
            raise InputError(
                f"counts are infinite in {counted(int(infinite.sum()), 'cell')} "
                f"({where_rows(infinite)}): correct them, or put NaN where nothing was observed"
            )
    return values


def numeric_array(values: Any, what: str) -> FloatArray:
    """Return a float64 C-contiguous array; no copy where it is one already."""
    if np.ma.isMaskedArray(values):
        values = np.ma.filled(np.ma.asarray(values, dtype=np.float64), np.nan)
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "biufO":
            raise TypeError
        return np.ascontiguousarray(array, dtype=np.float64) if array.ndim else array.astype(float)
    except (TypeError, ValueError):
        if isinstance(values, str | PathLike):
            raise InputError(f"{what} are not numeric but text: {_instead(values, what)}") from None
        raise InputError(
            f"{what} are not numeric: give an array or table of numbers, NaN where not observed"
        ) from None


def _instead(text: str | PathLike[str], what: str) -> str:
    """Say what to give instead of the path of a file, or the name of a column."""
    is_path = isinstance(text, PathLike) or bool(Path(text).suffix) or "/" in text
    if is_path or what == "counts":
        return (
            "read a file first, such as pandas.read_csv(path, index_col='id'), and give the table"
        )
    if what == "ages":
        return "give them as numbers, range(12, 41) for 12 to 40"
    if what == "weights":
        return "give one number a unit, such as frame['weight'] indexed by unit id"
    return "give a table or an array with a number for each unit and age, not a name"


def check_ages(ages: Any, n_ages: int) -> FloatArray:
    """Return ages as float64 (T,), strictly increasing.

    Raises
    ------
    InputError
        If an age is missing or not a number, ages repeat or fall, or their number is not T.
    """
    if isinstance(ages, range):
        ages = list(ages)
    values = numeric_array(ages, "ages")
    if values.ndim != 1 or len(values) != n_ages:
        raise InputError(
            f"ages have shape {values.shape}, counts have {n_ages} columns: give one age a column"
        )
    if not np.isfinite(values).all():
        n_bad = int((~np.isfinite(values)).sum())
        raise InputError(
            f"{counted(n_bad, 'age')} of {n_ages} missing or infinite: every column needs an age"
        )
    if len(np.unique(values)) < n_ages:
        raise InputError(
            f"{counted(n_ages - len(np.unique(values)), 'age')} given twice: "
            "merge or drop the repeated columns"
        )
    if (np.diff(values) < 0).any():
        raise InputError("ages are not in increasing order: sort the columns, the youngest first")
    return values


def check_units(units: Any, n_units: int) -> pd.Index[Any]:
    """Return unit ids as an Index of length N without repeats; None numbers the rows.

    Raises
    ------
    InputError
        If an id is missing, not hashable or given twice, or their number is not N.
    """
    if units is None:
        return pd.RangeIndex(n_units)
    # tupleize_cols=False: ids may be tuples, and stay so
    index = units if isinstance(units, pd.Index) else pd.Index(_listed(units), tupleize_cols=False)
    if len(index) != n_units:
        raise InputError(
            f"units have length {len(index):,}, counts have {n_units:,} rows: give one id a row"
        )
    try:
        repeated = index.duplicated()
        missing = _missing_ids(index)
    except TypeError:
        raise InputError(
            "unit ids are not hashable (lists or dicts, say): use numbers, strings or tuples"
        ) from None
    if missing.any():
        raise InputError(
            f"{counted(int(missing.sum()), 'unit id')} missing "
            f"({where_rows(missing)}): every row needs an id"
        )
    if repeated.any():
        raise InputError(
            f"{counted(int(repeated.sum()), 'row')} with a unit id seen before "
            f"({where_rows(repeated)}): one row a unit; use weights= for copies of a history"
        )
    return index


def _listed(units: Any) -> Any:
    if isinstance(units, (str, bytes, pd.DataFrame)) or not isinstance(units, Iterable):
        raise InputError(f"units must be a sequence of ids, not {type(units).__name__}")
    return units.to_numpy() if isinstance(units, pd.Series) else list(units)


def _missing_ids(index: pd.Index[Any]) -> BoolArray:
    if isinstance(index, pd.MultiIndex):
        return np.asarray((np.stack(list(index.codes)) < 0).any(axis=0))
    return np.asarray(index.isna(), dtype=bool)


def check_weights(weights: Any, n_units: int) -> FloatArray | None:
    """Return weights as float64 (N,), all above zero and finite; None stays None.

    Raises
    ------
    InputError
        If a weight is missing, infinite, zero or negative, or their number is not N.
    """
    if weights is None:
        return None
    values = numeric_array(weights, "weights")
    if values.shape != (n_units,):
        raise InputError(
            f"weights have shape {values.shape}, counts have {n_units:,} rows: "
            "give one weight a unit"
        )
    bad = ~(np.isfinite(values) & (values > 0))
    if bad.any():
        raise InputError(
            f"{counted(int(bad.sum()), 'weight')} missing, infinite, zero or negative "
            f"({where_rows(bad)}): weights must be above 0; leave out units that should not count"
        )
    return values


def check_observed(observed: BoolArray | None, shape: tuple[int, int]) -> BoolArray | None:
    """Return the mask, or None where every cell is observed.

    Raises
    ------
    InputError
        If the mask is not boolean or has another shape, or a unit has no observed cell.
    """
    if observed is None:
        return None
    mask = np.ascontiguousarray(observed)
    if mask.dtype != np.bool_ or mask.shape != shape:
        raise InputError(
            f"observed must be boolean of shape {shape}, it is {mask.dtype} of shape {mask.shape}"
        )
    if mask.all():
        return None
    empty = np.asarray(~mask.any(axis=1))
    if empty.any():
        raise InputError(
            f"{counted(int(empty.sum()), 'unit')} of {shape[0]:,} without any observed cell "
            f"({where_rows(empty)}): drop them, or make the panel with drop_unobserved=True"
        )
    return mask


def check_individual_ages(
    ages: Any, observed: BoolArray | None, shape: tuple[int, ...]
) -> FloatArray | None:
    """Return the age of every cell, float64 (N, T), or None.

    Raises
    ------
    InputError
        For another shape, or an observed cell without a finite age.
    """
    if ages is None:
        return None
    values = numeric_array(ages, "individual_ages")
    if values.shape != shape:
        raise InputError(
            f"individual_ages have shape {values.shape}, the outcomes {shape}: give the age of "
            "every cell"
        )
    bad = ~np.isfinite(values)
    if observed is not None:
        bad &= observed
    if bad.any():
        raise InputError(
            f"individual_ages: {counted(int(bad.sum()), 'observed cell')} without an age "
            f"({where_rows(bad)}): give the age of every outcome"
        )
    # the age of a cell not observed must not tell two equal histories apart
    return values if observed is None else np.where(observed, values, 0.0)


def check_exposure(
    exposure: Any, outcomes: OutcomeArray, observed: BoolArray | None
) -> tuple[FloatArray | None, BoolArray | None, int]:
    """Return exposure as float64 (N, T), the observed mask, and the number of cells not at risk.

    An exposure of zero means not at risk: the cell was not observed, and leaves the mask. Exposure
    is 0 where not observed; None where not declared.

    Raises
    ------
    InputError
        If the shape is not that of the outcomes, if the exposure of an observed cell is missing,
        infinite or negative, or zero where there is a count.
    """
    if exposure is None:
        return None, observed, 0
    values = numeric_array(exposure, "exposure values")
    if values.shape != outcomes.shape:
        raise InputError(
            f"exposure has shape {values.shape}, counts have {outcomes.shape}: "
            "give one value a cell, or leave it out where everybody was free all the time"
        )
    seen = np.ones(outcomes.shape, dtype=bool) if observed is None else observed
    bad = np.asarray(seen & ~np.isfinite(values))
    if bad.any():
        raise InputError(
            f"exposure is missing or infinite in {counted(int(bad.sum()), 'observed cell')} "
            f"({where_rows(bad)}): give the time free, or put NaN in the counts of those cells"
        )
    _refuse_no_time(seen, values, outcomes)
    free = np.asarray(seen & (values == 0))
    n_free = int(free.sum())
    if n_free:
        observed = check_observed(seen & ~free, outcomes.shape)
    if observed is not None and (values[~observed] != 0).any():
        values = np.where(observed, values, 0.0)
    return values, observed, n_free


def _refuse_no_time(seen: BoolArray, values: FloatArray, outcomes: OutcomeArray) -> None:
    """Refuse time below zero, and a count in no time at all."""
    negative = seen & (values < 0)
    if negative.any():
        raise InputError(
            f"exposure is negative in {counted(int(negative.sum()), 'observed cell')} "
            f"({where_rows(negative)}): give the time free, 0 where there was none"
        )
    impossible = seen & (values == 0) & (outcomes != 0)
    if impossible.any():
        raise InputError(
            f"exposure is zero in {counted(int(impossible.sum()), 'observed cell')} with a count "
            f"({where_rows(impossible)}): nobody offends in no time; correct the exposure, or "
            "choose a floor yourself (exposure.clip(lower=0.01), say) and report it"
        )
