"""Person-years read from a table for a model: checked, counted, and what was left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.lifecourse.lags import as_numbers, refuse_unknown, year_key
from trajectories.panel.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    counted,
    names,
    where_rows,
)

Model = Literal["logit", "poisson"]
ALL = "all persons"
"""The name of the one population where none is told apart."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of the person-years are what; None where there is none.

    Attributes
    ----------
    outcome, unit : str
    covariates : tuple of str
        Exposures and controls.
    by : str or None
        Population; the same in all years of a person.
    age : str or None
        Whole numbers of years, which also put a person's years in order.
    time_at_risk : str or None
        Years free.
    cluster, weights : str or None
    """

    outcome: str
    unit: str
    covariates: tuple[str, ...]
    by: str | None = None
    age: str | None = "age"
    time_at_risk: str | None = None
    cluster: str | None = None
    weights: str | None = None

    def listed(self) -> list[str]:
        """Return the names of all columns, each once."""
        one = (self.by, self.age, self.time_at_risk, self.cluster, self.weights)
        every = (self.outcome, self.unit, *self.covariates, *(c for c in one if c is not None))
        return list(dict.fromkeys(every))


@dataclass(frozen=True, slots=True, eq=False)
class ModelRows:
    """Hold the rows that a model is fitted to.

    Attributes
    ----------
    columns : Columns
    model : {"logit", "poisson"}
    table : DataFrame
        Only the rows used.
    outcome : ndarray, shape (R,)
    unit : ndarray of int, shape (R,)
        Codes of the persons.
    level : ndarray of int, shape (R,)
        Codes of the populations.
    levels : tuple of str
        Their names.
    time_at_risk, cluster, weights : ndarray, shape (R,), or None
    left_out : DataFrame
        By population: rows and events left out because there was no time free, or values were
        missing.
    gaps : ndarray of int
        Persons with a gap in their years, by population.
    """

    columns: Columns
    model: Model
    table: pd.DataFrame
    outcome: FloatArray
    unit: IntArray
    level: IntArray
    levels: tuple[str, ...]
    time_at_risk: FloatArray | None
    cluster: IntArray | None
    weights: FloatArray | None
    left_out: pd.DataFrame = field(repr=False)
    gaps: IntArray = field(repr=False)

    def covariate(self, column: str) -> FloatArray:
        """Return a column of the rows used as numbers."""
        return self.table[column].to_numpy(dtype=float, na_value=np.nan)


def read_rows(
    table: Any, columns: Columns, model: Model, least_at_risk: float, missing: str
) -> ModelRows:
    """Check person-years and take the rows a model can use.

    Raises
    ------
    InputError
        For a column that is absent or holds no numbers, an outcome that does not fit the model, a
        person in two populations, a year twice, values missing (unless ``missing="drop"``), or no
        row left.
    """
    if not isinstance(table, pd.DataFrame):
        raise InputError(
            f"person-years must be a DataFrame, not {type(table).__name__}: make one with "
            "person_years(register, ages)"
        )
    absent = [column for column in columns.listed() if column not in table.columns]
    if absent:
        raise InputError(
            f"person-years without column {names(absent)}: rename or add it; there are "
            f"{names(table.columns)}"
        )
    if missing not in ("raise", "drop"):
        raise InputError('missing= must be "raise" or "drop"')
    level, levels = _levels(table, columns)
    free, enough = _time(table, columns, least_at_risk)
    absent_values = _missing(table, columns, enough, missing)
    kept = enough & ~absent_values
    outcome = as_numbers(table, columns.outcome)
    if not kept.any():
        raise InputError(
            f"person-years: none of {len(table):,} rows is left to estimate from: "
            f"{int((~enough).sum()):,} have too little time at risk, "
            f"{int((enough & absent_values).sum()):,} of the others lack a value; lower "
            "least_at_risk=, or leave out the covariate that is missing"
        )
    _check_outcome(outcome[kept], columns.outcome, model)
    used = table[kept].reset_index(drop=True)
    weight = np.ones(len(table))
    if columns.weights is not None:
        weight = as_numbers(table, columns.weights)
    return ModelRows(
        columns=columns,
        model=model,
        table=used,
        outcome=outcome[kept],
        unit=pd.factorize(used[columns.unit])[0].astype(np.int64),
        level=level[kept],
        levels=levels,
        time_at_risk=None if free is None else free[kept],
        cluster=None
        if columns.cluster is None
        else pd.factorize(used[columns.cluster])[0].astype(np.int64),
        weights=None if columns.weights is None else as_numbers(used, columns.weights),
        left_out=_left_out(level, levels, outcome, ~enough, enough & absent_values, weight),
        gaps=_gaps(used, columns, level[kept], len(levels), weight[kept]),
    )


def _levels(table: pd.DataFrame, columns: Columns) -> tuple[IntArray, tuple[str, ...]]:
    units = table[columns.unit]
    refuse_unknown(table, columns.unit)
    if columns.by is None:
        return np.zeros(len(table), dtype=np.int64), (ALL,)
    values = table[columns.by]
    if values.isna().any():
        raise InputError(
            f"person-years: column {columns.by!r} missing in "
            f"{counted(int(values.isna().sum()), 'row')}: fill it in or leave the rows out"
        )
    code, level = pd.factorize(values, sort=True)
    unit = pd.factorize(units)[0]
    first = np.full(unit.max(initial=-1) + 1, -1)
    first[unit[::-1]] = code[::-1]
    both = np.unique(unit[first[unit] != code])
    if len(both):
        raise InputError(
            f"person-years: {counted(len(both), 'person')} with more than one value of "
            f"{columns.by!r}: it tells populations apart and must not change within a person"
        )
    return code.astype(np.int64), tuple(str(name) for name in level)


def _time(
    table: pd.DataFrame, columns: Columns, least: float
) -> tuple[FloatArray | None, BoolArray]:
    if columns.time_at_risk is None:
        return None, np.ones(len(table), dtype=bool)
    free = as_numbers(table, columns.time_at_risk)
    bad = ~np.isfinite(free) | (free < 0)
    if bad.any():
        raise InputError(
            f"person-years: column {columns.time_at_risk!r} missing or below 0 in "
            f"{counted(int(bad.sum()), 'row')} ({where_rows(bad)})"
        )
    if not 0 <= least < np.inf:
        raise InputError("least_at_risk= must be a part of a year, 0 or more")
    return free, (free > 0) & (free >= least)


def _missing(table: pd.DataFrame, columns: Columns, enough: BoolArray, missing: str) -> BoolArray:
    """Mark rows with a value missing; refuse them unless they are to be left out."""
    found: BoolArray = np.zeros(len(table), dtype=bool)
    said = []
    needed = [columns.outcome, *columns.covariates]
    needed += [c for c in (columns.age, columns.weights) if c is not None]
    for column in dict.fromkeys(needed):
        bad = ~np.isfinite(as_numbers(table, column))
        found |= bad
        if (bad & enough).any():
            said.append(f"{column!r} in {int((bad & enough).sum()):,}")
    if columns.cluster is not None:
        bad = table[columns.cluster].isna().to_numpy()
        found |= bad
        if bad.any():
            said.append(f"{columns.cluster!r} in {int(bad.sum()):,}")
    if said and missing == "raise":
        raise InputError(
            f"person-years: values missing ({'; '.join(said)} rows): fill them in, or leave these "
            'rows out with missing="drop", which is counted'
        )
    return found


def _check_outcome(outcome: FloatArray, column: str, model: Model) -> None:
    if model == "logit":
        bad = (outcome != 0) & (outcome != 1)
        advice = 'a logit needs 0 or 1; for counts use model="poisson"'
    elif model == "poisson":
        bad = (outcome < 0) | (outcome != np.floor(outcome))
        advice = "counts are whole numbers, 0 or more"
    else:
        raise InputError('model= must be "logit" or "poisson"')
    if bad.any():
        raise InputError(
            f"person-years: outcome {column!r} has other values in "
            f"{counted(int(bad.sum()), 'row')} of those used: {advice}"
        )


def _left_out(
    level: IntArray,
    levels: Sequence[str],
    outcome: FloatArray,
    without_time: BoolArray,
    missing: BoolArray,
    weight: FloatArray,
) -> pd.DataFrame:
    """Count rows and events left out, by population; with weights, as many as are expected."""
    events = np.nan_to_num(outcome) * weight
    weight = np.nan_to_num(weight)

    def of(mask: BoolArray, value: FloatArray) -> FloatArray:
        return np.rint(np.bincount(level[mask], value[mask], len(levels)))

    count = {
        "left_out_no_time_free": of(without_time, weight),
        "events_left_out_no_time_free": of(without_time, events),
        "left_out_missing": of(missing, weight),
    }
    return pd.DataFrame(count, index=list(levels)).astype(np.int64)


def _gaps(
    table: pd.DataFrame, columns: Columns, level: IntArray, n_levels: int, weight: FloatArray
) -> IntArray:
    """Count the persons whose years do not follow each other, by population (by weight)."""
    if columns.age is None:
        return np.zeros(n_levels, dtype=np.int64)
    year_key(table, columns.unit, columns.age)  # refuses a year given twice
    age = as_numbers(table, columns.age)
    unit = pd.factorize(table[columns.unit])[0]
    n = unit.max() + 1
    low, high = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(low, unit, age)
    np.maximum.at(high, unit, age)
    gap = np.bincount(unit, minlength=n) < high - low + 1
    of_unit, weight_of_unit = np.zeros(n, dtype=np.int64), np.zeros(n)
    of_unit[unit], weight_of_unit[unit] = level, weight
    found = np.bincount(of_unit[gap], weight_of_unit[gap], n_levels)
    return np.rint(found).astype(np.int64)
