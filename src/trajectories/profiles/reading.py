"""Profiles from a table of text, row by row: a bad row is refused with its reason, the rest stay.

A row is a history: an id, a column a year of age with the number of offences (``count_17``), and,
where the model has exposure, a column with the part of that year the person was free
(``free_17``). An empty cell was not observed; it is never a zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.numerics.types import BoolArray, FloatArray
from trajectories.panel import Panel
from trajectories.panel.arrays import names
from trajectories.profiles.histories import Histories
from trajectories.profiles.support import Support
from trajectories.profiles.whole_table import refuse_as_one, refuse_holes, refuse_other_unit
from trajectories.suggestions import did_you_mean

COUNT = re.compile(r"(?:count|offences?|cases?|y|age)?[ _]?(\d+(?:\.\d+)?)", re.IGNORECASE)
FREE = re.compile(r"(?:free|years[ _]free|exposure|risk)[ _]?(\d+(?:\.\d+)?)", re.IGNORECASE)
THOUSANDS = r"[+-]?[1-9]\d{0,2}[.,]0{3}"
"""One thousand in Dutch and one in English; nobody can tell, and a person is scored by it."""


def histories_from_table(table: pd.DataFrame, support: Support, unit: str = "id") -> Histories:
    """Read profiles from a table whose cells may be text.

    Parameters
    ----------
    table : DataFrame
        As a file gives it; every cell may be text.
    support : Support
        Of the model that is to score them.
    unit : str
        Column of ids.

    Raises
    ------
    InputError
        Where the table is at fault: no ids, no counts, a column twice, no row, a column without a
        number in it, an age left out, years free missing or in days, or all rows refused for one
        such reason. What a row alone is at fault for is a refusal of that row.
    """
    if not isinstance(table, pd.DataFrame) or not isinstance(support, Support):
        raise InputError(
            "histories_from_table needs a DataFrame and the support of a model (model.support), "
            f"not a {type(table).__name__} and a {type(support).__name__}"
        )
    columns = _find_columns(table, support, unit)
    table = table.set_axis([str(name) for name in table.columns], axis=1)
    refuse_holes(np.array(columns.ages), support)
    refusals = _Refusals.none(len(table))
    ids = table[unit].astype("string").str.strip()
    refusals.add((ids.isna() | (ids == "")).to_numpy(dtype=bool), "no id")
    twice = ids.duplicated(keep=False).to_numpy(dtype=bool) & ids.notna().to_numpy(dtype=bool)
    refusals.add(twice & ~refusals.mask(), "its id stands in another row too")
    counts = np.column_stack(
        [_counts(table[columns.counts[age]], age, refusals) for age in columns.ages]
    )
    for wrong, reason in (
        (counts < 0, "a count is negative"),
        (np.mod(counts, 1) > 0, "a count is no whole number"),
    ):
        refusals.add_at(wrong, columns.ages, reason)
    exposure = None
    if support.exposure:
        exposure = _exposure(table, columns, counts, refusals, support)
    histories = _assemble(pd.Index(ids), counts, exposure, columns.ages, refusals)
    refuse_as_one(set(histories.refused), len(table))
    return histories


def columns_of_numbers(labels: Iterable[str], unit: str) -> list[str]:
    """Return the columns that are taken for counts or for years free, by their names."""
    return [
        name
        for name in labels
        if name != unit and any(one.fullmatch(name.strip()) for one in (COUNT, FREE))
    ]


@dataclass(frozen=True, slots=True)
class _Columns:
    ages: list[float]
    counts: dict[float, str]
    free: dict[float, str]


def _find_columns(table: pd.DataFrame, support: Support, unit: str) -> _Columns:
    labels = [str(name) for name in table.columns]
    repeated = sorted({name for name in labels if labels.count(name) > 1})
    if repeated:
        raise InputError(f"column {repeated[0]!r} stands in the file twice: rename or drop one")
    if unit not in labels:
        raise InputError(
            f"no column {unit!r} with ids: name it with --id, or add it; found "
            f"{', '.join(labels[:6])}{did_you_mean(unit, labels)}"
        )
    if not len(table):
        raise InputError("the file has no row: give at least one profile")
    counts, free = _by_age(labels, COUNT, unit), _by_age(labels, FREE, unit)
    if not counts:
        raise InputError(
            "no column of counts: a row is a person and a column a year of age, named by it, "
            f"such as count_17, or 17; found {', '.join(labels[:6])}{_if_long(labels)}"
        )
    if free and not support.exposure:
        raise InputError(
            f"columns of years free ({next(iter(free.values()))} …), but the model was fitted "
            "without: leave them out"
        )
    absent = [age for age in counts if age not in free]
    if support.exposure and absent:
        raise InputError(
            f"the model needs the years free of every year observed, and columns are missing for "
            f"{len(absent)} of {len(counts)} ages (first: free_{absent[0]:g})"
        )
    return _Columns(sorted(counts), counts, free)


def _if_long(labels: list[str]) -> str:
    """Return advice for a table with a row a person and age."""
    if {"age", "count"} <= {name.strip().lower() for name in labels}:
        return "; turn a row a person and age into a column an age first (DataFrame.pivot)"
    return ""


def _by_age(labels: list[str], pattern: re.Pattern[str], unit: str) -> dict[float, str]:
    found: dict[float, str] = {}
    for name in labels:
        match = pattern.fullmatch(name.strip()) if name != unit else None
        if match is None:
            continue
        age = float(match.group(1))
        if age in found:
            raise InputError(
                f"columns {found[age]!r} and {name!r} are both of age {age:g}: keep one"
            )
        found[age] = name
    return found


@dataclass(frozen=True, slots=True)
class _Refusals:
    """The first reason against each row."""

    reasons: list[str]

    @classmethod
    def none(cls, n_rows: int) -> _Refusals:
        return cls([""] * n_rows)

    def mask(self) -> BoolArray:
        return np.array([bool(reason) for reason in self.reasons])

    def add(self, which: BoolArray, reason: str) -> None:
        for row in np.flatnonzero(which):
            self.reasons[row] = self.reasons[row] or reason

    def add_at(self, which: BoolArray, ages: list[float], reason: str) -> None:
        for row in np.flatnonzero(which.any(axis=1)):
            age = ages[int(which[row].argmax())]
            self.reasons[row] = self.reasons[row] or f"{reason} (age {age:g})"


def _counts(column: pd.Series, age: float, refusals: _Refusals) -> FloatArray:
    text = column.astype("string").str.strip()
    if not pd.api.types.is_numeric_dtype(column.dtype):
        unclear = text.str.fullmatch(THOUSANDS).fillna(False).to_numpy(dtype=bool)
        refusals.add(unclear, f"a count with three zeros may be thousands (age {age:g})")
        text = text.mask(pd.Series(unclear, index=text.index))
    return _numbers(text, age, "count", refusals)


def _numbers(column: pd.Series, age: float, what: str, refusals: _Refusals) -> FloatArray:
    """Return a column as numbers, NaN where empty; refuse rows with anything else.

    Raises
    ------
    InputError
        If nothing in the column is a number, though most rows have something there.
    """
    text = column.astype("string").str.strip()
    empty = (text.isna() | (text == "")).to_numpy(dtype=bool)
    values = pd.to_numeric(text.where(~pd.Series(empty, index=text.index)), errors="coerce")
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    wrong = ~empty & ~np.isfinite(numbers)
    filled = int((~empty).sum())
    if wrong.sum() == filled > max(1, len(text) // 2):
        raise InputError(
            f"column {str(column.name)!r}: none of its {filled:,} filled cells is a number; give "
            f"the {what} at age {age:g} as a number, and leave cells empty that were not observed"
        )
    refusals.add(wrong, f"a {what} is not a number (age {age:g})")
    return np.where(wrong, np.nan, numbers)


def _exposure(
    table: pd.DataFrame,
    columns: _Columns,
    counts: FloatArray,
    refusals: _Refusals,
    support: Support,
) -> FloatArray:
    exposure = np.column_stack(
        [
            _numbers(table[columns.free[age]], age, "value of years free", refusals)
            for age in columns.ages
        ]
    )
    seen, ages = ~np.isnan(counts), np.array(columns.ages)
    _refuse_empty(exposure, seen, columns)
    longest = support.longest_free(ages)
    refuse_other_unit(np.nan_to_num(exposure), seen, longest, ages, support)
    refusals.add_at(seen & np.isnan(exposure), columns.ages, "years free are missing")
    refusals.add_at(exposure < 0, columns.ages, "years free are negative")
    refusals.add_at(exposure > longest, columns.ages, support.too_long)
    refusals.add_at((exposure == 0) & (counts > 0), columns.ages, "an offence in a year not free")
    counts[exposure == 0] = np.nan  # nobody at risk: not observed
    return np.asarray(np.where(np.isnan(counts), 0.0, np.nan_to_num(exposure)))


def _refuse_empty(exposure: FloatArray, seen: BoolArray, columns: _Columns) -> None:
    """Raise an InputError where a column of years free is empty, and that of its counts is not."""
    empty = np.isnan(exposure).all(axis=0) & (seen.sum(axis=0) > 1)
    if empty.any():
        found = [columns.free[age] for age, bad in zip(columns.ages, empty, strict=True) if bad]
        raise InputError(
            f"column {names(found)} empty: the model needs the years free of every year with a "
            "count, 1 where a whole year was free"
        )


def _assemble(
    units: pd.Index,
    counts: FloatArray,
    exposure: FloatArray | None,
    ages: list[float],
    refusals: _Refusals,
) -> Histories:
    good = ~refusals.mask()
    place = np.flatnonzero(good & ~np.isnan(counts).all(axis=1))
    panel = None
    if len(place):
        panel = Panel.from_wide(
            counts[place],
            ages=np.array(ages),
            exposure=None if exposure is None else exposure[place],
            units=units[place],
        )
    return Histories(units, panel, place.astype(np.int64), tuple(refusals.reasons))
