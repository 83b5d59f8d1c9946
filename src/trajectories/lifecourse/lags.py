"""Circumstances of earlier and later years beside those of the year."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.numerics.arguments import whole_number
from trajectories.panel.arrays import FloatArray, IntArray, counted, names, where_rows

LONGEST = 10_000
"""Years ahead or back."""


def listed(given: str | Sequence[str]) -> list[str]:
    """Return names of columns as a list; one name alone is a list of one."""
    return [given] if isinstance(given, str) else list(given)


def as_numbers(table: pd.DataFrame, column: str) -> FloatArray:
    """Return a column as float64, or raise an InputError."""
    try:
        return np.asarray(
            pd.to_numeric(table[column]).to_numpy(dtype=float, na_value=np.nan), dtype=float
        )
    except (TypeError, ValueError):
        raise InputError(
            f"person-years: column {column!r} holds no numbers ({table[column].dtype}): turn "
            "categories into columns of 0 and 1"
        ) from None


def refuse_unknown(table: pd.DataFrame, unit: str) -> None:
    """Refuse rows without the id of a person."""
    unknown = int(table[unit].isna().sum())
    if unknown:
        raise InputError(f"person-years: column {unit!r} missing in {counted(unknown, 'row')}")


def shifted_name(column: str, years: int) -> str:
    """Return the name of a column of so many years earlier (below 0: later)."""
    return f"{column}_lag{years}" if years > 0 else f"{column}_lead{-years}"


def add_lags(
    person_years: pd.DataFrame,
    columns: Sequence[str],
    lags: Sequence[int] = (1,),
    *,
    unit: str = "person",
    time: str = "age",
) -> pd.DataFrame:
    """Return the table with columns of earlier years added: ``job_lag1``; below 0, ``job_lead1``.

    The year k before is that with ``time`` − k of the same person, wherever its row stands. Over a
    gap in the years, and before the first one, the value is NaN, never that of another year.

    Raises
    ------
    InputError
        If a column is absent or holds no numbers, ``time`` holds no whole numbers, a person has no
        id, or a year twice.
    """
    columns = listed(columns)
    lags = [whole_number("lags=: a number of years", years, -LONGEST) for years in lags]
    absent = [c for c in (*columns, unit, time) if c not in person_years.columns]
    if absent:
        raise InputError(f"person-years without column {names(absent)}")
    key, width = year_key(person_years, unit, time)
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    result = person_years.copy()
    for years in lags:
        if abs(years) >= width // 2:
            raise InputError(f"lags=: {years} years is longer than the table of years is")
        wanted = key - years
        at = np.minimum(np.searchsorted(ordered, wanted), len(key) - 1)
        found = ordered[at] == wanted
        for column in columns:
            value = as_numbers(person_years, column)
            result[shifted_name(column, years)] = np.where(found, value[order[at]], np.nan)
    return result


def year_key(table: pd.DataFrame, unit: str, time: str) -> tuple[IntArray, int]:
    """Return a number of each person and year, and how far apart those of two persons are.

    Raises
    ------
    InputError
        If ``time`` holds no whole numbers, or a person has no id, or a year twice.
    """
    refuse_unknown(table, unit)
    year = pd.to_numeric(table[time], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    bad = ~np.isfinite(year) | (year != np.floor(year))
    if bad.any():
        raise InputError(
            f"person-years: column {time!r} holds no whole number in "
            f"{counted(int(bad.sum()), 'row')} ({where_rows(bad)})"
        )
    if not len(year):
        raise InputError("person-years: the table has no rows")
    span = int(year.max() - year.min()) + 1
    # so wide that no lag reaches into the years of another person
    width = 4 * span + 2
    key = (
        pd.factorize(table[unit])[0].astype(np.int64) * width
        + (year - year.min()).astype(np.int64)
        + span
    )
    twice = np.asarray(pd.Series(key).duplicated())
    if twice.any():
        raise InputError(
            f"person-years: {counted(int(twice.sum()), 'row')} of a person and {time} seen before "
            f"({where_rows(twice)}): one row a person and year"
        )
    return key, width
