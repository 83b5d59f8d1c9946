"""Rows of the tables of measures: one shape for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.numerics.weighted_ratio import Ratios, mean_limits, rate_limits, share_limits
from trajectories.panel.arrays import FloatArray

PROPORTION = "proportion"
SHARE_METHODS = ("wilson", "jeffreys")


def rows(
    names: Sequence[Any],
    measure: str,
    estimate: Any,
    limits: tuple[Any, Any],
    persons: Any,
    unit: str,
    method: str,
    **keys: Any,
) -> pd.DataFrame:
    """Return a row a group: group, measure, further keys, estimate, limits, persons, unit."""
    return pd.DataFrame(
        {
            "group": pd.Series(list(names), dtype=object),
            "measure": measure,
            **keys,
            "estimate": np.asarray(estimate, dtype=np.float64),
            "lower": np.asarray(limits[0], dtype=np.float64),
            "upper": np.asarray(limits[1], dtype=np.float64),
            "persons": np.asarray(persons, dtype=np.float64),
            "unit": unit,
            "method": method,
        }
    )


def share_rows(
    names: Sequence[Any], measure: str, found: Ratios, level: float, method: str, **keys: Any
) -> pd.DataFrame:
    """Return rows of shares with Wilson's or Jeffreys' limits."""
    if method not in SHARE_METHODS:
        raise InputError(f"interval={method!r} is unknown; choose one of {list(SHARE_METHODS)}")
    limits = share_limits(found.value, found.variance, found.base, found.effective, level, method)
    return rows(names, measure, found.value, limits, found.persons, PROPORTION, method, **keys)


def mean_rows(
    names: Sequence[Any], measure: str, found: Ratios, level: float, unit: str, **keys: Any
) -> pd.DataFrame:
    """Return rows of means with Student's limits."""
    limits = mean_limits(found, level)
    return rows(names, measure, found.value, limits, found.persons, unit, "student", **keys)


def rate_rows(
    names: Sequence[Any], measure: str, found: Ratios, level: float, unit: str, **keys: Any
) -> pd.DataFrame:
    """Return rows of rates with limits built on the log."""
    limits = rate_limits(found, level)
    return rows(names, measure, found.value, limits, found.persons, unit, "log", **keys)


def beside_persons(table: pd.DataFrame, **columns: Any) -> pd.DataFrame:
    """Return the table with further columns right of the number of persons."""
    table = table.assign(**columns)
    names = [name for name in table.columns if name not in columns]
    place = names.index("persons") + 1
    return table[[*names[:place], *columns, *names[place:]]]


def check_level(level: float) -> float:
    """Return the level of intervals, or raise an InputError."""
    if not 0.0 < float(level) < 1.0:
        raise InputError(f"level={level!r} is not between 0 and 1")
    return float(level)


def check_years(values: Any, name: str) -> FloatArray:
    """Return numbers of years above 0 in the order given, or raise an InputError."""
    years = np.array(values, dtype=np.float64, ndmin=1)
    if not len(years) or not np.isfinite(years).all() or (years <= 0.0).any():
        raise InputError(f"{name} must be numbers of years above 0")
    return years
